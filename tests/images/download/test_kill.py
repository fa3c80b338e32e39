"""Killed at any moment and started again: every address once, and the result is the same."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

POINTS = [
    "before records.parquet",
    "before measured.parquet",
    "before entry",
    "before link",
    "after link",
    "after entry",
]


def kill_at_random(work, images, expected, n_kills, chance):
    """Kill the whole process group, or the parent alone, again and again, then let it finish."""
    for _ in range(n_kills):
        process = work(images)
        time.sleep(chance.uniform(0.3, 2.5))
        if chance.random() < 0.5:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()
    assert work.finish(images) == expected


class TestKill:
    def test_a_kill_at_a_random_moment_loses_and_doubles_nothing(self, work, tmp_path):
        expected = work.finish(tmp_path / "whole")
        assert sorted(row["address"] for row in expected) == sorted(work.addresses)
        kill_at_random(work, tmp_path / "killed", expected, 2, random.Random(1))

    @pytest.mark.long
    def test_a_hundred_kills_lose_and_double_nothing(self, work, tmp_path):
        expected = work.finish(tmp_path / "whole")
        chance = random.Random(2)
        for number in range(20):
            kill_at_random(work, tmp_path / f"killed-{number}", expected, 5, chance)

    @pytest.mark.parametrize("point", POINTS)
    def test_a_kill_at_a_point_of_the_commit_loses_and_doubles_nothing(self, work, tmp_path, point):
        expected = work.finish(tmp_path / "whole")
        process = work(tmp_path / "killed", n_workers=0, point=point, nth=2)
        assert process.wait(60) == -signal.SIGKILL
        assert work.finish(tmp_path / "killed", n_workers=0) == expected
        assert sorted(row["address"] for row in expected) == sorted(work.addresses)

    def test_a_kill_at_the_very_start_leaves_a_folder_that_can_be_used(self, work, tmp_path):
        """The first link is that of the folder's manifest."""
        process = work(tmp_path / "killed", n_workers=0, point="before link", nth=1)
        assert process.wait(60) == -signal.SIGKILL
        rows = work.finish(tmp_path / "killed", n_workers=0)
        assert sorted(row["address"] for row in rows) == sorted(work.addresses)

    def test_what_was_fetched_before_a_kill_is_not_fetched_again(self, work, tmp_path):
        """The spool keeps finished rows of shards that were not committed."""
        process = work(tmp_path / "killed", n_workers=1)
        spools = tmp_path / "killed/spools"
        ends = time.monotonic() + 30
        while sum(path.stat().st_size for path in Path(spools).glob("*.spool")) < 50_000:
            assert time.monotonic() < ends
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert sum(path.stat().st_size for path in Path(spools).glob("*.spool"))
        rows = work.finish(tmp_path / "killed", n_workers=1)
        assert sorted(row["address"] for row in rows) == sorted(work.addresses)

    def test_nothing_of_a_killed_run_stays_beside_the_pictures_or_in_the_temporary_folder(
        self, work, tmp_path, monkeypatch
    ):
        (tmp_path / "tmp").mkdir()
        monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
        images = tmp_path / "killed"
        process = work(images, n_workers=1)
        ends = time.monotonic() + 30
        while not list(images.glob("aisle-download-*/ledger.duckdb")):
            assert time.monotonic() < ends
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert list(images.glob("aisle-download-*"))
        work.finish(images, n_workers=1)
        assert not list(images.glob("*aisle-download-*"))
        assert not list((tmp_path / "tmp").glob("*aisle-*"))
