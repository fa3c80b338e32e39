"""Columns are found as users name them, and kept as maps."""

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.catalogue.columns import check_fields, extra_columns, extra_value, find_columns
from aisle.core.errors import AisleError
from aisle.feeds import FeedOptions


class TestFind:
    def test_a_column_is_found_however_it_is_spelled(self, feed):
        address = feed("a.tsv", [{"id": "1", "Product Type": "A", "Shop fold": "x"}])
        assert find_columns("--split", ["shop_fold", "product_type"], [address], FeedOptions()) == (
            "Shop fold",
            "product_type",
        )

    def test_it_need_not_be_in_every_feed(self, feed):
        feeds = [feed("a.tsv", [{"id": "1"}]), feed("b.tsv", [{"id": "1", "fold": "x"}])]
        assert find_columns("--split", ["fold"], feeds, FeedOptions()) == ("fold",)

    def test_one_that_no_feed_has_is_an_error_with_the_nearest(self, feed):
        address = feed("a.tsv", [{"id": "1", "fold": "x"}])
        with pytest.raises(
            AisleError, match=r"a\.tsv: no column 'fould' \(--split\); did you mean 'fold'\? known: fold, id"
        ):
            find_columns("--split", ["fould"], [address], FeedOptions())

    def test_no_feed_is_opened_for_nothing(self):
        assert find_columns("--split", [], ["nowhere.tsv"], FeedOptions()) == ()


LATE = 10_000
"""Rows before one with a column of its own: more than are read at once."""


@pytest.fixture
def late(tmp_path):
    """A feed without a header whose last row has the columns `name` and `fold`."""
    rows = [{"id": f"{i}"} for i in range(LATE)] + [{"id": "x", "name": "kite", "fold": "test"}]
    (tmp_path / "late.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(tmp_path / "late.jsonl")


class TestColumnsThatComeLate:
    def test_they_are_found(self, feed, late):
        feeds = [feed("a.tsv", [{"id": "1", "hue": "x"}]), late]
        check_fields({"title": "name", "brand": "hue"}, [], feeds)
        assert find_columns("--split", ["Fold", "hue"], feeds, FeedOptions()) == ("fold", "hue")

    def test_one_that_never_comes_is_told_with_all_that_came(self, late):
        told = r"late\.jsonl: no column 'nmae' \(.*=nmae\); did you mean 'name'\? known: fold, id, name$"
        with pytest.raises(AisleError, match=told):
            check_fields({"title": "nmae"}, [], [late])


class TestCheckFields:
    def test_a_column_need_not_be_in_every_feed_nor_the_feed_have_ids(self, feed):
        feeds = [feed("a.tsv", [{"name": "x"}]), feed("b.tsv", [{"id": "1", "Product Name": "x"}])]
        check_fields({"title": "product_name", "id": "name"}, ["kind"], feeds)

    def test_one_that_no_feed_has_is_an_error_with_the_nearest(self, feed):
        address = feed("a.tsv", [{"id": "1", "name": "x"}])
        told = r"a\.tsv: no column 'nmae' \(--field title=nmae\); did you mean 'name'\? known: id, name"
        with pytest.raises(AisleError, match=told):
            check_fields({"title": "nmae"}, [], [address])

    @pytest.mark.parametrize(
        ("fields", "labels", "told"),
        [
            ({"title": "name"}, ["Name"], "--field title=name: labels are read from that column"),
            ({"title": "name"}, ["title"], "--field title=name: labels are read from 'title', too"),
            ({"product_type": "name"}, ["name"], "--field product_type=name: labels are read from that"),
        ],
    )
    def test_the_label_does_not_speak(self, feed, fields, labels, told):
        address = feed("a.tsv", [{"id": "1", "name": "x"}])
        with pytest.raises(AisleError) as caught:
            check_fields(fields, labels, [address])
        assert str(caught.value).startswith(told)

    @pytest.mark.parametrize("labels", [["product_type"], ["name", "product_type"]])
    def test_the_label_may_be_read_so(self, feed, labels):
        check_fields({"product_type": "name"}, labels, [feed("a.tsv", [{"id": "1", "name": "x"}])])

    def test_no_feed_is_opened_for_nothing(self):
        check_fields({}, [], ["nowhere.tsv"])


values = st.lists(
    st.tuples(st.sampled_from(["", "x", "y\nz"]), st.lists(st.sampled_from(["", "p", "q"]), max_size=2))
)


@given(values)
def test_what_is_kept_as_a_map_can_be_read_back(rows):
    batch = pa.RecordBatch.from_pydict(
        {
            "one": pa.array([text for text, _ in rows], pa.string()),
            "several": pa.array([texts for _, texts in rows], pa.list_(pa.string())),
            "left out": pa.array(["!"] * len(rows), pa.string()),
            "item_group_id": pa.array([""] * len(rows), pa.string()),
        }
    )
    extra = extra_columns(batch, ["left out", "google_product_category"])
    assert extra_value(extra, "one").to_pylist() == [text for text, _ in rows]
    assert extra_value(extra, "several").to_pylist() == ["\n".join(texts) for _, texts in rows]
    assert all(value for of_row in extra.to_pylist() for _, value in of_row)
    assert not {name for of_row in extra.to_pylist() for name, _ in of_row} - {"one", "several"}
