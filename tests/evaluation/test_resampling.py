import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.evaluation.resampling import LEAST_GROUPS, Resampling, interval, resampled_accuracies


def one_class(right, group=None, **how):
    """Accuracies of one kind of being right, all products of one class."""
    right = np.atleast_2d(np.asarray(right, bool))
    group = np.arange(right.shape[1]) if group is None else np.asarray(group)
    return resampled_accuracies(np.zeros(right.shape, np.int32), right, group, Resampling(**how))


def test_the_spread_over_products_is_that_of_a_binomial_share():
    right = np.random.default_rng(0).random(2000) < 0.8
    micro, _ = one_class(right)
    p = right.mean()
    assert micro.mean() == pytest.approx(p, abs=0.002)
    assert micro.std() == pytest.approx(np.sqrt(p * (1 - p) / 2000), rel=0.1)


def test_groups_are_drawn_whole():
    """Groups of four, each all right or all wrong: as uncertain as their number says, not their products'."""
    right = np.repeat(np.random.default_rng(0).random(500) < 0.5, 4)
    micro, _ = one_class(right, np.arange(2000) // 4)
    assert micro.std() == pytest.approx(0.5 / np.sqrt(500), rel=0.1)


def test_an_interval_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(300):
        right = rng.random((1, 200)) < 0.7
        low, high = interval(one_class(right)[0][0], 200, Resampling())
        held += low <= 0.7 <= high
    assert held / 300 == pytest.approx(0.95, abs=0.04)


def test_a_group_without_spread_leaves_no_doubt():
    micro, macro = one_class([True] * 50)
    assert (micro == 1).all()
    assert (macro == 1).all()


def test_macro_is_the_mean_over_the_classes_that_a_resample_holds():
    """One class always right, one always wrong: 1/2 where both are held, else 0 or 1."""
    _, macro = resampled_accuracies(
        np.array([[0, 7]], np.int32), np.array([[True, False]]), np.arange(2), Resampling()
    )
    known = macro[np.isfinite(macro)]
    assert set(known.tolist()) == {0.0, 0.5, 1.0}
    assert np.isnan(macro).mean() == pytest.approx(np.exp(-2), abs=0.04)


def test_kinds_are_resampled_together():
    right = np.random.default_rng(0).random((1, 300)) < 0.6
    micro, _ = one_class(np.concatenate([right, ~right]))
    assert micro[0] + micro[1] == pytest.approx(np.ones(1000))


def test_a_group_weighs_the_same_whatever_other_products_there_are():
    right = np.random.default_rng(0).random(100) < 0.6
    group = np.arange(100) * 3
    twice, _ = one_class(np.repeat(right, 2), np.repeat(group, 2))
    assert one_class(right, group)[0] == pytest.approx(twice)


def test_threads_and_slices_of_resamples_change_nothing():
    """Above ten thousand products the work goes to threads."""
    rng = np.random.default_rng(0)
    right, group = rng.random((1, 20_000)) < 0.6, np.arange(20_000)
    whole, _ = one_class(right, group, n_resamples=130)
    again, _ = one_class(right, group, n_resamples=40)
    assert np.array_equal(whole[:, :40], again)


def test_the_seed_decides():
    right = np.arange(60) % 3 > 0
    assert np.array_equal(one_class(right, seed=1)[0], one_class(right, seed=1)[0])
    assert not np.array_equal(one_class(right, seed=1)[0], one_class(right, seed=2)[0])


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.integers(0, 5)), max_size=20))
def test_every_accuracy_lies_between_0_and_1_or_is_unknown(products):
    ordered = sorted(products, key=lambda product: product[2])
    classes, right, group = (np.array([p[i] for p in ordered]) for i in range(3))
    found = resampled_accuracies(
        classes[None].astype(np.int32), right[None].astype(bool), group.astype(np.int64), Resampling()
    )
    for accuracies in found:
        known = accuracies[np.isfinite(accuracies)]
        assert accuracies.shape == (1, 1000)
        assert ((known >= 0) & (known <= 1)).all()


def test_what_is_all_right_or_all_wrong_has_no_interval_since_no_resample_differs():
    for always in (True, False):
        micro, macro = one_class([always] * 50)
        assert interval(micro[0], 50, Resampling()) == (None, None)
        assert interval(macro[0], 50, Resampling()) == (None, None)


def test_few_groups_have_no_interval():
    micro, _ = one_class([True, False] * 5)
    assert interval(micro[0], LEAST_GROUPS - 1, Resampling()) == (None, None)
    assert None not in interval(micro[0], LEAST_GROUPS, Resampling())
    assert interval(np.full(1000, np.nan), 50, Resampling()) == (None, None)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"n_resamples": 0}, "n_resamples is 0"), ({"confidence": 1.0}, "confidence is 1.0")],
)
def test_settings_out_of_range_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        Resampling(**wrong)
