"""Cdiscount's products: BSON documents one after the other, images within."""

import datetime as dt
import struct

import bson
import pytest

from aisle.core.errors import AisleError


def documents(*products):
    return b"".join(bson.encode(one) for one in products)


def product(number, *pictures):
    return {"_id": number, "category_id": 1000010653, "imgs": [{"picture": one} for one in pictures]}


class TestRowsThatArePutAside:
    def test_a_document_that_cannot_be_read(self, read):
        broken = bytearray(documents(product(2)))
        broken[broken.index(b"_id") - 1] = 0x7E
        feed = read(documents(product(1)) + bytes(broken) + documents(product(3)), "train.bson")
        assert feed.column("id") == ["1", "3"]
        [(line, reason)] = feed.reasons()
        assert line == 2
        assert reason.startswith("is not BSON: ")

    def test_a_file_that_is_cut_off(self, read):
        content = documents(product(1), product(2), product(3, b"picture"))
        for cut in (1, 3, 20, 60):
            feed = read(content[:-cut], "train.bson")
            assert feed.column("id") == ["1", "2"]
            assert feed.reasons() == [(3, "the document is cut off; the rest of the file is missing")]

    @pytest.mark.parametrize("length", [0, 4, -5, 2**31 - 1])
    def test_a_length_that_cannot_be_ends_the_reading(self, read, length):
        content = documents(product(1)) + struct.pack("<i", length) + documents(product(3))
        feed = read(content, "train.bson")
        assert feed.column("id") == ["1"]
        assert feed.reasons() == [
            (2, f"a document of {length:,} bytes cannot be; the rest of the file is left out")
        ]

    def test_no_id(self, read):
        feed = read(documents(product(1), {"category_id": 5}, product(3)), "train.bson")
        assert feed.column("id") == ["1", "3"]
        assert feed.reasons() == [(2, "no id")]

    def test_text_that_is_not_utf8(self, read):
        content = documents({"_id": 2, "title": "Mug"}).replace(b"Mug", b"M\xfc\xfc")
        feed = read(documents(product(1)) + content, "train.bson")
        assert feed.column("id") == ["1"]
        assert len(feed.rejected) == 1

    def test_a_feed_without_ids_is_refused(self, read):
        with pytest.raises(AisleError, match=r"has no column 'id'; .*known: category_id"):
            read(documents({"category_id": 1}), "train.bson")


def test_ids_categories_and_pictures(read):
    feed = read(documents(product(1, b"one", b"two"), product(2), product(3, b"three")), "train.bson")
    assert feed.column("id") == ["1", "2", "3"]
    assert feed.column("category_id") == ["1000010653"] * 3
    assert feed.column("image_bytes") == [[b"one", b"two"], [], [b"three"]]
    assert feed.column("source_line") == [1, 2, 3]
    assert "imgs" not in feed.rows[0]


def test_a_picture_may_be_larger_than_a_text(read):
    picture = b"\0" * 1_500_000
    assert read(documents(product(1, picture)), "train.bson").column("image_bytes") == [[picture]]


def test_other_types_become_text(read):
    object_id = bson.ObjectId()
    row = {"_id": object_id, "when": dt.datetime(2026, 1, 2, tzinfo=dt.UTC), "n": 2.0, "imgs": "none"}
    [found] = read(documents(row), "train.bson").rows
    assert (found["id"], found["when"][:10], found["n"]) == (str(object_id), "2026-01-02", "2")
    assert found["imgs"] == "none"


def test_a_date_beyond_pythons_calendar_costs_nothing(read):
    row = {"_id": 1, "when": bson.datetime_ms.DatetimeMS(2**60)}
    assert read(documents(row), "train.bson").column("id") == ["1"]
