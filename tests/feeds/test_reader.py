"""Reading feeds from anywhere: order, batches, merchants, memory, and what is refused."""

import errno
import gzip
import io
import json
import tracemalloc

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aisle.core.errors import AisleError
from aisle.core.schemas import RAW_SCHEMA
from aisle.feeds import FEED_FORMATS, FeedOptions, feed_columns, feed_names, read_feed, read_feeds
from aisle.feeds.source import Source


class FailingDisk(io.BytesIO):
    """A file whose middle third cannot be read."""

    def read(self, size=-1):
        n_bytes = len(self.getvalue())
        if self.tell() < n_bytes * 2 / 3 and (size < 0 or self.tell() + size > n_bytes / 3):
            raise OSError(errno.EIO, "Input/output error")
        return super().read(size)


class TestNothingReadable:
    """A feed of which no row can be read is refused, with the commonest reason and what helps."""

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (
                "id,title\n1,Käse\n2,Öl\n".encode("latin-1"),
                "feed.csv:2: 'title' has bytes that are not UTF-8; save the file as UTF-8, or name its "
                "encoding (--encoding NAME) (none of its 2 records can be read, all for such a reason)",
            ),
            (
                json.dumps({"id": 1, "title": "x"}, indent=1).encode(),
                "feed.csv:1: is not JSON: Expecting property name enclosed in double quotes at character 2; "
                "write one JSON object a line (none of its 4 records can be read, all for such a reason)",
            ),
            (
                b"id,title\n,x\n",
                "feed.csv:2: no id; fill the column that tells products apart (its only record cannot be "
                "read)",
            ),
            (
                b"id,title\n1\n2\n,x\n",
                "feed.csv:2: 1 field where the header has 2; quote the fields that hold a separator or a "
                "line break (none of its 3 records can be read, 2 of them for such a reason)",
            ),
        ],
    )
    def test_it_says_so(self, read, tmp_path, content, said):
        with pytest.raises(AisleError) as caught:
            read(content)
        assert str(caught.value) == f"{tmp_path}/{said}"

    def test_so_does_whoever_asks_for_its_columns(self, tmp_path):
        (tmp_path / "a.json").write_text('{\n "id": 1\n}\n')
        with pytest.raises(AisleError, match="write one JSON object a line"):
            next(feed_columns(str(tmp_path / "a.json"), FeedOptions()))


class TestReadFeeds:
    def test_globs_and_addresses_are_read_in_order_and_no_batch_mixes_files(self, tmp_path):
        for name in "cab":
            (tmp_path / f"{name}.csv").write_text(f"id,title\n{name}1,x\n{name}2,y\n")
        fsspec.filesystem("memory").pipe("/far.tsv", b"id\ttitle\nf1\tx\n")
        batches = list(read_feeds(["memory://far.tsv", str(tmp_path / "*.csv")], FeedOptions()))
        assert [batch.rows.column("id").to_pylist() for batch in batches] == [
            ["f1"],
            ["a1", "a2"],
            ["b1", "b2"],
            ["c1", "c2"],
        ]
        assert [batch.rows.column("merchant")[0].as_py() for batch in batches] == ["far", "a", "b", "c"]
        assert batches[0].rows.column("source_file")[0].as_py() == "memory:///far.tsv"

    @pytest.mark.parametrize(
        "address", ["{}/none.csv", "{}/*.none", "{}", "memory://none/at/all.csv", "nosuch://x/y.csv"]
    )
    def test_what_is_not_there_is_refused_with_its_name(self, tmp_path, address):
        address = address.format(tmp_path)
        with pytest.raises(AisleError) as caught:
            list(read_feeds([address], FeedOptions()))
        assert str(caught.value).startswith(f"{address}: ")
        assert "\n" not in str(caught.value)

    def test_a_later_file_that_is_missing_is_found_before_the_first_is_read(self, tmp_path):
        (tmp_path / "a.csv").write_text("id\n1\n")
        feeds = read_feeds([str(tmp_path / "a.csv"), str(tmp_path / "b.csv")], FeedOptions())
        with pytest.raises(AisleError, match=r"b\.csv"):
            next(feeds)


class TestReadFeed:
    def test_a_missing_file_and_a_folder_are_refused(self, tmp_path):
        for path in (tmp_path / "none.csv", tmp_path):
            with pytest.raises(AisleError, match=f"{path}: "):
                next(read_feed(str(path), FeedOptions()))

    def test_batches_open_with_the_raw_schema_and_go_on_with_the_feeds_own_columns(self, tmp_path):
        (tmp_path / "a.csv").write_text("colour,id,size\nred,1,S\n")
        [batch] = read_feed(str(tmp_path / "a.csv"), FeedOptions())
        assert batch.rows.schema.names == [*RAW_SCHEMA.names, "colour", "size"]
        assert all(batch.rows.schema.field(name) == RAW_SCHEMA.field(name) for name in RAW_SCHEMA.names)
        assert all(column.null_count == 0 for column in batch.rows.columns)

    def test_rejected_records_stand_in_the_order_of_the_file(self, read):
        feed = read(b"id,title\n1\n,x\n2,\xff\n3\n4,\0\n5,x\n")
        assert [one.line for one in feed.rejected] == [2, 3, 4, 5, 6]

    @pytest.mark.parametrize("pack", ["plain", "zstd", "parquet"])
    def test_a_disk_that_fails_on_the_way_is_told_and_no_row_is_lost_in_silence(self, pack):
        rows = pa.table({"id": [f"{i * 7919 % 100_003:05}" for i in range(100_000)]})
        content = b"id\n" + b"".join(b"%s\n" % one.encode() for one in rows["id"].to_pylist())
        if pack == "zstd":
            content = pa.Codec("zstd").compress(content, asbytes=True)
        if pack == "parquet":
            file = io.BytesIO()
            pq.write_table(rows, file, row_group_size=10_000)
            content = file.getvalue()
        source = Source("shop", FailingDisk(content))
        read = FEED_FORMATS.get("parquet" if pack == "parquet" else "delimited")
        with pytest.raises(AisleError, match=r"shop: cannot be read \(Input/output error\); check that"):
            list(read(source, 8192))

    def test_memory_does_not_grow_with_the_feed(self, tmp_path):
        path = tmp_path / "large.csv.gz"
        with gzip.open(path, "wt", compresslevel=1) as file:
            file.write("id,title,description\n")
            for i in range(200_000):
                file.write(f'{i},"Cup, {i}",{"a long description of a cup " * 8}\n')
        sum(len(batch.rows) for batch in read_feed(str(path), FeedOptions()))  # compiles
        tracemalloc.start()
        before, n_rows, arrow_peak = pa.total_allocated_bytes(), 0, 0
        for batch in read_feed(str(path), FeedOptions()):
            n_rows += len(batch.rows)
            arrow_peak = max(arrow_peak, pa.total_allocated_bytes() - before)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert n_rows == 200_000
        assert peak + arrow_peak < 25e6  # bytes, of about 50 MB


