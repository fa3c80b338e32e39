"""The formats that a feed can have, and how to tell which one it has."""

from pathlib import PurePosixPath

from aisle.core.errors import AisleError
from aisle.core.registry import Registry
from aisle.feeds.source import Source

FEED_FORMATS = Registry(
    "feed format",
    {
        "delimited": "aisle.feeds.delimited:read_delimited",
        "jsonl": "aisle.feeds.json_lines:read_json_lines",
    },
)
"""From a format's name to the function `(source, block_rows) -> Iterator[Block]` that reads it."""

_BY_ENDING = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
}
_HEAD_BYTES = 4096


def recognise_format(source: Source) -> str:
    """The name in FEED_FORMATS of what a feed holds, told from its first bytes, then from the file's name.

    Raises:
        AisleError: it holds something that is no feed.
    """
    head = source.peek(_HEAD_BYTES)
    text = (
        head.removeprefix(b"\xef\xbb\xbf")
        .replace(b"\0", b"")
        .removeprefix(b"\xff\xfe")
        .removeprefix(b"\xfe\xff")
    )
    text = text.lstrip()
    if text.startswith(b"{"):
        return "jsonl"
    if text.startswith(b"["):
        raise AisleError(f"{source.address}: is one JSON array; write one object a line")
    endings = [suffix.lower() for suffix in PurePosixPath(source.address).suffixes]
    return next((_BY_ENDING[e] for e in reversed(endings) if e in _BY_ENDING), "delimited")
