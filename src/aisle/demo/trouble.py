"""What merchants get wrong: each trouble befalls a share of the listings, and is noted on them.

The notes go to truth.tsv, so that tests can ask what became of each.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from aisle.demo.products import Listing
from aisle.taxonomy.tree import Taxonomy

RETIRED = "999"
"""An id that the taxonomy no longer has."""

OUTSIDE = "../../etc/passwd"
"""An image link that is no address, and leaves the folder that it would start from."""

ONCE = (
    "429",
    "429-seconds",
    "500-then-200",
    "redirect-loop",
    "redirect-to-link-local",
    "html-as-image",
    "truncated",
    "short-body",
    "reset",
    "endless-body",
    "gzip-bomb",
    "png-bomb",
    "bad certificate",
    "ftp",
)
"""What one photo each is enough to show: faults of servers, see web.py."""

Change = Callable[[Listing, random.Random], Listing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How much goes wrong, as shares of the listings; the counts are rounded.

    Args:
        wrong_label: the label is another leaf's, two times in three below the same top category.
        inner_label: the label is a node above the leaf.
        retired_label: the label is an id that the taxonomy has no more.
        no_photo: no image is named.
        lost_photo: the image that is named is not there.
        gone_photo: the server says that the image is gone, or forbidden.
        moved_photo: the image's address leads to the shop's home page.
        kept_photo: the server asks not to use the image.
        damaged_photo: the image file is cut short, empty, or a web page.
        outside_photo: the image link is a path that leaves its folder.
        once: faults of a server that befall one photo each.
        n_placeholders: not a share: so many products of the first merchant show one picture for "no image".
        no_text: no title and no description: the image must speak.
        listed_twice: the same id stands twice in one feed; the second row has a new price.
        listed_elsewhere: the same title and photo stand under another id, at the same merchant or another.
    """

    wrong_label: float = 0.02
    inner_label: float = 0.05
    retired_label: float = 0.003
    no_photo: float = 0.06
    lost_photo: float = 0.04
    gone_photo: float = 0.006
    moved_photo: float = 0.01
    kept_photo: float = 0.004
    damaged_photo: float = 0.006
    outside_photo: float = 0.0005
    no_text: float = 0.01
    listed_twice: float = 0.01
    listed_elsewhere: float = 0.02
    once: tuple[str, ...] = ONCE
    n_placeholders: int = 30


