"""Vectors brought to mean 0 and deviation 1, dimension by dimension, as the training products have them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_ROWS = 4096


@dataclass(frozen=True, slots=True)
class Standardiser:
    """What is taken from a vector and what it is then multiplied by.

    Args:
        mean: (dims,).
        scale: (dims,) 1 / standard deviation; 0 where all vectors are alike.
    """

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]

    def apply(self, vectors: NDArray[np.floating]) -> NDArray[np.float32]:
        """Standardise vectors: (items, dims)."""
        return (vectors.astype(np.float32) - self.mean) * self.scale


def as_is(n_dims: int) -> Standardiser:
    """The standardiser that changes nothing."""
    return Standardiser(np.zeros(n_dims, np.float32), np.ones(n_dims, np.float32))


def fit_standardiser(vectors: NDArray[np.floating], present: NDArray[np.bool_]) -> Standardiser:
    """Fit to the vectors of the products that have one; with none, nothing is changed.

    Args:
        vectors: (products, dims); may be a memory-map.
        present: (products,).
    """
    rows = np.flatnonzero(present)
    if not len(rows):
        return as_is(vectors.shape[1])
    blocks = [rows[at : at + _ROWS] for at in range(0, len(rows), _ROWS)]
    mean = sum(vectors[block].astype(np.float64).sum(axis=0) for block in blocks) / len(rows)
    squares = sum(((vectors[block].astype(np.float64) - mean) ** 2).sum(axis=0) for block in blocks)
    deviation = np.sqrt(squares / len(rows))
    alike = deviation <= 1e-6 * np.abs(mean)
    scale = np.where(alike, 0.0, 1.0 / np.where(alike, 1.0, deviation))
    return Standardiser(mean.astype(np.float32), scale.astype(np.float32))
