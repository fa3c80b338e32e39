"""One run at a time in a folder. Where the file system has no locks, a small file says who works there.

These files, the leases, are numbered, and each is created only where there is none; the highest counts. Who
holds it writes the time into it again and again, and removes it at the end. A lease that is not kept fresh
any more, or whose process is known to be gone, is taken over by the next number, which one alone can create.
"""

import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from fsspec.implementations.local import LocalFileSystem

from aisle.core.errors import AisleError
from aisle.core.locks import alone_in
from aisle.execution.commit import ShardStore

_FOLDER = "lease"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a lease.

    Args:
        token: of this run alone.
        machine: its name, for people.
        process: the process's number there.
        alive: tells, on the same machine, whether the process lives; empty where that cannot be told.
        since, renewed: seconds since 1970, by the holder's clock.
    """

    token: str
    machine: str
    process: int
    alive: str
    since: float
    renewed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseSettings:
    """How a lease is kept.

    Args:
        renew_s: it is written anew so often.
        lasts_s: not renewed for so long, it is taken over, once it was seen to stay as it is.
    """

    renew_s: float = 20.0
    lasts_s: float = 180.0


class Lease:
    """A lease that this process holds.

    Args:
        number: of its file.
    """

    def __init__(self, store: ShardStore, number: int, holder: Holder, settings: LeaseSettings) -> None:
        self._store = store
        self._number = number
        self._holder = holder
        self._settings = settings
        self._renewed_at = time.monotonic()
        self._lost = ""
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def check(self) -> None:
        """See that the lease is still ours.

        Raises:
            AisleError: it was removed, or taken over.
        """
        if self._lost:
            raise AisleError(
                f"{_place(self._store)}: {self._lost}, so another run may be at work in this folder; run the "
                "command again when that has ended"
            )

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep it fresh while the block runs, then remove it."""
        self._thread.start()
        try:
            yield
        finally:
            self._ends.set()
            self._thread.join()
            if self._is_ours():
                _remove(self._store, self._number)

    def _keep(self) -> None:
        while not self._ends.wait(self._settings.renew_s) and not self._lost:
            try:
                self._renew()
            except Exception as error:  # noqa: BLE001  a file system elsewhere has errors of its own
                if time.monotonic() - self._renewed_at > self._settings.lasts_s:
                    self._lost = f"the lease could not be kept ({' '.join(str(error).split())[:200]})"

    def _renew(self) -> None:
        if _last(self._store) != self._number or not self._is_ours():
            self._lost = "the lease of this run was removed or taken over"
            return
        self._holder = replace(self._holder, renewed=time.time())
        self._store.filesystem.pipe_file(_path(self._store, self._number), _written(self._holder))
        self._renewed_at = time.monotonic()

    def _is_ours(self) -> bool:
        found = _read(self._store, self._number)
        return found is not None and found.token == self._holder.token


@contextmanager
def alone(store: ShardStore, settings: LeaseSettings | None = None) -> Iterator[Callable[[], None]]:
    """Be the only run in a store while the block runs.

    Returns:
        what sees that this is still so, and raises AisleError where it is not: to be called now and then.

    Raises:
        AisleError: another run is at work there; or the store cannot tell.
    """
    if isinstance(store.filesystem, LocalFileSystem):
        with alone_in(Path(store.root)):
            yield lambda: None
    else:
        taken = _take(store, settings or LeaseSettings())
        with taken.kept():
            yield taken.check


def _take(store: ShardStore, settings: LeaseSettings) -> Lease:
    store.check_creates_once()
    last = _last(store)
    if last:
        holder = _read(store, last)
        if holder is not None and not _is_stale(store, last, holder, settings):
            raise _refusal(store, last, holder, settings)
    now = time.time()
    ours = Holder(
        token=uuid.uuid4().hex,
        machine=socket.gethostname(),
        process=os.getpid(),
        alive=_sign_of_life(os.getpid()),
        since=now,
        renewed=now,
    )
    number = last + 1
    if not store.create(f"{_FOLDER}/{number:06d}.json", _written(ours)) or _last(store) != number:
        if _read(store, number) == ours:
            _remove(store, number)
        raise AisleError(f"{_place(store)}: another run has just begun in this folder; wait for it")
    for old in range(last, 0, -1):
        if not _remove(store, old):
            break
    return Lease(store, number, ours, settings)


def _is_stale(store: ShardStore, number: int, holder: Holder, settings: LeaseSettings) -> bool:
    """Nobody keeps it fresh. Clocks may differ: one that looks too old is watched for a while."""
    if holder.alive and _same_system(holder.alive):
        return _sign_of_life(holder.process) != holder.alive
    if abs(time.time() - holder.renewed) <= settings.lasts_s:
        return False
    time.sleep(2 * settings.renew_s)
    return _read(store, number) in (holder, None)


def _refusal(store: ShardStore, number: int, holder: Holder, settings: LeaseSettings) -> AisleError:
    since = datetime.fromtimestamp(holder.since, UTC)
    heard = max(0.0, time.time() - holder.renewed)
    return AisleError(
        f"{_place(store)}: another run is at work in this folder: process {holder.process} on "
        f"{holder.machine}, since {since:%Y-%m-%d %H:%M} UTC, last heard of {heard:.0f} s ago; wait for it. "
        f"If it is dead, its lease ends after {settings.lasts_s:.0f} s of silence, or at once when "
        f"{_FOLDER}/{number:06d}.json is removed there"
    )


def _place(store: ShardStore) -> str:
    place: str = store.filesystem.unstrip_protocol(store.root)
    return place


def _sign_of_life(process: int) -> str:
    """Names a process that lives on this system, whatever number another may get later; else empty."""
    try:
        booted = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        namespace = os.readlink("/proc/self/ns/pid")  # noqa: PTH115
        started = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
    return f"{booted} {namespace} {started}"


def _same_system(alive: str) -> bool:
    """This sign of life was made where this process runs."""
    return alive.rpartition(" ")[0] == _sign_of_life(os.getpid()).rpartition(" ")[0]


def _last(store: ShardStore) -> int:
    """The highest number that there is; 0 where there is none."""
    return max((int(name[:6]) for name in store.names(_FOLDER) if name[:6].isdigit()), default=0)


def _path(store: ShardStore, number: int) -> str:
    return store.path(f"{_FOLDER}/{number:06d}.json")


def _written(holder: Holder) -> bytes:
    return json.dumps(asdict(holder), indent=1).encode()


def _read(store: ShardStore, number: int) -> Holder | None:
    """The holder of that number; None where its file is gone, or is none for longer than a write takes."""
    for wait_s in (0.1, 0.5, 0.0):
        store.filesystem.invalidate_cache()
        try:
            return Holder(**json.loads(store.filesystem.cat_file(_path(store, number))))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            time.sleep(wait_s)
    return None


def _remove(store: ShardStore, number: int) -> bool:
    """Remove a file; False where it is not there."""
    try:
        store.filesystem.rm_file(_path(store, number))
    except FileNotFoundError:
        return False
    return True
