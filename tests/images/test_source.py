"""Where images come from."""

import pytest

from aisle.images.hashes import hash_of
from aisle.images.source import ImageRef, InlineImages


def test_an_inline_image_is_found_by_its_hash_whatever_the_link_says() -> None:
    images = InlineImages({hash_of(b"pixels"): b"pixels"})
    assert images.read("../../etc/passwd", hash_of(b"pixels")) == b"pixels"


def test_an_inline_image_of_unknown_hash_is_not_to_be_had() -> None:
    assert InlineImages({}).read("a.jpg", hash_of(b"pixels")) is None
    assert InlineImages({}).read("a.jpg", "") is None


def test_a_status_that_the_schema_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="status is 'fine'; known: ok, "):
        ImageRef("a.jpg", "", "fine")
