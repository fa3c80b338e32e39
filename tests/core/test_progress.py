"""The bar in a terminal of a given width: what matters is not cut."""

import fcntl
import os
import re
import struct
import subprocess
import sys
import termios

import pytest

SCRIPT = """
import time
from aisle.core.progress import progress
with progress("Training [text] 2/5", TOTAL) as advance:
    for epoch in (1, 2, 3):
        time.sleep(0.15)
        advance(123_456, note=f"right 84.6 %, epoch {epoch}/16, loss 0.123")
    time.sleep(0.15)
"""


@pytest.fixture
def shown():
    """Run the script in a terminal; give the last bar, without colours."""

    def run(n_columns, total):
        ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, n_columns, 0, 0))
        environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
        words = [sys.executable, "-c", SCRIPT.replace("TOTAL", total)]
        subprocess.run(
            words, stderr=theirs, stdin=theirs, check=True, env=environment | {"TERM": "xterm-256color"}
        )
        os.close(theirs)
        told = b""
        while part := _read(ours):
            told += part
        os.close(ours)
        lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", told.decode()))
        assert max(map(len, lines)) <= n_columns
        return [line.rstrip() for line in lines if line.strip()][-1]

    return run


def _read(terminal):
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # the other end was closed
        return b""


def test_at_80_columns_remaining_time_accuracy_and_epoch_are_whole(shown):
    line = shown(80, "16 * 123_456")
    assert re.search(
        r"Training \[text\] 2/5 .* (\d:\d\d:\d\d|-:--:--) left right 84.6 %, epoch 3/16", line
    ), line


def test_at_100_columns_the_loss_is_too(shown):
    assert re.search(r"\d+ % .* left right 84.6 %, epoch \d/16, loss 0.123$", shown(100, "16 * 123_456"))


def test_where_nobody_knows_how_many_there_are_their_number_and_the_time_are_told(shown):
    assert re.search(r" 370,368 0:00:0\d right 84.6", shown(80, "None"))


def test_in_a_pipe_nothing_is_shown():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.replace("TOTAL", "9")], capture_output=True, check=True
    )
    assert (done.stdout, done.stderr) == (b"", b"")
