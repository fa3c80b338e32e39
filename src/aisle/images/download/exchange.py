"""An answer: what a server said, and the body that it sent."""

from dataclasses import dataclass, field

from aisle.images.download.headers import NO_HEADERS, Headers


def is_sendable(text: str) -> bool:
    """It may stand in a header that we send: printable ASCII, so it is one line and read alike by all."""
    return text.isascii() and text.isprintable()


def validator(text: str) -> str:
    """An ETag or a date as it may be sent back; empty where it may not."""
    return text if is_sendable(text) else ""


SMALL_BYTES = 2048
"""Pieces of fewer bytes are put together."""
_FULL_BYTES = 16 * 1024


class Body:
    """Bytes in the pieces that they came in, so that they are copied once: to where they are wanted.

    Small pieces are put together, or a server that sends single bytes would cost many times their memory.
    """

    __slots__ = ("n_bytes", "pieces")

    def __init__(self) -> None:
        self.n_bytes = 0
        self.pieces: list[bytes | bytearray] = []

    def __len__(self) -> int:
        return self.n_bytes

    def __bytes__(self) -> bytes:
        return b"".join(self.pieces)

    def start(self, n_bytes: int) -> bytes | bytearray:
        """The first bytes: so many at least, if that many came."""
        first = self.pieces[0] if self.pieces else b""
        return first if len(first) >= n_bytes else bytes(self)

    def append(self, piece: bytes) -> None:
        """Add what follows."""
        self.n_bytes += len(piece)
        if len(piece) >= SMALL_BYTES:
            self.pieces.append(piece)
            return
        last = self.pieces[-1] if self.pieces else None
        if isinstance(last, bytearray) and len(last) < _FULL_BYTES:
            last += piece
        else:
            self.pieces.append(bytearray(piece))

    def clear(self) -> None:
        """Let go of all bytes."""
        self.n_bytes = 0
        self.pieces.clear()


@dataclass(slots=True)
class Answer:
    """What a server said, as far as it was listened to.

    Args:
        status, reason: why the request was ended early, or why it failed; empty where it did not.
        is_discarded: the body, or the rest of it, is of no interest and was not kept.
        packing: how the body is compressed until it is whole, see `unpacking`; empty where it is not.
    """

    http_status: int = 0
    headers: Headers = NO_HEADERS
    body: Body = field(default_factory=Body)
    status: str = ""
    reason: str = ""
    is_discarded: bool = False
    packing: str = ""
