"""Scoring a model on labelled products: a split of a catalogue, or a labelled feed as a whole."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aisle.catalogue import MANIFEST_FILE, find_columns, label_texts, open_catalogue, resolve_labels
from aisle.core.errors import AisleError
from aisle.core.paths import expand_addresses, new_directory
from aisle.core.progress import progress
from aisle.core.records import Answers
from aisle.core.schemas import PRODUCT_SCHEMA
from aisle.evaluation import Report, TrainingCounts, Truth, evaluate
from aisle.feeds import FeedOptions, read_feeds
from aisle.images import ImageFolder, ImageSource
from aisle.model.predictor import Predictor, load
from aisle.prediction.job import in_order, n_workers, products_of
from aisle.taxonomy.labels import LabelTree

Batch: TypeAlias = tuple[pa.RecordBatch, pa.RecordBatch, ImageSource | None]

METRICS_FILE = "metrics.json"
_TOP = 5
_TRUTH = pa.schema([(name, pa.string()) for name in ("label_text", "merchant", "group", "split")]).insert(
    0, pa.field("label", pa.list_(pa.string()))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateOptions:
    """What `aisle evaluate` was asked for.

    Args:
        split: of a catalogue, the products to score.
        label_columns: of a feed, where its labels stand; empty for those that the model was trained with.
        images: the folder that relative image links start from; None for the catalogue's own, or none.
        cache: the folder of vectors that were made before, or None for none.
        overwrite: whether the output may be replaced.
    """

    split: str = "test"
    label_columns: tuple[str, ...] = ()
    images: Path | None = None
    cache: Path | None = None
    overwrite: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """Labelled products, batch by batch.

    Args:
        batches: products (PRODUCT_SCHEMA), what they really are (label, label_text, merchant, group, split),
            and where their images are read.
        n: how many there are, where that is known.
    """

    batches: "Iterator[Batch]"
    n: int | None


def evaluate_model(model: Path, labelled: str, out: Path, options: EvaluateOptions) -> Report:
    """Score a model and write `metrics.json`.

    Args:
        labelled: a catalogue's folder, or the address of a labelled feed, which is scored whole.
        out: the folder to write.

    Raises:
        AisleError: the model, the products or the output is not as it must be, or nothing has a label.
    """
    with new_directory(out, overwrite=options.overwrite, marker=METRICS_FILE) as folder:
        predictor = load(model, options.cache)
        labels = predictor.model.labels
        is_catalogue = (Path(labelled) / MANIFEST_FILE).is_file()
        products = (
            _of_catalogue(Path(labelled), labels, options)
            if is_catalogue
            else _of_feed(labelled, labels, predictor.model.label_columns, options)
        )
        answers, truth = answer_all(predictor, products)
        counts = TrainingCounts(predictor.model.training_counts, labels.tree)
        report = evaluate(answers, Truth.from_products(labels.tree, truth), labels.tree, counts)
        about = {
            "model": str(model),
            "products": labelled,
            "split": options.split if is_catalogue else "whole feed",
        }
        report.write(folder / METRICS_FILE, about)
    return report


def answer_all(predictor: Predictor, labelled: Labelled) -> tuple[Answers, pa.Table]:
    """Answer for all labelled products.

    Returns:
        The answers, and the truth of the same products in the same order.
    """
    answers, truths = [], []

    def answer(
        batch: Batch,
    ) -> tuple[Answers, pa.RecordBatch]:
        products, truth, images = batch
        return predictor.answer(products, images, top=_TOP), truth

    with progress("Answering", labelled.n) as advance:
        for found, truth in in_order(answer, labelled.batches, n_workers(predictor)):
            answers.append(found)
            truths.append(truth)
            advance(truth.num_rows)
    if not answers:
        raise AisleError("there is no product to score; look at the split, and at the feed")
    return Answers.joined(answers), pa.Table.from_batches(truths)


def _of_catalogue(path: Path, labels: LabelTree, options: EvaluateOptions) -> Labelled:
    """The products of a split."""
    catalogue = open_catalogue(path)
    images = ImageFolder(options.images) if options.images else catalogue.images()
    n = catalogue.count(options.split)

    def batches() -> Iterator[Batch]:
        for batch in catalogue.batches([options.split]):
            truth = [_known(batch["label"], labels), *(batch[name] for name in _TRUTH.names[1:])]
            yield (
                batch.select(PRODUCT_SCHEMA.names),
                pa.RecordBatch.from_arrays(truth, schema=_TRUTH),
                images,
            )

    found = batches()
    if n == 0:
        raise AisleError(
            f"{path}: the split '{options.split}' is empty; its products are in "
            f"{', '.join(name for name in catalogue.manifest.splits if catalogue.count(name))}"
        )
    return Labelled(batches=found, n=n)


def _groups(raw: pa.RecordBatch) -> pa.Array:
    """A name for each row's item group, which belongs to its merchant; empty where it has none."""
    named = pc.binary_join_element_wise(raw["merchant"], raw["item_group_id"], "\n")
    return pc.if_else(pc.equal(raw["item_group_id"], ""), "", named)


def _known(ids: pa.ListArray, labels: LabelTree) -> pa.ListArray:
    """A catalogue's label ids as ids of the model's tree; what it does not know is left out."""
    flat = pc.list_flatten(ids).dictionary_encode()
    names = flat.dictionary.to_pylist()
    nodes = [labels.resolve(name) for name in names]
    meant = [None if node is None else labels.tree.ids[node] for node in nodes]
    mine = pa.array(meant, pa.string()).take(flat.indices)
    keep = mine.is_valid().to_numpy(zero_copy_only=False)
    rows = pc.list_parent_indices(ids).to_numpy()[keep]
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(ids)))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), mine.filter(pa.array(keep)))


def _of_feed(
    address: str, labels: LabelTree, trained_with: Sequence[str], options: EvaluateOptions
) -> Labelled:
    """Every product of a feed."""
    files = expand_addresses([address])
    columns = find_columns("--label-column", options.label_columns or trained_with, files)
    folder = ImageFolder(options.images) if options.images else None

    def batches() -> Iterator[Batch]:
        for batch in read_feeds(files, FeedOptions()):
            raw = batch.rows
            products, images = products_of(raw, (*trained_with, *columns), folder)
            truth = [
                resolve_labels(raw, labels, columns),
                label_texts(raw, columns),
                raw["merchant"],
                _groups(raw),
                pa.repeat(pa.scalar("feed", pa.string()), raw.num_rows),
            ]
            yield products, pa.RecordBatch.from_arrays(truth, schema=_TRUTH), images

    return Labelled(batches=batches(), n=None)
