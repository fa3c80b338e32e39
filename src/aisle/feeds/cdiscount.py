"""Cdiscount's products: BSON documents one after the other, each with its images within."""

import struct
from collections.abc import Iterator
from typing import Any

import bson
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.errors import BSONError

from aisle.feeds.batch import Block
from aisle.feeds.formats import MAX_DOCUMENT_BYTES, MIN_DOCUMENT_BYTES
from aisle.feeds.layout import on_one_line
from aisle.feeds.objects import BREAKS_OFF, BlockMaker, rest_is_missing
from aisle.feeds.source import Source

_NO_BSON = "no BSON document"
_CUT_OFF = rest_is_missing("the document is cut off")
_OPTIONS: CodecOptions[dict[str, Any]] = CodecOptions(
    datetime_conversion=DatetimeConversion.DATETIME_AUTO, tz_aware=True
)


def read_cdiscount(source: Source, block_rows: int) -> Iterator[Block]:
    """Read documents; one that is broken within costs itself, one whose length is broken costs the rest."""
    maker = BlockMaker(source.address, block_rows)
    number = 0
    while length := source.read(4):
        number += 1
        n_bytes = struct.unpack("<i", length)[0] if len(length) == 4 else MIN_DOCUMENT_BYTES
        if not MIN_DOCUMENT_BYTES <= n_bytes <= MAX_DOCUMENT_BYTES:
            maker.reject(
                number,
                BREAKS_OFF,
                f"a document of {n_bytes:,} bytes cannot be; the rest of the file is left out",
            )
            break
        document = length + source.read(n_bytes - 4)
        if len(document) < n_bytes:
            maker.reject(number, BREAKS_OFF, _CUT_OFF, document)
            break
        _add(maker, number, document)
        if maker.is_full:
            yield maker.take()
    else:
        if source.fault:
            maker.reject(number + 1, BREAKS_OFF, rest_is_missing(source.fault))
    yield maker.take()


def _add(maker: BlockMaker, number: int, document: bytes) -> None:
    try:
        record = bson.decode(document, _OPTIONS)
    except BSONError as error:
        maker.reject(number, _NO_BSON, f"is not BSON: {on_one_line(str(error))}", document)
        return
    images = _pictures(record.get("imgs"))
    if images is not None:
        del record["imgs"]
    maker.add(number, record, len(document), images or ())


def _pictures(images: Any) -> list[bytes] | None:
    """The bytes of each image, or None where this is no list of images."""
    if not isinstance(images, list) or not all(isinstance(image, dict) for image in images):
        return None
    pictures = [image.get("picture") for image in images]
    return pictures if all(isinstance(picture, bytes) for picture in pictures) else None
