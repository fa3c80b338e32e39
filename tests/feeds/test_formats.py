"""Every format that is registered gives the same rows, under every compression, whole or broken off."""

import csv
import gzip
import io
import json
from html import escape

import bson
import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.core.errors import AisleError
from aisle.feeds import FEED_FORMATS, FeedOptions, read_feed
from strategies import damaged

PRODUCTS = [
    {
        "id": str(i),
        "title": f'Käse "Nr. {i}", <frisch> & alt',
        "product_type": "Food > Cheese, Milk & Eggs",
        "image_link": f"images/{i}.jpg",
        "additional_image_link": "http://x/1,2.jpg,https://x/3.jpg" if i % 2 else "a.jpg, b.jpg",
        "Shop's colour": "gelb",
    }
    for i in range(300)
]
IMAGES = [
    [f"images/{i}.jpg", *(["http://x/1,2.jpg", "https://x/3.jpg"] if i % 2 else ["a.jpg", "b.jpg"])]
    for i in range(300)
]


def write_delimited(products=PRODUCTS):
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(products[0]))
    writer.writeheader()
    writer.writerows(products)
    return out.getvalue().encode()


def write_jsonl(products=PRODUCTS):
    return "".join(json.dumps(one) + "\n" for one in products).encode()


def write_xml(products=PRODUCTS):
    def element(name, value):
        name = name.replace("Shop's ", "")
        return f"<g:{name}>{escape(value)}</g:{name}>"

    items = ("<item>" + "".join(element(*pair) for pair in one.items()) + "</item>\n" for one in products)
    return ("<rss><channel>" + "".join(items) + "</channel></rss>").encode()


def write_parquet(products=PRODUCTS):
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(products), out)
    return out.getvalue()


def write_bson(products=PRODUCTS):
    return b"".join(
        bson.encode({"_id": int(one["id"]), **{k: v for k, v in one.items() if k != "id"}})
        for one in products
    )


WRITERS = {
    "delimited": write_delimited,
    "jsonl": write_jsonl,
    "google-xml": write_xml,
    "parquet": write_parquet,
    "cdiscount-bson": write_bson,
}
COMPRESSIONS = {
    "plain": lambda content: content,
    "gzip": gzip.compress,
    "several gzips": lambda content: (
        gzip.compress(content[:1000]) + gzip.compress(content[1000:]) + bytes(500)
    ),
    "zstd": lambda content: b"".join(
        pa.Codec("zstd").compress(content[i : i + 2000], asbytes=True) for i in range(0, len(content), 2000)
    ),
}


def test_every_format_is_tested():
    assert sorted(WRITERS) == FEED_FORMATS.names()


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("format_name", WRITERS)
def test_the_same_products_give_the_same_rows_whatever_the_file_is_called(read, format_name, compression):
    feed = read(COMPRESSIONS[compression](WRITERS[format_name]()), "shop")
    assert feed.rejected == []
    assert feed.column("id") == [one["id"] for one in PRODUCTS]
    assert feed.column("title") == [one["title"] for one in PRODUCTS]
    assert feed.column("product_type") == [["Food > Cheese, Milk & Eggs"]] * len(PRODUCTS)
    assert feed.column("image_link") == IMAGES
    assert feed.column("merchant") == ["shop"] * len(PRODUCTS)
    colour = "colour" if format_name == "google-xml" else "Shop's colour"
    assert feed.column(colour) == ["gelb"] * len(PRODUCTS)


