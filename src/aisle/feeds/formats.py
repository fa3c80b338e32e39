"""The formats that a feed can have, and how to tell which one it has."""

from pathlib import PurePosixPath

from aisle.core.errors import AisleError
from aisle.core.registry import Registry
from aisle.feeds.encoding import utf16_of
from aisle.feeds.source import Source

FEED_FORMATS = Registry(
    "feed format",
    {
        "delimited": "aisle.feeds.delimited:read_delimited",
        "jsonl": "aisle.feeds.json_lines:read_json_lines",
        "parquet": "aisle.feeds.parquet:read_parquet",
        "google-xml": "aisle.feeds.google_xml:read_google_xml",
        "cdiscount-bson": "aisle.feeds.cdiscount:read_cdiscount",
    },
)
"""From a format's name to the function `(source, block_rows) -> Iterator[Block]` that reads it."""

ENDINGS = {
    ".tsv": "delimited",
    ".csv": "delimited",
    ".txt": "delimited",
    ".tab": "delimited",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xml": "google-xml",
    ".rss": "google-xml",
    ".atom": "google-xml",
    ".bson": "cdiscount-bson",
}
"""From the ending of a file's name to what it holds, where its content does not tell."""

MIN_DOCUMENT_BYTES, MAX_DOCUMENT_BYTES = 5, 1 << 26
"""What a document of BSON may say is its length; the shortest is the empty one."""

PACKED_ENDINGS = (".gz", ".gzip", ".zst", ".zstd")
"""Endings of compressed files, behind those of a format."""

_BY_BEGIN = {"{": "jsonl", "<": "google-xml"}
_HEAD_BYTES = 4096
_WEB_PAGES = (b"<!doctype html", b"<html")
_NO_FEEDS = {
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"\xd0\xcf\x11\xe0": "a spreadsheet",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"%PDF": "a PDF",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"7z\xbc\xaf": "a 7z archive",
}


def recognise_format(source: Source) -> str:
    """The name in FEED_FORMATS of what a feed holds, told from its first bytes, then from the file's name.

    Raises:
        AisleError: it holds something that is no feed.
    """
    head = source.peek(_HEAD_BYTES)
    found = _by_content(source.address, head)
    if found:
        return found
    endings = [suffix.lower() for suffix in reversed(PurePosixPath(source.address).suffixes)]
    named = next((ENDINGS[ending] for ending in endings if ending in ENDINGS), "")
    if not named and b"\0" in head and not utf16_of(head):
        known = ", ".join(FEED_FORMATS.names())
        raise AisleError(f"{source.address}: is of no format that is known; write it as one of {known}")
    return named or "delimited"


def _by_content(address: str, head: bytes) -> str:
    """The format that these first bytes can only belong to, or ""."""
    for magic, what in _NO_FEEDS.items():
        if head.startswith(magic):
            raise AisleError(
                f"{address}: is {what}, not a feed; save its products as CSV, or unpack it first"
            )
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:14].lower().startswith(_WEB_PAGES):
        raise AisleError(
            f"{address}: is a web page, not a feed; fetch the feed itself: a page comes in its place where "
            "the address is wrong or wants a log-in"
        )
    if head.startswith(b"PAR1"):
        return "parquet"
    begin = _first_character(head)
    if begin == "[":
        raise AisleError(f"{address}: is one JSON array; write one object a line")
    if begin in _BY_BEGIN:
        return _BY_BEGIN[begin]
    return "cdiscount-bson" if _is_bson(head) else ""


def _first_character(head: bytes) -> str:
    """The first character that is no white space, whatever the encoding."""
    text = head.decode(utf16_of(head) or "utf-8-sig", errors="replace")
    return text.lstrip()[:1]


def _is_bson(head: bytes) -> bool:
    """Whether there is a plausible length, then a type that exists, then a field's name."""
    if len(head) < 7 or utf16_of(head):
        return False
    length, kind, name = int.from_bytes(head[:4], "little"), head[4], head[5:].split(b"\0", 1)[0]
    is_type = 0x01 <= kind <= 0x13 or kind in (0x7F, 0xFF)
    return (
        MIN_DOCUMENT_BYTES <= length <= MAX_DOCUMENT_BYTES
        and is_type
        and 0 < len(name) < 100
        and name.isascii()
    )
