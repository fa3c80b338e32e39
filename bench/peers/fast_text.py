"""The job of `aisle train` and `aisle predict` by fastText, with its ordinary settings for text."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import fasttext
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

_SPACES = re.compile(r"\s+")
_PREFIX = "__label__"
_ANSWERS = pa.schema([("id", pa.string()), ("category_id", pa.string()), ("probability", pa.float32())])


def read(path: Path, columns: list[str]) -> Iterator[list[list[str]]]:
    """The named columns of a TSV without quoting, batch by batch."""
    options = pa.csv.ParseOptions(delimiter="\t", quote_char=False)
    texts = pa.csv.ConvertOptions(column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False)
    with pa.csv.open_csv(path, parse_options=options, convert_options=texts) as batches:
        for batch in batches:
            yield [batch[name].to_pylist() for name in columns]


def clean(text: str) -> str:
    """Lower case, one line."""
    return _SPACES.sub(" ", text.lower()).strip()


def train(arguments: argparse.Namespace) -> None:
    """Train on `title` and `label` and write the model."""
    lines = arguments.model.with_suffix(".txt")
    with lines.open("w", encoding="utf-8") as out:
        for titles, labels in read(arguments.feed, ["title", "label"]):
            for title, label in zip(titles, labels, strict=True):
                out.write(f"{_PREFIX}{label.replace(' ', '_')} {clean(title)}\n")
    model = fasttext.train_supervised(
        str(lines), dim=100, wordNgrams=2, lr=0.5, epoch=25, thread=2, verbose=0
    )
    model.save_model(str(arguments.model))


def predict(arguments: argparse.Namespace) -> None:
    """Write id, category and probability of each product, as Parquet."""
    model = fasttext.load_model(str(arguments.model))
    with pa.parquet.ParquetWriter(arguments.out, _ANSWERS, compression="zstd") as file:
        for ids, titles in read(arguments.feed, ["id", "title"]):
            labels, p = model.predict([clean(title) for title in titles], k=1)
            columns = [
                pa.array(ids),
                pa.array([label[0].removeprefix(_PREFIX) for label in labels]),
                pa.array([q[0] for q in p], pa.float32()),
            ]
            file.write_batch(pa.RecordBatch.from_arrays(columns, schema=_ANSWERS))


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
