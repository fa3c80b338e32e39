"""A small shop's feeds, and what became of them."""

import csv
from pathlib import Path

import pytest

from aisle.catalogue import open_catalogue
from aisle.catalogue.ingest import ingest
from aisle.catalogue.settings import IngestSettings


def write_tsv(path, rows):
    """Write rows as a feed; columns are those of the first row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(
            file, list(rows[0]), delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE
        )
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


@pytest.fixture
def feed(tmp_path):
    """Write a feed: its name, then its rows."""
    return lambda name, rows: write_tsv(tmp_path / name, rows)


@pytest.fixture
def tree(tmp_path):
    """Write a taxonomy, one path a line, and give its address."""

    def write(*paths):
        file = tmp_path / "tree.txt"
        lines = [f"{number} - {path}" for number, path in enumerate(paths, start=1)]
        file.write_text("\n".join(["# Google_Product_Taxonomy_Version: 2021-09-21", *lines, ""]))
        return str(file)

    return write


@pytest.fixture
def ingested(tmp_path):
    """Ingest feeds with some settings, and open the catalogue."""

    def run(*feeds, out="catalogue", **settings):
        if "extend" not in settings:
            settings.setdefault("taxonomy", "from-labels")
        target = Path(tmp_path / out)
        ingest(feeds, IngestSettings(overwrite=True, n_threads=2, **settings), target)
        return open_catalogue(target)

    return run


@pytest.fixture
def products():
    """All products of a catalogue, by id."""

    def read(catalogue):
        return {row["id"]: row for batch in catalogue.batches() for row in batch.to_pylist()}

    return read
