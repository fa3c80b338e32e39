"""The shard task of a download: fetches, decodes and commits the addresses of one lane's hosts."""

import contextlib
import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from aisle.core.errors import AisleError
from aisle.core.locks import take
from aisle.core.scratch import scratch_folder
from aisle.execution.commit import ShardStore
from aisle.execution.engines import Tell
from aisle.images.download.loop import LanePart, Loop
from aisle.images.download.memory import keep_little_memory


def download_lane(part: LanePart, tell: Tell) -> None:
    """Download every address of a lane whose shard is not committed yet.

    Raises:
        AisleError: this machine does not see the folder of the download.
    """
    _check_root(part)
    _allow_many_files()
    keep_little_memory()
    with contextlib.ExitStack() as stack:
        spools = Path(part.spools or stack.enter_context(scratch_folder("aisle-spool-")))
        spools.mkdir(parents=True, exist_ok=True)
        stack.enter_context(_alone(spools / f"{part.prefix}.lock", tell))
        loop = Loop(part, spools, tell)
        stack.callback(loop.close)
        loop.run()


def _check_root(part: LanePart) -> None:
    """Refuse a folder that only the machine sees which made the plan, and one that has lost its list."""
    store = ShardStore(part.root)
    folder = part.addresses.rpartition("/")[0]
    if store.filesystem.exists(store.path(part.addresses)):
        return
    if store.filesystem.exists(store.path(f"{folder}/plan.json")):
        raise store.damaged(part.addresses, FileNotFoundError("it is missing"), remove=folder)
    raise AisleError(
        f"{part.root}: the worker on {socket.gethostname()} does not see this folder; name one that all "
        "machines share, e.g. s3://BUCKET/FOLDER or hdfs://HOST/FOLDER"
    )


@contextlib.contextmanager
def _alone(path: Path, tell: Tell) -> Iterator[None]:
    """Wait until no other process works on this lane, such as one that lost its parent a moment ago."""
    with path.open("a") as file:
        while not take(file):
            tell({})
            time.sleep(0.1)
        yield


def _allow_many_files() -> None:
    """As many open files as the system lets us have: connections and spools."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
