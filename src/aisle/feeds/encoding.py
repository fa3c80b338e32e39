"""Text of any Unicode encoding to UTF-8, bad characters left in as bytes that are not UTF-8."""

import codecs
from collections.abc import Callable

from aisle.feeds.source import Source

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NOT_UTF8 = b"\xff"
_HEAD_BYTES = 64
_LEAST_BYTES = 8


def utf16_of(head: bytes) -> str:
    """The codec of text in UTF-16, told from its first bytes; "" for any other.

    Without a mark it is known by every other byte being zero, as it is where text begins in Latin script; no
    other kind of feed begins so.
    """
    if head.startswith(_UTF16_MARKS):
        return "utf-16"
    first, second = head[:_HEAD_BYTES:2], head[1:_HEAD_BYTES:2]
    if len(head) >= _LEAST_BYTES and not any(second) and all(first):
        return "utf-16-le"
    return "utf-16-be" if len(head) >= _LEAST_BYTES and not any(first) and all(second) else ""


def utf8_reader(source: Source) -> Callable[[int], bytes]:
    """A function that reads about so many bytes of the source as UTF-8, without its byte-order mark.

    UTF-16 is known as `utf16_of` says; half a surrogate pair or half a character comes out as bytes that no
    UTF-8 text holds, so that whoever looks for such bytes finds the row.
    """
    head = source.peek(_HEAD_BYTES)
    if codec := utf16_of(head):
        return _from_utf16(source, codec)
    if head[:3] == codecs.BOM_UTF8:
        source.read(len(codecs.BOM_UTF8))
    return source.read


def _from_utf16(source: Source, codec: str) -> Callable[[int], bytes]:
    decoder = codecs.getincrementaldecoder(codec)(errors="surrogatepass")

    def read(size: int) -> bytes:
        while data := source.read(size):
            if text := decoder.decode(data):
                return text.encode("utf-8", errors="surrogatepass")
        left_over, _ = decoder.getstate()
        decoder.reset()
        return _NOT_UTF8 if left_over else b""

    return read
