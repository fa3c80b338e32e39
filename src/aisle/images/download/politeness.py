"""Which request may go out when: a schedule over hosts, never a sleep. Time and chance are given to it."""

import heapq
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic

from aisle.images.download.backoff import jittered_s
from aisle.images.download.doubtful import Doubtful
from aisle.images.download.host import Host, Job
from aisle.images.download.limits import HostLimits

_FORGET_S = 10.0
"""A host without work is remembered for so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """What a failing host is granted.

    Args:
        base_s, longest_s: of the back-off, see `jittered_s`.
        n_failures: in a row, after which the host is set aside.
        aside_s: how long it is left alone at least, before it is tried again at the end.
        longest_wait_s: a `Retry-After` beyond it sets the host aside.
        longest_aside_s: a host that wants to be left alone for longer is given up.
        slow_s: a host whose answer took longer is slow until one comes sooner.
    """

    base_s: float = 1.0
    longest_s: float = 60.0
    n_failures: int = 8
    aside_s: float = 60.0
    longest_wait_s: float = 120.0
    longest_aside_s: float = 1800.0
    slow_s: float = 3.0


class Schedule(Generic[Job]):
    """Queues of jobs, one for each host; the next job comes from the host that may be asked soonest.

    Args:
        limits_of: the limits of a host's queue.
        patience: with hosts that fail.
        chance: draws the jitter.
        most_doubtful: requests under way to hosts that are new or slow, all together.
        rest_s: for how many seconds a host that is not known yet is to be left alone, by its own word.
        on_forget: called with the queue of a host of which nothing is known any more.
    """

    def __init__(
        self,
        limits_of: Callable[[str], HostLimits],
        *,
        patience: Patience,
        chance: random.Random,
        most_doubtful: int = 1_000_000,
        rest_s: Callable[[str], float] | None = None,
        on_forget: Callable[[str], None] | None = None,
    ) -> None:
        self._limits_of = limits_of
        self._patience = patience
        self._chance = chance
        self._hosts: dict[str, Host[Job]] = {}
        self._heap: list[tuple[float, int, str]] = []
        self._n_entries = 0
        self._aside: set[str] = set()
        self._n_held = 0
        self._given_up: list[tuple[str, Job]] = []
        self._doubtful: Doubtful[Job] = Doubtful(most_doubtful)
        self._rest_s = rest_s
        self._on_forget = on_forget
        self._leaving: deque[tuple[float, str]] = deque()
        self.n_hosts_waiting = 0
        self.n_under_way = 0

    def add(self, queue: str, job: Job, now: float, *, first: bool = False, urgent: bool = False) -> None:
        """Put a job into a host's queue, at its end or first in it.

        Args:
            urgent: before all others, and even where the host is barred.
        """
        host = self._hosts.get(queue)
        if host is None:
            limits = self._limits_of(queue)
            host = self._hosts[queue] = Host(limits, now)
            if self._rest_s is not None and (wait_s := self._rest_s(queue)):
                self._leave_alone(queue, host, now, wait_s)
        if host.is_given_up:
            self._given_up.append((queue, job))
            return
        self.n_hosts_waiting += not (host.waiting or host.urgent)
        jobs = host.urgent if urgent else host.waiting
        if first:
            jobs.appendleft(job)
        else:
            jobs.append(job)
        self._enter(queue, host, now)

    def next(self, now: float) -> tuple[str, Job] | float | None:
        """Take the next job with its queue; else the seconds to wait for one, or None until one is done."""
        if self._leaving and self._leaving[0][0] <= now:
            self._forget_idle(now)
        while self._heap or self._bring_back(now):
            ready_at, entry, queue = self._heap[0]
            host = self._hosts.get(queue)
            is_void = host is None or host.entry != entry
            if ready_at > now and not is_void:
                return ready_at - now
            heapq.heappop(self._heap)
            if host is None or is_void:
                continue
            host.entry = -1
            if host.is_quick or self._doubtful.has_room(host):
                return queue, self._start(queue, host, now)
            if not host.n_under_way:
                self._doubtful.park(queue, host)
        return None

    def done(
        self,
        queue: str,
        now: float,
        *,
        failed: bool = False,
        wait_s: float | None = None,
        seconds: float | None = 0.0,
    ) -> None:
        """A job of this host has ended: free its connection, and judge the host.

        Args:
            failed: the host is in trouble or wants to be left alone, so the next one waits.
            wait_s: how long the host itself asked to be left alone.
            seconds: that its answer took; None where it was not asked.
        """
        host = self._hosts[queue]
        self._end(host)
        if seconds is not None and (host.is_new or host.is_quick != (seconds <= self._patience.slow_s)):
            self._doubtful.note_pace(host, is_quick=seconds <= self._patience.slow_s)
        if self._doubtful.parked:
            for parked, its_host in self._doubtful.come_back():
                self._enter(parked, its_host, now)
        if failed:
            self._back_off(queue, host, now, wait_s)
        else:
            host.n_failures = host.times_aside = 0
        self._enter(queue, host, now)
        if not host.waiting:
            self._leave_if_idle(queue, host, now)

    def undo(self, queue: str, job: Job, now: float, *, urgent: bool = False) -> None:
        """Put back a job that was taken and not asked, with its token."""
        self._take_back(self._hosts[queue])
        self.add(queue, job, now, first=True, urgent=urgent)

    def skip(self, queue: str, now: float) -> None:
        """A job that was taken has ended without a request: its token and connection are free again."""
        host = self._hosts[queue]
        self._take_back(host)
        self._enter(queue, host, now)
        self._leave_if_idle(queue, host, now)

    def hold(self, queue: str) -> None:
        """Start none of this host's jobs until it is released."""
        host = self._hosts[queue]
        self._n_held += not host.is_held
        host.is_held = True
        host.entry = -1

    def release(self, queue: str, now: float) -> None:
        """Start this host's jobs again."""
        host = self._hosts.get(queue)
        if host is not None and host.is_held:
            self._n_held -= 1
            host.is_held = False
            self._enter(queue, host, now)

    def bar(self, queue: str, now: float) -> None:
        """Start none of this host's jobs but urgent ones, until it is unbarred."""
        host = self._hosts[queue]
        host.is_barred = True
        host.entry = -1
        self._enter(queue, host, now)

    def unbar(self, queue: str, now: float) -> None:
        """Start all of this host's jobs again."""
        host = self._hosts.get(queue)
        if host is not None and host.is_barred:
            host.is_barred = False
            self._enter(queue, host, now)
            self._leave_if_idle(queue, host, now)

    def drain(self, queue: str) -> list[Job]:
        """Take all that waits in a host's queue, without asking."""
        host = self._hosts[queue]
        jobs = [*host.urgent, *host.waiting]
        host.entry = -1
        host.urgent.clear()
        host.waiting.clear()
        self.n_hosts_waiting -= bool(jobs)
        return jobs

    def given_up(self) -> list[tuple[str, Job]]:
        """The jobs, with their queues, of hosts that were given up since the last call."""
        jobs, self._given_up = self._given_up, []
        return jobs

    def n_of(self, queue: str) -> int:
        """How many jobs wait in a host's queue."""
        host = self._hosts.get(queue)
        return 0 if host is None else len(host.waiting)

    def _start(self, queue: str, host: Host[Job], now: float) -> Job:
        job = (host.urgent or host.waiting).popleft()
        earliest = now - host.slack_s
        host.free_at = (host.free_at if host.free_at > earliest else earliest) + host.interval_s
        host.n_under_way += 1
        if not (host.waiting or host.urgent):
            self.n_hosts_waiting -= 1
        self.n_under_way += 1
        if not host.is_quick:
            self._doubtful.n_under_way += 1
        self._enter(queue, host, now)
        return job

    def _end(self, host: Host[Job]) -> None:
        host.n_under_way -= 1
        self.n_under_way -= 1
        if not host.is_quick:
            self._doubtful.n_under_way -= 1

    def _take_back(self, host: Host[Job]) -> None:
        """Nothing was asked, so nothing need be waited for."""
        self._end(host)
        host.free_at -= host.interval_s
        host.entry = -1

    def _enter(self, queue: str, host: Host[Job], now: float) -> None:
        """Note when the host may be asked next; what stands against it later makes the note void."""
        if host.entry >= 0 or not host.may_start():
            return
        self._n_entries += 1
        host.entry = self._n_entries
        heapq.heappush(self._heap, (host.ready_at(now), host.entry, queue))

    def _back_off(self, queue: str, host: Host[Job], now: float, wait_s: float | None) -> None:
        patience = self._patience
        host.n_failures += 1
        host.entry = -1
        wait = jittered_s(
            host.n_failures, base_s=patience.base_s, longest_s=patience.longest_s, chance=self._chance
        )
        host.not_before = max(host.not_before, now + wait)
        self._leave_alone(queue, host, now, wait_s or 0.0)

    def _leave_alone(self, queue: str, host: Host[Job], now: float, wait_s: float) -> None:
        """As it asks; and set it aside where that is long, or where it fails and fails."""
        host.not_before = max(host.not_before, now + wait_s)
        if wait_s > self._patience.longest_wait_s or host.n_failures >= self._patience.n_failures:
            self._set_aside(queue, host, now, wait_s)

    def _set_aside(self, queue: str, host: Host[Job], now: float, wait_s: float) -> None:
        if host.times_aside or wait_s > self._patience.longest_aside_s:
            host.is_given_up = True
            self._given_up += [(queue, job) for job in self.drain(queue)]
            return
        host.times_aside += 1
        host.n_failures = 0
        host.is_aside = True
        host.not_before = max(host.not_before, now + max(self._patience.aside_s, wait_s))
        self._aside.add(queue)

    def _bring_back(self, now: float) -> bool:
        """Where nothing else is left to do, try the hosts that were set aside once more."""
        if not self._aside or self.n_under_way or self._n_held:
            return False
        for queue in self._aside:
            host = self._hosts[queue]
            host.is_aside = False
            host.n_failures = max(0, self._patience.n_failures - 2)
            self._enter(queue, host, now)
        self._aside.clear()
        return bool(self._heap)

    def _leave_if_idle(self, queue: str, host: Host[Job], now: float) -> None:
        """A host that has nothing to do is forgotten after a while, so that memory stays flat."""
        if host.is_idle() and not host.is_leaving:
            host.is_leaving = True
            self._leaving.append((now + _FORGET_S, queue))

    def _forget_idle(self, now: float) -> None:
        while self._leaving and self._leaving[0][0] <= now:
            _, queue = self._leaving.popleft()
            host = self._hosts[queue]
            host.is_leaving = False
            if not host.is_idle() or host.times_aside or host.is_given_up:
                continue
            if host.not_before > now or host.free_at + host.slack_s > now:
                self._leave_if_idle(queue, host, now)
            else:
                del self._hosts[queue]
                if self._on_forget is not None:
                    self._on_forget(queue)
