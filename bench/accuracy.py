"""The accuracies of docs/results.md: ingests the real data sets, trains, and scores, all through `aisle`.

    python bench/accuracy.py [--only mwpd] [--out DIR]

Data sets and weights lie where data_sets.py looks for them. Image vectors are cached in DIR/cache.
"""

import argparse
import json
import os
import subprocess
from pathlib import Path

from data_sets import DATA, WEIGHTS, need

BY_SPLIT = "--taxonomy from-labels --label-column product_type --split column:split"
CATALOGUES = {
    "mwpd": "{data}/train.jsonl.gz {data}/validation.jsonl.gz --taxonomy from-labels"
    " --label-column lvl1,lvl2,lvl3 --split file",
    "flipkart": "{data}/flipkart.csv.gz --taxonomy from-labels --label-column product_type --min-products 5"
    " --inner-labels other --split-ratio 85/0/15",
    **dict.fromkeys(("myntra", "grocery", "clothing"), f"{{data}}/feed.tsv {BY_SPLIT} --images {{data}}"),
    "myntra-usage": f"{{data}}/feed.tsv {BY_SPLIT} --images {{data}} --field description=usage",
}
IMAGE = (
    f"--set image.weights={WEIGHTS} --set image.model_args.pad_type=same"
    " --set image.mean=[0.5,0.5,0.5] --set image.std=[0.5,0.5,0.5]"
)
TRAVEL = "--set training.rates.image.travel"
RUNS = {  # how far the image evidence travels was chosen on inner splits of train
    "mwpd": [f"--recipe text_small --set training.seed={seed}" for seed in (1, 2, 3)]
    + ["--recipe text_best"],
    "flipkart": ["--recipe text_small", "--recipe text_best"],
    "myntra": [
        "--recipe text_small",
        f"--recipe image_small {IMAGE} {TRAVEL}=0.7",
        f"--recipe multimodal {IMAGE}",
    ],
    "myntra-usage": ["--recipe text_small", f"--recipe multimodal {IMAGE}"],
    "grocery": [f"--recipe image_small {IMAGE} --set image.size=320 {TRAVEL}=1.5"],
    "clothing": [f"--recipe image_small {IMAGE} {TRAVEL}=0.2"],
}


def folder_of(name: str) -> Path:
    """Where a data set lies; `myntra-usage` is Myntra, read otherwise."""
    return DATA / name.partition("-")[0]


def aisle(command: str, cache: Path) -> None:
    """Run one command of `aisle`, shown as it is."""
    print(f"$ aisle {command}", flush=True)
    subprocess.run(["aisle", *command.split()], check=True, env={**os.environ, "AISLE_CACHE": str(cache)})


def main() -> None:
    """Read the command line and run the data sets asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=sorted(RUNS))
    parser.add_argument("--out", type=Path, default=Path("accuracy"))
    arguments = parser.parse_args()
    names = [arguments.only] if arguments.only else list(RUNS)
    sees_images = any("image.weights" in run for name in names for run in RUNS[name])
    need(*(folder_of(name).name for name in names), weights=sees_images)
    arguments.out.mkdir(exist_ok=True)
    rows = []
    for name in names:
        folder, cache = arguments.out / name, arguments.out / "cache"
        aisle(f"ingest {CATALOGUES[name].format(data=folder_of(name))} --overwrite --out {folder}", cache)
        split = "test" if name == "flipkart" else "val"
        for number, run in enumerate(RUNS[name]):
            model, scores = f"{folder}-model-{number}", f"{folder}-scores-{number}"
            aisle(f"train {folder} {run} --set training.validation=0.1 --overwrite --out {model}", cache)
            aisle(f"evaluate {model} {folder} --split {split} --overwrite --out {scores}", cache)
            figures = json.loads((Path(scores) / "metrics.json").read_text())["overall"]
            leaf = figures["accuracy"]["leaf"]["micro"]["value"]
            f1 = figures["f1"]["mean_of_levels"]["weighted"]
            rows.append(f"| {name} | {run.split()[1]} | {100 * leaf:.1f} | {100 * f1:.1f} |")
    print("| data | recipe | leaf accuracy | weighted F1, mean of levels |\n| --- | --- | --- | --- |")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
