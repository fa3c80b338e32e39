"""Hand-worked: (levels in common, levels of the answer, levels of the label)."""

import pytest

from aisle.evaluation.hierarchical import hierarchical


@pytest.mark.parametrize(
    ("answer", "label", "lengths"),
    [
        ("Winter", "Winter", (3, 3, 3)),
        ("Rain", "Winter", (2, 3, 3)),
        ("Sandals", "Winter", (1, 2, 3)),
        ("Winter", "Sandals", (1, 3, 2)),
        ("Hats", "Winter", (0, 1, 3)),
        (None, "Winter", (0, 0, 3)),
        ("Boots", "Winter", (2, 2, 3)),
        ("Winter", "Boots", (2, 2, 2)),
        ("Sandals", "Boots", (1, 2, 2)),
        ("Leather", "Belts", (2, 2, 2)),
        ("Rain", ("Hats", "Winter"), (2, 3, 3)),
        ("Rain", ("Winter", "Shoes"), (1, 1, 1)),
        ("Winter", 4, (0, 3, 4)),
    ],
)
def test_the_lengths_of_one_product(scored, answer, label, lengths):
    found = hierarchical(scored((answer, label)))
    assert (found["n_common"], found["n_answer"], found["n_true"]) == lengths


def test_the_lengths_are_pooled_before_any_ratio_is_taken(scored):
    """Lengths (3, 3, 3), (1, 2, 3), (0, 1, 2): 4 in common, 6 answered, 8 true.

    The mean of the products' own F1 would be (1 + 2/5 + 0) / 3; the pooled one is 8/14.
    """
    found = hierarchical(scored(("Winter", "Winter"), ("Sandals", "Rain"), ("Hats", "Leather")))
    assert found["precision"] == pytest.approx(4 / 6)
    assert found["recall"] == pytest.approx(4 / 8)
    assert found["f1"] == pytest.approx(8 / 14)


def test_levels_that_training_never_saw_are_not_shared(scored):
    found = hierarchical(scored(("Winter", "Winter"), unseen=["Winter"]))
    assert (found["n_common"], found["n_answer"], found["n_true"]) == (2, 3, 3)


def test_f1_is_the_harmonic_mean_of_precision_and_recall(scored):
    found = hierarchical(scored(("Sandals", "Winter"), ("Winter", "Winter"), ("Hats", "Rain")))
    p, r = found["precision"], found["recall"]
    assert found["f1"] == pytest.approx(2 * p * r / (p + r))


def test_nothing_in_common_is_0_and_not_null(scored):
    assert hierarchical(scored(("Hats", "Leather")))["f1"] == 0.0
