from pathlib import Path

import pytest

from aisle.core.records import FIELDS, TEXT_FIELDS, Product, mask_name, mask_of, mask_of_fields


class TestProduct:
    def test_a_single_image_that_is_no_list_is_refused_and_not_taken_letter_by_letter(self):
        for image in ("mug.jpg", b"\xff\xd8", Path("mug.jpg")):
            with pytest.raises(TypeError, match=r"write images=\(image,\)"):
                Product(images=image)

    def test_images_may_be_listed_and_are_paths_or_bytes(self):
        images = ["mug.jpg", Path("side.jpg"), b"\xff\xd8"]
        assert Product(images=images).images == tuple(images)
        with pytest.raises(TypeError, match=r"images\[1\] is None; it must be a path or bytes"):
            Product(images=["mug.jpg", None])

    @pytest.mark.parametrize("name", ["id", "merchant", *TEXT_FIELDS])
    @pytest.mark.parametrize("value", [None, 5, b"mug", ["mug"]])
    def test_a_field_that_is_no_text_is_refused_by_name(self, name, value):
        with pytest.raises(TypeError, match=f"{name} is .*; it must be a text, empty where there is none"):
            Product(**{name: value})


def test_a_mask_is_named_by_its_fields_in_their_order():
    assert mask_name(1 << FIELDS.index("image") | 1 << FIELDS.index("title")) == "title+image"


def test_a_mask_is_made_of_fields_in_any_order_each_counted_once():
    assert mask_name(mask_of_fields(["image", "title", "image"])) == "title+image"
    assert mask_of_fields([]) == 0


def test_a_mask_without_fields_is_called_none():
    assert mask_name(0) == "none"


def test_every_mask_is_read_back_from_its_name():
    assert [mask_of(mask_name(mask)) for mask in range(2 ** len(FIELDS))] == list(range(2 ** len(FIELDS)))


def test_a_name_with_an_unknown_field_is_refused():
    with pytest.raises(ValueError, match="colour"):
        mask_of("title+colour")
