"""`aisle predict`, as a user runs it."""

import os
import threading

import pytest

from aisle.cli.main import run

FEED = "id\ttitle\n1\tkite red\n2\tball\n"


@pytest.mark.parametrize("content", [FEED.encode(), FEED.encode("utf-16-le")], ids=["utf-8", "utf-16"])
def test_a_pipe_is_a_feed_too(model, tmp_path, content):
    """As a shell's `<(cat a.tsv)` makes one."""
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(content,))
    writer.start()
    out = tmp_path / "out.tsv"
    words = ["predict", str(model), str(tmp_path / "pipe"), "--merchant", "m", "--out", str(out)]
    assert run([*words, "--cache", str(tmp_path / "vectors")]) == 0
    writer.join()
    assert [line.split("\t")[:2] for line in out.read_text().splitlines()[1:]] == [["1", "m"], ["2", "m"]]
