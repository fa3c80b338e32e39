"""Cross-validation: the groups of a catalogue in parts, each scored by models that saw none of it.

    python bench/folds.py DIR flipkart [--splits train] [--folds 5] [--runs 0,1] [--peer 0.3] [--set a.b=c]...

DIR is what `bench/accuracy.py --out DIR` made; runs are numbered as there. Settings are chosen with `--splits
train`, which reads nothing that is scored; `--splits train,test` uses every product, to report what one split
owes to chance. Everything goes through `aisle`.
"""

import argparse
import os
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from accuracy import CATALOGUES, RUNS, aisle, folder_of
from aisle.catalogue import Catalogue, open_catalogue
from aisle.core.records import Answers
from aisle.evaluation import TrainingCounts, compare, evaluate
from aisle.evaluation.compare import mcnemar
from aisle.evaluation.report import Counts
from aisle.model.predictor import load
from data_sets import need_accuracy
from paired import answers_of, linear_svc, truth_of

_COLUMNS = ("merchant", "id", "title", "description", "brand", "link", "merchant_category")


def write_feed(catalogue: Catalogue, splits: Sequence[str], n_folds: int, path: Path) -> None:
    """Write a catalogue's labelled products as a feed with a column `fold_K` for each part: train or test.

    Groups go to parts by the first digits of their hash, so that a part is the same in every run.
    """
    products = pa.Table.from_batches(list(catalogue.batches(splits)))
    products = products.filter(pc.greater(pc.list_value_length(products["label"]), 0))
    images = products["images"].combine_chunks()
    links = pa.ListArray.from_arrays(images.offsets, pc.struct_field(images.values, "link"))
    part = np.array([int(group[:8], 16) % n_folds for group in products["group"].to_pylist()])
    columns = {name: products[name] for name in _COLUMNS if pc.any(pc.not_equal(products[name], "")).as_py()}
    columns |= {"label": products["label_text"], "image_link": links}
    columns |= {f"fold_{k}": np.where(part == k, "test", "train") for k in range(n_folds)}
    pq.write_table(pa.table(columns), path)


def ingest_options(name: str) -> str:
    """How the data set is ingested, but for its feed, its label's column and its split."""
    words = CATALOGUES[name].format(data=folder_of(name)).split()
    kept = ["--taxonomy from-labels --label-column label"]
    for option in ("--min-products", "--inner-labels", "--images"):
        if option in words:
            kept.append(f"{option} {words[words.index(option) + 1]}")
    return " ".join(kept)


def answers_by(
    folder: Path, fold: Path, name: str, arguments: argparse.Namespace
) -> Iterator[tuple[str, Answers]]:
    """Train every run on one fold; gives its name and its answers for what it has not seen."""
    catalogue, cache = open_catalogue(fold), folder / "cache"
    changes = "".join(f" --set {change}" for change in arguments.set)
    for number in arguments.runs:
        run, model = RUNS[name][number], f"{fold}-model-{number}"
        aisle(f"train {fold} {run} --set training.validation=0.1{changes} --overwrite --out {model}", cache)
        yield run.split()[1], answers_of(load(model, cache), catalogue, "test")
    for c in arguments.peer:
        yield f"LinearSVC, C = {c}", linear_svc(catalogue, "test", folder, c)


@dataclass(slots=True)
class Sums:
    """What is added up over the folds, for one run.

    Args:
        accuracies: in percent, one for each fold.
        only_first, only_this: products of all folds on which the first run alone, or this one, is right.
    """

    n_right: float = 0.0
    accuracies: list[float] = field(default_factory=list)
    macro_f1: list[float] = field(default_factory=list)
    weighted_f1: list[float] = field(default_factory=list)
    only_first: int = 0
    only_this: int = 0


def add_fold(sums: dict[str, Sums], fold: Path, answers: Mapping[str, Answers], trained: Path) -> Counts:
    """Score the answers for one fold; gives what its products are.

    Args:
        trained: a model that was trained on the other folds.
    """
    catalogue = open_catalogue(fold)
    tree, truth = catalogue.labels.tree, truth_of(catalogue, "test")
    counts = TrainingCounts(load(trained).model.training_counts, tree)
    first = next(iter(answers.values()))
    for name, mine in answers.items():
        report = evaluate(mine, truth, tree, counts)
        metrics, total = report.overall.metrics, sums[name]
        accuracy = metrics["accuracy"]["leaf"]["micro"]["value"]
        total.n_right += accuracy * report.counts.n_scored
        total.accuracies.append(100 * accuracy)
        total.macro_f1.append(100 * metrics["f1"]["leaf"]["macro"])
        total.weighted_f1.append(100 * metrics["f1"]["mean_of_levels"]["weighted"])
        test = compare(first, mine, truth, tree, counts)["leaf"]["mcnemar"]
        total.only_first += test["n_only_first"]
        total.only_this += test["n_only_second"]
    return report.counts


def print_table(sums: Mapping[str, Sums], n_products: int, n_unseen: int) -> None:
    """One row for each run; the first is what the others are set beside."""
    print(f"\n{n_products:,} products, {100 * n_unseen / n_products:.1f} % with a label of no other fold.\n")
    print("| run | leaf accuracy, all | folds: mean, sd | macro-F1 | weighted F1, levels | alone right : p |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, total in sums.items():
        p = mcnemar(total.only_first, total.only_this).p_value
        folds = f"{statistics.mean(total.accuracies):.1f}, {statistics.stdev(total.accuracies):.1f}"
        f1 = f"{statistics.mean(total.macro_f1):.1f} | {statistics.mean(total.weighted_f1):.1f}"
        test = f"{total.only_first} : {total.only_this}, p {p:.2g}" if total.only_first else ""
        print(f"| {name} | {100 * total.n_right / n_products:.2f} | {folds} | {f1} | {test} |")


def main() -> None:
    """Read the command line, train and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("name", choices=("mwpd", "flipkart", "myntra", "myntra-usage"))
    parser.add_argument("--splits", type=lambda text: text.split(","), default=["train"])
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--runs", type=lambda text: [int(n) for n in text.split(",")], default=[0])
    parser.add_argument("--peer", action="append", default=[], help="LinearSVC too, with this C")
    parser.add_argument("--set", action="append", default=[])
    arguments = parser.parse_args()
    need_accuracy(arguments.folder, arguments.name)
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    folder = arguments.folder
    work = folder / f"{arguments.name}-folds"
    work.mkdir(exist_ok=True)
    write_feed(
        open_catalogue(folder / arguments.name), arguments.splits, arguments.folds, work / "feed.parquet"
    )
    sums: dict[str, Sums] = defaultdict(Sums)
    n_products = n_unseen = 0
    for k in range(arguments.folds):
        fold, options = work / f"fold-{k}", ingest_options(arguments.name)
        aisle(
            f"ingest {work}/feed.parquet {options} --split column:fold_{k} --overwrite --out {fold}",
            folder / "cache",
        )
        answers = dict(answers_by(folder, fold, arguments.name, arguments))
        counts = add_fold(sums, fold, answers, Path(f"{fold}-model-{arguments.runs[0]}"))
        n_products, n_unseen = n_products + counts.n_scored, n_unseen + counts.n_unseen
    print_table(sums, n_products, n_unseen)


if __name__ == "__main__":
    main()
