"""Minus log of the probability on a label set, as a function of log temperature, with its derivatives."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aisle.taxonomy.label_sets import LabelSets

_CELLS = 2**21
"""Products times leaves that are worked on at once; about 8 MiB an array."""

_LOWEST = np.float32(-1e4)
"""Scores further than this below the best one are raised to it: their probability is 0 either way."""


def tempered_loss(
    log_p: NDArray[np.floating[Any]],
    labels: LabelSets,
    rows: NDArray[np.int64],
    log_t: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Compute the loss of each row and its first and second derivative by log T.

    The second derivative is the expected one (the variance of the tempered scores), which is never negative.

    Args:
        log_p: (products, leaves) log-probabilities or logits.
        labels: the products' label sets, none of those in `rows` empty.
        rows: (rows,) the products to look at.
        log_t: (rows,) log temperature of each.

    Returns:
        Three arrays (rows,).
    """
    parts = np.empty((3, len(rows)))
    step = max(1, _CELLS // max(1, log_p.shape[1]))
    for at in range(0, len(rows), step):
        part = slice(at, at + step)
        parts[:, part] = _slice_of_rows(log_p, labels, rows[part], log_t[part])
    return parts[0], parts[1], parts[2]


def _slice_of_rows(
    log_p: NDArray[np.floating[Any]],
    labels: LabelSets,
    rows: NDArray[np.int64],
    log_t: NDArray[np.float64],
) -> NDArray[np.float64]:
    scores = log_p[rows].astype(np.float32, copy=False)
    scores -= scores.max(axis=1, keepdims=True)
    np.maximum(scores, _LOWEST, out=scores)
    scores *= np.exp(-log_t).astype(np.float32)[:, None]
    log_mass_of_label, mean_of_label = _inside_label(scores, labels.take(rows))
    weight = np.exp(scores)
    mass = weight.sum(axis=1, dtype=np.float64)
    weight *= scores
    mean = weight.sum(axis=1, dtype=np.float64) / mass
    variance = np.einsum("ij,ij->i", weight, scores).astype(np.float64) / mass - mean**2
    return np.stack([np.log(mass) - log_mass_of_label, mean_of_label - mean, np.maximum(variance, 0.0)])


def _inside_label(
    scores: NDArray[np.float32], labels: LabelSets
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log of the summed exp, and the mean of the scores under softmax, over the leaves of each label set.

    The leaves are gathered one by one, since differences of cumulative sums would lose small masses.
    """
    width = (labels.stop - labels.start).astype(np.int64)
    end = np.cumsum(width)
    leaf = np.arange(end[-1]) + np.repeat(labels.start - (end - width), width)
    row = np.repeat(np.repeat(np.arange(len(labels)), np.diff(labels.ptr)), width)
    begin = (end - width)[labels.ptr[:-1]]
    inside = scores[row, leaf].astype(np.float64)
    best = np.maximum.reduceat(inside, begin)
    weight = np.exp(inside - best[row])
    mass = np.add.reduceat(weight, begin)
    return best + np.log(mass), np.add.reduceat(weight * inside, begin) / mass
