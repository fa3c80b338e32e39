"""The list of addresses is read a shard at a time, and says what its statistics tell without that."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aisle.core.image_records import ADDRESS_SCHEMA
from aisle.execution.commit import ShardStore
from aisle.images.download.address_list import AddressList

BLANK = {
    field.name: "" if pa.types.is_string(field.type) else False if pa.types.is_boolean(field.type) else 0
    for field in ADDRESS_SCHEMA
}
SHARDS = [
    [{"address": f"http://a/{n}", "host": "a:80"} for n in range(3)],
    [
        {"address": "http://b/1", "host": "b:80", "etag": '"one"', "supersedes": True},
        {"address": "http://c/1", "host": "c:80", "next": "http://d/", "n_redirects": 2},
    ],
    [{"address": "http://e/", "host": "e:80", "status": "invalid_link", "reason": "x" * 10_000}],
]


@pytest.fixture
def addresses(tmp_path):
    with pq.ParquetWriter(tmp_path / "list.parquet", ADDRESS_SCHEMA) as writer:
        for rows in SHARDS:
            writer.write_table(pa.Table.from_pylist([BLANK | row for row in rows], ADDRESS_SCHEMA))
    found = AddressList(ShardStore(str(tmp_path)), "list.parquet")
    yield found
    found.close()


def test_outlines_name_the_host_of_shards_that_have_one(addresses):
    outlines = [(outline.number, outline.host, outline.n_rows) for outline in addresses.outlines()]
    assert outlines == [(0, "a:80", 3), (1, "", 2), (2, "e:80", 1)]


@pytest.mark.parametrize("number", range(3))
def test_every_value_of_a_shard_is_there(addresses, number):
    rows, wanted = addresses.read(number), [BLANK | row for row in SHARDS[number]]
    assert len(rows) == len(wanted)
    for name in ADDRESS_SCHEMA.names:
        assert rows.column(name) == [row[name] for row in wanted]
        assert [rows.value(name, row) for row in range(len(rows))] == [row[name] for row in wanted]


def test_columns_with_one_value_take_no_memory(tmp_path):
    n, host = 100_000, f"{'a' * 100}:80"
    rows = [BLANK | {"address": f"http://a/{number}", "host": host} for number in range(n)]
    pq.write_table(pa.Table.from_pylist(rows, ADDRESS_SCHEMA), tmp_path / "list.parquet", row_group_size=n)
    addresses = AddressList(ShardStore(str(tmp_path)), "list.parquet")
    before = pa.total_allocated_bytes()
    listed = addresses.read(0)
    assert pa.total_allocated_bytes() - before < 5_000_000  # 2 MB of addresses; the hosts would be 10 MB
    assert (listed.value("address", 1), listed.value("host", 1)) == ("http://a/1", host)
    addresses.close()
