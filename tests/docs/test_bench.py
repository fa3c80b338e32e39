"""The scripts of `bench/`, where somebody has not got the data sets yet."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def ended(words, folder):
    """Run a script without data; give the one line that it ends with."""
    environment = {**os.environ, "AISLE_DATA": str(folder / "data")}
    words = [sys.executable, *words]
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize(
    ("script", "file"),
    [
        ("accuracy", "mwpd/train.jsonl.gz"),
        ("accuracy --only clothing", "clothing/feed.tsv"),
        ("copies", "mwpd/train.jsonl.gz"),
        ("train_text", "mwpd/train.jsonl.gz"),
        ("train_images", "myntra/feed.tsv"),
        ("predict_text", "flipkart/flipkart.csv.gz"),
    ],
)
def test_without_the_data_a_script_says_what_it_wants_and_where_to_get_it(tmp_path, script, file):
    name, *options = script.split()
    place, told = ended([f"bench/{name}.py", *options], tmp_path).split(": ", 1)
    assert place == f"{tmp_path}/data/{file}"
    assert told == "not there; docs/data-sets.md tells where to get it, $AISLE_DATA where it lies"


@pytest.mark.parametrize("script", ["folds {} flipkart", "paired {}"])
def test_what_reads_the_models_of_another_script_names_it(tmp_path, script):
    name, *options = script.format(tmp_path).split()
    told = ended([f"bench/{name}.py", *options], tmp_path)
    assert told.endswith(f"run python bench/accuracy.py --only flipkart --out {tmp_path} first")


def test_the_page_shows_the_folder_that_they_look_into():
    page = (ROOT / "docs/data-sets.md").read_text(encoding="utf-8")
    script = "import sys; sys.path.insert(0, 'bench'); from data_sets import FILES; print(*FILES)"
    names = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in names.stdout.split():
        assert f"    {name}/" in page
