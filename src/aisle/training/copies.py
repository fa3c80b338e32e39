"""Copies of products with fields taken away, so that a model learns to do with what there is."""

import numpy as np
from numpy.typing import NDArray

from aisle.core.records import FIELDS

_BITS = (1 << np.arange(len(FIELDS))).astype(np.uint8)
_TITLE, _IMAGE = FIELDS.index("title"), FIELDS.index("image")


def take_away(fields: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
    """Choose, for each copy, which of its fields stay: at least one, where it has any.

    Three of four copies keep one field alone: the title or the image, the title twice as often, or where
    there is neither, any other. The rest keep this field, and each other one with probability 1/2. A link or
    a category of a product that has a title is never left alone: that teaches mostly to learn by heart.

    Args:
        fields: (copies,) mask of the fields that the product has.

    Returns:
        (copies,) mask of the fields that stay.
    """
    n = len(fields)
    present = (fields[:, None] & _BITS) > 0
    dice = generator.random((n, len(FIELDS)))
    dice[:, _TITLE] = np.where(generator.random(n) < 2 / 3, 3, 1)
    dice[:, _IMAGE] = 2
    chosen = _BITS[np.where(present, dice, -1.0).argmax(axis=1)]
    others = ((generator.random((n, len(FIELDS))) < 0.5) * _BITS).sum(axis=1, dtype=np.uint8)
    others[generator.random(n) < 0.75] = 0
    return np.asarray((chosen | others) & fields, np.uint8)
