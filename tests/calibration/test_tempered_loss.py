import numpy as np
import pytest
from hypothesis import given

from aisle.calibration import tempered_loss as module
from aisle.calibration.tempered_loss import tempered_loss
from aisle.taxonomy.label_sets import LabelSets
from strategies import labelled_scores


def plain_loss(log_p, allowed, log_t):
    """Minus log of the mass on the label, product by product, in float64."""
    losses = []
    for scores, leaves, t in zip(log_p.astype(float), allowed, np.exp(log_t), strict=True):
        p = np.exp((scores - scores.max()) / t)
        losses.append(-np.log(p[leaves].sum() / p.sum()))
    return np.array(losses)


@given(labelled_scores())
def test_the_loss_is_minus_the_log_of_the_mass_on_the_label(case):
    log_p, labels, _ = case
    allowed = labels.contains(np.tile(np.arange(log_p.shape[1]), (len(labels), 1)))
    log_t = np.linspace(-1, 1, len(labels))
    loss, _, _ = tempered_loss(log_p, labels, np.arange(len(labels)), log_t)
    assert loss == pytest.approx(plain_loss(log_p, allowed, log_t), abs=1e-4, rel=1e-4)


@given(labelled_scores())
def test_the_slope_is_that_of_the_loss(case):
    log_p, labels, _ = case
    rows, log_t = np.arange(len(labels)), np.linspace(-0.5, 0.5, len(labels))
    allowed = labels.contains(np.tile(np.arange(log_p.shape[1]), (len(labels), 1)))
    _, slope, curvature = tempered_loss(log_p, labels, rows, log_t)
    step = 1e-4
    ascent = plain_loss(log_p, allowed, log_t + step) - plain_loss(log_p, allowed, log_t - step)
    assert slope == pytest.approx(ascent / (2 * step), abs=1e-3, rel=1e-3)
    assert (curvature >= 0).all()


def test_a_label_that_is_all_but_impossible_keeps_its_finite_loss():
    """The mass is e^-300 of the whole: far below what a difference of cumulative sums could tell from 0."""
    log_p = np.array([[0.0, -300.0, -301.0]], np.float32)
    labels = LabelSets(np.array([0, 1]), np.array([1], np.int32), np.array([3], np.int32))
    loss, _, _ = tempered_loss(log_p, labels, np.array([0]), np.zeros(1))
    assert loss == pytest.approx([300 - np.log(1 + np.exp(-1))])


def test_a_leaf_without_any_probability_gives_a_finite_loss():
    log_p = np.array([[0.0, -np.inf]], np.float32)
    labels = LabelSets(np.array([0, 1]), np.array([1], np.int32), np.array([2], np.int32))
    assert all(np.isfinite(part).all() for part in tempered_loss(log_p, labels, np.array([0]), np.zeros(1)))


def test_slices_of_rows_give_what_all_rows_give(monkeypatch):
    rng = np.random.default_rng(0)
    log_p = rng.normal(size=(50, 7)).astype(np.float32)
    leaf = rng.integers(0, 7, 50).astype(np.int32)
    labels = LabelSets(np.arange(51), leaf, leaf + 1)
    rows, log_t = np.arange(49, -1, -1), np.zeros(50)
    whole = tempered_loss(log_p, labels, rows, log_t)
    monkeypatch.setattr(module, "_CELLS", 21)
    assert np.array_equal(whole, tempered_loss(log_p, labels, rows, log_t))
