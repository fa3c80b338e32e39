"""One request under way: what libcurl tells about it, and the limits that end it early."""

import socket
from collections.abc import Callable
from typing import Protocol

import pycurl

from aisle.images.download.curl_options import set_options
from aisle.images.download.exchange import SMALL_BYTES, Answer, Request
from aisle.images.download.headers import read_headers
from aisle.images.download.networks import Gate
from aisle.images.download.optout import opted_out
from aisle.images.download.robots_rules import MAX_BYTES
from aisle.images.download.settings import FetchSettings
from aisle.images.download.unpacking import can_unpack, first_bytes, packing_of
from aisle.images.formats import LONGEST_MARK, format_of

_DISCARDED_BYTES = 64 * 1024
"""A body that nobody wants is read up to here, so that its connection can be kept."""

_GRANTED_BYTES = 64 * 1024
"""Memory for a body is borrowed by so much at a time."""

_PACKED_MARK = 1024
"""So many bytes of a compressed body are sure to hold the first few of the image."""

_PLAIN_HEADERS = [
    "Accept: image/jpeg, image/png, image/webp, image/gif, image/bmp, image/avif;q=0.9, */*;q=0.1",
    "Accept-Encoding: identity",
]


_EMPTY_LINES = (b"\r\n", b"\n")

_SocketAddress = tuple[int, int, int, tuple[str | bytes, int]]
"""Family, type, protocol, and the IP address with its port, as libcurl tells them."""


class Borrow(Protocol):
    """Asks for memory, which all requests under way share."""

    def __call__(self, transfer: "Transfer", n_bytes: int) -> bool:
        """Let a body grow to so many bytes, or tell it to wait."""
        ...


