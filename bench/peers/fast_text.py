"""The job of `aisle train` and `aisle predict` by fastText, with its ordinary settings for text classification."""

import argparse
import re
from pathlib import Path

import fasttext
import pyarrow.csv as pacsv

_SPACES = re.compile(r"\s+")


def read(path: Path, columns: list[str]) -> list[list[str]]:
    """The named columns of a TSV without quoting."""
    options = pacsv.ParseOptions(delimiter="\t", quote_char=False)
    table = pacsv.read_csv(path, parse_options=options)
    return [table[name].cast("string").fill_null("").to_pylist() for name in columns]


def clean(text: str) -> str:
    """Lower case, one line."""
    return _SPACES.sub(" ", text.lower()).strip()


def train(arguments: argparse.Namespace) -> None:
    """Train on `title` and `label` and write the model."""
    titles, labels = read(arguments.feed, ["title", "label"])
    lines = arguments.model.with_suffix(".txt")
    with lines.open("w") as out:
        for title, label in zip(titles, labels, strict=True):
            out.write(f"__label__{label.replace(' ', '_')} {clean(title)}\n")
    model = fasttext.train_supervised(
        str(lines), dim=100, wordNgrams=2, lr=0.5, epoch=25, thread=2, verbose=0
    )
    model.save_model(str(arguments.model))


def predict(arguments: argparse.Namespace) -> None:
    """Write `id<TAB>label<TAB>probability` for each product."""
    model = fasttext.load_model(str(arguments.model))
    ids, titles = read(arguments.feed, ["id", "title"])
    with arguments.out.open("w") as out:
        for at in range(0, len(ids), 20_000):
            labels, p = model.predict([clean(t) for t in titles[at : at + 20_000]], k=1)
            out.writelines(
                f"{i}\t{label[0]}\t{q[0]:.6f}\n"
                for i, label, q in zip(ids[at : at + 20_000], labels, p, strict=True)
            )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", choices=["train", "predict"])
    parser.add_argument("--feed", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    (train if arguments.job == "train" else predict)(arguments)


if __name__ == "__main__":
    main()
