"""The local engine runs every part once to its end, whatever happens to a process."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from aisle.core.errors import AisleError
from aisle.execution.commit import ShardStore
from aisle.execution.local import build, run
from shard_tasks import (
    Part,
    be_interrupted,
    break_down,
    complain,
    die_always,
    die_once,
    fill_the_disk,
    tell_environment,
    write_number,
)


@pytest.fixture
def parts(tmp_path):
    return [Part(number, str(tmp_path)) for number in range(3)]


def numbers(tmp_path):
    return ShardStore(str(tmp_path)).committed()


def test_a_master_is_refused():
    with pytest.raises(AisleError, match="the engine 'local' has no master, and 'yarn' was given"):
        build(master="yarn")


class TestRun:
    @pytest.mark.parametrize("n_workers", [0, 1, 2])
    def test_every_part_is_worked_on(self, tmp_path, parts, n_workers):
        told = []
        run(write_number, parts, n_workers=n_workers, tell=told.append)
        assert numbers(tmp_path) == ["0000", "0001", "0002"]
        assert told == [{"done": 1}] * 3

    def test_no_parts_are_no_work(self):
        run(write_number, [], n_workers=2, tell=print)

    def test_workers_have_an_environment_of_their_own(self, parts, monkeypatch):
        monkeypatch.setenv("ARROW_DEFAULT_MEMORY_POOL", "mimalloc")
        monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
        told = {}
        run(tell_environment, parts[:1], n_workers=1, tell=told.update)
        assert told == {"PYTHONSAFEPATH=1": 1, "ARROW_DEFAULT_MEMORY_POOL=system": 1, "system": 1}
        assert os.environ["ARROW_DEFAULT_MEMORY_POOL"] == "mimalloc"
        assert "PYTHONSAFEPATH" not in os.environ

    def test_a_process_that_is_killed_is_started_again(self, tmp_path, parts):
        run(die_once, parts, n_workers=2, tell=lambda counts: None)
        assert numbers(tmp_path) == ["0000", "0001", "0002"]

    def test_a_part_that_always_kills_its_process_is_an_error(self, parts):
        with pytest.raises(AisleError, match="died 3 times"):
            run(die_always, parts[:1], n_workers=1, tell=print)

    def test_a_users_error_comes_through(self, parts):
        with pytest.raises(AisleError, match="part 0 is not to my liking"):
            run(complain, parts[:1], n_workers=1, tell=print)

    def test_a_full_disk_is_the_users_to_mend(self, parts):
        with pytest.raises(AisleError, match="shard: No space left on device; make room"):
            run(fill_the_disk, parts[:1], n_workers=1, tell=print)

    def test_a_bug_comes_with_its_trace(self, parts):
        with pytest.raises(RuntimeError, match="ZeroDivisionError: in part 0"):
            run(break_down, parts[:1], n_workers=1, tell=print)

    def test_an_interrupt_is_the_parents_to_answer(self, tmp_path, parts):
        run(be_interrupted, parts, n_workers=2, tell=lambda counts: None)
        assert numbers(tmp_path) == ["0000", "0001", "0002"]
        assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())

    def test_workers_end_with_the_parent(self, tmp_path):
        """The parent is killed and can't say goodbye; its workers notice."""
        script = (
            "import sys; sys.path.insert(0, sys.argv[2])\n"
            "from shard_tasks import Part, sleep_and_tell\nfrom aisle.execution.local import run\n"
            "if __name__ == '__main__':\n"
            "    run(sleep_and_tell, [Part(0, sys.argv[1])], n_workers=1, tell=lambda counts: None)\n"
        )
        path = tmp_path / "script.py"
        path.write_text(script)
        parent = subprocess.Popen([sys.executable, str(path), str(tmp_path), str(Path(__file__).parents[1])])
        ends = time.monotonic() + 20
        while not (pids := list(tmp_path.glob("pid-*"))):
            assert time.monotonic() < ends
            time.sleep(0.05)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        pid = int(pids[0].name.removeprefix("pid-"))
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < ends
            time.sleep(0.05)
