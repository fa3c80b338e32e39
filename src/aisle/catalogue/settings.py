"""What a user asks of an ingest, checked for sense before anything is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aisle.catalogue.splits import SplitRatio, SplitRule
from aisle.core.cores import n_cores
from aisle.core.errors import AisleError, known_names
from aisle.feeds import FeedOptions

FROM_LABELS = "from-labels"
"""Named as a taxonomy: the tree of the labels' own paths."""

INNER_LABELS = ("set", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestSettings:
    """How raw rows become a catalogue. None and empty mean: not asked for.

    Args:
        taxonomy: the address of a category tree, or `from-labels`; may be left out only with `extend`.
        max_depth: deepest level that is kept, from 1.
        min_products: prune the tree upwards until each node has so many products.
        label_columns: whose values are joined to a path; empty: `google_product_category` where any row has
            one, else `product_type`.
        merchant: a name for all rows, or `column:NAME`; empty: the column `merchant`, else the file's name.
        encoding: of the feeds' text, as feeds.FeedOptions.
        fields: columns that hold a field though they are called otherwise, as feeds.FeedOptions.
        images: the folder that relative image links start from.
        split: default by group.
        split_ratio: default 70/15/15; only for splits that are drawn.
        max_per_leaf: how many train products a label may have.
        inner_labels: `set` (default): a label at an inner node means some leaf below; `other`: a leaf of its
            own.
        extend: the catalogue to add these feeds to; its tree and its label settings hold.
        overwrite: replace the output if it is there.
        memory_mb: how much of the tables is held in memory, in megabytes; the rest lies in files. No command
            sets it: it is here so that tests make small tables overflow.
        n_threads: threads for the tables, here for tests too: what is written hangs neither on these nor on
            the memory.
    """

    taxonomy: str | None = None
    max_depth: int | None = None
    min_products: int | None = None
    label_columns: tuple[str, ...] = ()
    merchant: str = ""
    encoding: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    images: Path | None = None
    split: SplitRule | None = None
    split_ratio: SplitRatio | None = None
    max_per_leaf: int | None = None
    inner_labels: str | None = None
    extend: Path | None = None
    overwrite: bool = False
    memory_mb: int = 1024
    n_threads: int = field(default_factory=lambda: min(4, n_cores()))

    def __post_init__(self) -> None:
        if self.taxonomy is None and self.extend is None:
            raise AisleError("no taxonomy is named; add --taxonomy FILE or --taxonomy from-labels")
        for name in ("max_depth", "min_products", "max_per_leaf"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise AisleError(f"--{name.replace('_', '-')} {value}: must be at least 1")
        if self.inner_labels not in (None, *INNER_LABELS):
            raise AisleError(
                f"--inner-labels {self.inner_labels}: {known_names(str(self.inner_labels), INNER_LABELS)}"
            )
        if self.split_ratio is not None and self.split is not None and self.split.is_given:
            raise AisleError(
                f"--split-ratio {self.split_ratio}: has no meaning with --split {self.split}, "
                "where the data tell each product's split; leave one of them out"
            )
        if self.images is not None and not self.images.is_dir():
            wrong = "is not a folder" if self.images.exists() else "no such folder"
            raise AisleError(
                f"{self.images}: {wrong}; name the folder that the image links start from (--images DIR)"
            )

    @property
    def feed_options(self) -> FeedOptions:
        """How the feeds are read."""
        return FeedOptions(merchant=self.merchant, encoding=self.encoding, fields=self.fields)

    @property
    def split_rule(self) -> SplitRule:
        """The rule asked for, or the default."""
        return self.split or SplitRule("group")

    @property
    def ratio(self) -> SplitRatio:
        """The shares asked for, or the default."""
        return self.split_ratio or SplitRatio()


def parse_label_columns(text: str) -> tuple[str, ...]:
    """Read `C` or `C1,C2,C3`.

    Raises:
        AisleError: a name is empty, or there twice.
    """
    columns = tuple(name.strip() for name in text.split(","))
    if "" in columns or len(set(columns)) < len(columns):
        raise AisleError(f"--label-column {text}: name columns with commas between them, each once")
    return columns
