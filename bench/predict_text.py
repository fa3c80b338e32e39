"""Predicting a million text products: `aisle predict` beside fastText from Python.

The rows are Flipkart's titles over and over, each with its row number as the last word, so that no two are
alike. fastText learns the titles and labels of the catalogue that Aisle learns.
"""

import argparse
import csv
import gzip
import sys
from itertools import cycle, islice
from pathlib import Path

from aisle.catalogue import open_catalogue
from data_sets import DATA, need
from timing import AISLE, PEERS, Contender, describe, prepare, race, table, workshop

_INGEST = "--taxonomy from-labels --min-products 5 --inner-labels other --split-ratio 100/0/0 --out catalogue"
_TRAIN = "--recipe text_small --set training.validation=0.1 --out model"
_FEW = 100_000


def main() -> None:
    """Make models and feeds, time the commands and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--set", action="append", default=[], help="settings of Aisle's training to change")
    arguments = parser.parse_args()
    need("flipkart")
    many = arguments.rows
    with workshop("predict-text"):
        _make_models([word for change in arguments.set for word in ("--set", change)])
        for n in (many, _FEW):
            _write_feed(Path(f"feed-{n}.tsv"), n)
        contenders = [_aisle(many), _fast_text(many), _aisle(_FEW), _fast_text(_FEW)]
        taken = race(contenders, arguments.runs)
    describe(
        f"{many:,} and {_FEW:,} distinct rows, id and title, made of Flipkart's 20,000 titles",
        contenders,
        arguments.runs,
        ["fasttext-community"],
    )
    table(contenders[:2], taken)
    table(contenders[2:], taken)
    peaks = [max(t.peak_bytes for t in taken[_aisle(n).name]) for n in (many, _FEW)]
    print(f"\nAisle's peak memory at {many:,} rows is {peaks[0] / peaks[1]:.2f} times that at {_FEW:,}.")


def _aisle(n: int) -> Contender:
    out = Path("aisle.parquet")
    command = [AISLE, "predict", "model", f"feed-{n}.tsv", "--out", str(out)]
    return Contender(name=f"Aisle, {n:,} rows", command=command, out=out, n_products=n)


def _fast_text(n: int) -> Contender:
    out = Path("fasttext.parquet")
    peer = [sys.executable, str(PEERS / "fast_text.py"), "predict", "--model", "fasttext.bin"]
    command = [*peer, "--feed", f"feed-{n}.tsv", "--out", str(out)]
    return Contender(name=f"fastText, {n:,} rows", command=command, out=out, n_products=n)


def _make_models(changes: list[str]) -> None:
    """Train both on the titles of Flipkart and their categories, unless that was done."""
    if not Path("titles.tsv").exists():
        rows = [(row["id"], _clean(row["title"]), _clean(row["product_type"])) for row in _flipkart()]
        _write("titles.tsv", [("id", "title", "product_type"), *rows])
    prepare([AISLE, "ingest", "titles.tsv", *_INGEST.split()], "catalogue")
    prepare([AISLE, "train", "catalogue", *_TRAIN.split(), *changes], "model")
    if not Path("labelled.tsv").exists():
        rows = [
            (row["title"], row["label"][0])
            for batch in open_catalogue("catalogue").batches(["train"], columns=["title", "label"])
            for row in batch.to_pylist()
        ]
        _write("labelled.tsv", [("title", "label"), *rows])
    peer = [sys.executable, str(PEERS / "fast_text.py"), "train"]
    prepare([*peer, "--feed", "labelled.tsv", "--model", "fasttext.bin"], "fasttext.bin")


def _flipkart() -> list[dict[str, str]]:
    with gzip.open(DATA / "flipkart" / "flipkart.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write_feed(path: Path, n: int) -> None:
    if not path.exists():
        titles = [_clean(row["title"]) for row in _flipkart()]
        rows = ((f"p{i}", f"{title} {i}") for i, title in enumerate(islice(cycle(titles), n)))
        _write(path, [("id", "title"), *rows])


def _clean(text: str) -> str:
    return " ".join(text.split())


def _write(path: Path | str, rows: list[tuple[str, ...]]) -> None:
    Path(path).write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
