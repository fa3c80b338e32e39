"""Where to connect to for a host: its checked network addresses, looked up when they are first wanted."""

import contextlib
import selectors
import socket
from collections.abc import Callable
from functools import lru_cache

from aisle.images.download.address import Address
from aisle.images.download.resolve import Found, Lookups, check
from aisle.images.download.settings import FetchSettings

_ANYWHERE = Found()


class Locator:
    """The network addresses of hosts, and the queues that wait for them.

    Args:
        clock: seconds, monotonic.
        selector: where arrivals are waited for; its key's data is this locator.
    """

    def __init__(
        self, settings: FetchSettings, *, clock: Callable[[], float], selector: selectors.BaseSelector
    ) -> None:
        self._has_proxy = bool(settings.proxy)
        self._gate = settings.gate
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        selector.register(self._woken, selectors.EVENT_READ, self)
        self._lookups = Lookups(settings.resolver, self._gate, wake=self._wake, clock=clock)
        self._numbers = lru_cache(maxsize=1000)(self._check_number)
        self._waiting_for: dict[str, set[str]] = {}

    def find(self, address: Address) -> Found | None:
        """The network addresses to connect to; None while they are being looked up."""
        if self._has_proxy:
            return _ANYWHERE
        if address.origin.is_number:
            return self._numbers(address.origin.host)
        return self._lookups.find(address.origin.host)

    def forget(self, address: Address) -> None:
        """Look the host up anew when it is wanted again."""
        self._lookups.forget(address.host)

    def wait(self, address: Address, queue: str) -> None:
        """Have `arrived` give this queue when the host of the address is known."""
        self._waiting_for.setdefault(address.host, set()).add(queue)

    def arrived(self) -> list[str]:
        """The queues that wait no longer."""
        with contextlib.suppress(BlockingIOError):
            while self._woken.recv(4096):
                pass
        return [queue for name in self._lookups.arrived() for queue in self._waiting_for.pop(name, ())]

    def look_after(self) -> None:
        """To be called now and then: names that take long must not hold up others."""
        self._lookups.look_after()

    def close(self) -> None:
        """Let go of everything; the selector is the caller's."""
        self._lookups.close()
        self._woken.close()
        self._waker.close()

    def _check_number(self, host: str) -> Found:
        return check([host], self._gate)

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # the loop has ended, or is awake already
            self._waker.send(b"x")
