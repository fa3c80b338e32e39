"""Names of categories: cleaning them, splitting a path into them, comparing them."""

import html
import re
import unicodedata

SEPARATOR = " > "
"""Stands between the names of a path."""

_BLANK = re.compile(r"[\s\x00-\x1f\x7f]+")
_SEPARATOR = re.compile(r"(?:(?<=\s)|^)>(?=\s|$)")
_LOOSE_SEPARATOR = re.compile(r"\s*>\s*")


def clean(text: str) -> str:
    """Make each run of white space and control characters one space, and drop those at the ends.

    Half a character (a lone surrogate, which JSON can hold and UTF-8 cannot) becomes U+FFFD.
    """
    if not text.isascii():
        text = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return _BLANK.sub(" ", text).strip()


def split_path(text: str) -> tuple[str, ...]:
    """The names of a path, cleaned: `Shoes > Boots` has two. Empty names are left out.

    Only a `>` that stands alone separates: `TV >32 inch` is one name.
    """
    names = (clean(part) for part in _SEPARATOR.split(text))
    return tuple(name for name in names if name)


def join_path(names: tuple[str, ...]) -> str:
    """The path as one text: the names with ` > ` between them."""
    return SEPARATOR.join(names)


def holds_separator(name: str) -> bool:
    """Whether a name would be split when its path is written as one text."""
    return ">" in name and _SEPARATOR.search(name) is not None


def fold(text: str) -> str:
    """The text as it is compared: without regard to case or to how accents are encoded."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def fold_path(text: str) -> str:
    """A path's text as it is compared: each name cleaned and folded."""
    return join_path(tuple(fold(name) for name in split_path(text)))


def unescape_path(text: str) -> str:
    """A path as careless feeds mean it: HTML entities resolved, every `>` a separator."""
    return _LOOSE_SEPARATOR.sub(SEPARATOR, html.unescape(text))
