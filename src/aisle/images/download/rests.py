"""Hosts that asked to be left alone for long: noted in the folder, for the next round, the next run, and a
worker that is started again.
"""

import json
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from aisle.execution.commit import ShardStore

_FOLDER = "rests"
_SAVE_EVERY_S = 5.0


class Rests:
    """Until when each host is to be left alone; what one worker notes, others read when they start.

    Args:
        clock: seconds since 1970.
    """

    def __init__(self, store: ShardStore, *, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock
        self._until = read_rests(store, clock())
        self._news: dict[str, float] = {}
        self._saved_at = 0.0

    def wait_s(self, queue: str) -> float:
        """For how many seconds more; 0 for most hosts."""
        return max(0.0, self._until[queue] - self._clock()) if queue in self._until else 0.0

    def note(self, queue: str, wait_s: float) -> None:
        """A host has asked for so many seconds."""
        self._until[queue] = self._news[queue] = max(self._clock() + wait_s, self._until.get(queue, 0.0))

    def until(self, queue: str) -> str:
        """The end in words; empty where there is none."""
        return spell(self._until[queue]) if queue in self._until else ""

    def save(self, *, at_once: bool = False) -> None:
        """Write down what is new; costs nothing where nothing is. Not more often than every few seconds."""
        now = self._clock()
        if self._news and (at_once or now - self._saved_at >= _SAVE_EVERY_S):
            self._saved_at = now
            _write(self._store, self._news)
            self._news = {}


def read_rests(store: ShardStore, now: float) -> dict[str, float]:
    """The hosts that are to be left alone, and until when, in seconds since 1970.

    Args:
        now: what ended before counts no more.
    """
    found: dict[str, float] = {}
    for name in store.names(_FOLDER):
        for queue, until in json.loads(store.filesystem.cat_file(store.path(f"{_FOLDER}/{name}"))).items():
            if until > now:
                found[queue] = max(until, found.get(queue, 0.0))
    return found


def tidy_rests(store: ShardStore, now: float) -> dict[str, str]:
    """Put all notes into one file; only where no worker runs. Gives the end for each host, in words."""
    names = store.names(_FOLDER)
    found = read_rests(store, now)
    if found and len(names) > 1:
        _write(store, found)
    if not found or len(names) > 1:
        for name in names:
            store.filesystem.rm_file(store.path(f"{_FOLDER}/{name}"))
    return {queue: spell(until) for queue, until in sorted(found.items())}


def spell(until: float) -> str:
    """A moment to the minute, for people."""
    return f"{datetime.fromtimestamp(until, UTC):%Y-%m-%d %H:%M} UTC"


def _write(store: ShardStore, rests: dict[str, float]) -> None:
    store.create(f"{_FOLDER}/{uuid.uuid4().hex[:12]}.json", json.dumps(rests).encode())
