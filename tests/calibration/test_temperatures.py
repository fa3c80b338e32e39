import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.calibration.temperatures import LOG_T_MAX, Temperatures, fit_temperatures
from aisle.core.records import FIELDS, mask_of
from aisle.taxonomy.label_sets import LabelSets
from strategies import labelled_scores, temperatures

ALL = 2 ** len(FIELDS) - 1
TITLE, TITLE_IMAGE = mask_of("title"), mask_of("title+image")


def leaf_labels(leaf):
    leaf = np.asarray(leaf, np.int32)
    return LabelSets(np.arange(len(leaf) + 1), leaf, leaf + 1)


def calibrated_scores(n, *, seed=0, n_leaves=12):
    """Log-probabilities from which the labels really were drawn, so that T = 1 is right."""
    rng = np.random.default_rng(seed)
    log_p = 2 * rng.normal(size=(n, n_leaves))
    log_p -= np.log(np.exp(log_p).sum(axis=1, keepdims=True))
    leaf = (log_p + rng.gumbel(size=log_p.shape)).argmax(axis=1)
    return log_p, leaf


def nll(log_p, labels, t):
    scores = log_p.astype(float) / t[:, None]
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    leaves = np.tile(np.arange(p.shape[1]), (len(p), 1))
    mass = (p * labels.contains(leaves)).sum(axis=1)
    return -np.log(mass[labels.is_labelled]).sum()


class TestFit:
    @pytest.mark.parametrize("applied", [0.5, 1.0, 2.0, 4.0])
    def test_scores_sharpened_by_a_factor_get_that_factor_as_their_temperature(self, applied):
        log_p, leaf = calibrated_scores(4000)
        mask = np.full(4000, ALL, np.uint8)
        fitted = fit_temperatures((applied * log_p).astype(np.float32), leaf_labels(leaf), mask)
        assert fitted.of(mask[:1])[0] == pytest.approx(applied, rel=0.06)

    def test_what_a_field_s_absence_does_is_told_apart_from_the_level(self):
        log_p, leaf = calibrated_scores(6000)
        mask = np.tile([ALL, ALL & ~TITLE, ALL & ~mask_of("image")], 2000).astype(np.uint8)
        applied = np.tile([1.0, 2.0, 0.5], 2000)
        fitted = fit_temperatures(log_p * applied[:, None], leaf_labels(leaf), mask)
        assert Temperatures(a=fitted.a, b=fitted.b).of(mask[:3]) == pytest.approx([1.0, 2.0, 0.5], rel=0.1)

    def test_absent_fields_add_up_for_a_mask_that_was_never_seen(self):
        log_p, leaf = calibrated_scores(9000)
        both = ALL & ~mask_of("title+image")
        mask = np.tile([ALL, ALL & ~TITLE, ALL & ~mask_of("image")], 3000).astype(np.uint8)
        applied = np.tile([1.0, 2.0, 1.5], 3000)
        fitted = fit_temperatures(log_p * applied[:, None], leaf_labels(leaf), mask)
        assert fitted.of(np.array([both], np.uint8)) == pytest.approx([3.0], rel=0.15)

    def test_only_masks_with_enough_products_get_a_temperature_of_their_own(self):
        log_p, leaf = calibrated_scores(999)
        mask = np.array([TITLE] * 499 + [TITLE_IMAGE] * 500, np.uint8)
        assert set(fit_temperatures(log_p, leaf_labels(leaf), mask).own) == {TITLE_IMAGE}

    def test_products_without_a_label_do_not_count_towards_a_mask_s_own(self):
        log_p, leaf = calibrated_scores(500)
        labels = LabelSets(np.r_[0, np.arange(500)], leaf[1:].astype(np.int32), leaf[1:].astype(np.int32) + 1)
        assert fit_temperatures(log_p, labels, np.full(500, TITLE, np.uint8)).own == {}

    def test_absence_that_every_product_shares_moves_the_level_more_than_any_b(self):
        log_p, leaf = calibrated_scores(2000)
        mask = np.full(2000, TITLE, np.uint8)
        fitted = fit_temperatures(3 * log_p, leaf_labels(leaf), mask)
        assert Temperatures(a=fitted.a, b=fitted.b).of(mask[:1]) == pytest.approx([3.0], rel=0.1)
        assert np.abs(fitted.b).max() < fitted.a / 5

    @pytest.mark.parametrize(("right", "bound"), [(True, -LOG_T_MAX), (False, LOG_T_MAX)])
    def test_answers_all_right_or_all_wrong_stay_within_the_bounds(self, right, bound):
        scores = np.zeros((5000, 4))
        scores[:, 0] = 0.01 if right else 1000.0
        labels = leaf_labels(np.zeros(5000) if right else np.ones(5000))
        t = fit_temperatures(scores, labels, np.full(5000, TITLE, np.uint8)).of(np.array([TITLE], np.uint8))
        assert np.log(t) == pytest.approx([bound], abs=1e-3)

    def test_without_labels_every_temperature_is_1(self):
        labels = LabelSets(np.zeros(3, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int32))
        assert fit_temperatures(np.zeros((2, 3)), labels, np.zeros(2, np.uint8)) == Temperatures()

    def test_scores_that_are_no_numbers_are_refused(self):
        with pytest.raises(ValueError, match="NaN"):
            fit_temperatures(np.full((2, 3), np.nan), leaf_labels([0, 1]), np.zeros(2, np.uint8))

    def test_another_number_of_products_is_refused_with_the_numbers(self):
        with pytest.raises(ValueError, match="log_p has 3 products, labels 2 and mask 3"):
            fit_temperatures(np.zeros((3, 3)), leaf_labels([0, 1]), np.zeros(3, np.uint8))

    def test_the_scores_are_left_as_they_were(self):
        log_p, leaf = calibrated_scores(20)
        before = log_p.copy()
        fit_temperatures(log_p, leaf_labels(leaf), np.zeros(20, np.uint8))
        assert np.array_equal(log_p, before)

    @given(labelled_scores(), st.sampled_from([1, 3, 500]))
    def test_the_fitted_temperatures_never_raise_the_negative_log_likelihood(self, case, min_own):
        log_p, labels, mask = case
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("aisle.calibration.temperatures._MIN_OWN", min_own)
            fitted = fit_temperatures(log_p, labels, mask)
        before, after = nll(log_p, labels, np.ones(len(mask))), nll(log_p, labels, fitted.of(mask))
        assert after <= before + 1e-3 + 1e-4 * before

    @given(labelled_scores())
    def test_the_order_of_a_product_s_leaves_is_kept(self, case):
        log_p, labels, mask = case
        t = fit_temperatures(log_p, labels, mask).of(mask)
        ranked = np.take_along_axis(log_p / t[:, None], np.argsort(log_p, axis=1), axis=1)
        assert (np.diff(ranked, axis=1) >= 0).all()

    @given(labelled_scores())
    def test_a_constant_added_to_a_product_s_scores_changes_nothing(self, case):
        log_p, labels, mask = case
        fitted = fit_temperatures(log_p, labels, mask)
        shifted = fit_temperatures(log_p + np.arange(len(log_p), dtype=np.float32)[:, None], labels, mask)
        assert shifted.of(mask) == pytest.approx(fitted.of(mask), rel=1e-2)


