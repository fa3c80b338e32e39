"""Where images come from."""

import pyarrow as pa
import pytest

from aisle.core.schemas import IMAGE_TYPE
from aisle.images.hashes import hash_of
from aisle.images.source import ImageRef, InlineImages, images_found


def test_an_inline_image_is_found_by_its_hash_whatever_the_link_says() -> None:
    images = InlineImages({hash_of(b"pixels"): b"pixels"})
    assert images.read("../../etc/passwd", hash_of(b"pixels")) == b"pixels"


def test_an_inline_image_of_unknown_hash_is_not_to_be_had() -> None:
    assert InlineImages({}).read("a.jpg", hash_of(b"pixels")) is None
    assert InlineImages({}).read("a.jpg", "") is None


def test_images_that_are_there_are_told_with_the_rows_of_their_products() -> None:
    statuses = [["missing", "ok", "ok"], [], ["placeholder"], ["ok"]]
    images = [[{"link": "a.jpg", "sha256": "", "status": s} for s in row] for row in statuses]
    lists = pa.array(images, pa.list_(IMAGE_TYPE))
    is_found, owners = images_found(lists)
    assert is_found.to_pylist() == [False, True, True, False, True]
    assert owners.tolist() == [0, 0, 3]
    assert images_found(lists.slice(1, 2))[1].tolist() == []


def test_a_status_that_the_schema_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="status is 'fine'; known: ok, "):
        ImageRef("a.jpg", "", "fine")
