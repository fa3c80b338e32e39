"""The loss of a label set."""

import numpy as np
import pytest
import torch

from aisle.taxonomy.label_sets import LabelSets
from aisle.training.loss import label_mask, set_valued_loss

SCORES = torch.log(torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]]))


UNIFORM = np.full((2, 3), 1 / 3, np.float32)


def sets(*intervals):
    """One list of (start, stop) for each product."""
    ptr = np.cumsum([0, *[len(product) for product in intervals]]).astype(np.int64)
    flat = np.array([i for product in intervals for i in product], np.int32).reshape(-1, 2)
    return LabelSets(ptr, flat[:, 0], flat[:, 1])


def test_a_leaf_costs_minus_the_log_of_its_probability():
    loss = set_valued_loss(SCORES, sets([(0, 1)], [(2, 3)]), 0.0, UNIFORM)
    np.testing.assert_allclose(loss.exp().numpy(), [1 / 0.5, 1 / 0.8], rtol=1e-5)


def test_a_label_set_costs_minus_the_log_of_its_sum():
    loss = set_valued_loss(SCORES, sets([(0, 2)], [(0, 1), (2, 3)]), 0.0, UNIFORM)
    np.testing.assert_allclose(loss.exp().numpy(), [1 / 0.8, 1 / 0.9], rtol=1e-5)


def test_all_leaves_cost_nothing():
    loss = set_valued_loss(SCORES, sets([(0, 3)], [(0, 3)]), 0.0, UNIFORM)
    np.testing.assert_allclose(loss.numpy(), 0, atol=1e-6)


def test_smoothing_mixes_in_the_mean_under_its_targets():
    plain = set_valued_loss(SCORES, sets([(0, 1)], [(2, 3)]), 0.0, UNIFORM)
    targets = np.array([[0.5, 0.5, 0], [0.2, 0.3, 0.5]], np.float32)
    smooth = set_valued_loss(SCORES, sets([(0, 1)], [(2, 3)]), 0.2, targets)
    np.testing.assert_allclose(
        smooth.numpy(), 0.8 * plain.numpy() - 0.2 * (SCORES.numpy() * targets).sum(axis=1), rtol=1e-5
    )


@pytest.mark.parametrize("shift", [-1000.0, 1000.0])
def test_a_constant_added_to_a_row_changes_nothing(shift):
    labels = sets([(0, 2)], [(1, 2)])
    moved = set_valued_loss(SCORES + shift, labels, 0.1, UNIFORM)
    np.testing.assert_allclose(
        moved.numpy(), set_valued_loss(SCORES, labels, 0.1, UNIFORM).numpy(), rtol=1e-3
    )


def test_gradients_stay_finite_where_the_label_set_is_far_from_likely():
    scores = torch.tensor([[0.0, -200.0, -300.0]], requires_grad=True)
    set_valued_loss(scores, sets([(1, 3)]), 0.0, UNIFORM[:1]).sum().backward()
    assert torch.isfinite(scores.grad).all()


def test_the_mask_marks_the_leaves_of_every_interval():
    np.testing.assert_array_equal(label_mask(sets([(0, 1), (2, 4)], []), 4), [[1, 0, 1, 1], [0, 0, 0, 0]])
