"""What every encoder can do, and the table of encoders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aisle.core.registry import Registry
from aisle.encoders.items import ItemEncoder

Features: TypeAlias = Any
"""What `collect` and `weigh` hand to the other steps; only the encoder that made it looks inside."""


class StoredEncoder(Protocol):
    """What every encoder tells of itself, and what a model directory keeps of it."""

    @property
    def fields(self) -> tuple[str, ...]:
        """Which of core.records.FIELDS it reads."""
        ...

    @property
    def n_dims(self) -> int:
        """Length of a vector."""
        ...

    def fingerprint(self) -> str:
        """Hex digits that change when the vectors would."""
        ...

    def settings(self) -> dict[str, Any]:
        """What `build` was given, defaults filled in, as JSON writes it."""
        ...

    def tensors(self) -> dict[str, NDArray[Any]]:
        """The weights, as the model directory keeps them; `restore` needs them and the settings."""
        ...


class FrozenEncoder(StoredEncoder, ItemEncoder, Protocol):
    """An encoder that is not trained: its items' vectors are made once, and cached by content."""

    @property
    def trained(self) -> Literal[False]:
        """It is not."""
        ...

    def fit_standardiser(self, vectors: NDArray[np.floating[Any]], present: NDArray[np.bool_]) -> None:
        """Learn mean and deviation from the vectors of training products: (products, n_dims), (products,)."""
        ...

    def standardise(self, vectors: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Bring products' vectors to mean 0 and deviation 1: (products, n_dims)."""
        ...


class TrainedEncoder(StoredEncoder, Protocol):
    """An encoder whose table of weights is trained with the head, by steps of its own.

    Answering is `collect`, which reads fields and knows no weights, then `forward`.
    """

    table: NDArray[Any]

    @property
    def trained(self) -> Literal[True]:
        """It is."""
        ...

    def collect(self, batches: Iterable[pa.RecordBatch], folder: Path | None = None) -> Features:
        """Read the fields of products (core.schemas.PRODUCT_SCHEMA, and maybe more columns).

        Args:
            folder: for files that hold the features of a whole training; None holds them in memory.
        """
        ...

    def forward(self, features: Features) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """One vector for each product, and whether the product has the evidence.

        Returns:
            (products, n_dims), zeros where the evidence is absent; (products,).
        """
        ...

    def fit(self, features: Features, rows: NDArray[np.int64]) -> None:
        """Learn the vocabulary of some products, and start a table of zeros."""
        ...

    def weigh(self, features: Features, folder: Path | None = None) -> Features:
        """Bring what `collect` gave into the form that the steps take, by the vocabulary."""
        ...

    def forward_rows(
        self, features: Features, rows: NDArray[np.int64], fields: NDArray[np.uint8], threads: int = 1
    ) -> NDArray[np.float32]:
        """The vectors of some products, made of some of their fields: (rows, n_dims)."""
        ...

    def update_rows(
        self,
        features: Features,
        rows: NDArray[np.int64],
        fields: NDArray[np.uint8],
        gradient: NDArray[np.float32],
        rate: float,
        threads: int = 1,
    ) -> None:
        """Take one step down the gradient by these vectors."""
        ...

    def quantise(self) -> None:
        """Round the weights as they will be stored; it ends training."""
        ...

    def sibling(self) -> TrainedEncoder:
        """An encoder of the same vocabulary with a table of zeros."""
        ...


Encoder: TypeAlias = FrozenEncoder | TrainedEncoder
"""Turns fields of products into vectors; `trained` tells of which kind it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderKind:
    """What the table holds of an encoder: the ways to make one.

    Args:
        build: makes one of its settings that is not trained or fitted yet.
        restore: makes one again of its settings and tensors.
        fields_of: tells of settings which fields are read, without building (weights may be far away);
            messages call the settings' table as the second argument says.
        merge: of trained encoders; None for frozen ones.
    """

    build: Callable[[Mapping[str, Any]], Encoder]
    restore: Callable[[Mapping[str, Any], Mapping[str, NDArray[Any]]], Encoder]
    fields_of: Callable[[Mapping[str, Any], str], tuple[str, ...]]
    merge: Callable[[Sequence[Any]], Encoder] | None = None


ENCODERS = Registry(
    "encoder",
    {
        "ngrams": "aisle.encoders.ngrams.encoder:KIND",
        "timm": "aisle.encoders.timm.encoder:KIND",
    },
)
"""From an encoder's name to its EncoderKind."""


def build_encoder(name: str, settings: Mapping[str, Any]) -> Encoder:
    """Make an encoder that is not trained yet.

    Raises:
        AisleError: no encoder has this name, or settings are unknown or out of range.
    """
    return _kind(name).build(settings)


def fields_of(name: str, settings: Mapping[str, Any], where: str = "") -> tuple[str, ...]:
    """Which of core.records.FIELDS an encoder would read, without building it.

    Args:
        where: what the recipe calls the table of settings; empty for the encoder's name.

    Raises:
        AisleError: no encoder has this name, or settings are unknown or out of range.
    """
    return _kind(name).fields_of(settings, where or name)


def merge_encoders(name: str, encoders: Sequence[Encoder]) -> Encoder:
    """Set the vectors of trained encoders side by side: those of one fit, trained with different seeds.

    Raises:
        ValueError: the encoders are frozen, or not of one fit.
    """
    merge = _kind(name).merge
    if merge is None:
        raise ValueError(f"encoders of the kind '{name}' are frozen, and all alike")
    return merge(encoders)


def restore_encoder(name: str, settings: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> Encoder:
    """Make an encoder again from what its `settings()` and `tensors()` gave.

    Raises:
        AisleError: no encoder has this name, or settings and tensors do not fit together.
    """
    return _kind(name).restore(settings, tensors)


def _kind(name: str) -> EncoderKind:
    found: EncoderKind = ENCODERS.get(name)
    return found
