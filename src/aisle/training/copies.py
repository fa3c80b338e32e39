"""Copies of products with fields taken away, so that a model learns to do with what there is."""

import numpy as np
from numpy.typing import NDArray

from aisle.core.records import FIELDS

_BITS = (1 << np.arange(len(FIELDS))).astype(np.uint8)


def take_away(fields: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
    """Choose, for each copy, which of its fields stay: at least one, where it has any.

    Half of the copies keep one field alone: the title in half of these, else any of those present; of the
    others each field goes with probability 1/2.

    Args:
        fields: (copies,) mask of the fields that the product has.

    Returns:
        (copies,) mask of the fields that stay.
    """
    n = len(fields)
    present = (fields[:, None] & _BITS) > 0
    dice = generator.random((n, len(FIELDS)))
    dice[:, 0] += generator.random(n) < 0.5  # the title wins the draw of a single field half of the time
    only = np.where(present, dice, -1.0).argmax(axis=1)
    alone = _BITS[only]
    some = ((present & (generator.random((n, len(FIELDS))) < 0.5)) * _BITS).sum(axis=1, dtype=np.uint8)
    kept = np.where((generator.random(n) < 0.5) | (some == 0), alone, some)
    return np.asarray(kept & fields, np.uint8)
