"""Feeds into the stage: each row a product with its label's text, rows put aside with their reasons."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import pyarrow as pa

from aisle.catalogue.columns import extra_columns, text_column
from aisle.catalogue.labels import DEFAULT_COLUMNS, label_texts
from aisle.catalogue.products import inline_images, inline_link, merchant_category, to_products
from aisle.catalogue.splits import SplitRule, split_of_file, splits_of_values, unknown_words
from aisle.catalogue.staging import WIDE_SCHEMA, Stage
from aisle.core.progress import progress
from aisle.core.rejected import write_rejected
from aisle.core.schemas import RAW_SCHEMA
from aisle.feeds import FeedBatch, FeedNotes, FeedOptions, read_feed
from aisle.images import ImageRoot

OWN_IMAGES = "images"
"""The catalogue's own image folder, for images that lie in the feeds themselves."""

_MAX_UNKNOWN = 1000
_MAX_COLUMNS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingRules:
    """How raw rows are read.

    Args:
        label_columns: empty: DEFAULT_COLUMNS, of which the second counts only if no row has the first.
        feeds: how the feeds are read.
        split: the rule by which products are split.
        images: where the links lead, if a folder was named.
    """

    label_columns: tuple[str, ...]
    feeds: FeedOptions
    split: SplitRule
    images: ImageRoot | None


@dataclass(slots=True)
class FeedCount:
    """What was read of one feed: all rows, and of these the unreadable ones by kind."""

    address: str
    rows: int = 0
    unreadable: Counter[str] = field(default_factory=Counter)

    @property
    def n_unreadable(self) -> int:
        """How many of the rows were unreadable."""
        return self.unreadable.total()


@dataclass(slots=True)
class Reading:
    """What was read in all.

    Args:
        feeds: in order.
        unknown_splits: values of the split's column that name no split we know, and the rows with each; of a
            column with very many, the first ones.
        has_own_images: whether images lay in the feeds themselves.
        notes: what a user should be told of the feeds.
        own_columns: of the feeds, those that RAW_SCHEMA does not know; of very many, the first ones.
    """

    feeds: list[FeedCount] = field(default_factory=list)
    unknown_splits: Counter[str] = field(default_factory=Counter)
    has_own_images: bool = False
    notes: FeedNotes = field(default_factory=FeedNotes)
    own_columns: dict[str, None] = field(default_factory=dict)


class Reader:
    """Reads feeds into a stage.

    Args:
        out: the folder that becomes the catalogue.
        rejected: `rejected.jsonl`, open for writing.
    """

    def __init__(self, rules: ReadingRules, stage: Stage, out: Path, rejected: TextIO) -> None:
        self._rules = rules
        self._stage = stage
        self._out = out
        self._rejected = rejected
        self.reading = Reading()

    def read(self, addresses: Sequence[str]) -> None:
        """Read whole feeds, one after the other.

        Raises:
            AisleError: a feed cannot be read at all.
        """
        with progress("Reading feeds") as advance:
            for address in addresses:
                count = FeedCount(address)
                self.reading.feeds.append(count)
                for batch in read_feed(address, self._rules.feeds):
                    self._add(batch, count)
                    advance(len(batch.rows) + len(batch.rejected), Path(address).name)

    def _add(self, batch: FeedBatch, count: FeedCount) -> None:
        write_rejected(self._rejected, batch.rejected)
        self.reading.notes.add(batch)
        count.unreadable.update(row.kind for row in batch.rejected)
        count.rows += len(batch.rows) + len(batch.rejected)
        if len(batch.rows):
            self._keep_images(batch.rows)
            self._stage_rows(batch.rows, count.address)
            self._learn_columns(batch.rows.schema.names[len(RAW_SCHEMA.names) :])

    def _learn_columns(self, own: Sequence[str]) -> None:
        if len(self.reading.own_columns) < _MAX_COLUMNS:
            self.reading.own_columns.update(dict.fromkeys(own[:_MAX_COLUMNS]))

    def _stage_rows(self, raw: pa.RecordBatch, address: str) -> None:
        named = self._rules.label_columns
        label_columns = named or DEFAULT_COLUMNS[:1]
        others = () if named else DEFAULT_COLUMNS[1:]
        products = to_products(raw, label_columns, self._rules.images)
        empty = pa.repeat(pa.scalar("", pa.string()), len(raw))
        wide = pa.RecordBatch.from_arrays(
            [
                *products.columns,
                merchant_category(raw, others) if others else empty,
                raw["source_file"],
                raw["source_line"],
                extra_columns(raw, label_columns),
            ],
            schema=WIDE_SCHEMA,
        )
        columns = {
            "label_text": label_texts(raw, label_columns),
            "other_label_text": label_texts(raw, others) if others else empty,
            "given_split": self._given_split(raw, address),
        }
        self._stage.add(wide, columns, raw["item_group_id"])

    def _given_split(self, raw: pa.RecordBatch, address: str) -> pa.StringArray:
        if self._rules.split.kind == "column":
            values = text_column(raw, self._rules.split.column)
            unknown = self.reading.unknown_splits
            for word, n_rows in unknown_words(values).items():
                if word in unknown or len(unknown) < _MAX_UNKNOWN:
                    unknown[word] += n_rows
            return splits_of_values(values)
        split = split_of_file(address) if self._rules.split.kind == "file" else ""
        return pa.repeat(pa.scalar(split, pa.string()), len(raw))

    def _keep_images(self, raw: pa.RecordBatch) -> None:
        """Write the images that lie in the feed itself below the catalogue's own image folder."""
        for digest, data in inline_images(raw).items():
            self.reading.has_own_images = True
            path = self._out / OWN_IMAGES / inline_link(digest)
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
