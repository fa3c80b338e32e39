"""Bytes out of gzip and zstd in small steps, up to the place where they break off."""

import zlib
from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa

from aisle.feeds.watched import WatchedFile

COMPRESSIONS = {"gzip": b"\x1f\x8b\x08", "zstd": b"\x28\xb5\x2f\xfd"}
"""What a file of each kind begins with."""

_GZIP_WITH_HEADER = 31


class BrokenStreamError(Exception):
    """The compressed bytes end early or are damaged; all that could be saved was handed out before."""


def decompress(raw: BinaryIO, compression: str, step_bytes: int) -> Iterator[bytes]:
    """What a file holds, in pieces of at most `step_bytes`, however well it was compressed.

    Args:
        compression: a name of COMPRESSIONS, or "" to hand the bytes on as they are.

    Raises:
        BrokenStreamError: after the last piece that could be read.
        OSError: the file itself cannot be read on.
    """
    if compression == "gzip":
        return _gunzip(raw, step_bytes)
    if compression == "zstd":
        return _unzstd(raw, step_bytes)
    return iter(lambda: raw.read(step_bytes), b"")


def _gunzip(raw: BinaryIO, step_bytes: int) -> Iterator[bytes]:
    """Members one after the other, as `cat a.gz b.gz` makes them; zeros behind them are padding."""
    member = zlib.decompressobj(_GZIP_WITH_HEADER)
    data = raw.read(step_bytes)
    while True:
        try:
            found = member.decompress(data, step_bytes)
        except zlib.error as error:
            raise BrokenStreamError(f"the gzip stream is damaged ({error})") from error
        if found:
            yield found
        data = member.unconsumed_tail
        if member.eof:
            data = (member.unused_data or raw.read(step_bytes)).lstrip(b"\0")
            if not data:
                return
            member = zlib.decompressobj(_GZIP_WITH_HEADER)
        elif not data and len(found) < step_bytes:
            data = raw.read(step_bytes)
            if not data:
                raise BrokenStreamError("the gzip stream ends early")


def _unzstd(raw: BinaryIO, step_bytes: int) -> Iterator[bytes]:
    """A failed read gives nothing of what it had; so the last piece is fetched again, byte by byte."""
    file = WatchedFile(raw)
    n_read = 0
    try:
        for found in _zstd_steps(file, step_bytes):
            n_read += len(found)
            yield found
    except OSError as error:
        if file.error is None:
            yield _last_bytes(file, n_read)
        if file.error is not None:
            raise file.error from None
        raise BrokenStreamError(f"the zstd stream ends early or is damaged ({error})") from error


def _zstd_steps(raw: WatchedFile, step_bytes: int) -> Iterator[bytes]:
    stream = pa.CompressedInputStream(pa.PythonFile(raw, "r"), "zstd")
    return iter(lambda: stream.read(step_bytes), b"")


def _last_bytes(raw: WatchedFile, start: int) -> bytes:
    """All that can be had of the stream from its byte `start` on."""
    raw.seek(0)
    stream = pa.CompressedInputStream(pa.PythonFile(raw, "r"), "zstd")
    while start:
        start -= len(stream.read(min(start, 1 << 16)))
    found = bytearray()
    try:
        while byte := stream.read(1):
            found += byte
    except OSError:
        return bytes(found)
    return bytes(found)
