"""From a host's name to the network addresses that may be connected to: looked up, then checked."""

import contextlib
import queue
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from aisle.images.download.networks import Gate

_MOST_KNOWN = 20_000


class NoSuchHostError(Exception):
    """DNS says that there is no such name."""


class LookupFailedError(Exception):
    """DNS gave no answer; the text says why."""


class Resolver(Protocol):
    """Finds the addresses of a name. Picklable, and safe to call from several threads at once."""

    def __call__(self, name: str) -> list[str]:
        """Give the IP addresses of a name.

        Raises:
            NoSuchHostError: there is no such name.
            LookupFailedError: nobody could say.
        """
        ...


@dataclass(frozen=True, slots=True)
class SystemResolver:
    """Asks the system, as every program does."""

    def __call__(self, name: str) -> list[str]:
        """See `Resolver`."""
        try:
            found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            if error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)):
                raise NoSuchHostError from error
            raise LookupFailedError(error.strerror or str(error)) from error
        except (OSError, UnicodeError) as error:
            raise LookupFailedError(str(error)) from error
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class TableResolver:
    """Knows a few names and no others, as a hosts file does; `*` stands for every name."""

    table: Mapping[str, tuple[str, ...]]

    def __call__(self, name: str) -> list[str]:
        """See `Resolver`."""
        addresses = self.table.get(name, self.table.get("*", ()))
        if not addresses:
            raise NoSuchHostError
        return list(addresses)


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of a name: addresses that passed the gate, or status and reason why there are none."""

    addresses: tuple[str, ...] = ()
    status: str = ""
    reason: str = ""


def check(addresses: list[str], gate: Gate) -> Found:
    """Check every address; one that is closed closes the name."""
    for address in addresses:
        if objection := gate.objection(address):
            return Found(status="blocked_address", reason=objection)
    if not addresses:
        return Found(status="no_such_host", reason="the name has no address")
    return Found(tuple(addresses))


class Lookups:
    """Looks names up in threads, and remembers what was found for a while.

    Args:
        resolver: finds addresses; every one is checked by `gate`.
        wake: called from a thread when an answer has come.
        clock: seconds, monotonic.
        keep_s: how long an answer is remembered.
        n_threads: how many names are looked up at once, as long as answers come soon.
        most_threads: how many at once where they do not, see `look_after`.
    """

    def __init__(
        self,
        resolver: Resolver,
        gate: Gate,
        *,
        wake: Callable[[], None],
        clock: Callable[[], float],
        keep_s: float = 300.0,
        n_threads: int = 16,
        most_threads: int = 256,
    ) -> None:
        self._resolver = resolver
        self._gate = gate
        self._wake = wake
        self._clock = clock
        self._keep_s = keep_s
        self._known: dict[str, tuple[float, Found]] = {}
        self._asked: set[str] = set()
        self._questions: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[str, Found]] = queue.SimpleQueue()
        self._n_threads = n_threads
        self._most_threads = most_threads
        self._helpers: list[threading.Thread] = []
        self._n_waited = self._n_answered = 0
        for _ in range(n_threads):
            threading.Thread(target=self._work, daemon=True).start()

    def find(self, name: str) -> Found | None:
        """What is known of a name; None where it is being looked up, and `arrived` will tell."""
        known = self._known.get(name)
        if known is not None and known[0] > self._clock():
            return known[1]
        if name not in self._asked:
            self._asked.add(name)
            self._questions.put(name)
        return None

    def arrived(self) -> list[str]:
        """The names whose answers have come since the last call."""
        names = []
        while not self._answers.empty():
            name, found = self._answers.get()
            self._asked.discard(name)
            self._known[name] = (self._clock() + self._keep_s, found)
            names.append(name)
        self._n_answered += len(names)
        if len(self._known) > _MOST_KNOWN:
            for name in list(self._known)[: _MOST_KNOWN // 2]:
                del self._known[name]
        return names

    def look_after(self) -> None:
        """Give names that wait threads of their own; to be called now and then, twice a second or so.

        A name that takes long to fail keeps a thread busy all the while: the threads that others wait for.
        """
        n_waiting, n_answered = self._questions.qsize(), self._n_answered
        if n_waiting and self._n_waited and n_answered < self._n_threads:
            self._helpers = [thread for thread in self._helpers if thread.is_alive()]
            n_more = min(n_waiting, self._most_threads - self._n_threads - len(self._helpers))
            for _ in range(n_more):
                helper = threading.Thread(target=self._help, daemon=True)
                self._helpers.append(helper)
                helper.start()
        self._n_waited, self._n_answered = n_waiting, 0

    def forget(self, name: str) -> None:
        """Drop what is known of a name: it is looked up anew."""
        self._known.pop(name, None)

    def close(self) -> None:
        """End the threads; one that waits for an answer is not waited for."""
        for _ in range(self._n_threads + len(self._helpers)):
            self._questions.put(None)

    def _work(self) -> None:
        while (name := self._questions.get()) is not None:
            self._answer(name)

    def _help(self) -> None:
        """Work until nothing waits any more."""
        with contextlib.suppress(queue.Empty):
            while (name := self._questions.get_nowait()) is not None:
                self._answer(name)

    def _answer(self, name: str) -> None:
        try:
            found = check(self._resolver(name), self._gate)
        except NoSuchHostError:
            found = Found(status="no_such_host", reason="DNS knows no such name")
        except LookupFailedError as error:
            found = Found(status="dns_failed", reason=f"DNS: {error}")
        self._answers.put((name, found))
        self._wake()
