"""Scores a model on labelled products, and writes what came of it."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from aisle.catalogue import image_counts, in_status_order
from aisle.core.errors import AisleError
from aisle.core.paths import check_inputs_stay, check_output, new_directory
from aisle.core.progress import progress
from aisle.core.records import Answers
from aisle.core.rejected import REJECTED_FILE, write_rejected
from aisle.evaluation import Report, TrainingCounts, Truth, evaluate
from aisle.model.predictor import Predictor, load
from aisle.model.silence import as_seen
from aisle.model.trained_on import product_keys, were_trained_on
from aisle.prediction.answering import in_order, n_workers, sees_images
from aisle.prediction.flattered import note as flattered
from aisle.prediction.labelled import WHOLE_FEED, Batch, EvaluateOptions, Labelled, labelled_products

METRICS_FILE = "metrics.json"
_TOP = 5
_N_EXAMPLES = 3


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
        products = labelled_products(labelled, predictor.model, options)
        report = _score(predictor, labelled, products)
        about = {"model": str(model), "products": labelled, "split": products.split}
        report.write(folder / METRICS_FILE, about)
        if products.rejected:
            with (folder / REJECTED_FILE).open("w", encoding="utf-8") as file:
                write_rejected(file, products.rejected)
    return report


def _score(predictor: Predictor, place: str, products: Labelled) -> Report:
    """Answer for all products and compare that with what they are; `place` names them in errors."""
    answered = answer_all(predictor, products)
    if answered is None or not answered[1].num_rows:
        raise AisleError(f"{place}: holds no product that can be read, so nothing can be scored")
    answers, truth, images = answered
    _check_labels(place, truth)
    judged = Truth.from_products(predictor.tree, truth)
    counts = TrainingCounts(predictor.model.training_counts, predictor.tree)
    report = evaluate(answers, judged, predictor.tree, counts)
    counted = replace(report.counts, n_unreadable=len(products.rejected), images=in_status_order(images))
    n_trained_on = int(truth["trained_on"].to_numpy()[judged.is_scored].sum())
    split = None if products.split == WHOLE_FEED else products.split
    note = flattered(predictor.model, split, n_trained_on, counted.n_scored, is_own=products.is_own)
    return replace(report, counts=counted, note=note, feed_notes=tuple(products.feed_notes.lines()))


def _check_labels(place: str, truth: pa.Table) -> None:
    """Refuse products of which none has a label, or none has one that the model's tree knows.

    Raises:
        AisleError: it names `place` and some of the labels.
    """
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
