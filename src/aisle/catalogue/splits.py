"""Which part of the data a product belongs to: drawn by hash, or told by a file's name or a column."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

import pyarrow as pa
import pyarrow.compute as pc

from aisle.core.errors import AisleError

DRAWN = ("train", "val", "test")
"""The splits that are drawn, in the order of the ratio's shares."""

SETTLED = (*DRAWN, "capped")
"""The splits of products that were placed before and stay where they are."""

SETTLED_AS = "CASE old_split WHEN 'capped' THEN 'train' ELSE old_split END"
"""An SQL expression for the split that a settled product was drawn for, before the cap on its label."""

KINDS = ("group", "merchant", "file", "column")
_RULES = tuple("column:NAME" if kind == "column" else kind for kind in KINDS)

_SPLIT_OF_WORD = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}
_HASHES = 1 << 32
"""How many values the hash has that a split is drawn with."""


@dataclass(frozen=True, slots=True)
class SplitRule:
    """How products are split.

    Args:
        kind: one of KINDS.
        column: the column that names the split; with `column` alone.

    Raises:
        AisleError: there is no such rule.
    """

    kind: str
    column: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS or (self.kind == "column") != bool(self.column):
            raise AisleError(f"--split {self}: no such rule; known: {', '.join(_RULES)}")

    @property
    def is_given(self) -> bool:
        """Whether the data came with this split, so that nothing is drawn or regrouped."""
        return self.kind in ("file", "column")

    def __str__(self) -> str:
        return f"{self.kind}:{self.column}" if self.column else self.kind

    @staticmethod
    def parse(text: str) -> "SplitRule":
        """Read `group`, `merchant`, `file` or `column:NAME`.

        Raises:
            AisleError: it is none of these.
        """
        kind, _, column = text.partition(":")
        return SplitRule(kind if column else text, column)


@dataclass(frozen=True, slots=True)
class SplitRatio:
    """Shares of train, val and test, in percent; they add up to 100 and any may be 0."""

    train: float = 70
    val: float = 15
    test: float = 15

    def __post_init__(self) -> None:
        shares = (self.train, self.val, self.test)
        if not (min(shares) >= 0 and abs(sum(shares) - 100) <= 1e-6):
            raise ValueError(f"the shares are {self}; they must add up to 100 and none be negative")

    def __str__(self) -> str:
        return f"{self.train:g}/{self.val:g}/{self.test:g}"

    @staticmethod
    def parse(text: str) -> "SplitRatio":
        """Read three shares in percent, such as `70/15/15`.

        Raises:
            AisleError: they are not three numbers that add up to 100.
        """
        try:
            train, val, test = (float(share) for share in text.split("/"))
            return SplitRatio(train, val, test)
        except ValueError:
            raise AisleError(
                f"--split-ratio {text}: give the shares of train, val and test in percent, such as 70/15/15; "
                "they add up to 100"
            ) from None

    @property
    def thresholds(self) -> tuple[int, int]:
        """A 32-bit hash below the first means train, below the second val, else test."""
        first = round(self.train / 100 * _HASHES)
        return first, (_HASHES if self.test == 0 else max(first, _HASHES - round(self.test / 100 * _HASHES)))

    def sql(self, name: str) -> str:
        """An SQL expression for the split of what is called `name` (an SQL expression for a text).

        It hangs on nothing but the name and the ratio, so that it is the same in every run.
        """
        first, second = self.thresholds
        drawn = f"('0x' || left(md5('split ' || {name}), 8))::BIGINT"
        return f"CASE WHEN {drawn} < {first} THEN 'train' WHEN {drawn} < {second} THEN 'val' ELSE 'test' END"

    def shares(self) -> dict[str, float]:
        """The share of each split that is drawn at all, in percent."""
        return {
            name: share
            for name, share in zip(DRAWN, (self.train, self.val, self.test), strict=True)
            if share > 0
        }


def split_of_value(value: str) -> str:
    """The split that a column's value means; `other` for a word we do not know."""
    return _SPLIT_OF_WORD.get(value.strip().lower(), "other")


def splits_of_values(values: pa.StringArray) -> pa.StringArray:
    """The split that each value of a column means; see `split_of_value`."""
    encoded = values.dictionary_encode()
    return pa.array([split_of_value(word) for word in encoded.dictionary.to_pylist()], pa.string()).take(
        encoded.indices
    )


def unknown_words(values: pa.StringArray) -> dict[str, int]:
    """The values of a column that name no split we know, and how many rows have each."""
    counted = pc.value_counts(values)
    words, counts = (pc.struct_field(counted, name).to_pylist() for name in ("values", "counts"))
    return {word: n for word, n in zip(words, counts, strict=True) if split_of_value(word) == "other"}


def words_shown(words: Iterable[tuple[str, int]]) -> str:
    """Values of a column with the rows that have each: `'A' (12), 'B' (3), none (2)`."""
    return ", ".join(
        f"'{word.strip()[:40]}' ({n:,})" if word.strip() else f"none ({n:,})" for word, n in words
    )


def split_of_file(address: str) -> str:
    """The split that a file's name tells: train, val / validation / dev, or test stands in it as a word.

    Raises:
        AisleError: the name holds none of these words, or words of two splits.
    """
    name = PurePosixPath(address).name
    words = re.findall(r"[a-z]+", name.split(".")[0].lower())
    found = {_SPLIT_OF_WORD[word] for word in words if word in _SPLIT_OF_WORD}
    if len(found) == 1:
        return found.pop()
    wrong = "names two splits" if found else "its name tells no split"
    raise AisleError(
        f"{address}: {wrong}; with --split file it must hold one of train, val, validation, dev, test"
    )
