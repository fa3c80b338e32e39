"""What each character is to the n-grams: a letter (and its folded form), a separator, or nothing."""

import unicodedata
from functools import cache

import numpy as np
from numpy.typing import NDArray

SEPARATOR = 0
"""Folded form of all that parts words: white space, punctuation, symbols."""

DROPPED = 1
"""Folded form of what is left out without parting a word, such as soft hyphens and joiners."""

IDEOGRAPH = 1 << 21
"""Bit of a folded form: the character is a word of its own, since its script has no spaces between words."""

TABLE_SIZE = 0x20000
"""Characters from here on are rare ideographs; the kernels take them as they are."""

_IDEOGRAPHS = ((0x3005, 0x3008), (0x3040, 0x3100), (0x31F0, 0x3200), (0x3400, 0x4DC0), (0x4E00, 0xA000))
_UNCHANGED = ((0x3400, 0x4DC0), (0x4E00, 0x9FE0), (0xAC00, 0xD7A4))  # letters known without a look at each
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)


@cache
def fold_table() -> NDArray[np.uint32]:
    """The folded form of each character below TABLE_SIZE.

    Letters, digits and marks fold to one character, lower-case and without compatibility forms (full-width,
    superscript, mathematical letters), so that a text has the n-grams of its upper-case or full-width twin.
    """
    table = np.zeros(TABLE_SIZE, np.uint32)
    for start, stop in _UNCHANGED:
        table[start:stop] = np.arange(start, stop)
    for code in np.flatnonzero(table == 0).tolist():
        table[code] = _fold(code)
    for start, stop in _IDEOGRAPHS:
        table[(table >= start) & (table < stop)] |= IDEOGRAPH
    table.setflags(write=False)
    return table


def _fold(code: int) -> int:
    character = chr(code)
    category = unicodedata.category(character)
    if category[0] == "C" or code in _VARIATION_SELECTORS:
        return SEPARATOR if category in {"Cc", "Cn", "Co", "Cs"} else DROPPED
    folded = _one_character(character)
    return ord(folded) if unicodedata.category(folded)[0] in "LMN" else SEPARATOR


def _one_character(character: str) -> str:
    """The folded form where it is one character, marks on it aside; else the lower-case one, else itself."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", character).casefold())
    for form in (folded, character.lower()):
        if all(map(unicodedata.combining, form[1:])):
            return form[0]
    return character
