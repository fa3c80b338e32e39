"""A kill or a full disk in the middle of train, evaluate or predict leaves the old output or none.

And the next run works. `ingest` has the same in test_ingest.py.
"""

import json
import random
import shlex

import pyarrow.parquet as pq
import pytest

from aisle.cli.main import run
from aisle.core.rejected import write_rejected
from aisle.core.schemas import Rejected
from aisle.model.directory import check_model

pytestmark = pytest.mark.slow

N_ROWS = 6000
SMALL = "--recipe text_small --set training.epochs=2 --set training.checkpoint_s=0"
TRAIN = (f"train catalogue {SMALL} --out model", "model", 25)
EVALUATE = ("evaluate text-model catalogue --split train --out scores", "scores", 3)
PREDICT = ("predict text-model large.tsv --out out.parquet", "out.parquet", 3)
"""Commands, their outputs, and how many changes to the disk there are before the last one."""


@pytest.fixture(scope="session")
def text_model(catalogue, tmp_path_factory):
    """A model of text alone, which is soon loaded."""
    from aisle.training import TrainOptions, read_recipe, train

    out = tmp_path_factory.mktemp("text") / "model"
    train(catalogue, out, read_recipe("text_small", ["training.epochs=2"]), TrainOptions())
    return out


@pytest.fixture
def place(catalogue, text_model, tmp_path, monkeypatch):
    """A folder with a catalogue, a model and a feed of many rows, of which some cannot be read."""
    (tmp_path / "catalogue").symlink_to(catalogue)
    (tmp_path / "text-model").symlink_to(text_model)
    rows = [f"p{i}\tkite no {i}" if i % 50 else "broken" for i in range(N_ROWS)]
    (tmp_path / "large.tsv").write_text("id\ttitle\n" + "\n".join(rows))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "vectors"))
    return tmp_path


def output(folder, name):
    """The bytes of an output: a file, or the files of a folder."""
    path = folder / name
    if path.is_dir():
        return {file.name: file.read_bytes() for file in path.iterdir()}
    return path.read_bytes() if path.exists() else None


def left_over(folder):
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("is_there", [False, True], ids=["no output before", "an output before"])
@pytest.mark.parametrize("command", [TRAIN, EVALUATE, PREDICT], ids=lambda command: command[0].split()[0])
class TestAKill:
    def test_leaves_the_old_or_nothing_and_the_next_run_works(self, place, killed, command, is_there):
        words, name, last = command
        if is_there:
            assert run(shlex.split(words)) == 0
        before = output(place, name)
        n = random.randrange(last)
        assert killed(f"{words} --overwrite", moment="change", n=n) != 0
        assert output(place, name) == before, f"killed at change {n}"
        assert run([*shlex.split(words), *(["--overwrite"] if is_there else [])]) == 0, (
            f"killed at change {n}"
        )
        assert is_whole(place, name)
        assert left_over(place) == []


class TestAFullDisk:
    @pytest.mark.parametrize(
        ("command", "n_bytes"),
        [(TRAIN, 10_000), (TRAIN, 300_000), (TRAIN, 700_000), (EVALUATE, 10_000), (PREDICT, 3_000)],
        ids=lambda value: value[0].split()[0] if isinstance(value, tuple) else f"{value:,}",
    )
    def test_is_told_in_one_line_and_leaves_what_was_there(self, place, aisle, command, n_bytes):
        words, name, _ = command
        done = aisle(words, n_bytes=n_bytes)
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert (
            "File too large; nothing was changed there; make room, or name an output on another"
            in done.stderr
        )
        assert output(place, name) is None
        checkpoints = [".model.checkpoints"] if "the checkpoints stay" in done.stdout else []
        assert left_over(place) == checkpoints
        assert run(shlex.split(words)) == 0
        assert is_whole(place, name)
        assert left_over(place) == []

    @pytest.mark.parametrize("name", ["out.tsv", "out.jsonl"])
    def test_of_every_kind_of_rows(self, place, aisle, name):
        done = aisle(f"predict text-model large.tsv --out {name}", n_bytes=100_000)
        assert done.returncode == 2
        assert done.stderr.startswith(f"aisle: {name}: File too large; nothing was changed there")
        assert sorted(path.name for path in place.iterdir()) == [
            "catalogue",
            "large.tsv",
            "text-model",
        ]


def is_whole(folder, name):
    """The output is there and complete."""
    if name == "out.parquet":
        n_rejected = len((folder / "out.parquet.rejected.jsonl").read_text().splitlines())
        return pq.read_metadata(folder / name).num_rows + n_rejected == N_ROWS
    if name == "model":
        check_model(folder / name)
        return True
    return json.loads((folder / name / "metrics.json").read_text())["counts"]["n_scored"] > 0


def test_a_list_of_rejected_records_without_rows_is_no_obstacle(place):
    """A run that was killed between its two files leaves one, and its rows under another name."""
    with (place / "out.parquet.rejected.jsonl").open("w") as file:
        write_rejected(file, [Rejected(file="large.tsv", line=2, kind="no id", reason="no id")])
    (place / ".out.parquet.9999999.partial").write_text("rows")
    assert run(shlex.split(PREDICT[0])) == 0
    assert is_whole(place, "out.parquet")


def test_a_list_of_rejected_records_beside_rows_is_replaced_when_asked_for_alone(place, capsys):
    assert run(shlex.split(PREDICT[0])) == 0
    before = (place / "out.parquet.rejected.jsonl").read_bytes()
    assert run(shlex.split(PREDICT[0])) == 2
    assert (place / "out.parquet.rejected.jsonl").read_bytes() == before
    (place / "large.tsv").write_text("id\ttitle\n1\tkite\n")
    assert run([*shlex.split(PREDICT[0]), "--overwrite"]) == 0
    assert not (place / "out.parquet.rejected.jsonl").exists()
