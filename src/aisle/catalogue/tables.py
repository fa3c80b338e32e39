"""The tables that a catalogue is made with."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from aisle.core.tables import Tables, connect, full_disk_raised


@contextmanager
def open_tables(folder: Path, *, memory_mb: int, n_threads: int) -> Iterator[Tables]:
    """Open an empty data base; see `core.tables.connect`.

    Args:
        folder: where what does not fit into memory is spilled.

    Raises:
        OSError: the disk is full, or a file grew beyond what the system allows.
    """
    with (
        full_disk_raised(),
        connect(":memory:", folder / "spill", memory_mb=memory_mb, n_threads=n_threads) as tables,
    ):
        yield tables


def append(tables: Tables, name: str, rows: pa.Table | pa.RecordBatch) -> None:
    """Add rows to a table of the same columns, which is made if it is not there."""
    arrow = pa.Table.from_batches([rows]) if isinstance(rows, pa.RecordBatch) else rows
    tables.register("arrow_rows", arrow)
    tables.execute(f"CREATE TABLE IF NOT EXISTS {name} AS FROM arrow_rows LIMIT 0")
    tables.execute(f"INSERT INTO {name} FROM arrow_rows")
    tables.unregister("arrow_rows")


def scalar(tables: Tables, query: str) -> Any:
    """The one value of a query's one row."""
    row = tables.execute(query).fetchone()
    return None if row is None else row[0]
