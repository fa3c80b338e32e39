import pytest

from aisle.core.records import FIELDS, mask_name, mask_of


def test_a_mask_is_named_by_its_fields_in_their_order():
    assert mask_name(1 << FIELDS.index("image") | 1 << FIELDS.index("title")) == "title+image"


def test_a_mask_without_fields_is_called_none():
    assert mask_name(0) == "none"


def test_every_mask_is_read_back_from_its_name():
    assert [mask_of(mask_name(mask)) for mask in range(2 ** len(FIELDS))] == list(range(2 ** len(FIELDS)))


def test_a_name_with_an_unknown_field_is_refused():
    with pytest.raises(ValueError, match="colour"):
        mask_of("title+colour")
