"""One request under way: what libcurl tells about it, and the limits that end it early."""

import socket
from ipaddress import ip_address
from typing import Protocol

import pycurl

from aisle.images.download.address import Address
from aisle.images.download.body_memory import FREE_BYTES
from aisle.images.download.curl_options import set_options
from aisle.images.download.exchange import SMALL_BYTES, Answer
from aisle.images.download.headers import Headers
from aisle.images.download.networks import Gate
from aisle.images.download.optout import opted_out
from aisle.images.download.pins import Pins, Told
from aisle.images.download.robots_rules import MAX_BYTES
from aisle.images.download.settings import FetchSettings
from aisle.images.download.unpacking import can_unpack, first_bytes, packing_of
from aisle.images.formats import LONGEST_MARK, format_of

_LENT_BYTES = 64 * 1024
"""Memory for a body is borrowed by so much at a time."""

_PACKED_MARK = 1024
"""So many bytes of a compressed body are sure to hold the first few of the image."""

_PLAIN_HEADERS = [
    "Accept: image/jpeg, image/png, image/webp, image/gif, image/bmp, image/avif;q=0.9, */*;q=0.1",
    "Accept-Encoding: identity",
]

_USUAL = (b"HTTP/1.1 200 ", b"HTTP/1.0 200 ")
"""The beginning of nearly all answers."""

_NONE = Answer()
"""Of a transfer that is idle."""

_SocketAddress = tuple[int, int, int, tuple[str | bytes, int]]
"""Family, type, protocol, and the IP address with its port, as libcurl tells them."""


class Borrow(Protocol):
    """Asks for memory, which all requests under way share."""

    def __call__(self, transfer: "Transfer", n_bytes: int) -> bool:
        """Let a body grow to so many bytes, or tell it to wait."""
        ...


