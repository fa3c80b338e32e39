"""Scoring a model on labelled products: a split of a catalogue, or a labelled feed as a whole."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aisle.catalogue import (
    check_fields,
    find_columns,
    image_counts,
    in_status_order,
    label_texts,
    open_catalogue,
    resolve_labels,
)
from aisle.catalogue.feed_groups import FeedGroups
from aisle.core.addresses import expand_addresses
from aisle.core.errors import AisleError, known_names
from aisle.core.offsets import arrow_offsets
from aisle.core.paths import check_inputs_stay, check_output, new_directory
from aisle.core.progress import progress
from aisle.core.records import Answers
from aisle.core.rejected import write_rejected
from aisle.core.schemas import PRODUCT_SCHEMA, SPLITS, Rejected
from aisle.evaluation import Report, TrainingCounts, Truth, evaluate
from aisle.feeds import FeedNotes, FeedOptions, read_feeds
from aisle.images import ImageSource, open_root
from aisle.model.directory import Model
from aisle.model.predictor import Predictor, load
from aisle.model.silence import as_seen
from aisle.model.trained_on import product_keys, were_trained_on
from aisle.prediction.flattered import note as flattered
from aisle.prediction.job import in_order, n_workers, products_of, sees_images
from aisle.taxonomy.labels import LabelTree

Batch: TypeAlias = tuple[pa.RecordBatch, pa.RecordBatch, ImageSource | None]

METRICS_FILE = "metrics.json"
REJECTED_FILE = "rejected.jsonl"
_LABEL_OPTION = "--label-column"
_TRAINED_WITH = "the model was trained with it; name this feed's own with --label-column"
_DEFAULT_SPLIT = "test"
_WHOLE_FEED = "whole feed"
_TOP = 5
_N_EXAMPLES = 3
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


def evaluate_model(model: Path, labelled: str, out: Path, options: EvaluateOptions) -> Report:
    """Score a model and write `metrics.json`, and `rejected.jsonl` where records could not be read.

    Args:
        labelled: a catalogue's folder, or the address of a labelled feed, which is scored whole.
        out: the folder to write.

    Raises:
        AisleError: the model, the products or the output is not as it must be, or nothing has a label that
            the model's tree knows.
    """
    check_output(out, overwrite=options.overwrite, marker=METRICS_FILE)
    check_inputs_stay(out, [model, labelled, options.images, options.cache])
    with new_directory(out, overwrite=options.overwrite, marker=METRICS_FILE) as folder:
        predictor = load(model, options.cache)
        labels = predictor.model.labels
        products = (
            _of_catalogue(Path(labelled), predictor.model, options)
            if Path(labelled).is_dir()
            else _of_feed(labelled, labels, predictor.model.label_columns, options)
        )
        answered = answer_all(predictor, products)
        if answered is None:
            raise AisleError(f"{labelled}: holds no product that can be read, so nothing can be scored")
        answers, truth, images = answered
        _check_labels(labelled, truth)
        counts = TrainingCounts(predictor.model.training_counts, labels.tree)
        judged = Truth.from_products(labels.tree, truth)
        report = evaluate(answers, judged, labels.tree, counts)
        about = {
            "model": str(model),
            "products": labelled,
            "split": products.split,
        }
        n_unreadable = len(products.rejected)
        counted = replace(report.counts, n_unreadable=n_unreadable, images=in_status_order(images))
        n_trained_on = int(truth["trained_on"].to_numpy()[judged.is_scored].sum())
        split = None if products.split == _WHOLE_FEED else products.split
        note = flattered(predictor.model, split, n_trained_on, counted.n_scored, is_own=products.is_own)
        told = tuple(products.feed_notes.lines())
        report = replace(report, counts=counted, note=note, feed_notes=told)
        report.write(folder / METRICS_FILE, about)
        if n_unreadable:
            with (folder / REJECTED_FILE).open("w", encoding="utf-8") as file:
                write_rejected(file, products.rejected)
    return report


def _check_labels(place: str, truth: pa.Table) -> None:
    """Refuse products of which none has a label, or none has one that the model's tree knows.

    Raises:
        AisleError: it names `place` and some of the labels.
    """
    if not truth.num_rows:
        raise AisleError(f"{place}: holds no product that can be read, so nothing can be scored")
    if pc.sum(pc.list_value_length(truth["label"])).as_py():
        return
    texts = pc.unique(pc.replace_substring_regex(truth["label_text"], "\n.*", "")).to_pylist()
    examples = [f"'{text}'" for text in texts if text][:_N_EXAMPLES]
    if not examples:
        raise AisleError(
            f"{place}: none of its {truth.num_rows:,} products has a label, so nothing can be scored; "
            "name the column that holds it with --label-column"
        )
    raise AisleError(
        f"{place}: the model's tree knows none of its labels, such as {', '.join(examples)}; score products "
        "of the taxonomy that the model was trained on, or name another column with --label-column"
    )


def answer_all(predictor: Predictor, labelled: Labelled) -> tuple[Answers, pa.Table, Counter[str]] | None:
    """Answer for all labelled products.

    Returns:
        The answers; the truth of the same products in the same order, with a column `trained_on` that tells
        which of them the model was trained on; and how many images have each status if the model looks at
        them. None where there is no product.
    """
    answers, truths = [], []
    seen: Counter[str] = Counter()

    def answer(batch: Batch) -> tuple[Answers, pa.RecordBatch, Counter[str]]:
        products, truth, images = batch
        answers = predictor.answer(products, images, top=_TOP)
        counts = image_counts(as_seen(products, answers)) if sees_images(predictor) else Counter()
        seen_before = pa.array(were_trained_on(product_keys(products), predictor.model.trained_on))
        return answers, truth.append_column("trained_on", seen_before), counts

    with progress("Answering", labelled.n) as advance:
        for found, truth, counts in in_order(answer, labelled.batches, n_workers(predictor)):
            answers.append(found)
            truths.append(truth)
            seen += counts
            advance(truth.num_rows)
    if not answers:
        return None
    truth = pa.Table.from_batches(truths)
    if labelled.groups is not None:
        truth = truth.set_column(truth.schema.get_field_index("group"), "group", labelled.groups.names())
    return Answers.joined(answers), truth, seen


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
        batches=batches(), split=_WHOLE_FEED, n=None, groups=groups, rejected=rejected, feed_notes=notes
    )
