"""Settings that make no sense are refused before anything is read."""

import pytest

from aisle.catalogue.settings import IngestSettings, parse_label_columns
from aisle.catalogue.splits import SplitRatio, SplitRule
from aisle.core.errors import AisleError


def test_defaults_split_by_group_70_15_15():
    settings = IngestSettings(taxonomy="from-labels")
    assert (str(settings.split_rule), str(settings.ratio)) == ("group", "70/15/15")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"taxonomy": None}, "no taxonomy is named"),
        ({"max_depth": 0}, "--max-depth 0: must be at least 1"),
        ({"min_products": -1}, "--min-products -1: must be at least 1"),
        ({"max_per_leaf": 0}, "--max-per-leaf 0: must be at least 1"),
        ({"inner_labels": "others"}, "--inner-labels others: did you mean 'other'"),
        ({"split": SplitRule("file"), "split_ratio": SplitRatio()}, "has no meaning with --split file"),
    ],
)
def test_what_makes_no_sense_is_refused(asked, words):
    with pytest.raises(AisleError, match=words):
        IngestSettings(**{"taxonomy": "from-labels", **asked})


def test_label_columns_are_read_with_commas_between():
    assert parse_label_columns("lvl1, lvl2") == ("lvl1", "lvl2")


@pytest.mark.parametrize("text", ["", "a,", "a,,b", "a,a"])
def test_empty_and_double_label_columns_are_refused(text):
    with pytest.raises(AisleError, match="name columns with commas between them, each once"):
        parse_label_columns(text)
