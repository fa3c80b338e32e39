"""Which of a feed's columns mean what."""

import pytest

from aisle.core.errors import AisleError
from aisle.feeds.layout import find_column, known_field, lay_out, parse_fields


@pytest.mark.parametrize("name", ["image_link", "Image Link", "g:image_link", " IMAGE-LINK ", "G:Image_Link"])
def test_a_known_column_is_found_however_it_is_spelled(name):
    assert known_field(name) == "image_link"


@pytest.mark.parametrize("name", ["imagelink", "source_file", "image_bytes", "", "categories"])
def test_other_names_are_not_known(name):
    assert known_field(name) == ""


class TestLayOut:
    def test_of_two_columns_of_one_meaning_the_first_counts_and_the_other_is_kept(self):
        layout = lay_out(["id", "title", "Title", "ID"], own_merchant=True)
        assert layout.fields == {"id": (0,), "title": (1,)}
        assert layout.extras == (("Title", 2), ("ID", 3))

    def test_product_types_and_images_may_stand_in_several_columns(self):
        layout = lay_out(["product_type", "id", "product_type"], own_merchant=True)
        assert layout.fields["product_type"] == (0, 2)
        layout = lay_out(["image_link", "id", "Image Link"], own_merchant=True)
        assert layout.fields["image_link"] == (0, 2)

    def test_an_id_outranks_a_databases_own(self):
        layout = lay_out(["_id", "id"], own_merchant=True)
        assert layout.fields["id"] == (1,)
        assert layout.extras == (("_id", 0),)

    def test_a_column_that_is_called_as_one_of_aisles_own_is_told_apart(self):
        layout = lay_out(["id", "source_line", "x", "x", "x (2)"], own_merchant=True)
        assert [name for name, _ in layout.extras] == ["source_line (2)", "x", "x (2)", "x (2) (2)"]


class TestGivenFields:
    """Columns that hold a field though they are called otherwise."""

    def test_they_come_before_those_that_are_called_so(self):
        names = ["sku", "title", "Product Name", "id"]
        layout = lay_out(names, own_merchant=True, given={"title": "product_name", "id": "sku"})
        assert layout.fields == {"title": (2, 1), "id": (0, 3)}
        assert layout.extras == (("sku", 0), ("Product Name", 2))

    def test_they_stay_what_they_are_by_their_own_name(self):
        names = ["id", "merchant", "description"]
        given = {"brand": "merchant", "title": "description"}
        layout = lay_out(names, own_merchant=True, given=given)
        assert layout.fields == {
            "id": (0,),
            "merchant": (1,),
            "brand": (1,),
            "description": (2,),
            "title": (2,),
        }

    def test_a_feed_without_the_column_is_read_by_the_fields_name(self):
        layout = lay_out(["id", "title"], own_merchant=True, given={"title": "name", "link": "page"})
        assert layout.fields == {"id": (0,), "title": (1,)}

    def test_naming_a_field_by_its_own_name_changes_nothing(self):
        layout = lay_out(["id", "title"], own_merchant=True, given={"title": "Title"})
        assert layout.fields == {"id": (0,), "title": (1,)}


class TestParseFields:
    def test_each_says_which_column_holds_a_field(self):
        assert parse_fields(["title=name", "g:Image Link = Photo=1 "]) == {
            "title": "name",
            "image_link": "Photo=1",
        }

    @pytest.mark.parametrize(
        ("texts", "told"),
        [
            (["title"], "--field title: write FIELD=COLUMN, such as title=product_name"),
            (["title="], "--field title=: write FIELD=COLUMN"),
            (["=name"], "--field =name: write FIELD=COLUMN"),
            (["titel=name"], "--field titel=name: no field 'titel'; did you mean 'title'?"),
            (["merchant=my\nshop"], "--field merchant=my shop: is told by --merchant column:my shop"),
            (["title=a", "Title=b"], "--field Title=b: 'title' is read from 'a' already; name one column"),
        ],
    )
    def test_what_else_is_written_is_an_error(self, texts, told):
        with pytest.raises(AisleError) as caught:
            parse_fields(texts)
        assert str(caught.value).startswith(told)


def test_find_column_takes_the_name_itself_before_one_that_is_spelled_alike():
    assert find_column("lvl1", ["LVL1", "lvl1"]) == "lvl1"
    assert find_column("Level 1", ["x", "g:level_1"]) == "g:level_1"
    assert find_column("lvl2", ["lvl1"]) is None
