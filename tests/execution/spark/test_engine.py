"""The engine on a real cluster of two workers: a context that the user has is used, and left running."""

import os
import signal
import threading
import time
from collections import Counter

import psutil
import pytest

from aisle.core.errors import AisleError
from aisle.execution.commit import ShardStore
from aisle.execution.spark.engine import build
from shard_tasks import Part, break_down, complain, die_always, die_once, write_number, write_slowly

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("spark")]


@pytest.fixture
def engine(cluster):
    return build(master="")


@pytest.fixture
def parts(tmp_path):
    return [Part(number, str(tmp_path)) for number in range(4)]


def numbers(tmp_path):
    return ShardStore(str(tmp_path)).committed()


def executors():
    """The processes of Java that run tasks, below this one."""
    return [process for process in psutil.Process().children(recursive=True) if _runs_tasks(process)]


def _runs_tasks(process):
    try:
        return any("CoarseGrainedExecutorBackend" in word for word in process.cmdline())
    except psutil.NoSuchProcess:  # it ended meanwhile; a zombie counts as such too
        return False


class TestRun:
    def test_every_part_is_worked_on_and_its_progress_told_here(self, engine, tmp_path, parts):
        told, threads = Counter(), set()

        def tell(counts):
            told.update(counts)
            threads.add(threading.current_thread())

        engine(write_number, parts, n_workers=2, tell=tell)
        assert numbers(tmp_path) == ["0000", "0001", "0002", "0003"]
        assert told == {"done": 4}
        assert threads == {threading.current_thread()}

    def test_progress_is_told_while_a_part_is_worked_on(self, engine, tmp_path):
        at = []
        engine(
            write_slowly,
            [Part(0, str(tmp_path))],
            n_workers=1,
            tell=lambda counts: at.append(time.monotonic()),
        )
        assert at[-1] - at[0] > 0.5

    def test_no_parts_are_no_work(self, engine):
        engine(write_number, [], n_workers=2, tell=print)

    def test_a_worker_process_that_is_killed_is_replaced(self, engine, tmp_path, parts):
        engine(die_once, parts, n_workers=2, tell=lambda counts: None)
        assert numbers(tmp_path) == ["0000", "0001", "0002", "0003"]

    def test_a_part_that_always_kills_its_process_is_an_error(self, engine, parts):
        with pytest.raises(AisleError, match=r"^Spark gave up: a worker process died 3 times") as raised:
            engine(die_always, parts[:1], n_workers=1, tell=print)
        assert "\n" not in str(raised.value)

    def test_a_users_error_comes_through_at_once(self, engine, tmp_path, parts):
        started = time.monotonic()
        with pytest.raises(AisleError, match=r"^part 0 is not to my liking$"):
            engine(complain, parts[:1], n_workers=1, tell=print)
        assert time.monotonic() - started < 5

    def test_a_bug_comes_with_its_trace(self, engine, parts):
        with pytest.raises(RuntimeError, match="ZeroDivisionError: in part 0"):
            engine(break_down, parts[:1], n_workers=1, tell=print)

    def test_what_the_caller_raises_ends_the_work(self, engine, cluster, tmp_path):
        def tell(counts):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            engine(write_slowly, [Part(0, str(tmp_path))], n_workers=1, tell=tell)
        assert not cluster.statusTracker().getActiveStageIds()

    def test_an_executor_that_is_killed_is_survived(self, engine, tmp_path, parts):
        killed = []

        def tell(counts):
            if not killed:
                killed.append(executors()[0])
                os.kill(killed[0].pid, signal.SIGKILL)

        engine(write_slowly, parts, n_workers=2, tell=tell)
        assert killed
        assert numbers(tmp_path) == ["0000", "0001", "0002", "0003"]

    def test_the_users_context_goes_on(self, engine, cluster):
        assert cluster.parallelize([1, 2], 2).sum() == 3

    def test_another_master_beside_the_users_context_is_refused(self, cluster):
        with pytest.raises(AisleError, match=r"has a Spark context on local-cluster.*; leave --master out"):
            build(master="local[2]")
