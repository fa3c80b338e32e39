"""Whose turn it is: of the hosts whose bodies wait to be decoded, the one that has had the least time."""

import heapq
from collections import deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")

_MOST_KNOWN = 2000
_USUAL_S = 0.005
_NEWEST = 0.25
"""The part that the newest time has in the mean."""


@dataclass(slots=True)
class _Host(Generic[Item]):
    """What waits of a host, how many have their turn, the time it has had, and what one usually takes."""

    had_s: float
    usual_s: float
    is_known: bool = False
    n_turns: int = 0
    n_bytes: int = 0
    is_in_line: bool = False
    waiting: deque[tuple[Item, int]] = field(default_factory=deque)

    def is_idle(self) -> bool:
        """Nothing waits, and nothing has its turn."""
        return not (self.waiting or self.n_turns or self.is_in_line)


class Turns(Generic[Item]):
    """Things that wait, by host; those of one host keep their order.

    A host that comes back is not owed the time when it had nothing to do.
    """

    def __init__(self) -> None:
        self._hosts: dict[str, _Host[Item]] = {}
        self._line: list[tuple[float, int, str]] = []
        self._n_entries = 0
        self._had_s = 0.0
        self._usual_s = _USUAL_S
        self._n_waiting = 0
        self._n_turns = 0
        self._n_bytes = 0

    def __len__(self) -> int:
        """How many wait."""
        return self._n_waiting

    def is_full(self, n_items: int, n_bytes: int) -> bool:
        """So many items or bytes are here, and no host has room."""
        return self._n_waiting + self._n_turns >= n_items or self._n_bytes >= n_bytes

    def has_room(self, host: str, n_items: int, n_bytes: int) -> bool:
        """This host has less here than it leaves to others of so many items, with so many bytes waiting."""
        n_items -= self._n_waiting + self._n_turns
        n_bytes -= self._n_bytes
        found = self._hosts.get(host)
        if found is None:
            return n_items > 0 and n_bytes > 0
        return len(found.waiting) + found.n_turns < n_items and found.n_bytes < n_bytes

    def add(self, host: str, item: Item, n_bytes: int = 0) -> None:
        """Have something wait."""
        found = self._enter(host, n_bytes)
        found.waiting.append((item, n_bytes))
        self._line_up(host, found)

    def put_back(self, host: str, item: Item, n_bytes: int = 0) -> None:
        """What had its turn waits again, before the others of its host."""
        found = self._enter(host, n_bytes)
        found.waiting.appendleft((item, n_bytes))
        found.n_turns -= 1
        self._n_turns -= 1
        self._line_up(host, found)

    def next(self) -> tuple[str, Item, float] | None:
        """The host whose turn it is, what it has waiting, and the seconds that this will likely take.

        None where nothing waits but the second of a host while nothing is known of its first.
        """
        while self._line:
            had_s, _, host = self._line[0]
            found = self._hosts[host]
            if found.had_s > had_s:
                self._n_entries += 1
                heapq.heapreplace(self._line, (found.had_s, self._n_entries, host))
            elif found.waiting and (found.is_known or not found.n_turns):
                return host, found.waiting[0][0], found.usual_s
            else:
                heapq.heappop(self._line)
                found.is_in_line = False
        return None

    def take(self, host: str) -> None:
        """What `next` gave has its turn."""
        found = self._hosts[host]
        _, n_bytes = found.waiting.popleft()
        found.n_bytes -= n_bytes
        found.n_turns += 1
        self._n_bytes -= n_bytes
        self._n_turns += 1
        self._n_waiting -= 1
        self._had_s = max(self._had_s, found.had_s)
        if not found.waiting:
            heapq.heappop(self._line)
            found.is_in_line = False

    def charge(self, host: str, seconds: float) -> None:
        """A turn of this host has ended, and took so long."""
        found = self._hosts[host]
        found.n_turns -= 1
        self._n_turns -= 1
        found.had_s += seconds
        found.usual_s += (_NEWEST if found.is_known else 1.0) * (seconds - found.usual_s)
        found.is_known = True
        self._usual_s += _NEWEST * (seconds - self._usual_s)
        self._line_up(host, found)

    def _enter(self, host: str, n_bytes: int) -> _Host[Item]:
        found = self._hosts.get(host)
        if found is None:
            self._forget_some()
            found = self._hosts[host] = _Host(self._had_s, self._usual_s)
        if not (found.waiting or found.n_turns):
            found.had_s = max(found.had_s, self._had_s)
        found.n_bytes += n_bytes
        self._n_bytes += n_bytes
        self._n_waiting += 1
        return found

    def _line_up(self, host: str, found: _Host[Item]) -> None:
        """Note when it is this host's turn; the note is mended when it has had more time meanwhile."""
        if found.waiting and not found.is_in_line:
            found.is_in_line = True
            self._n_entries += 1
            heapq.heappush(self._line, (found.had_s, self._n_entries, host))

    def _forget_some(self) -> None:
        if len(self._hosts) >= _MOST_KNOWN:
            idle = [host for host, found in self._hosts.items() if found.is_idle()]
            for host in idle[: _MOST_KNOWN // 2]:
                del self._hosts[host]
