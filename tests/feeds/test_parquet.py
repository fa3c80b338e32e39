"""Parquet feeds of any column types."""

import datetime as dt
import decimal
import gzip
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aisle.core.errors import AisleError


def parquet(columns, **options):
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, **options)
    return out.getvalue()


class TestRowsThatArePutAside:
    def test_bytes_that_are_not_utf8_a_nul_no_id_and_a_long_field(self, read):
        broken = pa.array([b"Cup", b"M\xfcg", b"P\0t", b"x" * 1_000_001, b"Jug", b"Pan"], pa.binary())
        feed = read(parquet({"id": pa.array([1, 2, 3, 4, None, 6]), "title": broken}), "feed.parquet")
        assert feed.column("id") == ["1", "6"]
        assert feed.column("source_line") == [1, 6]
        assert [one.line for one in feed.rejected] == [2, 3, 4, 5]
        assert feed.rejected[3].reason == "no id"

    def test_damage_in_the_middle_costs_the_rest(self, read):
        content = bytearray(parquet({"id": [str(i) for i in range(60_000)]}, row_group_size=20_000))
        middle = len(content) // 2
        content[middle : middle + 2000] = bytes(2000)
        feed = read(bytes(content), "feed.parquet")
        assert feed.column("id")[:8192] == [str(i) for i in range(8192)]
        assert len(feed.rejected) == 1
        assert feed.rejected[0].line == len(feed.rows) + 1

    @pytest.mark.parametrize("content", [b"PAR1", b"PAR1" + b"x" * 100 + b"PAR1", parquet({"id": [1]})[:-9]])
    def test_a_file_that_cannot_be_opened_is_refused(self, read, content):
        with pytest.raises(
            AisleError, match=r"feed\.parquet: cannot be read as Parquet \(.*fetch or write it"
        ):
            read(content, "feed.parquet")

    def test_a_compressed_file_that_breaks_off_is_refused(self, read):
        with pytest.raises(
            AisleError, match=r"f\.parquet\.gz: the gzip stream ends early; fetch the file again"
        ):
            read(gzip.compress(parquet({"id": [1]}))[:-20], "f.parquet.gz")

    def test_no_id_column(self, read):
        with pytest.raises(AisleError, match=r"has no column 'id'; .*known: sku"):
            read(parquet({"sku": [1]}), "feed.parquet")

    def test_no_rows(self, read):
        with pytest.raises(AisleError, match="holds no products"):
            read(parquet({"id": pa.array([], pa.int64())}), "feed.parquet")


class TestValues:
    @pytest.mark.parametrize(
        ("array", "texts"),
        [
            (pa.array(["a", None]), ["a", ""]),
            (pa.array(["a", None], pa.large_string()), ["a", ""]),
            (pa.array(["a", None]).dictionary_encode(), ["a", ""]),
            (pa.array([12, None]), ["12", ""]),
            (pa.array([2**64 - 1, None], pa.uint64()), [str(2**64 - 1), ""]),
            (pa.array([12.0, None]), ["12", ""]),
            (pa.array([12.5, float("nan")]), ["12.5", ""]),
            (pa.array([12.1, -3.0], pa.float32()), ["12.1", "-3"]),
            (pa.array([1e300, float("inf")]), ["1e+300", "inf"]),
            (pa.array([True, None]), ["true", ""]),
            (pa.array([None, None], pa.null()), ["", ""]),
            (pa.array([decimal.Decimal("12.50"), None]), ["12.50", ""]),
            (pa.array([dt.date(2026, 1, 2), None]), ["2026-01-02", ""]),
            (pa.array([dt.datetime(2026, 1, 2, tzinfo=dt.UTC), None]), ["2026-01-02 00:00:00.000000", ""]),
            (pa.array([12.5, None], pa.float16()), ["12.5", ""]),
            (pa.array([{"a": 1}, None]), ['{"a": 1}', ""]),
            (pa.array([{"a": b"text"}, {"a": b"\xff"}]), ['{"a": "text"}', '{"a": ""}']),
            (pa.array([b"text", b"\xff"], pa.binary()), ["text", ""]),
            (pa.array([[b"a", b"\xff"], None], pa.list_(pa.binary())), [["a"], []]),
            (pa.array([["a", "b"], None]), [["a", "b"], []]),
            (pa.array([[1.0, None], []]), [["1"], []]),
            (pa.array([[["a"], ["b"]], None]), [['["a"]', '["b"]'], []]),
        ],
    )
    def test_each_type_becomes_text(self, read, array, texts):
        feed = read(parquet({"id": [1, 2], "colour": array}), "feed.parquet")
        assert feed.column("colour") == texts

    @pytest.mark.parametrize("ids", [pa.array([1, 2]), pa.array([1.0, 2.0]), pa.array(["1", "2"])])
    def test_ids_that_are_numbers_stay_whole(self, read, ids):
        assert read(parquet({"id": ids}), "feed.parquet").column("id") == ["1", "2"]

    def test_lists_of_links_and_product_types(self, read):
        columns = {
            "id": [1, 2],
            "image_link": ["a.jpg", None],
            "additional_image_link": [["b.jpg", "c,d.jpg"], None],
            "product_type": [["A", "B, C"], []],
        }
        feed = read(parquet(columns), "feed.parquet")
        assert feed.column("image_link") == [["a.jpg", "b.jpg", "c,d.jpg"], []]
        assert feed.column("product_type") == [["A", "B, C"], []]


