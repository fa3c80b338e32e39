"""A download on a cluster of two workers, into an object store: no loss, no double, limits kept."""

import os
import signal
import uuid
from collections import defaultdict

import psutil
import pytest

from aisle.core.errors import AisleError
from aisle.images.download.lane import download_lane
from aisle.images.download.limits import HostLimits
from aisle.images.download.loop import LanePart
from aisle.images.download.owners import Owners
from aisle.images.download.run import Watcher, download
from aisle.images.download.settings import DownloadSettings

LIMITED = [f"limited-{n}.test" for n in range(4)]
RATE = 5


class Killer(Watcher):
    """Kills one of the two executors as soon as four pictures are there."""

    def __init__(self):
        self.n_done = 0
        self.killed = None

    def told(self, counts):
        self.n_done += counts.get("ok", 0)
        if self.n_done >= 4 and self.killed is None:
            self.killed = executors()[0]
            os.kill(self.killed.pid, signal.SIGKILL)


def executors():
    """The processes of Java that run tasks."""
    return [
        process
        for process in psutil.Process().children(recursive=True)
        if any("CoarseGrainedExecutorBackend" in word for word in process.cmdline())
    ]


@pytest.mark.slow
@pytest.mark.xdist_group("spark")
class TestCluster:
    def test_a_killed_worker_changes_no_row_and_no_hosts_limit(
        self, cluster, s3, shop, run_settings, list_of, images, records, most_within
    ):
        bucket = f"{s3}/{uuid.uuid4().hex}"
        addresses = [shop.address(f"/a.jpg?{n}", host=host) for n in range(12) for host in LIMITED]
        addresses += [shop.address(f"/fault/404/{n}.jpg", host=f"other-{n}.test") for n in range(10)]
        addresses += [
            shop.address(
                f"/fault/redirect/{n}?to={shop.address('/a.jpg', host=f'cdn-{n}.test')}", host="r.test"
            )
            for n in range(6)
        ]
        source = list_of(*addresses)
        download(source, images, run_settings(shard_rows=10))
        shop.hits.clear()
        killer = Killer()
        limits = tuple((host, HostLimits(requests_per_s=RATE, n_connections=2)) for host in LIMITED)
        settings = run_settings(n_workers=2, engine="spark", shard_rows=10, limits=limits)
        download(source, bucket, settings, killer)
        assert killer.killed is not None
        assert sorted(records(bucket)) == sorted(addresses)
        assert records(bucket) == records(images)
        times = defaultdict(list)
        for hit in shop.hits:
            times[hit.host.partition(":")[0]].append(hit.at)
        assert all(len(times[host]) >= 12 for host in LIMITED)
        assert sum(map(len, times.values())) > len(addresses)
        assert max(most_within(times[host], 1.0) for host in LIMITED) <= RATE + 1


def test_a_folder_that_the_worker_does_not_see_is_an_error(tmp_path):
    settings = DownloadSettings()
    part = LanePart(
        root=str(tmp_path / "on-the-driver"),
        addresses="plans/0001/lane-0000.parquet",
        prefix="0001-0000",
        lane=0,
        owners=Owners(n_lanes=1, shared={}, large={}),
        settings=settings,
    )
    with pytest.raises(
        AisleError, match=r"the worker on \S+ does not see this folder; name one that all mach"
    ):
        download_lane(part, lambda counts: None)
