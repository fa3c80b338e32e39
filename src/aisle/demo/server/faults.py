"""Every way in which a shop's server fails: a table from a fault's name to the steps it takes.

A fault at `/fault/NAME/a/x.jpg` stands for the picture `/a/x.jpg`. Adding one is one function and one line.
"""

import gzip
import struct
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from email.utils import formatdate
from functools import cache
from typing import Protocol

from aisle.demo.server.messages import Ending, Request, Step, answer, head

HOME_PAGE = b"<!doctype html><html><title>Shop</title><body>Welcome to our shop</body></html>"

_JPEG_MARK = b"\xff\xd8\xff\xe0"

_CHUNK = _JPEG_MARK + bytes(65_532)


class Shop(Protocol):
    """What a fault may ask of the site it belongs to."""

    canary: str

    def picture_for(self, request: Request) -> bytes: ...  # noqa: D102

    def times_asked(self, request: Request) -> int: ...  # noqa: D102


Fault = Callable[[Request, Shop], Iterator[Step]]


def _status(status: int, *headers: tuple[str, str]) -> Fault:
    def fault(request: Request, shop: Shop) -> Iterator[Step]:
        yield answer(b"sorry", status=status, kind="text/plain", headers=headers)

    return fault


def _first(status: int, wait: Callable[[], tuple[tuple[str, str], ...]] = tuple, *, times: int = 1) -> Fault:
    """Answer with `status` the first so many times, then well; `wait` makes the Retry-After header."""

    def fault(request: Request, shop: Shop) -> Iterator[Step]:
        if shop.times_asked(request) <= times:
            yield answer(b"later", status=status, kind="text/plain", headers=wait())
        else:
            yield answer(shop.picture_for(request))

    return fault


def _in_a_second() -> tuple[tuple[str, str], ...]:
    return (("Retry-After", "1"),)


def _at_a_date() -> tuple[tuple[str, str], ...]:
    return (("Retry-After", formatdate(time.time() + 2, usegmt=True)),)


def _redirect(target: str, status: int = 302) -> Fault:
    return _status(status, ("Location", target))


def _redirect_to(request: Request, shop: Shop) -> Iterator[Step]:
    """To the address in the query's `to`."""
    target = request.query.get("to", "/" + request.path.rpartition("/")[2])
    yield answer(b"", status=302, kind="text/plain", headers=[("Location", target)])


def _redirect_to_canary(request: Request, shop: Shop) -> Iterator[Step]:
    yield answer(b"", status=302, kind="text/plain", headers=[("Location", shop.canary)])


def _redirect_loop(request: Request, shop: Shop) -> Iterator[Step]:
    yield answer(b"", status=302, kind="text/plain", headers=[("Location", request.path)])


def _redirect_chain(request: Request, shop: Shop) -> Iterator[Step]:
    """`/fault/redirect-chain/3/x.jpg` redirects three times before the picture."""
    left = int(request.path.split("/")[3])
    if left == 0:
        yield answer(shop.picture_for(request))
    else:
        target = f"/fault/redirect-chain/{left - 1}/{request.path.rpartition('/')[2]}"
        yield answer(b"", status=301, kind="text/plain", headers=[("Location", target)])


def _html(request: Request, shop: Shop) -> Iterator[Step]:
    yield answer(HOME_PAGE, kind="text/html; charset=utf-8")


def _html_as_image(request: Request, shop: Shop) -> Iterator[Step]:
    yield answer(HOME_PAGE, kind="image/jpeg")


def _endless_body(request: Request, shop: Shop) -> Iterator[Step]:
    yield head(200, [("Content-Type", "image/jpeg"), ("Connection", "close")])
    while True:
        yield _CHUNK


def _endless_headers(request: Request, shop: Shop) -> Iterator[Step]:
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"X-More: " + b"m" * 4000 + b"\r\n"


def _large_headers(request: Request, shop: Shop) -> Iterator[Step]:
    yield answer(shop.picture_for(request), headers=[(f"X-{n}", "m" * 4000) for n in range(40)])


