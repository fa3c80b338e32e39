"""Models beside their peers and each other, on the same rows, by one scoring function, with McNemar's test.

    python bench/paired.py DIR

DIR is what `bench/accuracy.py --out DIR` made: Flipkart's model beside LinearSVC of the same features,
Grocery's beside logistic regression on the same vectors, Myntra's model of text and images beside those of
text and of images alone.
"""

import argparse
import csv
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aisle.catalogue import Catalogue, open_catalogue
from aisle.core.records import Answers
from aisle.encoders.product_vectors import encode_products
from aisle.evaluation import TrainingCounts, Truth, answers_of_nodes, compare
from aisle.model.predictor import Predictor, load
from data_sets import need_accuracy

PEERS = Path(__file__).parent / "peers"
TEXTS = ("title", "description", "brand")


def names_of_labels(catalogue: Catalogue, split: str) -> list[str]:
    """The label of each product of a split; empty without one."""
    lists = (batch["label"].to_pylist() for batch in catalogue.batches([split]))
    return [label[0] if label else "" for labels in lists for label in labels]


def truth_of(catalogue: Catalogue, split: str) -> Truth:
    """What the products of a split really are."""
    table = pa.Table.from_batches(list(catalogue.batches([split])))
    return Truth.from_products(catalogue.labels.tree, table)


def answers_of(predictor: Predictor, catalogue: Catalogue, split: str) -> Answers:
    """The model's answers for a split."""
    images = catalogue.images()
    return Answers.joined([predictor.answer(batch, images, top=1) for batch in catalogue.batches([split])])


def linear_svc(catalogue: Catalogue, split: str, work: Path, c: str) -> Answers:
    """LinearSVC of the same n-gram blocks, by `peers/linear_svc.py`."""
    columns = ",".join(f"{name}={name}" for name in TEXTS)
    for name in ("train", split):
        with (work / f"{name}.tsv").open("w", newline="") as file:
            writer = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None)
            writer.writerow(["id", *TEXTS, "label"])
            number = 0
            for batch in catalogue.batches([name]):
                for row in batch.select([*TEXTS, "label"]).to_pylist():
                    label = (row["label"] or [""])[0]
                    texts = [" ".join(row[text].split()) for text in TEXTS]
                    if label:
                        writer.writerow([number, *texts, label])
                    number += 1
    peer = [sys.executable, str(PEERS / "linear_svc.py")]
    files = ["--model", str(work / "svc"), "--feed"]
    train = [*peer, "train", *files, str(work / "train.tsv"), "--c", c, "--columns", f"{columns},label=label"]
    subprocess.run(train, check=True)
    predict = [*peer, "predict", *files, str(work / f"{split}.tsv"), "--out", str(work / "svc.tsv")]
    subprocess.run([*predict, "--columns", f"{columns},id=id"], check=True)
    found = dict(line.split("\t") for line in (work / "svc.tsv").read_text().splitlines())
    node_of = catalogue.labels.tree.node_of_id
    nodes = [node_of(found[str(i)]) if str(i) in found else 0 for i in range(catalogue.count(split))]
    return answers_of_nodes(catalogue.labels.tree, np.array(nodes, np.int32))


def logistic_regression(
    predictor: Predictor, catalogue: Catalogue, split: str, level: int, cache: Path
) -> Answers:
    """scikit-learn's logistic regression (C = 0.1) on the model's image vectors, for labels at a level."""
    from sklearn.linear_model import LogisticRegression

    from aisle.encoders.cache import VectorCache

    tree = catalogue.labels.tree
    images, store = catalogue.images(), VectorCache(cache)

    def vectors(name: str) -> NDArray[np.float32]:
        found, _ = encode_products(
            predictor.model.encoders["image"], catalogue.batches([name]), images, store
        )
        return found.astype(np.float32)

    def nodes(name: str) -> NDArray[np.int32]:
        leaves = [tree.node_of_id(label) for label in names_of_labels(catalogue, name)]
        above = [tree.ancestors(leaf)[::-1] for leaf in leaves]
        return np.array([path[min(level, len(path)) - 1] for path in above], np.int32)

    model = LogisticRegression(C=0.1, max_iter=2000).fit(vectors("train"), nodes("train"))
    return answers_of_nodes(tree, model.predict(vectors(split)).astype(np.int32))


def report(what: str, first: Answers, second: Answers, truth: Truth, tree, counts, level: int = 0) -> str:
    """One row of the table: both accuracies, at the leaf or at a level, and McNemar's test."""
    found = compare(first, second, truth, tree, counts)
    at = found["levels"][level - 1] if level else found["leaf"]
    test = at["mcnemar"]
    return (
        f"| {what} | {100 * at['first']['micro']:.1f} | {100 * at['second']['micro']:.1f} "
        f"| {test['n_only_first']} : {test['n_only_second']} | {test['p_value']:.2g} |"
    )


def rows(folder: Path) -> Iterator[str]:
    """Make every comparison whose models are there."""

    def opened(name: str, number: int) -> tuple[Catalogue, Predictor, Callable[..., str]]:
        catalogue, predictor = (
            open_catalogue(folder / name),
            load(folder / f"{name}-model-{number}", folder / "cache"),
        )
        counts = TrainingCounts(predictor.model.training_counts, catalogue.labels.tree)

        def row(what: str, first: Answers, second: Answers, truth: Truth, level: int = 0) -> str:
            return report(what, first, second, truth, catalogue.labels.tree, counts, level)

        return catalogue, predictor, row

    if (folder / "flipkart-model-0").is_dir():
        catalogue, predictor, row = opened("flipkart", 0)
        truth, ours = truth_of(catalogue, "test"), answers_of(predictor, catalogue, "test")
        for c in ("0.3", "1"):
            peer = linear_svc(catalogue, "test", folder, c)
            yield row(f"Flipkart, text / LinearSVC, C = {c}", ours, peer, truth)
    if (folder / "grocery-model-0").is_dir():
        catalogue, predictor, row = opened("grocery", 0)
        truth, ours = truth_of(catalogue, "val"), answers_of(predictor, catalogue, "val")
        for what, level in (("fine", 0), ("coarse", 2)):
            peer = logistic_regression(predictor, catalogue, "val", level or 9, folder / "cache")
            yield row(f"Grocery, {what} / logistic regression on {what} labels", ours, peer, truth, level)
    for name, number, others in (("myntra", 2, ("text", "image")), ("myntra-usage", 1, ("text",))):
        if not (folder / f"{name}-model-{number}").is_dir():
            continue
        catalogue, predictor, row = opened(name, number)
        truth, both = truth_of(catalogue, "val"), answers_of(predictor, catalogue, "val")
        for other, what in enumerate(others):
            alone = answers_of(opened(name, other)[1], catalogue, "val")
            yield row(f"{name.capitalize()}, both / {what}", both, alone, truth)


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    if not any(arguments.folder.glob("*-model-0")):
        need_accuracy(arguments.folder, "flipkart")
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    print("| first / second | first, % | second, % | right alone | p (McNemar) |")
    print("| --- | --- | --- | --- | --- |")
    for line in rows(arguments.folder):
        print(line, flush=True)


if __name__ == "__main__":
    main()