class Transfer:
    """A handle of libcurl with its callbacks; it is used for one request after the other.

    What comes is only kept, until it is more than any body may have or the answer has ended: then it is
    looked at. Callbacks run between one read of a socket and the next, where little of what they need is in
    the processor's cache; the less they do, the better. What is not wanted is read as far, too, so that its
    connection can be kept.

    Args:
        settings: the limits.
        gate: asked again when a socket is about to be opened.
        borrow: asks for the memory that a body takes beyond FREE_BYTES.
        pins: the network addresses that were checked; None with a proxy, which does that.
    """

    def __init__(
        self, settings: FetchSettings, gate: Gate, borrow: Borrow, pins: Pins | None, authorities: str
    ) -> None:
        self.answer = _NONE
        self.host = ""
        self.has_borrowed = False
        self.curl = pycurl.Curl()
        self._settings = settings
        self._gate = gate
        self._borrow = borrow
        self._pins = pins
        self._told: Told | None = None
        self._sockets: list[socket.socket] = []
        self._wants_image = True
        self._granted = 0
        self._free_bytes = min(FREE_BYTES, settings.max_body_bytes)
        self._head = bytearray()
        self._max_header_bytes = settings.max_header_bytes
        self._is_looked_at = False
        self._sent_headers: list[str] = []
        set_options(self.curl, settings, authorities)
        self.curl.setopt(pycurl.HEADERFUNCTION, self._header)
        self.curl.setopt(pycurl.WRITEFUNCTION, self._write)
        if pins is not None:
            self.curl.setopt(pycurl.OPENSOCKETFUNCTION, self._open_socket)

    def begin(
        self, address: Address, pins: tuple[str, ...], etag: str, last_modified: str, wants_image: bool
    ) -> None:
        """Set the handle up for a request; see `fetch.Fetcher.start`."""
        self.answer = Answer()
        self.host = address.origin.queue
        self.curl.setopt(pycurl.URL, address.text)
        if self._pins is not None:
            told = self._told = self._pins.begin(self.host, pins)
            if told is not None:
                self.curl.setopt(pycurl.RESOLVE, told.lines)  # which is read once, by this request alone
        if etag or last_modified or self._sent_headers is not _PLAIN_HEADERS:
            self._sent_headers = _headers_for(etag, last_modified)
            self.curl.setopt(pycurl.HTTPHEADER, self._sent_headers)
        self._wants_image = wants_image
        self._granted = self._free_bytes if wants_image else MAX_BYTES
        self._is_looked_at = self.has_borrowed = False

    def end(self, code: int) -> Answer:
        """Give what was read, and let go of it.

        Args:
            code: libcurl's error; 0 where all arrived.
        """
        answer = self.answer
        if self._pins is not None:
            self._pins.end(self.host, self._told, code)
        if not (self._is_looked_at or answer.status):
            self._look(not code)
        self.answer = _NONE
        self._head = bytearray()
        if self._sockets:
            for opened in self._sockets:
                opened.close()
            self._sockets.clear()
        return answer

    def _open_socket(self, purpose: int, address: _SocketAddress) -> socket.socket | int:  # noqa: ARG002
        """The second guard: what libcurl would connect to is checked once more, before there is a socket."""
        family, kind, protocol, (text, *_) = address
        ip = _spelled(text.decode("ascii") if isinstance(text, bytes) else text)
        was_checked = self._pins is not None and self._pins.allows(self.host, ip)
        objection = self._gate.objection(ip) or ("" if was_checked else f"{ip} was never checked")
        if objection:
            self._stop("blocked_address", objection)
            return int(pycurl.SOCKET_BAD)
        opened = socket.socket(family, kind, protocol)
        self._sockets.append(opened)
        return opened

    def _stop(self, status: str, reason: str) -> int:
        """End the request: libcurl takes -1 from a callback for a failed write."""
        self.answer.status, self.answer.reason = status, reason
        return -1

    def _header(self, line: bytes) -> int | None:
        head = self._head
        head += line
        if len(head) > self._max_header_bytes:
            return self._stop("too_large", f"more than {self._max_header_bytes} bytes of headers")
        return None

    def _write(self, data: bytes) -> int | None:
        body, n_bytes = self.answer.body, len(data)
        n_in_all = body.n_bytes + n_bytes
        if n_in_all > self._granted:
            return self._go_beyond(data)
        if n_bytes < SMALL_BYTES:
            body.append(data)
        else:
            body.n_bytes = n_in_all
            body.pieces.append(data)
        return None

    def _go_beyond(self, data: bytes) -> int | None:
        """Look at what came, and let a picture grow; what else is so large is not read to its end."""
        answer, body = self.answer, self.answer.body
        if not self._is_looked_at:
            self._look()
        if answer.status or answer.is_discarded:
            return -1
        if not self._wants_image:
            body.append(data)
            answer.is_discarded = True
            return -1
        n_bytes = body.n_bytes + len(data)
        max_bytes = self._settings.max_body_bytes
        if n_bytes > max_bytes:
            return self._stop("too_large", f"more than {max_bytes} bytes")
        granted = min(-(-n_bytes // _LENT_BYTES) * _LENT_BYTES, max_bytes)
        self.has_borrowed = True
        if not self._borrow(self, granted):
            return int(pycurl.WRITEFUNC_PAUSE)
        self._granted = granted
        body.append(data)
        return None

    def _look(self, is_whole: bool = False) -> None:
        """Read the headers and the body's first bytes: is this what was asked for, and may it be used?

        Args:
            is_whole: all has arrived.
        """
        self._is_looked_at = True
        answer = self.answer
        headers = answer.headers = Headers(self._head)
        is_usual = is_whole and self._head.startswith(_USUAL)
        http_status = answer.http_status = 200 if is_usual else headers.status()
        is_ok = http_status in (200, 203)
        if (is_ok or http_status == 304) and headers.may_hold_conditions():
            self._look_at_conditions()
        if is_ok and self._wants_image and not answer.status:
            self._look_at_body()
        elif http_status > 200 and not is_ok:  # with 0, what libcurl says of the failure counts
            answer.body.clear()
            answer.is_discarded = True

    def _look_at_conditions(self) -> None:
        answer, headers = self.answer, self.answer.headers
        if self._wants_image and self._settings.honours_opt_out:
            reason = opted_out(headers.all("x-robots-tag"), headers.first("tdm-reservation"))
            if reason:
                self._stop("opted_out", reason)
                return
        if answer.http_status != 304:
            packing = answer.packing = packing_of(answer)
            if packing and not can_unpack(packing):
                self._stop("undecodable", f"the body's compression is unknown: {packing[:20]!a}")

    def _look_at_body(self) -> None:
        answer = self.answer
        n_bytes = _PACKED_MARK if answer.packing else LONGEST_MARK
        if answer.body.n_bytes < n_bytes:
            return
        start = answer.body.start(n_bytes)
        if format_of(first_bytes(start, LONGEST_MARK) if answer.packing else start) is None:
            self._stop("not_an_image", self._what_it_says_it_is())

    @property
    def n_body_bytes(self) -> int:
        """What has come of the body."""
        return self.answer.body.n_bytes

    def _what_it_says_it_is(self) -> str:
        kind = self.answer.headers.first("content-type").partition(";")[0].strip().lower()
        return f"the server calls it {kind[:60]}" if kind.isprintable() and kind else "no known format"


def _headers_for(etag: str, last_modified: str) -> list[str]:
    """What is asked for, and which copy of it we have."""
    if not (etag or last_modified):
        return _PLAIN_HEADERS
    headers = [*_PLAIN_HEADERS]
    if etag:
        headers.append(f"If-None-Match: {etag}")
    if last_modified:
        headers.append(f"If-Modified-Since: {last_modified}")
    return headers


def _spelled(ip: str) -> str:
    """A network address as it was checked: libcurl has spellings of its own, such as `::ffff:127.0.0.1`."""
    try:
        return str(ip_address(ip))
    except ValueError:
        return ip
