"""Labelled products to score: a split of a catalogue, or a feed as a whole."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aisle.catalogue import check_fields, find_columns, label_texts, open_catalogue, resolve_labels
from aisle.catalogue.feed_groups import FeedGroups
from aisle.core.addresses import expand_addresses
from aisle.core.errors import AisleError, known_names
from aisle.core.offsets import arrow_offsets
from aisle.core.schemas import PRODUCT_SCHEMA, SPLITS, Rejected
from aisle.feeds import FeedNotes, FeedOptions, read_feeds
from aisle.images import ImageSource, open_root
from aisle.model.directory import Model
from aisle.prediction.answering import products_of
from aisle.taxonomy.labels import LabelTree

Batch: TypeAlias = tuple[pa.RecordBatch, pa.RecordBatch, ImageSource | None]

WHOLE_FEED = "whole feed"
"""The split, in words, of a feed's products."""

_LABEL_OPTION = "--label-column"
_TRAINED_WITH = "the model was trained with it; name this feed's own with --label-column"
_DEFAULT_SPLIT = "test"
_TRUTH = pa.schema([(name, pa.string()) for name in ("label_text", "merchant", "group", "split")]).insert(
    0, pa.field("label", pa.list_(pa.string()))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateOptions:
    """What `aisle evaluate` was asked for.

    Args:
        split: of a catalogue, the products to score; None for `test`.
        label_columns: of a feed, where its labels stand; empty for those that the model was trained with.
        merchant, encoding, fields: of a feed, as feeds.FeedOptions.
        images: the folder of images, see `images.open_root`; None for the catalogue's own, or none.
        cache: the folder of vectors that were made before, or None for none.
        overwrite: whether the output may be replaced.
    """

    split: str | None = None
    label_columns: tuple[str, ...] = ()
    merchant: str = ""
    encoding: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    images: Path | str | None = None
    cache: Path | None = None
    overwrite: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """Labelled products, batch by batch.

    Args:
        batches: products (PRODUCT_SCHEMA), what they really are (label, label_text, merchant, group, split),
            and where their images are read.
        split: which they are, in words.
        n: how many there are, where that is known.
        is_own: they are of the very catalogue that the model was trained on.
        groups: of a feed, which of the products that were taken belong together; None where `truth` tells.
        rejected: the records that could not be read, of the batches that were taken.
        feed_notes: of a feed, what a user should be told of it, as far as it was read.
    """

    batches: "Iterator[Batch]"
    split: str
    n: int | None
    is_own: bool = False
    groups: FeedGroups | None = None
    rejected: list[Rejected] = field(default_factory=list)
    feed_notes: FeedNotes = field(default_factory=FeedNotes)


def labelled_products(address: str, model: Model, options: EvaluateOptions) -> Labelled:
    """The products of a catalogue's split, or those of a feed.

    Args:
        address: a catalogue's folder, or the address of a labelled feed.

    Raises:
        AisleError: there is no such thing, it holds no such products, or an option is none of its kind.
    """
    if Path(address).is_dir():
        return _of_catalogue(Path(address), model, options)
    return _of_feed(address, model.labels, model.label_columns, options)


def _of_catalogue(path: Path, model: Model, options: EvaluateOptions) -> Labelled:
    """The products of a split."""
    labels = model.labels
    split = _DEFAULT_SPLIT if options.split is None else options.split
    catalogue = open_catalogue(path, options.images)
    images = catalogue.images()
    if split not in SPLITS:
        raise AisleError(f"no split is called '{split}' (--split); {known_names(split, SPLITS)}")
    if options.merchant:
        raise AisleError(f"{path}: is a catalogue, whose merchants are known; leave --merchant out")
    if options.encoding:
        raise AisleError(f"{path}: is a catalogue, which has no encoding; leave --encoding out")
    if options.fields:
        raise AisleError(f"{path}: is a catalogue, whose fields were read from a feed; leave --field out")
    if options.label_columns:
        raise AisleError(f"{path}: is a catalogue, whose labels are known; leave --label-column out")
    n = catalogue.count(split)

    def batches() -> Iterator[Batch]:
        for batch in catalogue.batches([split]):
            truth = [_known(batch["label"], labels), *(batch[name] for name in _TRUTH.names[1:])]
            yield (
                batch.select(PRODUCT_SCHEMA.names),
                pa.RecordBatch.from_arrays(truth, schema=_TRUTH),
                images,
            )

    found = batches()
    if n == 0:
        raise AisleError(
            f"{path}: the split '{split}' is empty; its products are in "
            f"{', '.join(name for name in catalogue.manifest.splits if catalogue.count(name))}"
        )
    is_own = model.provenance.get("catalogue") == catalogue.fingerprint()
    return Labelled(batches=found, split=split, n=n, is_own=is_own)


def _known(ids: pa.ListArray, labels: LabelTree) -> pa.ListArray:
    """A catalogue's label ids as ids of the model's tree; what it does not know is left out."""
    flat = pc.list_flatten(ids).dictionary_encode()
    names = flat.dictionary.to_pylist()
    nodes = [labels.resolve(name) for name in names]
    meant = [None if node is None else labels.tree.ids[node] for node in nodes]
    mine = pa.array(meant, pa.string()).take(flat.indices)
    keep = mine.is_valid().to_numpy(zero_copy_only=False)
    rows = pc.list_parent_indices(ids).to_numpy()[keep]
    offsets = arrow_offsets(np.bincount(rows, minlength=len(ids)))
    return pa.ListArray.from_arrays(pa.array(offsets), mine.filter(pa.array(keep)))


def _of_feed(
    address: str, labels: LabelTree, trained_with: Sequence[str], options: EvaluateOptions
) -> Labelled:
    """Every product of a feed."""
    if options.split is not None:
        raise AisleError(f"{address}: is a feed, which has no splits and is scored whole; leave --split out")
    files = expand_addresses([address])
    option = _LABEL_OPTION if options.label_columns else _TRAINED_WITH
    check_fields(options.fields, (*trained_with, *options.label_columns), files, options.encoding)
    feeds = FeedOptions(merchant=options.merchant, encoding=options.encoding, fields=options.fields)
    columns = find_columns(option, options.label_columns or trained_with, files, feeds)
    folder = open_root(options.images) if options.images else None

    rejected: list[Rejected] = []
    notes = FeedNotes()
    groups = FeedGroups()

    def batches() -> Iterator[Batch]:
        for batch in read_feeds(files, feeds):
            raw = batch.rows
            rejected.extend(batch.rejected)
            notes.add(batch)
            products, images = products_of(raw, (*trained_with, *columns), folder)
            groups.add(products, raw["item_group_id"])
            truth = [
                resolve_labels(raw, labels, columns),
                label_texts(raw, columns),
                raw["merchant"],
                pa.repeat(pa.scalar("", pa.string()), raw.num_rows),
                pa.repeat(pa.scalar("feed", pa.string()), raw.num_rows),
            ]
            yield products, pa.RecordBatch.from_arrays(truth, schema=_TRUTH), images

    return Labelled(
        batches=batches(), split=WHOLE_FEED, n=None, groups=groups, rejected=rejected, feed_notes=notes
    )
