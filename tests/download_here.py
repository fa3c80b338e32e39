"""A download from loopback in a process of its own: `python download_here.py SOURCE IMAGES '{"rate": 200}'`.

Every name is taken for loopback. The process can kill itself at a point of the commit.
"""

import json
import os
import signal
import sys
from pathlib import Path

from aisle.execution import commit
from aisle.images.download.address import ANY_PORT
from aisle.images.download.limits import HostLimits, Limits
from aisle.images.download.politeness import Patience
from aisle.images.download.resolve import TableResolver
from aisle.images.download.run import RunSettings, download
from aisle.images.download.settings import DownloadSettings, FetchSettings


def kill_at(point: str, nth: int) -> None:
    """Have this process killed when it reaches the point for the nth time."""
    left = [nth]

    def reach(reached: str) -> None:
        left[0] -= reached == point
        if left[0] == 0 and reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    commit.reach = reach


def main(
    source: str,
    images: str,
    *,
    n_workers: int,
    rate: float,
    connections: int,
    shard_rows: int = 1000,
    total_s: float = 5.0,
    slow_s: float = 10.0,
    point: str = "",
    nth: int = 0,
) -> None:
    """Download; see the settings for the arguments."""
    if point:
        kill_at(point, nth)
    fetch = FetchSettings(
        allowed_networks=("127.0.0.0/8",),
        ports=ANY_PORT,
        resolver=TableResolver({"*": ("127.0.0.1",)}),
        total_s=total_s,
        slow_s=slow_s,
    )
    settings = DownloadSettings(
        fetch=fetch,
        limits=Limits(HostLimits(requests_per_s=rate, n_connections=connections)),
        shard_rows=shard_rows,
        patience=Patience(base_s=0.01, longest_s=0.05, aside_s=0.1),
    )
    download(Path(source), images, RunSettings(n_workers=n_workers, download=settings))


if __name__ == "__main__":
    main(*sys.argv[1:3], **json.loads(sys.argv[3]))
