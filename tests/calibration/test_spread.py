import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.calibration.spread import Spread
from aisle.taxonomy.building import from_paths
from aisle.taxonomy.label_sets import LabelSets
from aisle.taxonomy.tree import Taxonomy
from aisle.training.smoothing import TreeSmoothing
from strategies import taxonomies

UNEVEN = from_paths(
    [("Hats",), ("Shoes", "Boots"), ("Shoes", "Sandals"), *[("Shirts", f"Shirt {i}") for i in range(20)]]
)


def smoothed_labels(tree: Taxonomy) -> np.ndarray:
    """(leaves, leaves) where the smoothing in training would have the mass of each leaf's products."""
    leaf = np.arange(tree.n_leaves, dtype=np.int32)
    labels = LabelSets(np.arange(tree.n_leaves + 1), leaf, leaf + 1)
    return TreeSmoothing.of(tree, labels).targets(np.arange(tree.n_leaves)).astype(float)


def softmax(scores: np.ndarray) -> np.ndarray:
    p = np.exp(scores.astype(float) - scores.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def without_spread(tree: Taxonomy, share: float, p: np.ndarray) -> np.ndarray:
    scores = np.log(p).astype(np.float32)
    Spread.of(tree, share).take_out(scores)
    return softmax(scores)


def some_probabilities(n_leaves: int, seed: int, n: int = 7) -> np.ndarray:
    return softmax(3 * np.random.default_rng(seed).normal(size=(n, n_leaves)))


@given(taxonomies(), st.floats(0, 1), st.integers(0, 99))
def test_what_is_taken_out_is_what_smoothing_in_training_would_put_there(tree, share, seed):
    p = some_probabilities(tree.n_leaves, seed)
    left = p - share * p @ smoothed_labels(tree)
    expected = np.maximum(left, 0.05 * p)
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(without_spread(tree, share, p), expected, rtol=2e-3, atol=1e-6)


@given(taxonomies(), st.integers(0, 99))
def test_no_share_changes_nothing(tree, seed):
    p = some_probabilities(tree.n_leaves, seed)
    np.testing.assert_allclose(without_spread(tree, 0.0, p), p, rtol=1e-4)


def test_what_a_head_learns_from_smoothed_labels_is_nearer_to_the_truth_without_the_spread():
    truth = some_probabilities(UNEVEN.n_leaves, seed=1, n=200)
    learnt = 0.6 * truth + 0.4 * truth @ smoothed_labels(UNEVEN)
    error = np.abs(learnt - truth).sum(axis=1).mean()
    assert np.abs(without_spread(UNEVEN, 0.4, learnt) - truth).sum(axis=1).mean() < 0.35 * error


def test_a_branch_of_many_leaves_no_longer_draws_a_product_of_which_little_is_known():
    truth = np.full((1, UNEVEN.n_leaves), 0.02 / (UNEVEN.n_leaves - 1))
    truth[0, 0] = 0.98
    learnt = 0.2 * truth + 0.8 * truth @ smoothed_labels(UNEVEN)
    shirts = slice(UNEVEN.n_leaves - 20, UNEVEN.n_leaves)
    found = without_spread(UNEVEN, 0.8, learnt)
    assert learnt[0, 0] < 0.6
    assert found[0, 0] > 0.8
    assert found[0, shirts].sum() < 0.4 * learnt[0, shirts].sum()


@pytest.mark.parametrize("low", [-1e4, -200.0, -80.0])
def test_leaves_that_are_out_of_the_question_stay_so_and_finite(low):
    scores = np.full((1, UNEVEN.n_leaves), low, np.float32)
    scores[0, 3] = 5.0
    Spread.of(UNEVEN, 0.8).take_out(scores)
    assert np.isfinite(scores).all()
    assert softmax(scores)[0, 3] == pytest.approx(1.0)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ValueError, match="from 0 to 1"):
        Spread.of(UNEVEN, share)