class Transfer:
    """A handle of libcurl with its callbacks; it is used for one request after the other.

    Args:
        settings: the limits.
        gate: asked again when a socket is about to be opened.
        borrow: asks for the memory that a body takes.
    """

    def __init__(self, settings: FetchSettings, gate: Gate, borrow: Borrow, authorities: str) -> None:
        self.request: Request | None = None
        self.answer = Answer()
        self.curl = pycurl.Curl()
        self._settings = settings
        self._gate = gate
        self._borrow = borrow
        self._sockets: list[socket.socket] = []
        self._reads: Callable[[bytes], int | None] = self._read_image
        self._granted = 0
        self._headers: list[str] = []
        self._head = bytearray()
        set_options(self.curl, settings, authorities)
        self.curl.setopt(pycurl.HEADERFUNCTION, self._header)
        self.curl.setopt(pycurl.WRITEFUNCTION, self._write)
        if not settings.proxy:
            self.curl.setopt(pycurl.OPENSOCKETFUNCTION, self._open_socket)

    def begin(self, request: Request, unpin: list[str]) -> None:
        """Set the handle up for a request.

        Args:
            unpin: pins that libcurl may forget, as it writes them.
        """
        self.request = request
        self.answer = Answer()
        curl, address = self.curl, request.address
        curl.setopt(pycurl.URL, address.text)
        if not self._settings.proxy:
            pin = f"{address.queue}:{','.join(map(_bracketed, request.pins))}"
            curl.setopt(pycurl.RESOLVE, [*unpin, pin])  # each time: it is read once, and others unpin
        headers = _headers_of(request)
        if headers != self._headers:
            curl.setopt(pycurl.HTTPHEADER, headers)
            self._headers = headers
        self._reads = self._read_image if request.wants_image else self._read_rules
        self._granted = 0
        self._head.clear()

    def end(self) -> Answer:
        """Give what was read, and let go of it."""
        self.request = None
        for opened in self._sockets:
            opened.close()
        self._sockets.clear()
        return self.answer

    def _open_socket(self, purpose: int, address: _SocketAddress) -> socket.socket | int:  # noqa: ARG002
        """The second guard: what libcurl would connect to is checked once more, before there is a socket."""
        family, kind, protocol, (text, *_) = address
        ip = text.decode("ascii") if isinstance(text, bytes) else text
        pins = self.request.pins if self.request else ()
        objection = self._gate.objection(ip) or ("" if ip in pins else f"{ip} was never checked")
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
        """Lines are kept until the last one has come; what follows the body is left unread."""
        self.answer.n_header_bytes += len(line)
        if self.answer.n_header_bytes > self._settings.max_header_bytes:
            return self._stop("too_large", f"more than {self._settings.max_header_bytes} bytes of headers")
        self._head += line
        return self._headers_are_read() if line in _EMPTY_LINES else None

    def _headers_are_read(self) -> int | None:
        answer = self.answer
        if not self._head.startswith(b"HTTP/"):  # trailers
            return None
        answer.http_status, answer.headers = read_headers(bytes(self._head))
        self._head.clear()
        is_asked_for = self._is_image_request and answer.http_status in (200, 203, 304)
        if is_asked_for and self._settings.honours_opt_out:
            reason = opted_out(answer.headers.get("x-robots-tag", ()), answer.header("tdm-reservation"))
            if reason:
                return self._stop("opted_out", reason)
        if answer.http_status not in (200, 203) and answer.http_status >= 201:
            self._discard()
        elif (packing := packing_of(answer)) and not can_unpack(packing):
            return self._stop("undecodable", f"the body's compression is unknown: {packing[:20]!a}")
        else:
            answer.packing = packing
        return None

    def _discard(self) -> None:
        """From here on the body is of no interest."""
        self.answer.body.clear()
        self.answer.is_discarded = True
        self._granted = 0
        self._reads = self._read_unwanted

    @property
    def host(self) -> str:
        """The queue of the request under way."""
        return self.request.address.queue if self.request else ""

    @property
    def n_body_bytes(self) -> int:
        """What has come of the body."""
        return self.answer.body.n_bytes

    @property
    def _is_image_request(self) -> bool:
        return self.request is not None and self.request.wants_image

    def _write(self, data: bytes) -> int | None:
        """Most pieces take the short way: their memory is granted, and there is nothing more to be asked."""
        body = self.answer.body
        n_bytes = body.n_bytes + len(data)
        if n_bytes > self._granted or len(data) < SMALL_BYTES:
            return self._reads(data)
        body.n_bytes = n_bytes
        body.pieces.append(data)
        return None

    def _read_image(self, data: bytes) -> int | None:
        """The first bytes tell whether it is an image at all."""
        if len(self.answer.body) + len(data) < self._mark_bytes:
            self.answer.body.append(data)
            return None
        if format_of(self._first_bytes(data)) is None:
            self.answer.status, self.answer.reason = "not_an_image", self._what_it_says_it_is()
            self._discard()
        else:
            self._reads = self._read_any
        return self._reads(data)

    @property
    def _mark_bytes(self) -> int:
        return _PACKED_MARK if self.answer.packing else LONGEST_MARK

    def _first_bytes(self, data: bytes) -> bytes:
        """As many as tell the format."""
        start = bytes(self.answer.body) + data[: self._mark_bytes]
        return first_bytes(start, LONGEST_MARK) if self.answer.packing else start

    def _what_it_says_it_is(self) -> str:
        kind = self.answer.header("content-type").partition(";")[0].strip().lower()
        return f"the server calls it {kind[:60]}" if kind.isprintable() and kind else "no known format"

    def _read_any(self, data: bytes) -> int | None:
        body = self.answer.body
        n_bytes = len(body) + len(data)
        if n_bytes > self._settings.max_body_bytes:
            return self._stop("too_large", f"more than {self._settings.max_body_bytes} bytes")
        granted = min(-(-n_bytes // _GRANTED_BYTES) * _GRANTED_BYTES, self._settings.max_body_bytes)
        if not self._borrow(self, granted):
            return int(pycurl.WRITEFUNC_PAUSE)
        self._granted = granted
        body.append(data)
        return None

    def _read_rules(self, data: bytes) -> int | None:
        """A robots.txt needs no memory of the shared one: what is over its limit is not kept."""
        self.answer.body.append(data)
        if self.answer.body.n_bytes > MAX_BYTES:
            self._reads = self._read_unwanted
            self.answer.is_discarded = True
        return None

    def _read_unwanted(self, data: bytes) -> int | None:
        self.answer.n_discarded += len(data)
        return None if self.answer.n_discarded <= _DISCARDED_BYTES else -1


def _headers_of(request: Request) -> list[str]:
    """What is asked for, and which copy of it we have."""
    if not (request.etag or request.last_modified):
        return _PLAIN_HEADERS
    headers = [*_PLAIN_HEADERS]
    if request.etag:
        headers.append(f"If-None-Match: {request.etag}")
    if request.last_modified:
        headers.append(f"If-Modified-Since: {request.last_modified}")
    return headers


def _bracketed(ip: str) -> str:
    return f"[{ip}]" if ":" in ip else ip
