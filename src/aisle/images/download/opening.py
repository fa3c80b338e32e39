"""Which shard of a list to open next: hosts that will take longest first, and never a host without work.

A host with more addresses than a shard holds fills shards of its own, one after the other; they are a chain,
and the next of a chain is opened when the host's queue runs low. Shards of many small hosts stand alone.
"""

import heapq
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_MIXED = ""


@dataclass(frozen=True, slots=True)
class ShardOutline:
    """What a list's file tells of a shard before it is read.

    Args:
        number: of the shard in the file.
        host: the host that all of its addresses belong to, or empty.
        n_rows: its addresses.
    """

    number: int
    host: str
    n_rows: int


class Opening:
    """The shards of one list that are not open yet.

    Args:
        outlines: in the order of the file.
        seconds: the least time that so many addresses of a host take.
    """

    def __init__(self, outlines: Sequence[ShardOutline], seconds: Callable[[str, int], float]) -> None:
        self._seconds = seconds
        self._chains: dict[int, deque[ShardOutline]] = {}
        self._left: dict[int, int] = {}
        self._ready: list[tuple[float, int]] = []
        self._resting: dict[str, int] = {}
        self._n_left = len(outlines)
        last_host, key = _MIXED, -1
        for outline in outlines:
            if outline.host == _MIXED or outline.host != last_host:
                key += 1
            self._chains.setdefault(key, deque()).append(outline)
            last_host = outline.host
        for key, chain in self._chains.items():
            self._left[key] = sum(outline.n_rows for outline in chain)
            self._make_ready(key)

    def __len__(self) -> int:
        """How many shards are not open yet."""
        return self._n_left

    def next(self) -> ShardOutline | None:
        """The shard to open now; None where no host is in want of one."""
        if not self._ready:
            return None
        _, key = heapq.heappop(self._ready)
        chain = self._chains[key]
        outline = chain.popleft()
        self._n_left -= 1
        self._left[key] -= outline.n_rows
        if chain:
            self._resting[outline.host] = key
        else:
            del self._chains[key], self._left[key]
        return outline

    def runs_low(self, host: str) -> None:
        """This host's queue is nearly empty: its next shard is wanted."""
        key = self._resting.pop(host, None)
        if key is not None:
            self._make_ready(key)

    def _make_ready(self, key: int) -> None:
        heapq.heappush(self._ready, (-self._seconds(self._chains[key][0].host, self._left[key]), key))
