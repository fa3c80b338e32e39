"""Training Myntra's text and images again, the images' vectors made before: the second `aisle train`."""

import argparse
import os
from pathlib import Path

from aisle.catalogue import open_catalogue
from data_sets import DATA, WEIGHTS, need
from timing import AISLE, Contender, describe, prepare, race, table, workshop

_INGEST = "--taxonomy from-labels --split column:split --out catalogue"
_MEAN = "[0.5, 0.5, 0.5]"


def main() -> None:
    """Ingest the catalogue, encode all images once, time the training and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cache", type=Path, default=Path("vectors"), help="folder of vectors made before")
    arguments = parser.parse_args()
    need("myntra", weights=True)
    cache = Path(os.environ.get("AISLE_BENCH", ".")).resolve() / arguments.cache
    folder = DATA / "myntra"
    settings = [
        "training.validation=0.1",
        f"image.weights={WEIGHTS}",
        'image.model_args={"pad_type" = "same"}',
        f"image.mean={_MEAN}",
        f"image.std={_MEAN}",
    ]
    changes = [word for setting in settings for word in ("--set", setting)]
    with workshop("train-images"):
        images = ["--images", str(folder)]
        prepare([AISLE, "ingest", str(folder / "feed.tsv"), *images, *_INGEST.split()], "catalogue")
        train = [AISLE, "train", "catalogue", "--recipe", "multimodal", *changes, "--cache", str(cache)]
        out = Path("model")
        contenders = [
            Contender(name="Aisle, vectors cached", command=[*train, "--out", str(out)], out=out),
        ]
        taken = race(contenders, arguments.runs)
        if not any(cache.rglob("*")):
            raise SystemExit(f"{cache}: holds no vectors; were the images of {folder} found?")
        n_products = open_catalogue(Path("catalogue")).manifest.products
    data = f"Myntra, train and val as the feed splits them: title and image, {n_products:,} products"
    describe(data, contenders, arguments.runs, ["torch", "timm"])
    table(contenders, taken)


if __name__ == "__main__":
    main()
