"""The finished rows of a shard that is not yet whole, on disk: memory stays flat and a kill costs little.

An append-only file of records, each with its lengths and a checksum; what follows the last whole record is
the trace of a kill and is cut off.
"""

import json
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

_HEAD = struct.Struct("<III")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What became of one address: an image record, and what was measured, under their columns' names.

    Args:
        row: its place in the shard's part of the list of addresses.
        jpeg: the picture, or empty.
        finished_at: seconds since 1970.
    """

    row: int
    record: dict[str, Any]
    jpeg: bytes = b""
    finished_at: float = 0.0
    seconds: float = 0.0
    n_tries: int = 0
    network_address: str = ""


_KNOWN = tuple(field.name for field in fields(Row) if field.name != "jpeg")


class Spool:
    """The file of one shard; whatever whole rows it holds already are kept.

    Args:
        path: of the file; made where there is none.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("a+b")
        self._pictures: dict[int, tuple[int, int]] = {}
        self._file.truncate(sum(length for _, length in self._records()))

    def append(self, row: Row) -> None:
        """Add a row; it is safe from a kill when this returns, though not from a power cut."""
        text = json.dumps({name: getattr(row, name) for name in _KNOWN}).encode()
        checksum = zlib.crc32(row.jpeg, zlib.crc32(text))
        self._file.write(_HEAD.pack(len(text), len(row.jpeg), checksum) + text + row.jpeg)
        self._file.flush()

    def rows(self) -> Iterator[Row]:
        """Every row, in the order of their coming."""
        for row, _ in self._records():
            yield row

    def rows_without_pictures(self) -> list[Row]:
        """Every row, with an empty JPEG: `picture` reads that when it is wanted."""
        rows = []
        self._file.seek(0)
        while len(head := self._file.read(_HEAD.size)) == _HEAD.size:
            text_length, jpeg_length, _ = _HEAD.unpack(head)
            row = Row(**json.loads(self._file.read(text_length)))
            self._pictures[row.row] = self._file.tell(), jpeg_length
            self._file.seek(jpeg_length, os.SEEK_CUR)
            rows.append(row)
        return rows

    def picture(self, row: Row) -> bytes:
        """The JPEG of a row that `rows_without_pictures` gave."""
        start, length = self._pictures[row.row]
        self._file.seek(start)
        return self._file.read(length)

    def remove(self) -> None:
        """Close and delete the file."""
        self._file.close()
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file and leave it."""
        self._file.close()

    def _records(self) -> Iterator[tuple[Row, int]]:
        """The whole records with their lengths in bytes, up to the first that is not."""
        with self._path.open("rb") as file:
            while len(head := file.read(_HEAD.size)) == _HEAD.size:
                text_length, jpeg_length, checksum = _HEAD.unpack(head)
                text, jpeg = file.read(text_length), file.read(jpeg_length)
                if len(jpeg) < jpeg_length or zlib.crc32(jpeg, zlib.crc32(text)) != checksum:
                    return
                yield Row(**json.loads(text), jpeg=jpeg), _HEAD.size + text_length + jpeg_length
