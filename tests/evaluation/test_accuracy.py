import pytest

from aisle.evaluation.accuracy import accuracy

FOUR = [("Winter", "Winter"), ("Winter", "Winter"), ("Rain", "Winter"), ("Hats", "Sandals")]
"""Right at level 1: 3 of 4 (of the one class there); at level 2 and the leaf: Boots 3 of 3, Winter 2 of 3."""


def values(figures, which):
    return [level[which]["value"] for level in figures["levels"]]


def test_micro_is_the_share_of_the_products(scored):
    assert values(accuracy(scored(*FOUR)), "micro") == [0.75, 0.75, 0.5]


def test_macro_is_the_mean_of_the_classes_shares(scored):
    assert values(accuracy(scored(*FOUR)), "macro") == pytest.approx([3 / 4, (1 + 0) / 2, (2 / 3 + 0) / 2])


def test_classes_are_those_that_the_labels_name(scored):
    assert [level["n_classes"] for level in accuracy(scored(*FOUR))["levels"]] == [1, 2, 2]


def test_the_deepest_level_is_the_leaf(scored):
    figures = accuracy(scored(*FOUR))
    assert {"level": 3, **figures["leaf"]} == figures["levels"][2]


def test_labels_of_one_inner_node_are_one_class(scored):
    figures = accuracy(scored(("Winter", "Boots"), ("Rain", "Boots"), ("Hats", "Boots"), ("Hats", "Hats")))
    assert figures["leaf"]["n_classes"] == 2
    assert figures["leaf"]["macro"]["value"] == pytest.approx((2 / 3 + 1) / 2)


def test_an_interval_holds_its_value_and_is_wider_for_fewer_products(scored):
    few, many = (accuracy(scored(*FOUR * times))["leaf"]["micro"] for times in (5, 50))
    for found in (few, many):
        assert found["low"] <= found["value"] <= found["high"]
    assert many["high"] - many["low"] < few["high"] - few["low"]


def test_products_of_one_group_count_as_one_for_the_interval(scored):
    """Ten copies of each product in a group say no more than the product alone."""
    alone = accuracy(scored(*FOUR * 10))["leaf"]["micro"]
    copied = accuracy(scored(*[p for p in FOUR * 10 for _ in range(10)], group=[i // 10 for i in range(400)]))
    assert copied["leaf"]["micro"] == pytest.approx(alone)


def test_a_single_group_has_no_interval(scored):
    found = accuracy(scored(*FOUR, group=[1] * 4))["leaf"]["micro"]
    assert found == {"value": 0.5, "low": None, "high": None}
