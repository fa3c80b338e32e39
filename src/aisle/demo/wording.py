"""Titles and descriptions: a product's facts, told in one language as a merchant's staff would."""

import random
import re
import unicodedata
from dataclasses import dataclass

from aisle.demo.tables import Language, Leaf

_NAMELESS = 0.13
_UNDESCRIBED = 0.36
_MARKED_UP = 0.05
_SHOUTED = 0.03
_MISTYPED = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is to be told of a product, by the keys of the word tables; an empty colour is not told."""

    leaf: str
    brand: str
    line: str
    material: str
    size: str
    colour: str


def tell_title(facts: Facts, words: Language, rng: random.Random) -> str:
    """Write a title. One in eight names the collection but not the thing, as merchants do."""
    template = rng.choice(words.nameless if rng.random() < _NAMELESS else words.titles)
    told = _told(facts, words, rng)
    pieces = [_squeezed(piece.format(**told)) for piece in template.split("/") if _is_told(piece, told)]
    title = _opened(rng.choice(words.separators).join(piece for piece in pieces if piece))
    if rng.random() < _MISTYPED:
        title = _mistyped(title, rng)
    return title.upper() if rng.random() < _SHOUTED else title


def tell_description(facts: Facts, leaf: Leaf, words: Language, rng: random.Random) -> str:
    """Write a description, or none for one product in three; a few carry mark-up."""
    if rng.random() < _UNDESCRIBED:
        return ""
    sentences = []
    if rng.random() < 0.6:
        opening = rng.choice(words.openings).format(**_told(facts, words, rng))
        sentences.append(_opened(_squeezed(opening)))
    if rng.random() < 0.7:
        sentences.append(rng.choice(words.sentences[facts.leaf]))
    sentences += rng.sample(words.families[leaf.family], rng.choice([0, 1, 1, 2]))
    sentences += rng.sample(words.general, rng.choice([0, 1, 1]))
    if rng.random() < _MARKED_UP:
        return "".join(f"<p>{sentence.replace('&', '&amp;')}</p>" for sentence in sentences)
    return " ".join(sentences)


def slug(title: str) -> str:
    """The title as an address spells it."""
    plain = unicodedata.normalize("NFKD", title.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _told(facts: Facts, words: Language, rng: random.Random) -> dict[str, str]:
    """The facts in the language's own words."""
    return {
        "brand": facts.brand,
        "line": facts.line,
        "noun": rng.choice(words.nouns[facts.leaf]),
        "material": words.materials[facts.material],
        "size": _size(facts.size, words),
        "colour": words.colours.get(facts.colour, ""),
    }


def _size(size: str, words: Language) -> str:
    """Translate the unit, and write decimals as the language does."""
    translated = " ".join(words.units.get(word, word) for word in size.split())
    return translated if words.units["size"] == "size" else re.sub(r"(\d)\.(\d)", r"\1,\2", translated)


def _is_told(piece: str, told: dict[str, str]) -> bool:
    """A piece of a title falls away with its colour: `color {colour}` would say nothing."""
    return "{colour}" not in piece or bool(told["colour"]) or "{noun}" in piece


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _opened(text: str) -> str:
    """The same text with a capital first letter."""
    return text[:1].upper() + text[1:]


def _mistyped(title: str, rng: random.Random) -> str:
    """Swap two neighbouring letters inside a word."""
    pairs = [match.start() for match in re.finditer(r"(?<=\w)[^\W\d_](?=[^\W\d_])", title)]
    if not pairs:
        return title
    at = rng.choice(pairs)
    return title[:at] + title[at + 1] + title[at] + title[at + 2 :]
