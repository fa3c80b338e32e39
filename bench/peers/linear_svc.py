"""The job of `aisle train` and `aisle predict` by scikit-learn: TF-IDF of the same blocks, and LinearSVC.

Reads the same feed, makes the same features (blocks, n-gram ranges, sublinear tf, idf to the power of 0.5,
each block of length 1 times its weight) by scikit-learn's own vectorizers, and writes its model or one row
for each product.
"""

import argparse
import html
import pickle
import re
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import scipy.sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

BLOCKS = [  # field, analyzer, n-gram range, weight
    ("title", "word", (1, 2), 1.5),
    ("title", "char_wb", (3, 5), 1.5),
    ("description", "word", (1, 2), 1.0),
    ("brand", "word", (1, 2), 0.5),
    ("merchant_category", "word", (1, 2), 0.7),
    ("merchant_category", "char_wb", (3, 5), 0.7),
    ("link", "word", (1, 2), 0.8),
    ("link", "char_wb", (3, 5), 0.8),
]


class RootIdf(TfidfTransformer):
    """TF-IDF with the square root of idf."""

    def fit(self, X, y=None):
        """Learn the square root of each term's idf."""
        super().fit(X, y)
        self.idf_ = np.sqrt(self.idf_)
        return self


def words_of_link(link: str) -> str:
    """An address as words: the whole host, then letters that stand together, camelCase parted."""
    address = re.sub(r"^\w+://(www\.)?", "", unquote(link))
    host = re.split(r"[/?#:]", address, maxsplit=1)[0].replace(".", "_").replace("-", "_")
    return " ".join([host, *re.findall(r"[A-Z]?[a-z]+|[A-Z]+", address)])


def read(path: Path, columns: dict[str, str]) -> dict[str, list[str]]:
    """The feed's texts by field."""
    if ".jsonl" in path.name:
        table = pa.json.read_json(str(path))
    else:
        options = pa.csv.ParseOptions(
            delimiter="\t" if ".tsv" in path.name else ",",
            newlines_in_values=".csv" in path.name,
            quote_char=False if ".tsv" in path.name else '"',
        )
        table = pa.csv.read_csv(path, parse_options=options)
    found = {}
    for field, column in columns.items():
        parts = [table[name].cast(pa.string()).fill_null("").to_pylist() for name in column.split("+")]
        values = [" > ".join(row) for row in zip(*parts, strict=True)]
        found[field] = [words_of_link(v) if field == "link" else html.unescape(v) for v in values]
    return found


def train(arguments: argparse.Namespace) -> None:
    """Fit vectorizers and classifier and write them."""
    texts = read(arguments.feed, arguments.columns)
    labels = texts.pop("label")
    vectorizers = []
    parts = []
    for field, analyzer, ngrams, weight in BLOCKS:
        if field not in texts or not any(texts[field]):
            continue
        word = r"\w+" if analyzer == "word" else None
        counts = CountVectorizer(analyzer=analyzer, ngram_range=ngrams, token_pattern=word, dtype=np.float32)
        pipeline = make_pipeline(counts, RootIdf(sublinear_tf=True))
        parts.append(pipeline.fit_transform(texts[field]) * weight)
        vectorizers.append((field, weight, pipeline))
    model = LinearSVC(C=arguments.c, tol=1e-3)
    model.fit(scipy.sparse.hstack(parts, "csr"), labels)
    arguments.model.write_bytes(pickle.dumps((vectorizers, model)))


def predict(arguments: argparse.Namespace) -> None:
    """Write `id<TAB>label` for each product."""
    vectorizers, model = pickle.loads(arguments.model.read_bytes())
    texts = read(arguments.feed, arguments.columns)
    ids = texts["id"]
    with arguments.out.open("w") as out:
        for at in range(0, len(ids), 20_000):
            part = slice(at, at + 20_000)
            features = [p.transform(texts[f][part]) * w for f, w, p in vectorizers]
            found = model.predict(scipy.sparse.hstack(features, "csr"))
            out.writelines(f"{i}\t{label}\n" for i, label in zip(ids[part], found, strict=True))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", choices=["train", "predict"])
    parser.add_argument("--feed", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--c", type=float, default=0.3)
    parser.add_argument(
        "--columns",
        required=True,
        help="field=column,...; `label=a+b` (joined) for training, `id` for prediction",
        type=lambda text: dict(pair.split("=") for pair in text.split(",")),
    )
    arguments = parser.parse_args()
    (train if arguments.job == "train" else predict)(arguments)


if __name__ == "__main__":
    main()
