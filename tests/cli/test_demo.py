"""`aisle demo` as a user types it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from aisle.cli.main import run


def test_a_folder_that_it_did_not_make_is_refused_with_one_line(tmp_path, capsys):
    (tmp_path / "precious.txt").write_text("x")
    assert run(["demo", "--out", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "holds no aisle-demo.json, so it is not ours to overwrite" in told


@pytest.mark.slow
@pytest.mark.usefixtures("heeds_interrupts")
def test_interrupted_it_says_what_is_left(tmp_path):
    out = tmp_path / "aisle-demo"
    command = [str(Path(sys.executable).with_name("aisle")), "demo", "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as demo:
        next(line for line in demo.stdout if line.startswith("$ aisle ingest"))
        os.kill(demo.pid, signal.SIGINT)
        _, told = demo.communicate()
    assert demo.returncode == 130
    said = f"aisle: interrupted; what was made so far lies in {out}; run it again to begin anew"
    assert told.splitlines()[-1] == said
    assert (out / "shop").is_dir()
