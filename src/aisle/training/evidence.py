"""What the training loop needs of an encoder: vectors of any rows and fields, and steps down the slope."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from aisle.core.records import mask_of_fields
from aisle.encoders.base import Encoder, Features, FrozenEncoder, TrainedEncoder


class Evidence(Protocol):
    """One encoder's vectors of all products of a training.

    Attributes:
        n_dims: length of a vector.
        images_seen: (products,) which products it saw an image of; None where it looks at none.
        n_undecodable: images that were found and gave no pixels.
    """

    n_dims: int
    images_seen: NDArray[np.bool_] | None
    n_undecodable: int

    def fit(self, rows: NDArray[np.int64]) -> None:
        """Start afresh, with what depends on training rows (vocabulary, mean, variance) taken from `rows`."""
        ...

    def vectors(self, rows: NDArray[np.int64], fields: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The rows' vectors, made of the fields given: (rows, n_dims), zeros where nothing is present."""
        ...

    def update(
        self, rows: NDArray[np.int64], fields: NDArray[np.uint8], gradient: NDArray[np.float32], rate: float
    ) -> None:
        """Take one step down the gradient of the loss by the vectors; nothing for a frozen encoder."""
        ...

    def weights(self) -> Mapping[str, NDArray[Any]]:
        """What `update` changes; empty for a frozen encoder. Views, not copies."""
        ...

    def finish(self) -> Encoder:
        """The encoder as it was trained, which what this evidence does from now on leaves alone."""
        ...


class TrainedEvidence:
    """The features of all products, made once, and the table that is trained on them.

    Args:
        features: as `encoder.collect` gave them.
        folder: where the weighed ones are kept, so that memory stays flat.
        threads: processor cores to use; the vectors are the same with any number.
    """

    def __init__(self, encoder: TrainedEncoder, features: Features, folder: Path, threads: int) -> None:
        self.n_dims = encoder.n_dims
        self.images_seen: NDArray[np.bool_] | None = None
        self.n_undecodable = 0
        self._encoder = encoder
        self._hashed = features
        self._weighed = features
        self._folder = folder
        self._threads = threads
        self._rows: NDArray[np.int64] = np.zeros(0, np.int64)

    def fit(self, rows: NDArray[np.int64]) -> None:
        """See Evidence: the vocabulary of `rows`, and a table of zeros."""
        if np.array_equal(rows, self._rows):
            self._encoder = self._encoder.sibling()
            return
        self._rows = rows
        self._encoder = self._encoder.sibling()
        self._encoder.fit(self._hashed, rows)
        self._weighed = self._encoder.weigh(self._hashed, self._folder)

    def vectors(self, rows: NDArray[np.int64], fields: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See Evidence."""
        return self._encoder.forward_rows(self._weighed, rows, fields, self._threads)

    def update(
        self, rows: NDArray[np.int64], fields: NDArray[np.uint8], gradient: NDArray[np.float32], rate: float
    ) -> None:
        """See Evidence."""
        self._encoder.update_rows(self._weighed, rows, fields, gradient, rate, self._threads)

    def weights(self) -> Mapping[str, NDArray[Any]]:
        """See Evidence."""
        return {"table": self._encoder.table}

    def finish(self) -> Encoder:
        """See Evidence: its table is rounded as it will be stored."""
        done, self._encoder = self._encoder, self._encoder.sibling()
        done.quantise()
        return done


class FrozenEvidence:
    """The vectors of a frozen encoder, made once: the training loop only looks them up.

    Args:
        vectors: (products, dims), as the encoder gives them before they are standardised.
        present: (products,) whether the product has the evidence.
        n_undecodable: images that were found and gave no pixels.
    """

    def __init__(
        self,
        encoder: FrozenEncoder,
        vectors: NDArray[np.float16],
        present: NDArray[np.bool_],
        n_undecodable: int = 0,
    ) -> None:
        self.n_dims = encoder.n_dims
        self.n_undecodable = n_undecodable
        self.images_seen = present if "image" in encoder.fields else None
        self._encoder = encoder
        self._vectors = vectors
        self._present = present
        self._fields = mask_of_fields(encoder.fields)

    def fit(self, rows: NDArray[np.int64]) -> None:
        """See Evidence: the mean and deviation of `rows`."""
        self._encoder.fit_standardiser(self._vectors[rows], self._present[rows])

    def vectors(self, rows: NDArray[np.int64], fields: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See Evidence."""
        speaks = self._present[rows] & ((fields & self._fields) != 0)
        return np.asarray(self._encoder.standardise(self._vectors[rows]) * speaks[:, None], np.float32)

    def update(
        self, rows: NDArray[np.int64], fields: NDArray[np.uint8], gradient: NDArray[np.float32], rate: float
    ) -> None:
        """See Evidence: a frozen encoder does not learn."""

    def weights(self) -> Mapping[str, NDArray[Any]]:
        """See Evidence: none."""
        return {}

    def finish(self) -> Encoder:
        """See Evidence."""
        return self._encoder
