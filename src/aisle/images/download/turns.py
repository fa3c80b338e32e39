"""Whose turn it is: of the hosts whose bodies wait to be decoded, the one that has had the least time."""

from collections import deque
from dataclasses import dataclass, field
from math import inf
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
    waiting: deque[Item] = field(default_factory=deque)


class Turns(Generic[Item]):
    """Things that wait, by host; those of one host keep their order.

    A host that comes back is not owed the time when it had nothing to do.
    """

    def __init__(self) -> None:
        self._hosts: dict[str, _Host[Item]] = {}
        self._waiting: dict[str, _Host[Item]] = {}
        self._had_s = 0.0
        self._usual_s = _USUAL_S
        self._n_waiting = 0

    def __len__(self) -> int:
        """How many wait."""
        return self._n_waiting

    def add(self, host: str, item: Item) -> None:
        """Have something wait."""
        self._enter(host).waiting.append(item)
        self._n_waiting += 1

    def put_back(self, host: str, item: Item) -> None:
        """What had its turn waits again, before the others of its host."""
        found = self._enter(host)
        found.waiting.appendleft(item)
        found.n_turns -= 1
        self._n_waiting += 1

    def next(self) -> tuple[str, Item, float]:
        """The host whose turn it is, what it has waiting, and the seconds that this will likely take.

        Of a host's second, while nothing is known of its first, it may be for ever.
        """
        host = min(self._waiting, key=self._time_of) if len(self._waiting) > 1 else next(iter(self._waiting))
        found = self._waiting[host]
        return host, found.waiting[0], found.usual_s if found.is_known or not found.n_turns else inf

    def take(self, host: str) -> None:
        """What `next` gave has its turn."""
        found = self._waiting[host]
        found.waiting.popleft()
        found.n_turns += 1
        self._n_waiting -= 1
        self._had_s = max(self._had_s, found.had_s)
        if not found.waiting:
            del self._waiting[host]

    def charge(self, host: str, seconds: float) -> None:
        """A turn of this host has ended, and took so long."""
        found = self._hosts[host]
        found.n_turns -= 1
        found.had_s += seconds
        found.usual_s += (_NEWEST if found.is_known else 1.0) * (seconds - found.usual_s)
        found.is_known = True
        self._usual_s += _NEWEST * (seconds - self._usual_s)

    def _enter(self, host: str) -> _Host[Item]:
        found = self._hosts.get(host)
        if found is None:
            self._forget_some()
            found = self._hosts[host] = _Host(self._had_s, self._usual_s)
        if host not in self._waiting:
            found.had_s = max(found.had_s, self._had_s)
            self._waiting[host] = found
        return found

    def _time_of(self, host: str) -> float:
        found = self._waiting[host]
        return found.had_s if found.is_known or not found.n_turns else inf

    def _forget_some(self) -> None:
        if len(self._hosts) >= _MOST_KNOWN:
            idle = [host for host, found in self._hosts.items() if not (found.waiting or found.n_turns)]
            for host in idle[: _MOST_KNOWN // 2]:
                del self._hosts[host]
