"""Shard tasks for the engines' tests: small, and some of them faulty."""

import errno
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from aisle.core.errors import AisleError
from aisle.execution.commit import ShardStore
from aisle.execution.engines import WORKER_ENVIRONMENT


@dataclass(frozen=True)
class Part:
    number: int
    root: str


def write_number(part, tell):
    """Commit one shard with the part's number in it."""
    data = f"number {part.number}\n".encode() * 100
    ShardStore(part.root).commit(
        f"{part.number:04d}", {"records.txt": lambda file: file.write(data)}, {"n": 100}
    )
    tell({"done": 1})


def write_slowly(part, tell):
    """Tell ten times in a second, then commit."""
    for _ in range(10):
        tell({"alive": 1})
        time.sleep(0.1)
    write_number(part, tell)


def die_once(part, tell):
    """Be killed at the first try, having told nothing."""
    marker = Path(part.root) / f"tried-{part.number}"
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    write_number(part, tell)


def be_interrupted(part, tell):
    """Get what a terminal sends to all processes at Ctrl-C, then commit."""
    os.kill(os.getpid(), signal.SIGINT)
    write_number(part, tell)


def die_always(part, tell):
    os.kill(os.getpid(), signal.SIGKILL)


def complain(part, tell):
    raise AisleError(f"part {part.number} is not to my liking")


def break_down(part, tell):
    raise ZeroDivisionError(f"in part {part.number}")


def sleep_and_tell(part, tell):
    """Tell for ever, until the parent is gone."""
    Path(part.root, f"pid-{os.getpid()}").touch()
    while True:
        tell({"alive": 1})
        time.sleep(0.05)


def tell_environment(part, tell):
    """Tell what the workers' environment says, and which allocator Arrow has then."""
    tell({f"{name}={os.environ.get(name)}": 1 for name in WORKER_ENVIRONMENT})
    tell({pa.default_memory_pool().backend_name: 1})


def fill_the_disk(part, tell):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "shard")
