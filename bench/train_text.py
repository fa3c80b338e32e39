"""Training on text: `aisle train` beside TF-IDF of the same blocks and LinearSVC, on MWPD's training part.

Both are processes of their own that read products from disk and write a model. Aisle trains twice, once to
choose epochs and temperatures on a tenth of the products, and then on all of them.
"""

import argparse
import sys
from pathlib import Path

from data_sets import DATA, need
from timing import AISLE, PEERS, Contender, describe, prepare, race, table, workshop

_INGEST = "--taxonomy from-labels --label-column lvl1,lvl2,lvl3 --split file --out catalogue"
_TRAIN = "--recipe text_small --set training.validation=0.1 --out aisle-model"
_COLUMNS = "title=title,description=description,merchant_category=product_type_merchant,link=link"


def main() -> None:
    """Ingest the catalogue, time both trainings and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    need("mwpd")
    feeds = [str(DATA / "mwpd" / f"{part}.jsonl.gz") for part in ("train", "validation")]
    out = Path("aisle-model")
    peer = [sys.executable, str(PEERS / "linear_svc.py"), "train", "--feed", feeds[0], "--model", "svc-model"]
    with workshop("train-text"):
        prepare([AISLE, "ingest", *feeds, *_INGEST.split()], "catalogue")
        contenders = [
            Contender(name="Aisle", command=[AISLE, "train", "catalogue", *_TRAIN.split()], out=out),
            Contender(
                name="TF-IDF + LinearSVC",
                command=[*peer, "--c", "0.3", "--columns", f"{_COLUMNS},label=lvl1+lvl2+lvl3"],
                out=Path("svc-model"),
            ),
        ]
        taken = race(contenders, arguments.runs)
    data = "MWPD 2020 task 2, 10,012 products: title, description, the shop's category, link"
    describe(data, contenders, arguments.runs, ["scikit-learn"])
    table(contenders, taken)


if __name__ == "__main__":
    main()
