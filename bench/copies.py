"""What copies with fields taken away cost complete products, and what they give to a title alone.

    python bench/copies.py [--seeds 5] [--out DIR]

On MWPD's train part, split by group (85 % to train, 15 % scored); its validation part is not read. For each
seed three models: with copies, without, and of titles alone.
"""

import argparse
import os
import statistics
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from aisle.catalogue import Catalogue, open_catalogue
from aisle.core.records import TEXT_FIELDS, Answers
from aisle.evaluation import TrainingCounts, Truth, evaluate
from aisle.model.predictor import load
from data_sets import DATA, need

TITLES = """
[text]
encoder = "ngrams"
dim = 96
idf_power = 0.5

[text.blocks]
title_words = { field = "title", kind = "words", n = [1, 2], weight = 1.5 }
title_chars = { field = "title", kind = "chars", n = [3, 5], weight = 1.5 }

[head]
head = "flat"

[training]
copies = 0.0
label_smoothing = 0.4
"""


def aisle(command: str) -> None:
    """Run one command of `aisle`, shown as it is."""
    print(f"$ aisle {command}", flush=True)
    subprocess.run(["aisle", *command.split()], check=True, stdout=subprocess.DEVNULL)


def complete(products: pa.RecordBatch) -> pa.RecordBatch:
    """The products as they are."""
    return products


def title_alone(products: pa.RecordBatch) -> pa.RecordBatch:
    """The products with every other text taken away."""
    for name in TEXT_FIELDS:
        if name != "title":
            at = products.schema.get_field_index(name)
            blank = pa.array([""] * products.num_rows, pa.string())
            products = products.set_column(at, products.schema.field(at), blank)
    return products


def accuracy(model: Path, catalogue: Catalogue, seen: Callable[[pa.RecordBatch], pa.RecordBatch]) -> float:
    """Leaf accuracy in percent on the scored products, as far as the model sees them."""
    predictor = load(model)
    batches = list(catalogue.batches(["test"]))
    answers = Answers.joined([predictor.answer(seen(batch), None) for batch in batches])
    tree = catalogue.labels.tree
    truth = Truth.from_products(tree, pa.Table.from_batches(batches))
    report = evaluate(answers, truth, tree, TrainingCounts(predictor.model.training_counts, tree))
    return 100 * float(report.overall.metrics["accuracy"]["leaf"]["micro"]["value"])


def main() -> None:
    """Read the command line, train and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("copies"))
    arguments = parser.parse_args()
    need("mwpd")
    out = arguments.out
    out.mkdir(exist_ok=True)
    titles = out / "titles.toml"
    titles.write_text(TITLES)
    labels = "--taxonomy from-labels --label-column lvl1,lvl2,lvl3"
    feed = DATA / "mwpd" / "train.jsonl.gz"
    aisle(f"ingest {feed} {labels} --split group --split-ratio 85/0/15 --overwrite --out {out}/catalogue")
    catalogue = open_catalogue(out / "catalogue")
    recipes = {"copies": "text_small", "none": "text_small --set training.copies=0", "titles": str(titles)}
    rows = []
    for seed in range(1, arguments.seeds + 1):
        chosen = f"--set training.seed={seed} --set training.validation=0.1 --overwrite"
        for name, recipe in recipes.items():
            aisle(f"train {out}/catalogue --recipe {recipe} {chosen} --out {out}/{name}")
        figures = (
            accuracy(out / "copies", catalogue, complete),
            accuracy(out / "none", catalogue, complete),
            accuracy(out / "copies", catalogue, title_alone),
            accuracy(out / "none", catalogue, title_alone),
            accuracy(out / "titles", catalogue, title_alone),
        )
        rows.append(figures)
        print(f"seed {seed}: " + ", ".join(f"{figure:.2f}" for figure in figures), flush=True)
    print("\n| products | with copies | without | model of titles | difference, mean (sd) |")
    print("| --- | --- | --- | --- | --- |")
    means = [statistics.mean(column) for column in zip(*rows, strict=True)]
    paid = [with_copies - without for with_copies, without, *_ in rows]
    given = [row[2] - row[4] for row in rows]
    print(f"| complete | {means[0]:.2f} | {means[1]:.2f} | | {_spread(paid)} |")
    print(f"| title alone | {means[2]:.2f} | {means[3]:.2f} | {means[4]:.2f} | {_spread(given)} |")


def _spread(differences: list[float]) -> str:
    deviation = statistics.stdev(differences) if len(differences) > 1 else float("nan")
    return f"{statistics.mean(differences):+.2f} ({deviation:.2f})"


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    main()
