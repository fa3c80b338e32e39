"""What a recipe may say about the n-gram encoder."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aisle.core.errors import AisleError, known_names
from aisle.core.records import TEXT_FIELDS
from aisle.core.settings import checked_record
from aisle.encoders.ngrams.table import LINE

KINDS = {"words": (1, 2), "chars": (3, 5), "link_words": (1, 2), "link_chars": (3, 5)}
"""Kinds of blocks, in the order of hashing's numbers, with the n that they have unless another is named."""

_BLOCK_KEYS = ("field", "kind", "n", "weight")
_MAX_DIM, _MAX_BUCKETS, _MAX_N = 8192, 2**28, 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """N-grams of one field that are weighed together.

    Args:
        name: of the block, for people.
        field: one of core.records.TEXT_FIELDS.
        kind: `words`; `chars` (inside words, a space at each end counts); `link_words` and `link_chars`, of
            the words in an address.
        n: the shortest and the longest n-gram.
        weight: length of the block's weights beside the other blocks'.
    """

    name: str
    field: str
    kind: str
    n: tuple[int, int]
    weight: float


@cache
def _usual_blocks() -> Mapping[str, Mapping[str, Any]]:
    """The blocks of the recipe `text_small`."""
    recipe = files("aisle") / "recipes" / "text_small.toml"
    blocks: dict[str, dict[str, Any]] = tomllib.loads(recipe.read_text(encoding="utf-8"))["text"]["blocks"]
    return blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class NgramSettings:
    """The numbers of one n-gram encoder.

    Args:
        dim: length of a vector, a multiple of 16.
        buckets: n-grams of a block are hashed into so many, a power of two.
        idf_power: 0 weighs common and rare n-grams alike, 1 is the full inverse document frequency.
        min_df: products that an n-gram must be seen in to have a row in the table.
        blocks: from a block's name to its field, kind, n and weight; in a recipe these are all the blocks
            there are. `n` and `weight` may be left out. By default those of the recipe `text_small`.
    """

    dim: int = 96
    buckets: int = 2**20
    idf_power: float = 0.5
    min_df: int = 1
    blocks: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: dict(_usual_blocks()))

    def faults(self, where: str) -> list[str]:
        """Every value that cannot be right, each with the values that can; `where` is the table's name."""
        found = []
        if self.dim % LINE or not 0 < self.dim <= _MAX_DIM:
            found.append(f"{where}.dim is {self.dim}; it must be a multiple of {LINE} up to {_MAX_DIM}")
        if self.buckets.bit_count() != 1 or not 2**8 <= self.buckets <= _MAX_BUCKETS:
            found.append(f"{where}.buckets is {self.buckets}; it must be a power of two from 2**8 to 2**28")
        if not 0 <= self.idf_power <= 4:
            found.append(f"{where}.idf_power is {self.idf_power}; it must be from 0 to 4")
        if self.min_df < 1:
            found.append(f"{where}.min_df is {self.min_df}; it must be at least 1")
        return found + self._faults_of_blocks(where)

    def _faults_of_blocks(self, where: str) -> list[str]:
        if not isinstance(self.blocks, Mapping) or not self.blocks:
            return [f"{where}.blocks is no table of blocks; name at least one, such as blocks.title_words"]
        found = []
        for name, table in self.blocks.items():
            found += _block_faults(f"{where}.blocks.{name}", table)
        if len(self.blocks) * self.buckets > 2**31:
            found.append(
                f"{where}.buckets is {self.buckets}; times {len(self.blocks)} blocks it is above 2**31"
            )
        return found

    @property
    def fields(self) -> tuple[str, ...]:
        """The text fields that the blocks read."""
        read = {table["field"] for table in self.blocks.values()}
        return tuple(name for name in TEXT_FIELDS if name in read)

    @property
    def n_keys(self) -> int:
        """Keys that n-grams can have: each block has its own buckets."""
        return len(self.blocks) * self.buckets

    def ordered_blocks(self) -> tuple[Block, ...]:
        """The blocks in the order that numbers them: by field, kind, n and name, however they are written."""
        kinds = list(KINDS)
        blocks = [
            Block(
                name=name,
                field=table["field"],
                kind=table["kind"],
                n=(int(n[0]), int(n[1])),
                weight=float(table.get("weight", 1.0)),
            )
            for name, table in self.blocks.items()
            for n in [table.get("n", KINDS[table["kind"]])]
        ]
        return tuple(
            sorted(blocks, key=lambda b: (TEXT_FIELDS.index(b.field), kinds.index(b.kind), b.n, b.name))
        )

    def as_json(self) -> dict[str, Any]:
        """The settings as a recipe writes them, nothing left out."""
        blocks = {
            b.name: {"field": b.field, "kind": b.kind, "n": list(b.n), "weight": b.weight}
            for b in self.ordered_blocks()
        }
        return {
            "dim": self.dim,
            "buckets": self.buckets,
            "idf_power": self.idf_power,
            "min_df": self.min_df,
            "blocks": blocks,
        }


def read_settings(values: Mapping[str, Any], where: str = "ngrams") -> NgramSettings:
    """Check a recipe's table, which messages call `where`.

    Raises:
        AisleError: settings are unknown or out of range; all of them are in the message.
    """
    faults: list[str] = []
    settings = checked_record(NgramSettings, values, where, faults)
    faults += settings.faults(where)
    if faults:
        raise AisleError("; ".join(faults))
    return settings


def plan_of(blocks: tuple[Block, ...]) -> NDArray[np.int64]:
    """The blocks as the hashing kernel reads them: (blocks, 4) field, kind, shortest and longest n-gram."""
    kinds = list(KINDS)
    return np.array([(TEXT_FIELDS.index(b.field), kinds.index(b.kind), *b.n) for b in blocks], np.int64)


def _block_faults(where: str, table: Any) -> list[str]:
    if not isinstance(table, Mapping):
        return [f"{where} is {table!r}; it must be a table such as {{field = 'title', kind = 'words'}}"]
    found = [
        f"there is no setting {where}.{key}; {known_names(str(key), _BLOCK_KEYS)}"
        for key in table
        if key not in _BLOCK_KEYS
    ]
    for key, known in (("field", TEXT_FIELDS), ("kind", tuple(KINDS))):
        if key not in table:
            found.append(f"{where} has no {key}; known: {', '.join(known)}")
        elif table[key] not in known:
            found.append(f"{where}.{key} is {table[key]!r}; {known_names(str(table[key]), known)}")
    kind = table.get("kind")
    if str(kind).startswith("link_") and table.get("field", "link") != "link":
        found.append(f"{where}.kind is {kind!r}, which reads the field 'link' alone")
    if "n" in table and not _is_range(table["n"], 1 if str(kind).endswith("words") else 2):
        found.append(
            f"{where}.n is {table['n']!r}; it must be [shortest, longest], such as [1, 2] for words or "
            f"[3, 5] for chars (from 2), up to {_MAX_N}"
        )
    weight = table.get("weight", 1.0)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight < float("inf"):
        found.append(f"{where}.weight is {weight!r}; it must be a number above 0")
    return found


def _is_range(n: Any, shortest: int) -> bool:
    return (
        isinstance(n, list | tuple)
        and len(n) == 2
        and all(type(i) is int for i in n)
        and shortest <= n[0] <= n[1] <= _MAX_N
    )
