"""What `aisle train` says when it is done."""

import json
import re
import shlex

import pytest

from aisle.cli.main import run


@pytest.mark.parametrize(
    ("settings", "epochs"),
    [
        ("training.epochs=2", r"\d of 2 epochs"),
        ("training.epochs=2 --set training.members=2", r"\d and \d of 2 epochs"),
    ],
)
def test_it_tells_epochs_accuracy_and_time(catalogue, tmp_path, capsys, settings, epochs):
    command = f"train {catalogue} --recipe text_small --set {settings} --out {tmp_path}/model"
    assert run([*shlex.split(command), "--cache", str(tmp_path / "vectors")]) == 0
    first, second, last = capsys.readouterr().out.splitlines()
    splits = json.loads((catalogue / "catalogue.json").read_text())["splits"]
    assert re.fullmatch(rf"Trained text on {splits['train']} products in \d+\.\d s\.", first), first
    assert re.fullmatch(
        rf"{splits['val']} held-out products chose {epochs} and the temperatures; "
        r"\d+\.\d % of them are told right at the leaf\.",
        second,
    ), second
    assert last == f"Model: {tmp_path}/model"
