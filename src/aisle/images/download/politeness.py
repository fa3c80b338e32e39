"""Which request may go out when: a schedule over hosts, never a sleep. Time and chance are given to it."""

import heapq
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from aisle.images.download.backoff import jittered_s
from aisle.images.download.limits import HostLimits

Job = TypeVar("Job")

_BURST_S = 0.05
"""A host that may be asked often is given what a busy moment held back, up to this many seconds' worth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """What a failing host is granted.

    Args:
        base_s, longest_s: of the back-off, see `jittered_s`.
        n_failures: in a row, after which the host is set aside.
        aside_s: how long it is left alone at least, before it is tried again at the end.
        longest_wait_s: a `Retry-After` beyond it sets the host aside.
        longest_aside_s: a host that wants to be left alone for longer is given up.
    """

    base_s: float = 1.0
    longest_s: float = 60.0
    n_failures: int = 8
    aside_s: float = 60.0
    longest_wait_s: float = 120.0
    longest_aside_s: float = 1800.0


@dataclass(slots=True)
class _Host(Generic[Job]):
    """One host's queue and its standing."""

    limits: HostLimits
    tokens: float
    counted_at: float
    waiting: deque[Job] = field(default_factory=deque)
    urgent: deque[Job] = field(default_factory=deque)
    n_under_way: int = 0
    n_failures: int = 0
    not_before: float = 0.0
    times_aside: int = 0
    is_given_up: bool = False
    is_aside: bool = False
    is_held: bool = False
    is_barred: bool = False
    entry: int = -1

    @property
    def burst(self) -> float:
        return max(1.0, self.limits.requests_per_s * _BURST_S)

    def may_start(self) -> bool:
        cap = 1 if self.times_aside else self.limits.n_connections
        has_job = bool(self.urgent or (self.waiting and not self.is_barred))
        return has_job and self.n_under_way < cap and not self.is_held and not self.is_aside

    @property
    def n_waiting(self) -> int:
        return len(self.waiting) + len(self.urgent)

    def ready_at(self, now: float) -> float:
        """When the next token is there and no back-off stands against it."""
        rate = self.limits.requests_per_s
        self.tokens = min(self.burst, self.tokens + (now - self.counted_at) * rate)
        self.counted_at = now
        missing = max(0.0, 1.0 - self.tokens)
        return max(self.not_before, now + missing / rate if missing else 0.0)