@pytest.mark.parametrize("batch_rows", [1, 7, 300])
@pytest.mark.parametrize("format_name", WRITERS)
def test_no_batch_is_larger_than_asked_and_the_rows_are_the_same(read, tmp_path, format_name, batch_rows):
    feed = read(WRITERS[format_name](), "shop", batch_rows=batch_rows)
    assert feed.column("id") == [one["id"] for one in PRODUCTS]
    assert feed.sizes == [batch_rows] * (300 // batch_rows) + ([300 % batch_rows] if 300 % batch_rows else [])


@pytest.mark.parametrize("compression", ["plain", "gzip", "zstd"])
@pytest.mark.parametrize("format_name", [name for name in WRITERS if name != "parquet"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.97])
def test_a_file_that_breaks_off_gives_its_rows_so_far(read, format_name, compression, share):
    content = COMPRESSIONS[compression](WRITERS[format_name]())
    feed = read(content[: int(len(content) * share)], "shop")
    ids = feed.column("id")
    assert ids == [one["id"] for one in PRODUCTS[: len(ids)]]
    assert feed.column("title") == [one["title"] for one in PRODUCTS[: len(ids)]]
    assert len(feed.rejected) == 1
    assert len(ids) < 300
    if compression == "plain":
        assert len(ids) >= int(300 * share) - 3


FILES = {
    **{name: writer(PRODUCTS[:20]) for name, writer in WRITERS.items()},
    "delimited.gz": gzip.compress(write_delimited(PRODUCTS[:20])),
    "jsonl.zst": COMPRESSIONS["zstd"](write_jsonl(PRODUCTS[:20])),
}


def outcome(address):
    """All batches, or the error that ended the reading."""
    try:
        return list(read_feed(address, FeedOptions(batch_rows=7))), ""
    except AisleError as error:
        return [], str(error)


@pytest.mark.parametrize("name", FILES)
@given(data=st.data())
def test_no_damage_ends_in_anything_but_rows_rejected_records_and_errors_of_one_line(name, data):
    fsspec.filesystem("memory").pipe("/damaged", data.draw(damaged(FILES[name])))
    batches, error = outcome("memory://damaged")
    assert batches or (error.startswith("memory://damaged:") and "\n" not in error)
    for batch in batches:
        batch.rows.validate(full=True)
        json.dumps([one.as_dict() for one in batch.rejected], ensure_ascii=False).encode()
        assert all(len(one.text) <= 200 and "\n" not in one.reason for one in batch.rejected)


class TestTellingTheFormat:
    def test_content_outranks_the_name(self, read):
        assert len(read(write_jsonl(), "shop.csv").rows) == 300
        assert len(read(write_parquet(), "shop.tsv").rows) == 300

    def test_the_name_decides_where_the_content_does_not_tell(self, read):
        feed = read(b'rubbish\n{"id": 1}\n', "shop.jsonl")
        assert feed.column("id") == ["1"]
        assert [one.line for one in feed.rejected] == [1]

    @pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
    @pytest.mark.parametrize("name", ["delimited", "jsonl", "google-xml"])
    def test_utf16_without_a_mark_is_known_by_its_zeros(self, read, name, encoding):
        content = WRITERS[name](PRODUCTS[:20]).decode().encode(encoding)
        assert read(content, "shop").column("title") == [one["title"] for one in PRODUCTS[:20]]

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
    def test_marks_of_encodings_are_seen_through(self, read, encoding):
        assert read('\n {"id": 1, "title": "ä"}\n'.encode(encoding), "shop").column("title") == ["ä"]

    @pytest.mark.parametrize(
        ("content", "what"),
        [
            (b"PK\x03\x04" + bytes(100), "a zip archive or a spreadsheet"),
            (b"%PDF-1.4", "a PDF"),
            (b"\x89PNG\r\n\x1a\n", "a picture"),
        ],
    )
    def test_files_of_other_kinds_are_named(self, read, content, what):
        with pytest.raises(
            AisleError, match=f"shop: is {what}, not a feed; save its products as CSV, or unpack"
        ):
            read(content, "shop")

    def test_bytes_of_no_kind_are_refused_with_the_formats_that_there_are(self, read):
        with pytest.raises(
            AisleError, match="shop: is of no format that is known; write it as one of cdiscount"
        ):
            read(b"\x01\x00\x00\xfe\x00\x00", "shop")

    def test_a_feed_that_breaks_off_before_its_first_byte_is_refused(self, read):
        with pytest.raises(AisleError, match=r"shop\.gz: the gzip stream ends early; fetch the file again"):
            read(gzip.compress(b"id\n1\n")[:10], "shop.gz")

    def test_a_feed_in_a_compression_that_holds_nothing_is_refused(self, read):
        with pytest.raises(AisleError, match=r"shop\.gz: holds no products"):
            read(gzip.compress(b""), "shop.gz")


@pytest.mark.parametrize(
    "page", ["<!DOCTYPE html><p>x", "\n<!doctype HTML>", "<html lang='de'>", "\ufeff<HTML>"]
)
@pytest.mark.parametrize("name", ["a.csv", "a.xml", "a"])
def test_a_web_page_is_called_so(read, page, name):
    with pytest.raises(AisleError, match="is a web page, not a feed; fetch the feed itself"):
        read(page, name)
