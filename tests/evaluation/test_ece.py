import numpy as np
import pytest

from aisle.evaluation.ece import N_BINS, ece

RIGHT, WRONG = ("Hats", "Hats"), ("Hats", "Leather")


def test_bins_weigh_their_distance_by_their_products(scored):
    """Two at 0.95, one right: |0.95 - 0.5| over 2 of 5. Three at 0.4, all right: |0.4 - 1| over 3 of 5."""
    found = ece(scored(RIGHT, WRONG, RIGHT, RIGHT, RIGHT, p=[[0.95]] * 2 + [[0.4]] * 3))
    assert found["leaf"]["ece"] == pytest.approx(0.4 * 0.45 + 0.6 * 0.6)


def test_over_and_under_confidence_in_one_bin_cancel_out(scored):
    assert ece(scored(RIGHT, WRONG, p=0.5))["leaf"]["ece"] == pytest.approx(0.0)


def test_sure_and_right_is_0_and_sure_and_wrong_is_1(scored):
    assert ece(scored(RIGHT, p=1.0))["leaf"]["ece"] == pytest.approx(0.0)
    assert ece(scored(WRONG, p=1.0))["leaf"]["ece"] == pytest.approx(1.0)


def test_every_level_uses_its_own_probability(scored):
    found = ece(scored(("Rain", "Winter"), p=[[1.0, 0.8, 0.6]]))
    assert [level["ece"] for level in found["levels"]] == pytest.approx([0.0, 0.2, 0.6])


def test_bins_tell_their_products_mean_and_accuracy(scored):
    bins = ece(scored(RIGHT, WRONG, WRONG, p=[[1.0], [0.99], [0.01]]))["leaf"]["bins"]
    assert bins["n_products"] == [1] + [0] * (N_BINS - 2) + [2]
    assert bins["mean_p"][-1] == pytest.approx(0.995)
    assert bins["accuracy"] == [0.0] + [None] * (N_BINS - 2) + [0.5]


def test_an_edge_belongs_to_the_bin_below_it(scored):
    p = np.array([[0.2], [0.2001], [0.0]])
    bins = ece(scored(RIGHT, RIGHT, RIGHT, p=p))["leaf"]["bins"]["n_products"]
    assert (bins[0], bins[2], bins[3]) == (1, 1, 1)
