"""Text as a shopper reads it: entities unescaped, mark-up dropped, white space collapsed."""

import html
import re

import pyarrow as pa
import pyarrow.compute as pc

_ODD_SPACE = (
    r"\t\n\v\f\r\x{1c}-\x{1f}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
)
_MARKED = "[&<]"
_TROUBLED = f"{_MARKED}|[{_ODD_SPACE}]|  |^ | $"
_SPACES = f"[ {_ODD_SPACE}]+"

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<[!?][^<>]*>")
_BLOCKS = (
    (re.compile(r"<!--"), "-->"),
    (re.compile(r"<script\b", re.IGNORECASE), "</script>"),
    (re.compile(r"<style\b", re.IGNORECASE), "</style>"),
)
"""What is dropped with all that stands in it, from its opening to its end."""


def clean(texts: pa.StringArray, *, markup: bool = True) -> pa.StringArray:
    """Unescape entities, drop tags, collapse white space; rows that need none of it cost one scan.

    Args:
        texts: (rows,) without nulls.
        markup: also drop tags; False for labels, whose '>' separates levels.

    Returns:
        (rows,) without nulls.
    """
    troubled = pc.match_substring_regex(texts, _TROUBLED)
    if troubled.true_count == 0:
        return texts
    part = texts.filter(troubled)
    marked = pc.match_substring_regex(part, _MARKED)
    if marked.true_count:
        read = plain_text if markup else _unescaped
        part = pc.replace_with_mask(
            part, marked, pa.array([read(text) for text in part.filter(marked).to_pylist()], pa.string())
        )
    part = pc.utf8_trim(pc.replace_substring_regex(part, _SPACES, " "), " ")
    return pc.replace_with_mask(texts, troubled, part)


def plain_text(text: str) -> str:
    """Drop tags and unescape entities, and once more where escaped mark-up came to light; keep white space.

    Time grows with the length of the text only, whatever stands in it.
    """
    once = _unescaped(_without_tags(text))
    return _unescaped(_without_tags(once)) if once != text else once


def _unescaped(text: str) -> str:
    """Unescape what ends in a semicolon: `AT&TIMES` is no entity."""
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text) if "&" in text else text


def _without_tags(text: str) -> str:
    if "<" not in text:
        return text
    for opening, end in _BLOCKS:
        text = _without_blocks(text, opening, end)
    return _TAG.sub(" ", text)


def _without_blocks(text: str, opening: re.Pattern[str], end: str) -> str:
    """Cut from each opening to the end that follows it; an opening without an end stays."""
    kept: list[str] = []
    at = 0
    lowered = text.lower() if end.isascii() and text.isascii() else text
    while (found := opening.search(text, at)) and (stop := lowered.find(end, found.end())) >= 0:
        kept += (text[at : found.start()], " ")
        at = stop + len(end)
    return "".join((*kept, text[at:]))
