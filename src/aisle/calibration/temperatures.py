"""Temperatures: one number for each mask that makes probabilities mean what they say.

log T = a + the sum of b over the fields that are absent. A mask that enough products have gets a temperature
of its own. T above 1 flattens the probabilities, below 1 it sharpens them; the order of the leaves stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aisle.calibration.minimise import Slopes, minimise
from aisle.calibration.tempered_loss import tempered_loss
from aisle.core.records import FIELDS, mask_name, mask_of
from aisle.taxonomy.label_sets import LabelSets

LOG_T_MAX = 3.0
"""Temperatures lie between exp(-3) = 0.05 and exp(3) = 20."""

_PRIOR_OF_LEVEL = 1.0
"""How many products' worth of curvature pull `a` to 0, and a mask's own log T to the linear form."""

_RIDGE = 10.0
"""Pulls each b to 0; the larger, the more products that lack the field it takes to move it."""

_MIN_OWN = 500
"""From so many labelled products on, a mask gets a temperature of its own."""

_MASKS = np.arange(2 ** len(FIELDS))

_ABSENT = (_MASKS[:, None] >> np.arange(len(FIELDS)) & 1 == 0).astype(np.float64)
"""(masks, fields) 1 where the mask lacks the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Temperatures:
    """The temperature of every mask; made without arguments, 1 for all.

    Args:
        a: log T of a product that has all fields.
        b: what the absence of each of FIELDS adds to log T.
        own: mask to T, for the masks that have a temperature of their own.

    Raises:
        ValueError: `b` is not one number a field, a number is not finite, or a T is not above 0.
    """

    a: float = 0.0
    b: tuple[float, ...] = (0.0,) * len(FIELDS)
    own: Mapping[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.b) != len(FIELDS):
            raise ValueError(f"b has {len(self.b)} numbers; it must have {len(FIELDS)}, one for each field")
        if not np.isfinite([self.a, *self.b]).all():
            raise ValueError(f"a and b must be finite numbers; they are {self.a} and {self.b}")
        for mask, t in self.own.items():
            if not (np.isfinite(t) and t > 0):
                raise ValueError(f"the temperature of '{mask_name(mask)}' is {t}; it must be above 0")

    def of(self, mask: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Look up the temperature of each product.

        Args:
            mask: (products,) which fields speak; bit i stands for FIELDS[i].

        Returns:
            (products,) above 0.
        """
        table = _t_of(self.a + _ABSENT @ np.array(self.b)).astype(np.float32)
        table[list(self.own)] = list(self.own.values())
        return np.take(table, mask)

    def as_json(self) -> dict[str, Any]:
        """What the model directory stores; masks and fields by their names."""
        return {
            "a": self.a,
            "b": dict(zip(FIELDS, self.b, strict=True)),
            "own": {mask_name(mask): t for mask, t in sorted(self.own.items())},
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Temperatures":
        """Read what `as_json` gave.

        Raises:
            ValueError: a key is missing or unknown, or a number is not usable.
        """
        if set(stored) != {"a", "b", "own"}:
            raise ValueError(f"temperatures have the keys {sorted(stored)}; they must be a, b and own")
        if set(stored["b"]) != set(FIELDS):
            raise ValueError(f"b has the fields {sorted(stored['b'])}; it must have {', '.join(FIELDS)}")
        return cls(
            a=float(stored["a"]),
            b=tuple(float(stored["b"][name]) for name in FIELDS),
            own={mask_of(name): float(t) for name, t in stored["own"].items()},
        )


def fit_temperatures(
    log_p: NDArray[np.floating[Any]], labels: LabelSets, mask: NDArray[np.uint8]
) -> Temperatures:
    """Find the temperatures that give the labels the lowest negative log likelihood.

    The loss of a product is minus the log of the mass that softmax(log_p / T) puts on its label set, so a
    label that allows several leaves counts with their sum. Products without a label have no say.

    Args:
        log_p: (products, leaves) log-probabilities, or logits, at temperature 1, of products that no weight
            was trained on. Read in slices of rows; never copied whole.
        labels: the label sets of these products.
        mask: (products,) which fields spoke; bit i stands for FIELDS[i].

    Raises:
        ValueError: the arguments differ in their number of products, or log_p holds NaN.
    """
    if not len(log_p) == len(labels) == len(mask):
        raise ValueError(
            f"log_p has {len(log_p)} products, labels {len(labels)} and mask {len(mask)}; they must agree"
        )
    rows = np.flatnonzero(labels.is_labelled)
    if len(rows) == 0:
        return Temperatures()
    masks, place, n_products = np.unique(mask[rows], return_inverse=True, return_counts=True)
    design = np.column_stack([np.ones(len(masks)), _ABSENT[masks]])
    pull = np.array([_PRIOR_OF_LEVEL] + [_RIDGE] * len(FIELDS))
    linear = minimise(partial(_slopes, log_p, labels, rows, place), design, np.zeros(len(pull)), pull)
    own: dict[int, float] = {}
    for i in np.flatnonzero(n_products >= _MIN_OWN):
        its_rows = rows[place == i]
        its_slopes = partial(_slopes, log_p, labels, its_rows, np.zeros(len(its_rows), np.int64))
        start = np.clip(design[[i]] @ linear, -LOG_T_MAX, LOG_T_MAX)
        log_t = minimise(its_slopes, np.ones((1, 1)), start, np.array([_PRIOR_OF_LEVEL]))
        own[int(masks[i])] = float(_t_of(log_t)[0])
    return Temperatures(a=float(linear[0]), b=tuple(float(b) for b in linear[1:]), own=own)


def _slopes(
    log_p: NDArray[np.floating[Any]],
    labels: LabelSets,
    rows: NDArray[np.int64],
    place: NDArray[np.int64],
    log_t: NDArray[np.float64],
) -> Slopes:
    """Loss, slope and curvature summed over the products of each mask.

    Args:
        rows: (rows,) the products to look at.
        place: (rows,) where the product's mask stands in `log_t`.
        log_t: (masks,) log temperature of each mask.
    """
    inside = np.abs(log_t) <= LOG_T_MAX
    parts = tempered_loss(log_p, labels, rows, np.clip(log_t, -LOG_T_MAX, LOG_T_MAX)[place])
    loss, slope, curvature = (
        np.bincount(place, part, len(log_t)).astype(np.float64, copy=False) for part in parts
    )
    return Slopes(loss, slope * inside, curvature * inside)


def _t_of(log_t: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.exp(np.clip(log_t, -LOG_T_MAX, LOG_T_MAX))