def _slow_body(request: Request, shop: Shop) -> Iterator[Step]:
    """Ten bytes at a time, ten times a second."""
    picture = shop.picture_for(request)
    yield head(200, [("Content-Type", "image/jpeg"), ("Content-Length", str(len(picture)))])
    for start in range(0, len(picture), 10):
        yield picture[start : start + 10]
        yield 0.1


def _fast_then_slow(request: Request, shop: Shop) -> Iterator[Step]:
    """As many bytes as the query's `n` says (or four million) at once, then 5,000 a second."""
    n_bytes = int(request.query.get("n", "4000000"))
    yield head(200, [("Content-Type", "image/jpeg"), ("Content-Length", str(n_bytes + 1_000_000))])
    for _ in range(0, n_bytes, len(_CHUNK)):
        yield _CHUNK
    while True:
        yield bytes(500)
        yield 0.1


def _slow_start(request: Request, shop: Shop) -> Iterator[Step]:
    """A well answer, after as many seconds as the query's `wait` says (or a minute)."""
    yield float(request.query.get("wait", "60"))
    yield answer(shop.picture_for(request))


def _truncated(request: Request, shop: Shop) -> Iterator[Step]:
    """Half of the picture, with an honest length."""
    picture = shop.picture_for(request)
    yield answer(picture[: len(picture) // 2])


def _short_body(request: Request, shop: Shop) -> Iterator[Step]:
    """The length of the whole picture, half of its bytes, and the connection closed."""
    picture = shop.picture_for(request)
    yield head(200, [("Content-Type", "image/jpeg"), ("Content-Length", str(len(picture)))])
    yield picture[: len(picture) // 2]
    yield Ending.CLOSE


def _declared_large(request: Request, shop: Shop) -> Iterator[Step]:
    yield head(200, [("Content-Type", "image/jpeg"), ("Content-Length", str(10**12))])
    while True:
        yield _CHUNK


def _bad_length(request: Request, shop: Shop) -> Iterator[Step]:
    """A length that is less than what comes: the rest is noise on a kept connection."""
    picture = shop.picture_for(request)
    yield head(200, [("Content-Type", "image/jpeg"), ("Content-Length", str(len(picture) // 2))])
    yield picture
    yield Ending.CLOSE


def _gzip(request: Request, shop: Shop) -> Iterator[Step]:
    """The picture, compressed though nobody asked for it."""
    yield answer(gzip.compress(shop.picture_for(request)), headers=[("Content-Encoding", "gzip")])


def _gzip_bomb(request: Request, shop: Shop) -> Iterator[Step]:
    yield answer(gzip_bomb(), headers=[("Content-Encoding", "gzip")])


def _png_bomb(request: Request, shop: Shop) -> Iterator[Step]:
    yield answer(png_bomb(), kind="image/png")


def _reset(request: Request, shop: Shop) -> Iterator[Step]:
    picture = shop.picture_for(request)
    yield head(200, [("Content-Type", "image/jpeg"), ("Content-Length", str(len(picture)))])
    yield picture[: len(picture) // 2]
    yield 0.02
    yield Ending.RESET


def _reset_at_once(request: Request, shop: Shop) -> Iterator[Step]:
    yield Ending.RESET


def _empty_reply(request: Request, shop: Shop) -> Iterator[Step]:
    yield Ending.CLOSE


def _not_http(request: Request, shop: Shop) -> Iterator[Step]:
    yield b"220 mail.shop.test ESMTP ready\r\n"
    yield Ending.CLOSE


def _chunked(request: Request, shop: Shop) -> Iterator[Step]:
    """A well answer in pieces, without a length."""
    picture = shop.picture_for(request)
    yield head(200, [("Content-Type", "image/jpeg"), ("Transfer-Encoding", "chunked")])
    for start in range(0, len(picture), 5000):
        piece = picture[start : start + 5000]
        yield b"%x\r\n" % len(piece) + piece + b"\r\n"
    yield b"0\r\n\r\n"


def _with_etag(request: Request, shop: Shop) -> Iterator[Step]:
    """A picture with an ETag and a date; 304 to a client that has them."""
    picture = shop.picture_for(request)
    tag = f'"{zlib.crc32(picture):08x}"'
    if request.headers.get("if-none-match") == tag:
        yield head(304, [("ETag", tag)])
    else:
        yield answer(picture, headers=[("ETag", tag), ("Last-Modified", "Sat, 01 Nov 2025 08:00:00 GMT")])


def _says(*headers: tuple[str, str]) -> Fault:
    """The picture, with headers."""

    def fault(request: Request, shop: Shop) -> Iterator[Step]:
        yield answer(shop.picture_for(request), headers=headers)

    return fault


def _block(data: bytes) -> bytes:
    """A piece of a raw deflate stream that can stand anywhere in one."""
    packer = zlib.compressobj(9, wbits=-15)
    return packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)


def _zeros(n_bytes: int) -> bytes:
    """A raw deflate stream of so many zeros; one block again and again, so that making it costs no time."""
    size = 1_000_000
    block = _block(bytes(size))
    rest = zlib.compressobj(9, wbits=-15)
    return block * (n_bytes // size) + rest.compress(bytes(n_bytes % size)) + rest.flush(zlib.Z_FINISH)


@cache
def gzip_bomb(n_bytes: int = 2_000_000_000) -> bytes:
    """A gzip stream of two gigabytes that begin like a JPEG: about two megabytes, its checksum wrong."""
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + _block(_JPEG_MARK) + _zeros(n_bytes) + bytes(8)


@cache
def png_bomb(side: int = 13_000) -> bytes:
    """A PNG of `side` x `side` black pixels, 8 bits a channel: 169 megapixels in about 500 kB."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    n_bytes = side * (1 + 3 * side)
    adler = (n_bytes % 65_521) << 16 | 1
    data = b"\x78\xda" + _zeros(n_bytes) + struct.pack(">I", adler)
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


FAULTS: Mapping[str, Fault] = {
    "404": _status(404),
    "410": _status(410),
    "403": _status(403),
    "429": _status(429),
    "429-day": _status(429, ("Retry-After", "86400")),
    "429-seconds": _first(429, _in_a_second),
    "429-date": _first(429, _at_a_date),
    "500": _status(500),
    "503": _status(503),
    "500-then-200": _first(500),
    "204": _status(204),
    "redirect": _redirect_to,
    "redirect-chain": _redirect_chain,
    "redirect-loop": _redirect_loop,
    "redirect-to-html": _redirect("/"),
    "redirect-to-canary": _redirect_to_canary,
    "redirect-to-link-local": _redirect("http://169.254.169.254/latest/meta-data/"),
    "redirect-to-file": _redirect("file:///etc/passwd"),
    "redirect-nowhere": _status(302),
    "html": _html,
    "html-as-image": _html_as_image,
    "endless-body": _endless_body,
    "endless-headers": _endless_headers,
    "large-headers": _large_headers,
    "slow-body": _slow_body,
    "fast-then-slow": _fast_then_slow,
    "slow-start": _slow_start,
    "truncated": _truncated,
    "short-body": _short_body,
    "declared-large": _declared_large,
    "bad-length": _bad_length,
    "gzip": _gzip,
    "gzip-bomb": _gzip_bomb,
    "png-bomb": _png_bomb,
    "reset": _reset,
    "reset-at-once": _reset_at_once,
    "empty-reply": _empty_reply,
    "not-http": _not_http,
    "chunked": _chunked,
    "etag": _with_etag,
    "noai": _says(("X-Robots-Tag", "noai")),
    "noindex-for-others": _says(("X-Robots-Tag", "otherbot: noindex")),
    "tdm-reserved": _says(("tdm-reservation", "1")),
}
"""From a fault's name to what the server then does."""
