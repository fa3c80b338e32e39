"""The bytes of one feed, from any address, decompressed, forward only; and where they broke off."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from aisle.core.addresses import open_address, reaching, unreadable
from aisle.core.errors import AisleError
from aisle.feeds.decompress import COMPRESSIONS, BrokenStreamError, decompress
from aisle.feeds.watched import WatchedFile

_CHUNK_BYTES = 1 << 18


class Source:
    """An open feed.

    `fault` says why the bytes ended before their end, once they did; it is empty otherwise.

    Args:
        encoding: that its text has if it has no byte-order mark; "" for the usual ones.
    """

    def __init__(self, address: str, raw: BinaryIO, encoding: str = "") -> None:
        self.address = address
        self.encoding = encoding
        self.fault = ""
        self._raw = raw
        self._ahead = b""
        self._at = 0  # where in `_ahead` the next byte is
        self._chunks = self._open_chunks()

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, or all that are left, without moving on."""
        self._fill(size)
        return self._ahead[self._at : self._at + size]

    def read(self, size: int) -> bytes:
        """The next `size` bytes, or all that are left; empty at the end.

        Raises:
            AisleError: the file can no longer be read.
        """
        self._fill(size)
        found = self._ahead[self._at : self._at + size]
        self._at += len(found)
        return found

    @contextmanager
    def seekable(self) -> Iterator[WatchedFile]:
        """The whole feed as a file to move about in; one that is compressed goes through a temporary file.

        Raises:
            AisleError: the compressed bytes break off; or, as the block ends, the file could not be read on.
        """
        if not self._compression:
            self._raw.seek(0)
            file = WatchedFile(self._raw)
            try:
                yield file
            finally:
                if file.error is not None:
                    raise unreadable(self.address, file.error) from file.error
            return
        with tempfile.TemporaryFile() as unpacked:
            while data := self.read(_CHUNK_BYTES):
                unpacked.write(data)
            if self.fault:
                raise AisleError(f"{self.address}: {self.fault}; fetch the file again")
            unpacked.seek(0)
            yield WatchedFile(cast(BinaryIO, unpacked))

    def _open_chunks(self) -> Iterator[bytes]:
        with reaching(self.address):
            head = self._raw.read(4)
            self._raw.seek(0)
        self._compression = next((c for c, magic in COMPRESSIONS.items() if head.startswith(magic)), "")
        return decompress(self._raw, self._compression, _CHUNK_BYTES)

    def _fill(self, size: int) -> None:
        missing = size - (len(self._ahead) - self._at)
        if missing <= 0:
            return
        parts = [self._ahead[self._at :]]
        while missing > 0 and (chunk := self._next_chunk()):
            parts.append(chunk)
            missing -= len(chunk)
        self._ahead, self._at = b"".join(parts), 0

    def _next_chunk(self) -> bytes:
        with reaching(self.address):
            try:
                return next(self._chunks, b"")
            except BrokenStreamError as error:
                self.fault = str(error)
        return b""


@contextmanager
def open_source(address: str, encoding: str = "") -> Iterator[Source]:
    """Open a feed at a path or any address that fsspec knows.

    Args:
        encoding: as Source.

    Raises:
        AisleError: there is no such file, or no way to it.
    """
    with open_address(address) as raw:
        yield Source(address, cast(BinaryIO, raw), encoding)
