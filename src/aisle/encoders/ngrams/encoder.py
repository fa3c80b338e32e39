"""The n-gram encoder: text fields to the weighted sum of rows of a trained table."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aisle.core.records import FIELDS
from aisle.encoders.base import EncoderKind
from aisle.encoders.ngrams.collecting import hash_products
from aisle.encoders.ngrams.features import NgramFeatures, gather
from aisle.encoders.ngrams.settings import NgramSettings, plan_of, read_settings
from aisle.encoders.ngrams.slices import Slices
from aisle.encoders.ngrams.sums import step_rows, sum_rows
from aisle.encoders.ngrams.table import LINE, as_kernels_read, empty_table, halved
from aisle.encoders.ngrams.tensors import from_tensors, to_tensors
from aisle.encoders.ngrams.vocabulary import Vocabulary, empty_vocabulary, learn_vocabulary

_ROWS_AT_ONCE = 256  # weighed and summed up while they lie in the processor's cache


class NgramEncoder:
    """Sums up, for each product, the table's rows of its n-grams.

    Training: `collect` hashes all products once; `fit` learns which n-grams there are and starts a table of
    zeros; `weigh` makes the features that `forward_rows` and `update_rows` take; `quantise` ends it.
    Answering: `collect`, then `forward`. A product has the evidence when it has an n-gram that training saw.

    Attributes:
        table: (slots, dim) float32 while it is trained, float16 afterwards.
    """

    def __init__(
        self,
        settings: NgramSettings,
        vocabulary: Vocabulary | None = None,
        table: NDArray[Any] | None = None,
    ) -> None:
        self._settings = settings
        self._blocks = settings.ordered_blocks()
        self._plan = plan_of(self._blocks)
        self._bits = np.array([1 << FIELDS.index(b.field) for b in self._blocks], np.uint8)
        self._factors = np.array([b.weight for b in self._blocks], np.float32)
        self._shift = 64 - (settings.buckets.bit_length() - 1)
        self._slices = Slices()
        self._vocabulary = empty_vocabulary(settings.n_keys) if vocabulary is None else vocabulary
        self.table: NDArray[Any] = empty_table(0, settings.dim, np.float32) if table is None else table

    @property
    def fields(self) -> tuple[str, ...]:
        """See StoredEncoder."""
        return self._settings.fields

    @property
    def n_dims(self) -> int:
        """See StoredEncoder."""
        return self._settings.dim

    @property
    def trained(self) -> Literal[True]:
        """See TrainedEncoder."""
        return True

    def settings(self) -> dict[str, Any]:
        """See StoredEncoder."""
        return self._settings.as_json()

    def tensors(self) -> dict[str, NDArray[Any]]:
        """See StoredEncoder; what they are stands at tensors.to_tensors."""
        return to_tensors(self._vocabulary, self.table)

    def fingerprint(self) -> str:
        """See StoredEncoder."""
        digest = hashlib.sha256(json.dumps(self.settings(), sort_keys=True).encode())
        for name, tensor in sorted(self.tensors().items()):
            digest.update(f"{name} {tensor.dtype} {tensor.shape}".encode())
            digest.update(np.ascontiguousarray(tensor).view(np.uint8).reshape(-1).data)
        return digest.hexdigest()

    def collect(self, batches: Iterable[pa.RecordBatch], folder: Path | None = None) -> NgramFeatures:
        """Hash the n-grams of products, which need not be done again for another `fit`.

        Args:
            batches: open with core.schemas.PRODUCT_SCHEMA.
            folder: an existing folder for files that hold the features, about 8 bytes an n-gram; None holds
                them in memory.
        """
        parts = (
            part for batch in batches for part in hash_products(batch, self.fields, self._plan, self._shift)
        )
        return gather(parts, len(self._blocks), self._settings.n_keys, weighed=False, folder=folder)

    # ---- answering

    def forward(self, features: NgramFeatures) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """See TrainedEncoder.

        Args:
            features: as `collect` gave them.
        """
        self._check(features, weighed=False)
        out = np.empty((len(features), self.n_dims), np.float32)
        present = np.zeros(len(features), np.bool_)
        table, lift = as_kernels_read(self.table)
        for rows, part in self._vocabulary.weighed_parts(features, self._factors, _ROWS_AT_ONCE):
            for array in part:
                array.setflags(write=False)
            n = rows.stop - rows.start
            every = np.full(n, 0xFF, np.uint8)
            n_blocks = len(self._blocks)
            sum_rows(*part, n_blocks, np.arange(n), every, self._bits, table, lift, 0, n, out[rows])
            present[rows] = np.diff(part[0][::n_blocks]) > 0
        return out, present

    # ---- training

    def fit(self, features: NgramFeatures, rows: NDArray[np.int64]) -> None:
        """Learn which n-grams there are and how common they are, and start a table of zeros.

        Args:
            features: as `collect` gave them.
            rows: (n,) the products to learn from.
        """
        self._check(features, weighed=False)
        settings = self._settings
        self._vocabulary = learn_vocabulary(
            features, rows, settings.n_keys, min_df=settings.min_df, idf_power=settings.idf_power
        )
        self.table = empty_table(len(self._vocabulary), self.n_dims, np.float32)

    def weigh(self, features: NgramFeatures, folder: Path | None = None) -> NgramFeatures:
        """Give hashed n-grams their rows of the table and their weights; those that `fit` did not see go.

        Args:
            features: as `collect` gave them; they stay as they are.
            folder: as in `collect`; it may be the same.
        """
        self._check(features, weighed=False)
        return self._vocabulary.weigh(features, self._factors, folder)

    def forward_rows(
        self,
        features: NgramFeatures,
        rows: NDArray[np.int64],
        fields: NDArray[np.uint8],
        threads: int = 1,
    ) -> NDArray[np.float32]:
        """The vectors of some products, made of some of their fields.

        Args:
            features: as `weigh` gave them.
            rows: (m,) the products; one may be there more than once.
            fields: (m,) mask of the fields that may speak.

        Returns:
            (m, dim), the same with any number of threads; zeros where no field speaks.
        """
        self._check(features, weighed=True)
        wanted = features.chosen(rows, fields)
        out = np.empty((len(rows), self.n_dims), np.float32)
        table, lift = as_kernels_read(self.table)

        def work(first: int, stop: int) -> None:
            sum_rows(*features.arrays, *wanted, self._bits, table, lift, first, stop, out)

        self._slices.run(work, len(rows), threads)
        return out

    def update_rows(
        self,
        features: NgramFeatures,
        rows: NDArray[np.int64],
        fields: NDArray[np.uint8],
        gradient: NDArray[np.float32],
        rate: float,
        threads: int = 1,
    ) -> None:
        """Take one step of plain gradient descent, in place, on the table's rows that the products have.

        The result is the same with any number of threads.

        Args:
            features: as for `forward_rows`, like `rows` and `fields`.
            gradient: (m, dim) of the loss by the vectors that `forward_rows` gave.
            rate: learning rate.
        """
        self._check(features, weighed=True)
        if self.table.dtype != np.float32:
            raise ValueError("the table was quantised, which ends training; call fit first")
        if gradient.shape != (len(rows), self.n_dims):
            raise ValueError(f"the gradient is {gradient.shape}; it must be {(len(rows), self.n_dims)}")
        table = self.table
        wanted = features.chosen(rows, fields)
        step = np.multiply(gradient, np.float32(-rate), dtype=np.float32, order="C")

        def work(first: int, stop: int) -> None:
            step_rows(*features.arrays, *wanted, self._bits, table, first, stop, step)

        self._slices.run(work, self.n_dims, threads, multiple=LINE)

    def quantise(self) -> None:
        """Round the table to float16, as `tensors` gives it, so that the stored model answers just like this.

        Raises:
            AisleError: the table holds values that float16 cannot: training went wild.
        """
        self.table = halved(self.table)

    def sibling(self) -> NgramEncoder:
        """An encoder of the same fit with a table of zeros; features that one weighed suit the other."""
        table = empty_table(len(self._vocabulary), self.n_dims, np.float32)
        return NgramEncoder(self._settings, self._vocabulary, table)

    def _check(self, features: NgramFeatures, *, weighed: bool) -> None:
        n_keys = len(self._vocabulary) if weighed else self._settings.n_keys
        features.check(len(self._blocks), n_keys, weighed=weighed)


def build(settings: Mapping[str, Any]) -> NgramEncoder:
    """Make an encoder that is not trained yet.

    Raises:
        AisleError: settings are unknown or out of range; all of them are in the message.
    """
    return NgramEncoder(read_settings(settings))


def fields_of(settings: Mapping[str, Any], where: str = "ngrams") -> tuple[str, ...]:
    """The fields that an encoder of these settings reads; messages call their table `where`.

    Raises:
        AisleError: as `build`.
    """
    return read_settings(settings, where).fields


def restore(settings: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> NgramEncoder:
    """Make an encoder again from its `settings()` and `tensors()`.

    Raises:
        AisleError: they do not fit together.
    """
    checked = read_settings(settings)
    vocabulary, table = from_tensors(checked, tensors)
    return NgramEncoder(checked, vocabulary, table)


def merge(encoders: Sequence[NgramEncoder]) -> NgramEncoder:
    """Set the vectors of encoders side by side: those of one fit, trained with different seeds.

    Returns:
        An encoder whose vectors are the others', one after the other.

    Raises:
        ValueError: the encoders are not of one fit.
    """
    first = encoders[0]
    for other in encoders[1:]:
        same = np.array_equal(first._vocabulary.keys, other._vocabulary.keys)
        same &= first.settings() | {"dim": 0} == other.settings() | {"dim": 0}
        if not same or first.table.dtype != other.table.dtype:
            raise ValueError("encoders of different fits, settings or precisions cannot become one")
    dim = sum(e.n_dims for e in encoders)
    table = empty_table(len(first.table), dim, first.table.dtype.type)
    np.concatenate([e.table for e in encoders], axis=1, out=table)
    return NgramEncoder(replace(first._settings, dim=dim), first._vocabulary, table)


KIND = EncoderKind(build=build, restore=restore, fields_of=fields_of, merge=merge)
