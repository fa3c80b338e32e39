"""Records that name their own fields (JSON, BSON, XML) to columns of text."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from aisle.core.offsets import arrow_offsets
from aisle.core.schemas import MAX_EXCERPT, Rejected
from aisle.feeds.batch import Block
from aisle.feeds.layout import known_field
from aisle.feeds.links import split_links

Record = Mapping[str, Any]

MAX_RECORD_BYTES = 1 << 23
"""No record of text is longer; what is longer was made by accident, such as a quote that never closes."""

BREAKS_OFF = "the file breaks off"
"""The kind of the last record of a file that is not whole: all that follows is lost."""

TOO_LONG = f"the record does not end within {MAX_RECORD_BYTES:,} bytes"

_BLOCK_BYTES = 1 << 25


def rest_is_missing(why: str) -> str:
    """The reason for putting aside the last record of a file that breaks off."""
    return f"{why}; the rest of the file is missing"


class BlockMaker:
    """Gathers records until there are enough for a block, by their number or their size."""

    def __init__(self, address: str, block_rows: int) -> None:
        self._address = address
        self._block_rows = block_rows
        self._columns = ColumnMaker()
        self._start()

    def _start(self) -> None:
        self._records: list[Record] = []
        self._lines: list[int] = []
        self._images: list[Sequence[bytes]] = []
        self._rejected: list[Rejected] = []
        self._n_bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether it is time to `take` a block."""
        n_records = len(self._records) + len(self._rejected)
        return n_records >= self._block_rows or self._n_bytes >= _BLOCK_BYTES

    def add(self, line: int, record: Record, n_bytes: int, images: Sequence[bytes] = ()) -> None:
        """Add a record of about `n_bytes`; `line` is its `source_line`."""
        self._records.append(record)
        self._lines.append(line)
        self._images.append(images)
        self._n_bytes += n_bytes

    def reject(self, line: int, kind: str, reason: str, text: bytes | str = b"") -> None:
        """Put aside a record that cannot be read; `text` is what stands there, or its beginning."""
        if isinstance(text, bytes):
            text = text[: 4 * MAX_EXCERPT].decode(errors="replace")
        self._rejected.append(Rejected(file=self._address, line=line, kind=kind, reason=reason, text=text))

    def take(self) -> Block:
        """The block of all that was gathered since the last one."""
        records = self._records
        names, columns = self._columns.columns(records)
        block = Block(
            names=names,
            columns=columns,
            lines=np.array(self._lines, np.int64),
            rejected=self._rejected,
            excerpt=lambda row: as_text(records[row]).encode(errors="replace").decode(),
            image_bytes=pa.array(self._images, pa.list_(pa.large_binary())) if any(self._images) else None,
        )
        self._start()
        return block


class ColumnMaker:
    """Makes columns of records, block after block: a column once seen stays; so does one of lists."""

    def __init__(self) -> None:
        self._is_list: dict[str, bool] = {}

    def columns(self, records: Sequence[Record]) -> tuple[tuple[str, ...], list[pa.Array]]:
        """The names of all columns so far, and each as `string` or `list<string>` of (records,).

        A value that is no text becomes what JSON writes for it, and null the empty text; a text where others
        have a list is a list of one. What cannot be written as UTF-8 comes out as bytes that are not UTF-8.
        """
        for record in records:
            for name in record:
                self._is_list.setdefault(name, False)
        columns = []
        for name in self._is_list:
            values: list[Any] = [record.get(name) for record in records]
            kinds = set(map(type, values))
            self._is_list[name] |= list in kinds
            if self._is_list[name]:
                alone = split_links if known_field(name) == "additional_image_link" else _list_of_one
                columns.append(_list_column([_texts(value, alone) for value in values]))
            elif kinds == {str}:
                columns.append(_text_column(values))
            else:
                columns.append(_text_column([as_text(value) for value in values]))
        return tuple(name.encode(errors="replace").decode() for name in self._is_list), columns


def as_text(value: Any) -> str:
    """One value as text: 12 is `12`, so is 12.0; True is `true`; null and not-a-number are empty.

    Bytes are text where they are UTF-8, else empty.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, ensure_ascii=False, default=as_text)
    if isinstance(value, bytes):
        return _decoded(value)
    return str(value)


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return ""


def _list_of_one(text: str) -> list[str]:
    return [text] if text else []


def _texts(value: Any, alone: Callable[[str], list[str]]) -> list[str]:
    if isinstance(value, list):
        return [text for item in value if (text := as_text(item))]
    return alone(as_text(value))


def _text_column(texts: Sequence[str]) -> pa.Array:
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:
        raw = pa.array([text.encode("utf-8", "surrogatepass") for text in texts], pa.binary())
        return pa.StringArray.from_buffers(len(raw), *raw.buffers()[1:])


def _list_column(lists: Sequence[Sequence[str]]) -> pa.Array:
    offsets = arrow_offsets([len(one) for one in lists])
    return pa.ListArray.from_arrays(pa.array(offsets), _text_column([text for one in lists for text in one]))