class TestMerchants:
    def test_the_column_merchant_counts_and_the_files_name_fills_its_gaps(self, read):
        feed = read("id,merchant\n1, Acme \n2,\n", "my.shop.csv.gz")
        assert feed.column("merchant") == ["Acme", "my.shop"]

    def test_another_column_can_be_named(self, read):
        feed = read("id,Seller Name,merchant\n1,Acme,x\n2,,y\n", "shop.csv", merchant="column:seller_name")
        assert feed.column("merchant") == ["Acme", "shop"]
        assert feed.column("Seller Name") == ["Acme", ""]
        assert feed.column("merchant (2)") == ["x", "y"]

    def test_a_known_column_can_be_named(self, read):
        assert read("id,brand\n1,Acme\n", merchant="column:brand").column("merchant") == ["Acme"]

    def test_one_merchant_can_be_named_for_all(self, read):
        feed = read("id,merchant\n1,x\n2,y\n", merchant="Acme")
        assert feed.column("merchant") == ["Acme", "Acme"]

    def test_a_column_that_is_not_there_is_refused_with_the_nearest_name(self, read):
        with pytest.raises(
            AisleError, match=r"has no column 'seler' for --merchant; did you mean 'seller'\? known: "
        ):
            read("id,seller\n1,x\n", merchant="column:seler")

    def test_no_column_at_all_is_refused(self):
        with pytest.raises(AisleError, match="--merchant is 'column:'; name the column"):
            FeedOptions(merchant="column:")


class TestIds:
    @pytest.mark.parametrize("content", ["gid\ttitle\n1\tx\n", '{"gid": 1, "title": "x"}\n'])
    @pytest.mark.parametrize("fields", [{}, {"title": "title"}])
    def test_no_column_of_ids_is_an_error_that_names_what_there_is(self, read, content, fields):
        told = r"feed\.csv: has no column 'id'; did you mean 'gid'\? known: gid, title; call"
        with pytest.raises(AisleError, match=told):
            read(content, fields=fields)

    def test_one_that_was_named_may_come_with_a_later_row_where_there_is_no_header(self, read):
        rows = '{"title": "x"}\n{"title": "y"}\n{"sku": 1}\n{"title": "z"}\n'
        feed = read(rows, "a.jsonl", fields={"id": "sku"}, batch_rows=2)
        assert feed.column("id") == ["1"]
        assert feed.reasons() == [(line, "no id") for line in (1, 2, 4)]
        with pytest.raises(AisleError, match="has no column 'id'"):
            read("title\nx\n", fields={"id": "sku"})


class TestFeedColumns:
    def test_known_columns_come_by_their_common_name_and_others_by_their_own(self, tmp_path):
        (tmp_path / "a.tsv").write_text("g:id\tTitle\tColour Name\tadditional_image_link\n1\tx\ty\tz\n")
        [found] = feed_columns(str(tmp_path / "a.tsv"), FeedOptions())
        assert found == ["id", "title", "image_link", "Colour Name"]

    def test_a_format_without_a_header_tells_those_of_its_rows_so_far(self, tmp_path):
        (tmp_path / "a.jsonl").write_text('rubbish\n{"id": 1}\n{"id": 2, "lvl1": "x"}\n')
        [found] = feed_columns(str(tmp_path / "a.jsonl"), FeedOptions())
        assert found == ["id", "lvl1"]
        found = [*feed_columns(str(tmp_path / "a.jsonl"), FeedOptions(batch_rows=2))]
        assert found == [["id"], ["id", "lvl1"]]

    @pytest.mark.parametrize("name", ["a.tsv", "a.parquet"])
    def test_a_header_tells_all_without_the_rows(self, tmp_path, name):
        rows = pa.table({"id": [f"{i}" for i in range(20_000)]})
        if name == "a.parquet":
            pq.write_table(rows, tmp_path / name)
        else:
            (tmp_path / name).write_text("\n".join(["id", *rows["id"].to_pylist()]))
        assert [*feed_names(str(tmp_path / name))] == [("id",)]

    def test_an_empty_feed_is_refused(self, tmp_path):
        (tmp_path / "a.tsv").write_text("")
        with pytest.raises(AisleError, match="holds no products"):
            next(feed_columns(str(tmp_path / "a.tsv"), FeedOptions()))
