"""Bodies that a server compressed although it was asked not to: unpacked when they are whole.

libcurl could do it as they come, but has no way to wait in the middle of a body that grows a thousandfold.
"""

import zlib

from aisle.images.download.exchange import Answer, Body

_ANY_HEADER = 47
_NO_HEADER = -15
_PACKINGS = frozenset({"gzip", "x-gzip", "deflate"})


def packing_of(answer: Answer) -> str:
    """How the body is compressed, in lower case; empty where it is not."""
    packing = answer.headers.first("content-encoding").strip().lower()
    return "" if packing == "identity" else packing


def can_unpack(packing: str) -> bool:
    """We know this one."""
    return packing in _PACKINGS


def first_bytes(start: bytes | bytearray, n_bytes: int) -> bytes:
    """What the start of a compressed body unpacks to, so many bytes at most; empty where it is broken."""
    try:
        return _unpacker(start).decompress(start, n_bytes)
    except zlib.error:
        return b""


def unpack(answer: Answer, max_bytes: int) -> None:
    """Put the unpacked body in the place of the compressed one, or say why there is none.

    Args:
        max_bytes: more are `too_large`.
    """
    packed, answer.body = answer.body, Body()
    packed.pieces.reverse()
    unpacker = _unpacker(bytes(packed.pieces[-1]) if packed.pieces else b"")
    try:
        while packed.pieces and not unpacker.eof:
            answer.body.append(unpacker.decompress(packed.pieces.pop(), max_bytes + 1 - len(answer.body)))
            if len(answer.body) > max_bytes:
                answer.status, answer.reason = "too_large", f"more than {max_bytes} bytes"
                return
    except zlib.error:
        answer.status, answer.reason = "undecodable", "the body's compression is broken"
        return
    if not unpacker.eof:
        answer.status, answer.reason = "truncated", "the compressed body ends too early"


def _unpacker(start: bytes | bytearray) -> "zlib._Decompress":
    """What unpacks a body that begins so; some servers leave the header out of `deflate`."""
    has_header = start[:2] == b"\x1f\x8b" or (len(start) > 1 and start[0] & 15 == 8 and not _word(start) % 31)
    return zlib.decompressobj(_ANY_HEADER if has_header else _NO_HEADER)


def _word(start: bytes | bytearray) -> int:
    return int.from_bytes(start[:2], "big")
