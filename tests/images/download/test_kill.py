"""Killed at any moment and started again: every address once, and the result is the same."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from aisle.images.download.run import open_images

SCRIPT = """
import os, signal, sys
from pathlib import Path
from aisle.execution import commit
from aisle.images.download.address import ANY_PORT
from aisle.images.download.limits import HostLimits, Limits
from aisle.images.download.politeness import Patience
from aisle.images.download.resolve import TableResolver
from aisle.images.download.run import RunSettings, download
from aisle.images.download.settings import DownloadSettings, FetchSettings

def main(source, images, n_workers, point, nth):
    left = [int(nth)]
    def reach(reached):
        left[0] -= reached == point
        if left[0] == 0 and reached == point:
            os.kill(os.getpid(), signal.SIGKILL)
    if point:
        commit.reach = reach
    fetch = FetchSettings(
        allowed_networks=("127.0.0.0/8",), ports=ANY_PORT, total_s=5.0,
        resolver=TableResolver({"*": ("127.0.0.1",)}),
    )
    settings = DownloadSettings(
        fetch=fetch, limits=Limits(HostLimits(requests_per_s=200.0, n_connections=4)), shard_rows=25,
        patience=Patience(base_s=0.01, longest_s=0.05, aside_s=0.1),
    )
    download(Path(source), images, RunSettings(n_workers=int(n_workers), download=settings))

if __name__ == "__main__":
    main(*sys.argv[1:])
"""
FAULTS = ["404", "redirect", "html", "truncated", "500-then-200", "noai"]
POINTS = [
    "before records.parquet",
    "before measured.parquet",
    "before entry",
    "before link",
    "after link",
    "after entry",
]


@pytest.fixture
def work(tmp_path, far_shop):
    """A list of addresses, and a way to download it in a process."""
    addresses = [far_shop.address(f"/a.jpg?{n}", host=f"shop-{n % 7}.test") for n in range(100)]
    addresses += [
        far_shop.address(f"/fault/{FAULTS[n % len(FAULTS)]}/{n}/a.jpg", host=f"shop-{n % 7}.test")
        for n in range(30)
    ]
    addresses += [
        far_shop.address(
            f"/fault/redirect/{n}?to={far_shop.address('/a.jpg', host=f'cdn-{n}.test')}", host="r.test"
        )
        for n in range(10)
    ]
    source = tmp_path / "addresses.txt"
    source.write_text("\n".join(addresses))
    script = tmp_path / "download.py"
    script.write_text(SCRIPT)

    def start(images, *, n_workers=2, point="", nth=0):
        arguments = [str(script), str(source), str(images), str(n_workers), point, str(nth)]
        return subprocess.Popen([sys.executable, *arguments], start_new_session=True)

    def finish(images, **how):
        process = start(images, **how)
        assert process.wait(120) == 0
        return content(images)

    start.finish = finish
    start.addresses = addresses
    return start


def content(images):
    """Every committed row, sorted; each address must be there once."""
    rows = []
    store = open_images(str(images))
    for name in store.committed():
        with store.open(store.entry(name).files["records"]) as file:
            rows += [row for row in pq.read_table(file).to_pylist() if row["status"] != "handed_over"]
    assert len({row["address"] for row in rows}) == len(rows)
    return sorted(rows, key=lambda row: row["address"])


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
        process = work(tmp_path / "killed", n_workers=0, point=point, nth=2)
        assert process.wait(60) == -signal.SIGKILL
        rows = work.finish(tmp_path / "killed", n_workers=0)
        assert sorted(row["address"] for row in rows) == sorted(work.addresses)
        assert all(row["jpeg"] for row in rows if row["status"] == "ok")

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
