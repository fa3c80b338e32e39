"""Where the real data sets and the image network's weights lie; docs/data-sets.md tells where to get them."""

import os
import sys
from pathlib import Path

_BESIDE = Path(__file__).resolve().parents[2] / "shared"
DATA = Path(os.environ.get("AISLE_DATA") or _BESIDE / "data")
WEIGHTS = Path(os.environ.get("AISLE_WEIGHTS") or DATA.parent / "weights" / "mobilenetv2_100.safetensors")
FILES = {
    "mwpd": ("train.jsonl.gz", "validation.jsonl.gz"),
    "flipkart": ("flipkart.csv.gz",),
    "myntra": ("feed.tsv", "images"),
    "grocery": ("feed.tsv", "images"),
    "clothing": ("feed.tsv", "images"),
}


def need(*names: str, weights: bool = False) -> None:
    """End the program with one line where a file of a data set, or the weights, is missing."""
    wanted = [DATA / name / file for name in names for file in FILES[name]] + [WEIGHTS] * weights
    for path in wanted:
        if not path.exists():
            variable = "AISLE_WEIGHTS" if path == WEIGHTS else "AISLE_DATA"
            sys.exit(f"{path}: not there; docs/data-sets.md tells where to get it, ${variable} where it lies")


def need_accuracy(folder: Path, name: str) -> None:
    """End the program with one line where `bench/accuracy.py` was not run for a data set."""
    if not (folder / name / "catalogue.json").is_file():
        sys.exit(
            f"{folder}: holds no {name}; run python bench/accuracy.py --only {name} --out {folder} first"
        )
