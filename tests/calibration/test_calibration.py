import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.calibration.calibration import Calibrated, Calibration, fit_calibration, softmax
from aisle.calibration.temperatures import Temperatures
from aisle.taxonomy.building import from_paths
from aisle.taxonomy.label_sets import LabelSets
from aisle.training.smoothing import TreeSmoothing
from strategies import temperatures

TREE = from_paths(
    [("Hats",), ("Shoes", "Boots"), ("Shoes", "Sandals"), *[("Shirts", f"Shirt {i}") for i in range(9)]]
)
LEAF = np.arange(TREE.n_leaves, dtype=np.int32)


def products(n, *, smoothing, seed=0):
    """Scores of a head that knows the truth and was told to smooth it, and labels drawn from the truth."""
    rng = np.random.default_rng(seed)
    log_p = 2 * rng.normal(size=(n, TREE.n_leaves))
    leaf = (log_p + rng.gumbel(size=log_p.shape)).argmax(axis=1).astype(np.int32)
    truth = np.exp(log_p)
    truth /= truth.sum(axis=1, keepdims=True)
    each = LabelSets(np.arange(TREE.n_leaves + 1), LEAF, LEAF + 1)
    learnt = TreeSmoothing.of(TREE, each).targets(np.arange(TREE.n_leaves))
    p = (1 - smoothing) * truth + smoothing * truth @ learnt
    return np.log(p).astype(np.float32), LabelSets(np.arange(n + 1), leaf, leaf + 1), np.full(n, 63, np.uint8)


def log_loss(calibration, scores, labels, mask):
    p = Calibrated(calibration, TREE).probabilities(scores.copy(), mask)
    return -np.log(p[np.arange(len(p)), labels.start]).mean()


class TestFit:
    def test_a_head_that_spread_nothing_is_left_as_it_is(self):
        found = fit_calibration(TREE, *products(4000, smoothing=0.0))
        assert found.spread == 0
        assert found.temperatures.of(np.array([63], np.uint8))[0] == pytest.approx(1, rel=0.06)

    @pytest.mark.parametrize("smoothing", [0.4, 0.6])
    def test_the_spread_is_found_and_products_not_seen_are_told_more_surely(self, smoothing):
        found = fit_calibration(TREE, *products(4000, smoothing=smoothing))
        assert 0 < found.spread <= 0.8
        others = products(4000, smoothing=smoothing, seed=1)
        tempered = Calibration(temperatures=found.temperatures)
        assert log_loss(found, *others) < log_loss(tempered, *others)

    def test_without_labels_nothing_is_done(self):
        scores, _, mask = products(5, smoothing=0.4)
        none = LabelSets(np.zeros(6, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int32))
        assert fit_calibration(TREE, scores, none, mask) == Calibration()


def test_probabilities_sum_to_one():
    scores, _, mask = products(50, smoothing=0.4)
    p = Calibrated(Calibration(spread=0.4), TREE).probabilities(scores, mask)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)


def test_softmax_at_a_temperature_is_the_softmax_of_scores_divided_by_it():
    scores = np.array([[1.0, 2.0, 4.0], [0.0, 0.0, 3.0]], np.float32)
    t = np.array([0.5, 2.0], np.float32)
    expected = np.exp(scores / t[:, None])
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(softmax(scores.copy(), t), expected, rtol=1e-5)


class TestStored:
    @given(st.floats(0, 1), temperatures())
    def test_what_is_written_is_what_is_read(self, spread, of_fields):
        made = Calibration(spread=spread, temperatures=of_fields)
        assert Calibration.from_json(json.loads(json.dumps(made.as_json()))) == made

    @pytest.mark.parametrize(
        ("change", "said"),
        [({"spread": 2}, "from 0 to 1"), ({"spread": "much"}, "could not convert"), ({"x": 1}, "keys")],
    )
    def test_what_is_no_calibration_is_refused(self, change, said):
        with pytest.raises(ValueError, match=said):
            Calibration.from_json({"spread": 0.0, "temperatures": Temperatures().as_json(), **change})
