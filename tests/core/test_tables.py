"""Tables spill to a folder of any name, are read in batches, and tell a full disk as the system does."""

import errno
import os

import duckdb
import pyarrow as pa
import pytest

from aisle.core.errors import FULL
from aisle.core.tables import connect, full_disk_raised, stream


@pytest.fixture
def tables(tmp_path):
    folder = tmp_path / "mum's tables"
    folder.mkdir()
    with connect(str(folder / "some.duckdb"), folder, memory_mb=64, n_threads=2) as tables:
        yield tables


def test_a_query_is_read_in_batches_while_others_run(tables):
    batches = stream(tables, "SELECT range AS n FROM range($most)", batch_rows=2048, most=5000)
    first = next(batches)
    assert tables.execute("SELECT 7").fetchone() == (7,)
    found = pa.Table.from_batches([first, *batches])
    assert found["n"].to_pylist() == list(range(5000))
    assert first.num_rows <= 2048


def test_what_does_not_fit_into_memory_is_spilled(tables, tmp_path):
    tables.execute("CREATE TABLE texts AS SELECT repeat('x', 100) || range AS t FROM range(1000000)")
    rows = stream(tables, "SELECT t FROM texts ORDER BY t DESC")
    assert next(rows)["t"][0].as_py() == "x" * 100 + "999999"


@pytest.mark.parametrize("code", FULL)
def test_a_full_disk_is_the_systems_error(tmp_path, code):
    with pytest.raises(OSError, match=os.strerror(code)) as raised, full_disk_raised(tmp_path):
        raise duckdb.IOException(f'Could not write file "x": {os.strerror(code)}')
    assert (raised.value.errno, raised.value.filename) == (code, str(tmp_path))


def test_a_spill_that_may_not_grow_is_a_full_disk(tables):
    tables.execute("SET max_temp_directory_size = '1MB'; SET memory_limit = '20MB'")
    query = "SELECT repeat('x', 100) || range AS t FROM range(1000000) ORDER BY t DESC"
    with pytest.raises(OSError, match="No space") as raised, full_disk_raised():
        list(stream(tables, query))
    assert raised.value.errno == errno.ENOSPC


def test_other_errors_stay_as_they_are(tables):
    with pytest.raises(duckdb.CatalogException), full_disk_raised():
        tables.execute("SELECT * FROM nothing")