def trouble(listings: list[Listing], tree: Taxonomy, shares: Shares, rng: random.Random) -> list[Listing]:
    """Let trouble befall the listings, which are of several merchants and in the order of their feeds.

    Returns:
        The listings in their order, with those that are listed again added further down.
    """
    troubled = list(listings)
    photos = rng.sample(range(len(listings)), len(listings))
    labels = [row for row in photos if listings[row].label]
    rng.shuffle(labels)

    def befall(rows: list[int], share: float, change: Change) -> None:
        for _ in range(_count(share, len(listings))):
            row = rows.pop()
            troubled[row] = change(troubled[row], rng)

    befall(labels, shares.wrong_label, lambda listing, rng: _wrong_label(listing, tree, rng))
    befall(labels, shares.inner_label, lambda listing, rng: _inner_label(listing, tree, rng))
    befall(labels, shares.retired_label, lambda listing, _: _noted(listing, "retired label", label=RETIRED))
    befall(photos, shares.outside_photo, _outside_photo)
    befall(photos, shares.damaged_photo, _damaged_photo)
    befall(photos, shares.lost_photo, lambda listing, _: _with_fault(listing, "lost"))
    befall(photos, shares.gone_photo, lambda listing, rng: _with_fault(listing, rng.choice(["410", "403"])))
    befall(photos, shares.moved_photo, lambda listing, _: _with_fault(listing, "redirect-to-html"))
    befall(
        photos,
        shares.kept_photo,
        lambda listing, rng: _with_fault(listing, rng.choice(["noai", "tdm-reserved"])),
    )
    for fault in shares.once:
        row = photos.pop()
        troubled[row] = _with_fault(_with_one_photo(troubled[row]), fault)
    of_first = [row for row in photos if listings[row].merchant == listings[0].merchant]
    for row in of_first[: min(shares.n_placeholders, len(of_first) // 2)]:
        troubled[row] = _with_fault(_with_one_photo(troubled[row]), "placeholder")
        photos.remove(row)
    befall(photos, shares.no_photo, lambda listing, _: _noted(listing, "no photo", photos=()))
    befall(
        photos,
        shares.no_text,
        lambda listing, _: _noted(listing, "no text", title="", description="", link=""),
    )
    return _listed_again(troubled, shares, rng)


def _count(share: float, n_listings: int) -> int:
    """At least one of each trouble that is wanted at all."""
    return max(1, round(share * n_listings)) if share else 0


def _noted(listing: Listing, note: str, **changes: object) -> Listing:
    return replace(listing, troubles=(*listing.troubles, note), **changes)  # type: ignore[arg-type]


def _wrong_label(listing: Listing, tree: Taxonomy, rng: random.Random) -> Listing:
    leaf = tree.node_of_id(listing.label)
    leaves = [int(node) for node in tree.leaf_nodes if node != leaf]
    near = [node for node in leaves if tree.lowest_common_ancestor(node, leaf)]
    wrong = rng.choice(near if near and rng.random() < 2 / 3 else leaves)
    return _noted(listing, "wrong label", label=tree.ids[wrong])


def _inner_label(listing: Listing, tree: Taxonomy, rng: random.Random) -> Listing:
    above = tree.ancestors(tree.node_of_id(listing.label))[1:]
    return _noted(listing, "inner label", label=tree.ids[int(rng.choice(list(above)))])


def _outside_photo(listing: Listing, _: random.Random) -> Listing:
    return _with_fault(_with_one_photo(listing), "outside")


def _damaged_photo(listing: Listing, rng: random.Random) -> Listing:
    return _with_fault(listing, rng.choice(["cut short", "empty", "web page"]))


def _with_fault(listing: Listing, fault: str) -> Listing:
    """All photos of the listing have the fault."""
    return _noted(listing, f"photo {fault}", photos=tuple(replace(p, fault=fault) for p in listing.photos))


def _with_one_photo(listing: Listing) -> Listing:
    return replace(listing, photos=listing.photos[:1])


def _listed_again(listings: list[Listing], shares: Shares, rng: random.Random) -> list[Listing]:
    whole = [row for row, listing in enumerate(listings) if not listing.troubles and listing.photos]
    rng.shuffle(whole)
    again = []
    for _ in range(_count(shares.listed_twice, len(listings))):
        row = whole.pop()
        again.append(replace(listings[row], price="7.77", troubles=("listed twice",)))
        listings[row] = _noted(listings[row], "outdated")
    merchants = sorted({listing.merchant for listing in listings})
    for number in range(_count(shares.listed_elsewhere, len(listings))):
        again.append(_elsewhere(listings[whole.pop()], number, merchants, rng))
    return _at_random_places(listings, again, rng)


def _elsewhere(listing: Listing, number: int, merchants: Sequence[str], rng: random.Random) -> Listing:
    """The same title and the same photo's bytes, under another id."""
    merchant = rng.choice(merchants)
    copy_id = f"X{90_000 + number}"
    first = listing.photos[0]
    suffix = first.path.rpartition(".")[2]
    return _noted(
        listing,
        f"copy of {listing.merchant} {listing.id}",
        merchant=merchant,
        id=copy_id,
        link="",
        group="",
        category="",
        photos=(replace(first, path=f"{merchant}/{copy_id}.{suffix}"),),
    )


def _at_random_places(listings: list[Listing], again: list[Listing], rng: random.Random) -> list[Listing]:
    """Put each listing among its merchant's, below the row that has its id if there is one."""
    below: dict[tuple[str, str], int] = {}
    last: dict[str, int] = {}
    for row, listing in enumerate(listings):
        below.setdefault((listing.merchant, ""), row)
        below[listing.merchant, listing.id] = row
        last[listing.merchant] = row
    placed = [(float(row), listing) for row, listing in enumerate(listings)]
    for listing in again:
        row = below.get((listing.merchant, listing.id), below[listing.merchant, ""])
        placed.append((rng.uniform(row, last[listing.merchant]) + 0.5, listing))
    return [listing for _, listing in sorted(placed, key=lambda pair: pair[0])]
