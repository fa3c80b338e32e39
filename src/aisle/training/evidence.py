"""What the training loop needs of each encoder: vectors of any rows with any fields, and steps down the gradient."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from aisle.core.records import FIELDS


def fields_mask(names: Sequence[str]) -> int:
    """The bits of some of core.records.FIELDS."""
    return sum(1 << FIELDS.index(name) for name in names)


class Evidence(Protocol):
    """One encoder's vectors of all products of a training."""

    n_dims: int

    def fit(self, rows: NDArray[np.int64]) -> None:
        """Start afresh, with what depends on the training rows (vocabulary, mean, variance) taken from `rows`."""
        ...

    def vectors(self, rows: NDArray[np.int64], fields: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The rows' vectors, made of the fields given alone: (rows, n_dims), zeros where nothing is present."""
        ...

    def update(
        self, rows: NDArray[np.int64], fields: NDArray[np.uint8], gradient: NDArray[np.float32], rate: float
    ) -> None:
        """Take one step down the gradient of the loss by the vectors; nothing for a frozen encoder."""
        ...

    def weights(self) -> Mapping[str, NDArray[Any]]:
        """What `update` changes; empty for a frozen encoder. Views, not copies."""
        ...


class FrozenEvidence:
    """The vectors of a frozen encoder, made once: the training loop only looks them up.

    Args:
        vectors: (products, dims) float16, as the encoder gives them before they are standardised.
        present: (products,) whether the product has the evidence.
        standardise: fits mean and deviation on some rows' vectors, and then standardises vectors.
    """

    def __init__(self, encoder: "StandardisingEncoder", vectors: NDArray[np.float16], present: NDArray[np.bool_]) -> None:
        self.encoder = encoder
        self.n_dims = encoder.n_dims
        self._vectors = vectors
        self._present = present
        self._fields = fields_mask(encoder.fields)

    def fit(self, rows: NDArray[np.int64]) -> None:
        """See Evidence."""
        self.encoder.fit_standardiser(self._vectors[rows], self._present[rows])

    def vectors(self, rows: NDArray[np.int64], fields: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See Evidence."""
        speaks = self._present[rows] & ((fields & self._fields) != 0)
        return self.encoder.standardise(self._vectors[rows].astype(np.float32)) * speaks[:, None]

    def update(
        self, rows: NDArray[np.int64], fields: NDArray[np.uint8], gradient: NDArray[np.float32], rate: float
    ) -> None:
        """See Evidence: a frozen encoder does not learn."""

    def weights(self) -> Mapping[str, NDArray[Any]]:
        """See Evidence: none."""
        return {}
