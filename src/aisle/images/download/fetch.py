"""Many requests at once over libcurl's multi interface: starts them, waits, and says how each ended."""

import selectors
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import certifi
import pycurl

from aisle.images.download.address import Address
from aisle.images.download.body_memory import BodyMemory
from aisle.images.download.exchange import Answer
from aisle.images.download.memory import give_back_memory
from aisle.images.download.outcome import status_of_error
from aisle.images.download.pins import Pins
from aisle.images.download.settings import FetchSettings
from aisle.images.download.transfer import Transfer
from aisle.images.download.unpacking import unpack

_LARGE_BYTES = 4_000_000

_TO_CURL = (
    0,
    pycurl.CSELECT_IN,  # selectors.EVENT_READ
    pycurl.CSELECT_OUT,  # selectors.EVENT_WRITE
    pycurl.CSELECT_IN | pycurl.CSELECT_OUT,
)

_TO_SELECTOR = {
    pycurl.POLL_IN: selectors.EVENT_READ,
    pycurl.POLL_OUT: selectors.EVENT_WRITE,
    pycurl.POLL_INOUT: selectors.EVENT_READ | selectors.EVENT_WRITE,
}

_ENDED_AT_ONCE = 4
"""So many requests that have ended are told of together. Told one by one they took
some 2 % longer, and all that a wait brought at once some 5 % longer than one by one."""

_DROPPED = 42
"""libcurl's error for a request that was ended from outside."""

_TOO_SLOW = (28, "Operation too slow")
"""libcurl's words for a body that is given up for its speed."""


Data = TypeVar("Data")


@dataclass(slots=True)
class Reply(Generic[Data]):
    """How a request ended.

    Args:
        data: that came with the request.
        answer: its `status` is empty where the server's answer arrived whole.
        seconds: from start to end.
        network_address: that was connected to, or empty.
        n_body_bytes: of the body that was kept.
    """

    data: Data
    answer: Answer
    seconds: float
    network_address: str
    n_body_bytes: int


class Fetcher(Generic[Data]):
    """Requests under way at once, in one thread, each with data of the caller's that its reply gives back.

    Args:
        settings: how each is made.
        clock: seconds, monotonic.
        others: a selector where other files can be waited for too; it is the caller's.
    """

    def __init__(
        self, settings: FetchSettings, *, clock: Callable[[], float], others: selectors.BaseSelector
    ) -> None:
        self._settings = settings
        self._gate = settings.gate
        self._clock = clock
        self._selector = others
        self._authorities = settings.authorities or _usual_authorities()
        self._memory: BodyMemory[Transfer] = BodyMemory(slowest_s=settings.total_s)
        self._idle: list[Transfer] = []
        self._under_way: dict[pycurl.Curl, tuple[Transfer, Data]] = {}
        self._pins = None if settings.proxy else Pins()
        self._timer_at: float | None = None
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)

    def __len__(self) -> int:
        """How many requests are under way."""
        return len(self._under_way)

    def start(
        self,
        data: Data,
        address: Address,
        pins: tuple[str, ...] = (),
        etag: str = "",
        last_modified: str = "",
        wants_image: bool = True,
    ) -> None:
        """Send a request out.

        Args:
            pins: the network addresses that may be connected to, all checked; empty where a proxy does it.
            etag, last_modified: of a copy that we have, else empty.
            wants_image: end the answer as soon as it is seen to be none; otherwise it is a robots.txt.
        """
        transfer = self._idle.pop() if self._idle else self._new()
        transfer.begin(address, pins, etag, last_modified, wants_image)
        self._under_way[transfer.curl] = transfer, data
        self._multi.add_handle(transfer.curl)

    def wait(self, most_s: float) -> Iterator[Reply[Data] | selectors.SelectorKey]:
        """Move everything on, for so many seconds at most. To be taken to its end, or replies are lost.

        Yields:
            the requests that ended, and the other files of the selector that are ready.
        """
        if self._timer_at is not None:
            most_s = min(most_s, self._timer_at - self._clock())
        for key, events in self._selector.select(max(0.0, most_s)):
            if key.data is not self:
                yield key
                continue
            _, n_under_way = self._multi.socket_action(key.fd, _TO_CURL[events])
            if n_under_way + _ENDED_AT_ONCE <= len(self._under_way):
                yield from self._ended()
        if self._timer_at is not None and self._timer_at <= self._clock():
            self._timer_at = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        yield from self._ended()
        for transfer in self._memory.too_slow(self._clock()):
            yield self._end(transfer.curl, *_TOO_SLOW)
            self._go_on()

    def close(self) -> None:
        """Drop whatever is under way."""
        for transfer, _ in self._under_way.values():
            self._multi.remove_handle(transfer.curl)
            transfer.end(_DROPPED)
            self._idle.append(transfer)
        self._under_way.clear()
        for transfer in self._idle:
            transfer.curl.close()
        self._idle.clear()
        self._multi.close()

    def _new(self) -> Transfer:
        return Transfer(self._settings, self._gate, self._borrow, self._pins, self._authorities)

    def _borrow(self, transfer: Transfer, n_bytes: int) -> bool:
        return self._memory.borrow(transfer, n_bytes, self._clock())

    def _ended(self) -> Iterator[Reply[Data]]:
        """End what libcurl has done with, and let bodies that waited for its memory go on."""
        n_left, any_ended = 1, False
        while n_left:
            n_left, good, bad = self._multi.info_read()
            any_ended |= bool(good or bad)
            for curl in good:
                yield self._end(curl)
            for curl, code, message in bad:
                yield self._end(curl, code, message)
        if any_ended:
            self._go_on()

    def _end(self, curl: pycurl.Curl, code: int = 0, message: str = "") -> Reply[Data]:
        transfer, data = self._under_way.pop(curl)
        seconds = curl.getinfo(pycurl.TOTAL_TIME)
        network_address = curl.getinfo(pycurl.PRIMARY_IP) or ""
        self._multi.remove_handle(curl)
        if transfer.has_borrowed:
            self._memory.give_back(transfer)
        answer = transfer.end(code)
        if code and not (answer.status or answer.is_discarded):
            answer.status, answer.reason = status_of_error(code, message, answer)
        if answer.packing and answer.body and not answer.status:
            unpack(answer, self._settings.max_body_bytes)
        if answer.status:
            was_large = len(answer.body) > _LARGE_BYTES
            answer.body.clear()
            if was_large:
                give_back_memory()
        self._idle.append(transfer)
        return Reply(data, answer, seconds, network_address, answer.body.n_bytes)

    def _go_on(self) -> None:
        """Let bodies that waited for memory try again."""
        for transfer in self._memory.waiting():
            transfer.curl.pause(pycurl.PAUSE_CONT)

    def _watch(self, what: int, descriptor: int, multi: object, data: object) -> None:  # noqa: ARG002
        """Which of its sockets libcurl wants to wait for."""
        if what == pycurl.POLL_REMOVE:
            self._selector.unregister(descriptor)
            return
        try:
            self._selector.modify(descriptor, _TO_SELECTOR[what], self)
        except KeyError:
            self._selector.register(descriptor, _TO_SELECTOR[what], self)

    def _set_timer(self, timeout_ms: int) -> None:
        """When libcurl wants to be called next."""
        self._timer_at = None if timeout_ms < 0 else self._clock() + timeout_ms / 1000


def _usual_authorities() -> str:
    """The system's file of trusted certificates, or the one that comes along."""
    found = ssl.get_default_verify_paths().cafile
    return found if found and Path(found).is_file() else certifi.where()