class TestRecord:
    def test_made_without_arguments_every_temperature_is_1(self):
        assert (Temperatures().of(np.arange(64, dtype=np.uint8)) == 1).all()

    def test_a_mask_s_own_temperature_goes_before_the_linear_form(self):
        record = Temperatures(a=1.0, own={TITLE: 0.7})
        assert record.of(np.array([TITLE, ALL], np.uint8)) == pytest.approx([0.7, np.e])

    @given(temperatures())
    def test_what_was_written_as_strict_json_is_read_back_the_same(self, record):
        text = json.dumps(record.as_json(), allow_nan=False)
        assert Temperatures.from_json(json.loads(text)) == record

    @given(temperatures())
    def test_every_temperature_is_above_0_and_finite(self, record):
        t = record.of(np.arange(64, dtype=np.uint8))
        assert t.dtype == np.float32
        assert (np.isfinite(t) & (t > 0)).all()

    @pytest.mark.parametrize(
        ("stored", "message"),
        [
            ({"a": 0.0, "b": {}}, "keys"),
            ({"a": 0.0, "b": {"title": 0.0}, "own": {}}, "fields"),
            ({"a": float("nan"), "b": dict.fromkeys(FIELDS, 0.0), "own": {}}, "finite"),
            (
                {"a": 0.0, "b": dict.fromkeys(FIELDS, 0.0), "own": {"title": 0.0}},
                "'title' is 0.0; it",
            ),
            ({"a": 0.0, "b": dict.fromkeys(FIELDS, 0.0), "own": {"colour": 1.0}}, "colour"),
        ],
    )
    def test_stored_temperatures_that_cannot_be_used_are_refused(self, stored, message):
        with pytest.raises(ValueError, match=message):
            Temperatures.from_json(stored)

    def test_one_number_a_field_is_asked_for(self):
        with pytest.raises(ValueError, match="b has 2 numbers; it must have 6"):
            Temperatures(b=(0.0, 1.0))
