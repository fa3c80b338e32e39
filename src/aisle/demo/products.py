"""Draws up the shop's products: what each is, in which leaf, how it is told, and what its photos show."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from aisle.demo.pictures import PATTERNS, Look
from aisle.demo.tables import Merchant, Tables
from aisle.demo.wording import Facts, slug, tell_description, tell_title

_IN_VARIANTS = 0.10
_OWN_BRAND = 0.22
_CENTS = ("00", "50", "90", "95")
_PHOTO_KINDS = ("jpg", "jpg", "jpg", "jpg", "jpg", "webp", "png")


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """One image of a product, not taken yet.

    Args:
        path: of its file below the folder of photos, which a server shows.
        number: tells photos of one look apart; photos alike in look, number and pixels are the same bytes.
        pixels: the side of the square.
        fault: what is wrong with the file or its server, one of `photos.FAULTS` or `web.FAULTS`; else empty.
    """

    path: str
    look: Look
    number: int
    pixels: int
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One row of a merchant's feed, and what is true of it.

    Args:
        leaf: the key of the leaf where it belongs, whatever its label says.
        category: the merchant's own word for where it belongs.
        label: the id of the node that the feed claims; empty for none.
        group: the merchant's id for a group of variants; empty for none.
        price: in euros.
        troubles: what was done to it; see trouble.py.
    """

    merchant: str
    id: str
    leaf: str
    language: str
    title: str
    description: str
    brand: str
    link: str
    category: str
    label: str
    group: str
    price: str
    photos: tuple[Photo, ...]
    troubles: tuple[str, ...] = ()


def draw_listings(tables: Tables, merchant: Merchant, count: int, rng: random.Random) -> list[Listing]:
    """Draw up `count` listings of one merchant, all of them right and complete but for untold facts."""
    maker = _draw_products(tables, merchant, rng)
    return [next(maker) for _ in range(count)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Variant:
    """One colour and size of a product; `group` is empty where there is no other."""

    facts: Facts
    look: Look
    language: str
    group: str


def _draw_products(tables: Tables, merchant: Merchant, rng: random.Random) -> Iterator[Listing]:
    """Listings without end; one product in ten comes as a group of two or three variants."""
    number = 10_000 + rng.randrange(1000)
    keys = list(tables.leaves)
    shares = [tables.leaves[key].share for key in keys]
    while True:
        leaf = rng.choices(keys, shares)[0]
        facts, look = _facts(tables, leaf, rng), _look(tables, leaf, rng)
        language = rng.choices(list(merchant.languages), list(merchant.languages.values()))[0]
        n_variants = rng.choice([2, 3]) if rng.random() < _IN_VARIANTS else 1
        group = f"G{number}" if n_variants > 1 else ""
        for _ in range(n_variants):
            number += rng.randrange(1, 4)
            facts, look = _varied(tables, facts, look, rng)
            variant = _Variant(facts=facts, look=look, language=language, group=group)
            yield _listing(tables, merchant, variant, number, rng)


def _facts(tables: Tables, key: str, rng: random.Random) -> Facts:
    leaf = tables.leaves[key]
    family = "any" if rng.random() < _OWN_BRAND else leaf.family
    return Facts(
        leaf=key,
        brand=rng.choice(tables.brands[family]),
        line=rng.choice(tables.lines),
        material=rng.choice(leaf.materials),
        size="",
        colour="",
    )


def _look(tables: Tables, key: str, rng: random.Random) -> Look:
    patterned = tables.leaves[key].patterned and rng.random() < 0.45
    return Look(
        leaf=key,
        shape=rng.choice(list(tables.silhouettes[key])),
        colour="",
        trim="",
        pattern=rng.choice(PATTERNS) if patterned else "",
    )


def _varied(tables: Tables, facts: Facts, look: Look, rng: random.Random) -> tuple[Facts, Look]:
    """The same product in another colour and size."""
    leaf = tables.leaves[facts.leaf]
    colour, trim = rng.sample(tables.palettes[leaf.palette], 2)
    told = "" if leaf.silent else colour
    return replace(facts, size=rng.choice(leaf.sizes), colour=told), replace(look, colour=colour, trim=trim)


def _listing(
    tables: Tables, merchant: Merchant, variant: _Variant, number: int, rng: random.Random
) -> Listing:
    facts = variant.facts
    leaf, words = tables.leaves[facts.leaf], tables.languages[variant.language]
    product_id = merchant.id.format(number=number)
    title = tell_title(facts, words, rng)
    return Listing(
        merchant=merchant.name,
        id=product_id,
        leaf=facts.leaf,
        language=variant.language,
        title=title,
        description=tell_description(facts, leaf, words, rng),
        brand=facts.brand if rng.random() < 0.8 else "",
        link=merchant.link.format(id=product_id, slug=slug(title)),
        category=merchant.categories[facts.leaf] if rng.random() < 0.85 else "",
        label=leaf.id if rng.random() < merchant.labelled else "",
        group=variant.group,
        price=f"{leaf.price * rng.uniform(0.6, 1.6):.0f}.{rng.choice(_CENTS)}",
        photos=_photos(merchant, product_id, variant.look, rng),
    )


def _photos(merchant: Merchant, product_id: str, look: Look, rng: random.Random) -> tuple[Photo, ...]:
    """One photo, or two or three for one product in eight."""
    count = rng.choice([2, 2, 3]) if rng.random() < 0.12 else 1
    kind = rng.choice(_PHOTO_KINDS)
    return tuple(
        Photo(
            path=f"{merchant.name}/{product_id}{f'-{place}' if place else ''}.{kind}",
            look=look,
            number=rng.randrange(2**31),
            pixels=merchant.pixels,
        )
        for place in range(count)
    )
