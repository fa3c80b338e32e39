"""A shard holds one sorted record for each address, and its entry the counts."""

from types import MappingProxyType

import pyarrow.parquet as pq
import pytest

from aisle.core.image_records import IMAGE_RECORD_SCHEMA, MEASURED_SCHEMA
from aisle.execution.commit import ShardStore
from aisle.images.download.shard import UNCHANGED, write_shard
from aisle.images.download.spool import Row

EMPTY = {
    field.name: "" if field.type in ("string",) else 0
    for field in IMAGE_RECORD_SCHEMA
    if field.name != "jpeg"
}


def row(number, address, status="ok", **measured):
    record = {**EMPTY, "address": address, "status": status, "n_bytes": 10}
    return Row(row=number, record=record, jpeg=b"j" if status == "ok" else b"", **measured)


@pytest.fixture
def store(tmp_path):
    return ShardStore(str(tmp_path))


def read(store, name, kind="records"):
    with store.open(store.entry(name).files[kind]) as file:
        return pq.read_table(file)


class TestWriteShard:
    HOSTS = MappingProxyType({"http://b/": "b:80", "http://a/": "a:80", "http://a/2": "a:80"})

    def test_records_are_sorted_by_address_and_have_the_schema(self, store):
        write_shard(store, "s", [row(0, "http://b/"), row(1, "http://a/", "http_4xx")], self.HOSTS)
        records = read(store, "s")
        assert records.schema.equals(IMAGE_RECORD_SCHEMA)
        assert records["address"].to_pylist() == ["http://a/", "http://b/"]
        assert records["jpeg"].to_pylist() == [b"", b"j"]

    def test_what_was_measured_lies_beside_in_the_same_order(self, store):
        write_shard(
            store, "s", [row(0, "http://b/", seconds=2.0, n_tries=3), row(1, "http://a/")], self.HOSTS
        )
        measured = read(store, "s", "measured")
        assert measured.schema.equals(MEASURED_SCHEMA)
        assert measured["n_tries"].to_pylist() == [0, 3]

    def test_the_entry_counts_by_status_and_by_host(self, store):
        rows = [row(0, "http://b/"), row(1, "http://a/", "http_4xx"), row(2, "http://a/2")]
        write_shard(store, "s", rows, self.HOSTS)
        facts = store.entry("s").facts
        assert facts["rows"] == 3
        assert facts["bytes"] == 30
        assert facts["by_status"] == {"http_4xx": 1, "ok": 2}
        assert facts["by_host"] == {"a:80": {"http_4xx": 1, "ok": 1}, "b:80": {"ok": 1}}

    def test_the_bytes_do_not_depend_on_the_order_or_on_what_was_measured(self, store):
        rows = [row(0, "http://b/"), row(1, "http://a/")]
        write_shard(store, "one", rows, self.HOSTS)
        write_shard(
            store, "two", [row(1, "http://a/", seconds=9.0), row(0, "http://b/", n_tries=2)], self.HOSTS
        )
        files = []
        for name in ("one", "two"):
            with store.open(store.entry(name).files["records"]) as file:
                files.append(file.read())
        assert files[0] == files[1]

    def test_what_is_unchanged_stands_in_no_shard(self, store):
        write_shard(store, "s", [row(0, "http://b/"), row(1, "http://a/", UNCHANGED)], self.HOSTS)
        assert read(store, "s")["address"].to_pylist() == ["http://b/"]
        assert store.entry("s").facts["unchanged"] == 1
