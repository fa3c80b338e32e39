import pytest

from aisle.evaluation.f1 import f1

SIX = [
    ("Winter", "Winter"),
    ("Winter", "Winter"),
    ("Rain", "Winter"),
    ("Rain", "Rain"),
    ("Winter", "Sandals"),
    ("Leather", "Hats"),
]
"""At the leaf, F1 = 2 both / (true + answered): Winter 4/6, Rain 2/3, Sandals 0, Hats 0."""


def test_macro_is_the_plain_mean_over_the_classes_of_the_labels(scored):
    """Leather is answered but is nobody's label: it takes no part in the mean."""
    assert f1(scored(*SIX))["leaf"]["macro"] == pytest.approx((4 / 6 + 2 / 3 + 0 + 0) / 4)


def test_weighted_counts_each_class_by_its_products(scored):
    assert f1(scored(*SIX))["leaf"]["weighted"] == pytest.approx((3 * 4 / 6 + 1 * 2 / 3) / 6)


def test_every_level_has_its_own(scored):
    """Level 1: Shoes 5 of 5 both ways, Hats 0. Level 2: Boots 2 * 4 / (4 + 5), Sandals 0, Hats 0."""
    levels = f1(scored(*SIX))["levels"]
    assert levels[0]["weighted"] == pytest.approx(5 / 6)
    assert levels[1]["weighted"] == pytest.approx(4 * (8 / 9) / 6)


def test_the_mean_of_the_levels_is_what_the_mwpd_challenge_ranks_by(scored):
    figures = f1(scored(*SIX))
    assert figures["mean_of_levels"]["weighted"] == pytest.approx(
        (5 / 6 + 4 * (8 / 9) / 6 + (3 * 4 / 6 + 2 / 3) / 6) / 3
    )


def test_answers_below_an_inner_label_are_that_class_both_ways(scored):
    assert f1(scored(("Winter", "Boots"), ("Rain", "Boots")))["leaf"] == {"macro": 1.0, "weighted": 1.0}


def test_a_wrong_answer_costs_the_answered_class_its_precision(scored):
    """Winter: 1 both, 1 true, 2 answered. Boots as a label: 1 both, 2 true, 1 answered as it."""
    found = f1(scored(("Winter", "Winter"), ("Winter", "Boots"), ("Hats", "Boots"), ("Winter", "Hats")))
    assert found["leaf"]["macro"] == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)


def test_a_class_that_training_never_saw_has_an_f1_of_0(scored):
    found = f1(scored(("Winter", "Winter"), ("Rain", "Rain"), unseen=["Winter"]))
    assert found["leaf"]["macro"] == pytest.approx(0.5)
