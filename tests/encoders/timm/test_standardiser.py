"""Vectors brought to mean 0 and deviation 1."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aisle.encoders.timm.standardiser import as_is, fit_standardiser


@given(seed=st.integers(0, 99), n=st.integers(2, 9000), shift=st.floats(-50, 50), spread=st.floats(0.01, 50))
def test_training_vectors_come_to_mean_0_and_deviation_1(
    seed: int, n: int, shift: float, spread: float
) -> None:
    vectors = (np.random.default_rng(seed).normal(size=(n, 2)) * spread + shift).astype(np.float32)
    done = fit_standardiser(vectors, np.ones(n, np.bool_)).apply(vectors).astype(np.float64)
    deviation = vectors.astype(np.float64).std(axis=0)
    clear = deviation > 1e-5 * np.abs(vectors).max()
    assert np.abs(done.mean(axis=0)).max() < 1e-2
    assert np.abs(done.std(axis=0) - 1)[clear].max(initial=0) < 1e-2


def test_products_without_evidence_are_left_out() -> None:
    vectors = np.array([[1.0], [3.0], [0.0]], np.float16)
    fitted = fit_standardiser(vectors, np.array([True, True, False]))
    assert fitted.apply(vectors[:2]).tolist() == [[-1.0], [1.0]]


def test_a_dimension_in_which_all_are_alike_says_nothing() -> None:
    vectors = np.array([[1.5, 1.0], [1.5, 2.0]], np.float16)
    fitted = fit_standardiser(vectors, np.ones(2, np.bool_))
    assert fitted.apply(np.array([[7.0, 1.0]], np.float32)).tolist() == [[0.0, -1.0]]


def test_with_no_evidence_at_all_nothing_is_changed() -> None:
    vectors = np.array([[1.0, 2.0]], np.float32)
    fitted = fit_standardiser(np.zeros((3, 2), np.float16), np.zeros(3, np.bool_))
    assert fitted.apply(vectors).tolist() == as_is(2).apply(vectors).tolist() == [[1.0, 2.0]]
