"""Folders for what is under way: gone afterwards, whatever happens."""

import subprocess
import sys
from pathlib import Path

import pytest

from aisle.core.scratch import scratch_folder

HOLDER = """
import sys
from pathlib import Path
from aisle.core.scratch import scratch_folder
with scratch_folder("aisle-test-", Path(sys.argv[1])) as folder:
    (folder / "large.bin").write_bytes(b"x")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def hold(tmp_path):
    """Start a process that holds a scratch folder; gives the process and the folder."""
    started = []

    def start():
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process, Path(process.stdout.readline().strip())

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_it_is_gone_when_the_block_ends_or_fails(tmp_path):
    with scratch_folder("aisle-test-", tmp_path) as folder:
        (folder / "x").write_text("x")
        assert folder.parent == tmp_path
    with pytest.raises(ZeroDivisionError), scratch_folder("aisle-test-", tmp_path):
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path, hold):
    process, left = hold()
    process.kill()
    process.wait()
    assert (left / "large.bin").exists()
    with scratch_folder("aisle-test-", tmp_path) as folder:
        assert list(tmp_path.iterdir()) == [folder]


def test_an_error_may_leave_it_for_the_user_until_the_next_one_is_made(tmp_path):
    def fail(error):
        with scratch_folder("aisle-test-", tmp_path, kept_after=(ValueError,)) as folder:
            (folder / "its own words.log").write_text("x")
            raise error

    with pytest.raises(ZeroDivisionError):
        fail(ZeroDivisionError())
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError):
        fail(ValueError())
    assert [path.name for path in tmp_path.rglob("*.log")] == ["its own words.log"]
    with scratch_folder("aisle-test-", tmp_path) as folder:
        assert list(tmp_path.iterdir()) == [folder]


def test_a_folder_in_use_stays(tmp_path, hold):
    _, used = hold()
    with scratch_folder("aisle-test-", tmp_path):
        assert (used / "large.bin").exists()
    with scratch_folder("aisle-test-", tmp_path), scratch_folder("aisle-test-", tmp_path):
        assert len(list(tmp_path.iterdir())) == 3


def test_what_is_not_ours_stays(tmp_path):
    (tmp_path / "aisle-test-of-somebody").mkdir()
    (tmp_path / "aisle-test.txt").write_text("x")
    with scratch_folder("aisle-test-", tmp_path):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {"aisle-test-of-somebody", "aisle-test.txt"}