class Schedule(Generic[Job]):
    """Queues of jobs, one for each host; the next job comes from the host that may be asked soonest.

    Args:
        limits_of: the limits of a host's queue.
        patience: with hosts that fail.
        chance: draws the jitter.
    """

    def __init__(
        self, limits_of: Callable[[str], HostLimits], *, patience: Patience, chance: random.Random
    ) -> None:
        self._limits_of = limits_of
        self._patience = patience
        self._chance = chance
        self._hosts: dict[str, _Host[Job]] = {}
        self._heap: list[tuple[float, int, str]] = []
        self._n_entries = 0
        self._aside: set[str] = set()
        self._n_held = 0
        self._given_up: list[tuple[str, Job]] = []
        self.n_waiting = 0
        self.n_under_way = 0

    def add(self, queue: str, job: Job, now: float, *, first: bool = False, urgent: bool = False) -> None:
        """Put a job into a host's queue, at its end or first in it.

        Args:
            urgent: before all others, and even where the host is barred.
        """
        host = self._hosts.get(queue)
        if host is None:
            limits = self._limits_of(queue)
            host = self._hosts[queue] = _Host(limits, tokens=1.0, counted_at=now)
        if host.is_given_up:
            self._given_up.append((queue, job))
            return
        jobs = host.urgent if urgent else host.waiting
        if first:
            jobs.appendleft(job)
        else:
            jobs.append(job)
        self.n_waiting += 1
        self._enter(queue, host, now)

    def next(self, now: float) -> tuple[str, Job] | float | None:
        """Take the next job with its queue; else the seconds to wait for one, or None until one is done."""
        found = self._next(now)
        if found is None and self._aside and not (self.n_under_way or self._n_held):
            self._bring_back(now)
            found = self._next(now)
        return found

    def _next(self, now: float) -> tuple[str, Job] | float | None:
        while self._heap:
            ready_at, entry, queue = self._heap[0]
            host = self._hosts.get(queue)
            if host is None or host.entry != entry or not host.may_start():
                heapq.heappop(self._heap)
                if host is not None and host.entry == entry:
                    host.entry = -1
                continue
            if ready_at > now:
                return ready_at - now
            heapq.heappop(self._heap)
            host.entry = -1
            if (really := host.ready_at(now)) > now:
                self._enter(queue, host, now, really)
                continue
            return queue, self._start(queue, host, now)
        return None

    def done(self, queue: str, now: float, *, failed: bool = False, wait_s: float | None = None) -> None:
        """A job of this host has ended: free its connection, and judge the host.

        Args:
            failed: the host is in trouble or wants to be left alone, so the next one waits.
            wait_s: how long the host itself asked to be left alone.
        """
        host = self._hosts[queue]
        host.n_under_way -= 1
        self.n_under_way -= 1
        if failed:
            self._back_off(queue, host, now, wait_s)
        else:
            host.n_failures = 0
            host.times_aside = 0
        self._enter(queue, host, now)
        self._forget_if_idle(queue, host, now)

    def undo(self, queue: str, job: Job, now: float, *, urgent: bool = False) -> None:
        """Put back a job that was taken and not asked, with its token."""
        host = self._hosts[queue]
        host.n_under_way -= 1
        self.n_under_way -= 1
        host.tokens += 1.0
        self.add(queue, job, now, first=True, urgent=urgent)

    def skip(self, queue: str, now: float) -> None:
        """A job that was taken has ended without a request: its token and connection are free again."""
        host = self._hosts[queue]
        host.n_under_way -= 1
        self.n_under_way -= 1
        host.tokens += 1.0
        self._enter(queue, host, now)
        self._forget_if_idle(queue, host, now)

    def hold(self, queue: str) -> None:
        """Start none of this host's jobs until it is released."""
        host = self._hosts[queue]
        self._n_held += not host.is_held
        host.is_held = True

    def release(self, queue: str, now: float) -> None:
        """Start this host's jobs again."""
        host = self._hosts.get(queue)
        if host is not None and host.is_held:
            self._n_held -= 1
            host.is_held = False
            self._enter(queue, host, now)

    def bar(self, queue: str) -> None:
        """Start none of this host's jobs but urgent ones, until it is unbarred."""
        self._hosts[queue].is_barred = True

    def unbar(self, queue: str, now: float) -> None:
        """Start all of this host's jobs again."""
        host = self._hosts.get(queue)
        if host is not None and host.is_barred:
            host.is_barred = False
            self._enter(queue, host, now)
            self._forget_if_idle(queue, host, now)

    def drain(self, queue: str) -> list[Job]:
        """Take all that waits in a host's queue, without asking."""
        host = self._hosts[queue]
        jobs = [*host.urgent, *host.waiting]
        host.urgent.clear()
        host.waiting.clear()
        self.n_waiting -= len(jobs)
        return jobs

    def given_up(self) -> list[tuple[str, Job]]:
        """The jobs, with their queues, of hosts that were given up since the last call."""
        jobs, self._given_up = self._given_up, []
        return jobs

    def n_of(self, queue: str) -> int:
        """How many jobs wait in a host's queue."""
        host = self._hosts.get(queue)
        return 0 if host is None else len(host.waiting)

    def hosts_waiting(self) -> int:
        """How many hosts have jobs that wait."""
        return sum(1 for host in self._hosts.values() if host.n_waiting)

    def _start(self, queue: str, host: _Host[Job], now: float) -> Job:
        job = (host.urgent or host.waiting).popleft()
        host.tokens -= 1.0
        host.n_under_way += 1
        self.n_waiting -= 1
        self.n_under_way += 1
        self._enter(queue, host, now)
        return job

    def _enter(self, queue: str, host: _Host[Job], now: float, ready_at: float | None = None) -> None:
        """Note when the host may be asked next; an older note of it is void."""
        if not host.may_start():
            return
        if host.entry >= 0 and ready_at is None:
            return
        self._n_entries += 1
        host.entry = self._n_entries
        heapq.heappush(self._heap, (host.ready_at(now) if ready_at is None else ready_at, host.entry, queue))

    def _back_off(self, queue: str, host: _Host[Job], now: float, wait_s: float | None) -> None:
        patience = self._patience
        host.n_failures += 1
        host.entry = -1
        wait = jittered_s(
            host.n_failures, base_s=patience.base_s, longest_s=patience.longest_s, chance=self._chance
        )
        host.not_before = max(host.not_before, now + max(wait, wait_s or 0.0))
        too_long = wait_s is not None and wait_s > patience.longest_wait_s
        if too_long or host.n_failures >= patience.n_failures:
            self._set_aside(queue, host, now, wait_s or 0.0)

    def _set_aside(self, queue: str, host: _Host[Job], now: float, wait_s: float) -> None:
        if host.times_aside or wait_s > self._patience.longest_aside_s:
            host.is_given_up = True
            self._given_up += [(queue, job) for job in self.drain(queue)]
            return
        host.times_aside += 1
        host.n_failures = 0
        host.is_aside = True
        host.not_before = max(host.not_before, now + max(self._patience.aside_s, wait_s))
        self._aside.add(queue)

    def _bring_back(self, now: float) -> None:
        """Nothing else is left to do: try the hosts that were set aside once more."""
        for queue in self._aside:
            host = self._hosts[queue]
            host.is_aside = False
            host.n_failures = max(0, self._patience.n_failures - 2)
            self._enter(queue, host, now)
        self._aside.clear()

    def _forget_if_idle(self, queue: str, host: _Host[Job], now: float) -> None:
        """Drop a host that has nothing to do and nothing to be remembered, so that memory stays flat."""
        if host.n_waiting or host.n_under_way or host.is_held or host.is_barred:
            return
        if host.times_aside or host.is_given_up:
            return
        if host.not_before <= now and host.ready_at(now) <= now and host.tokens >= host.burst:
            del self._hosts[queue]
