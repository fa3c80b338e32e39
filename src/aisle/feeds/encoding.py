"""Text of any encoding to UTF-8, bad characters left in as bytes that are not UTF-8."""

import codecs
import re
from collections.abc import Callable

from aisle.core.errors import AisleError
from aisle.feeds.source import Source

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)  # the first begins like one of UTF-16
_NO_TEXT = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape"})
"""What Python calls encodings, and no file is written in."""
_NOT_UTF8 = b"\xff"
_HEAD_BYTES = 64
_LEAST_BYTES = 8
_XML_HEAD_BYTES = 1024
_DECLARED = re.compile(rb"\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([A-Za-z0-9._:-]+)")
_AS_IT_IS = ("utf-8", "ascii")
_REPLACED = "\ufffd".encode()


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


def utf8_reader(source: Source, declared: str = "") -> Callable[[int], bytes]:
    """A function that reads about so many bytes of the source as UTF-8, without its byte-order mark.

    A mark says more than the encoding that the user named for the source, and that more than what the text
    declares. UTF-16 is known as `utf16_of` says, too. Half a surrogate pair, half a character or what has no
    meaning in the encoding comes out as bytes that no UTF-8 text holds, so that whoever looks for such bytes
    finds the row.

    Args:
        declared: the encoding that the text says it has, or "".
    """
    head = source.peek(_HEAD_BYTES)
    if head[:3] == codecs.BOM_UTF8:
        source.read(len(codecs.BOM_UTF8))
        return source.read
    is_marked = head.startswith(_UTF16_MARKS)
    marked = "utf-32" if head.startswith(_UTF32_MARKS) else "utf-16" if is_marked else ""
    name = codec_of(marked or source.encoding or utf16_of(head) or declared or "utf-8")
    if name in ("utf-16", "utf-32") and not marked:
        name += "-le"
    return source.read if name in _AS_IT_IS else _decoded(source, name)


def xml_reader(source: Source) -> Callable[[int], bytes]:
    """As `utf8_reader`, of text that perhaps declares its encoding as XML does.

    Raises:
        AisleError: there is no encoding of that name.
    """
    found = _DECLARED.match(source.peek(_XML_HEAD_BYTES))
    declared = found[1].decode() if found else ""
    if declared and not codec_of(declared):
        raise AisleError(
            f"{source.address}: declares an encoding '{declared}' that nobody knows; name the one that it "
            "has with --encoding NAME"
        )
    # Whose declaration can be read byte by byte has characters of one byte there, whatever it says.
    return utf8_reader(source, "" if codec_of(declared).startswith(("utf-16", "utf-32")) else declared)


def codec_of(encoding: str) -> str:
    """Python's own name of an encoding of text; "" for what is none."""
    try:
        "a".encode(encoding)
        found = codecs.lookup(encoding)
    except (LookupError, ValueError):
        return ""
    return found.name if found.incrementaldecoder and found.name not in _NO_TEXT else ""


def _decoded(source: Source, codec: str) -> Callable[[int], bytes]:
    is_utf16 = codec.startswith("utf-16")
    decoder = codecs.getincrementaldecoder(codec)(errors="surrogatepass" if is_utf16 else "replace")

    def read(size: int) -> bytes:
        while data := source.read(size):
            if text := decoder.decode(data):
                return as_utf8(text)
        left_over, _ = decoder.getstate()
        decoder.reset()
        return _NOT_UTF8 if left_over else b""

    def as_utf8(text: str) -> bytes:
        encoded = text.encode("utf-8", errors="surrogatepass")
        return encoded if is_utf16 else encoded.replace(_REPLACED, _NOT_UTF8)

    return read