class TestBytes:
    """Text is stored as bytes by many a writer, and so are photos."""

    @pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.dictionary(pa.int32(), pa.binary())])
    def test_those_that_are_text_are_read_as_text(self, read, kind):
        names = pa.array([b"Cup", None, "Krüge".encode()], pa.binary()).cast(kind)
        feed = read(parquet({"id": [1, 2, 3], "name": names}), "feed.parquet", fields={"title": "name"})
        assert feed.column("title") == ["Cup", "", "Krüge"]

    @pytest.mark.parametrize(
        "options",
        [{"fields": {"image_link": "photo"}}, {"merchant": "column:photo"}],
        ids=["field", "merchant"],
    )
    @pytest.mark.parametrize("as_list", [False, True])
    def test_where_a_column_is_asked_for_rows_with_others_are_put_aside(self, read, options, as_list):
        photos = pa.array([b"a.jpg", b"\xff\xd8\0" + b"x" * 1_000_000, None, b"\xff"], pa.binary())
        if as_list:
            photos = pa.ListArray.from_arrays([0, 1, 2, 3, 4], photos)
        feed = read(parquet({"id": [1, 2, 3, 4], "photo": photos}), "feed.parquet", **options)
        assert feed.column("id") == ["1", "3"]
        assert {(one.kind, one.reason) for one in feed.rejected} == {
            ("no text", "'photo' holds bytes that are no text in UTF-8")
        }
        if "fields" in options:
            assert feed.column("image_link") == [["a.jpg"], []]
        else:
            assert feed.column("merchant") == ["a.jpg", "feed"]

    @pytest.mark.parametrize("name", ["title", "product_type", "image_link"])
    def test_a_known_column_is_asked_for_by_its_name(self, read, name):
        values = pa.array([[b" a "], [b"\xff"], [b"", b"b"]], pa.list_(pa.binary()))
        feed = read(parquet({"id": [1, 2, 3], name: values}), "feed.parquet")
        assert feed.column(name) == (["a", "b"] if name == "title" else [["a"], ["b"]])

    def test_photos_alone_are_refused_in_a_line(self, read):
        photos = pa.array([b"\xff\xd8", b"\xff\xd8"], pa.binary())
        with pytest.raises(AisleError) as caught:
            read(parquet({"id": [1, 2], "photo": photos}), "feed.parquet", fields={"image_link": "photo"})
        assert str(caught.value).endswith(
            "/feed.parquet:1: 'photo' holds bytes that are no text in UTF-8; write the column as text, or "
            "name another (none of its 2 records can be read, all for such a reason)"
        )


def test_compressed_parquet_is_seen_through(read):
    assert read(gzip.compress(parquet({"id": [1, 2]})), "feed.parquet.gz").column("id") == ["1", "2"]
