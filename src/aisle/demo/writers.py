"""Writes each merchant's listings as its feed, in a format of its own, with broken rows among them."""

import codecs
import csv
import gzip
import io
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from aisle.demo.products import Listing, Photo
from aisle.taxonomy.tree import Taxonomy

_COLUMNS = (
    "id",
    "title",
    "description",
    "brand",
    "link",
    "image_link",
    "additional_image_link",
    "item_group_id",
    "google_product_category",
    "product_type",
    "price",
    "availability",
)


Address = Callable[[Photo], str]
"""The link by which a feed tells of a photo."""

Writer = Callable[[Sequence[Listing], Taxonomy, random.Random, Address], bytes]


@dataclass(frozen=True, slots=True)
class Feed:
    """A merchant's feed.

    Args:
        file: its path in the shop's folder; the merchant is its stem.
        write: from the listings, the tree, a generator of chances and the photos' links to the file's bytes.
        n_broken: how many of its rows can't be read.
    """

    file: str
    write: Writer
    n_broken: int


def write_feed(
    feed: Feed,
    listings: Sequence[Listing],
    tree: Taxonomy,
    folder: Path,
    *,
    rng: random.Random,
    address: Address,
) -> Path:
    """Write the listings, in their order, and the feed's broken rows at random places between them."""
    target = folder / feed.file
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(feed.write(listings, tree, rng, address))
    return target


def _tab_separated(listings: Sequence[Listing], _: Taxonomy, rng: random.Random, address: Address) -> bytes:
    """TSV, packed with gzip; labels are ids."""
    rows = [_delimited(_row(listing, address), "\t") for listing in listings]
    header = _delimited(_COLUMNS, "\t")
    return gzip.compress(header + b"".join(_strewn(rows, _BROKEN_TSV, rng)), compresslevel=6, mtime=0)


def _semicolons(listings: Sequence[Listing], _: Taxonomy, rng: random.Random, address: Address) -> bytes:
    """CSV as spreadsheets save it: a byte order mark, semicolons, capitals in the header, and no labels."""
    label = _COLUMNS.index("google_product_category")

    def without_label(cells: Sequence[str]) -> bytes:
        return _delimited([*cells[:label], *cells[label + 1 :]], ";")

    header = without_label([column.replace("_", " ").title() for column in _COLUMNS])
    rows = [without_label(_row(listing, address)) for listing in listings]
    return codecs.BOM_UTF8 + header + b"".join(_strewn(rows, _BROKEN_CSV, rng))


def _json_lines(listings: Sequence[Listing], tree: Taxonomy, rng: random.Random, address: Address) -> bytes:
    """One JSON object a line; a label is an id as a number, or the path; what is missing is left out."""
    rows = []
    for listing in listings:
        record: dict[str, object] = dict(zip(_COLUMNS, _row(listing, address), strict=True))
        record["additional_image_link"] = [address(photo) for photo in listing.photos[1:]]
        if listing.label:
            by_id = rng.random() < 0.5
            record["google_product_category"] = int(listing.label) if by_id else _path(tree, listing.label)
        told = {column: value for column, value in record.items() if value}
        rows.append(json.dumps(told, ensure_ascii=False).encode() + b"\n")
    return b"".join(_strewn(rows, _BROKEN_JSON, rng))


def _google_xml(listings: Sequence[Listing], tree: Taxonomy, rng: random.Random, address: Address) -> bytes:
    """RSS 2.0 as the Merchant Center takes it; labels are paths."""
    items = [_item(listing, tree, address) for listing in listings]
    return (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b'<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">\n<channel>\n'
        b"<title>Maison Colette</title>\n<link>https://maison-colette.example/</link>\n"
        + b"".join(_strewn(items, _BROKEN_XML, rng))
        + b"</channel>\n</rss>\n"
    )


def _item(listing: Listing, tree: Taxonomy, address: Address) -> bytes:
    cells = dict(zip(_COLUMNS, _row(listing, address), strict=True))
    cells["google_product_category"] = _path(tree, listing.label)
    cells["additional_image_link"] = ""
    fields = [(column, text) for column, text in cells.items() if text]
    fields += [("additional_image_link", address(photo)) for photo in listing.photos[1:]]
    told = "".join(f"  <g:{column}>{escape(text)}</g:{column}>\n" for column, text in fields)
    return f"<item>\n{told}</item>\n".encode()


def _row(listing: Listing, address: Address) -> list[str]:
    """The listing's cells, one for each of the columns."""
    links = [address(photo) for photo in listing.photos]
    return [
        listing.id,
        listing.title,
        listing.description,
        listing.brand,
        listing.link,
        links[0] if links else "",
        ",".join(links[1:]),
        listing.group,
        listing.label,
        listing.category,
        f"{listing.price} EUR",
        "in stock",
    ]


def _delimited(cells: Sequence[str], separator: str) -> bytes:
    """One line, with quotes where a cell needs them."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator="\n").writerow(cells)
    return out.getvalue().encode()


def _path(tree: Taxonomy, node_id: str) -> str:
    """The node's path; of an id that the tree has no more, a path that it has no more."""
    if not node_id:
        return ""
    known = node_id in tree.lookup.ids
    return tree.path_text(tree.node_of_id(node_id)) if known else "Seasonal > Fireworks"


def _strewn(rows: list[bytes], broken: Sequence[bytes], rng: random.Random) -> list[bytes]:
    """Put the broken rows at random places between the others, never first."""
    strewn = list(rows)
    for row in broken:
        strewn.insert(rng.randrange(1, len(strewn) + 1), row)
    return strewn


# Rows that no reader can take for products. A lone quote stands in a row that is too short as well, since a
# reader may rightly take it for a letter.
_BROKEN_TSV = (
    b"20001\tTasse mit zu wenig Feldern\tblau\n",
    b"20002\tRegal\t\t\t\t\t\t\t530\t\t1.00 EUR\tin stock\tein Feld\tzu viel\n",
    "20003\tBüroküche, in Latin-1 gespeichert\t\t\t\t\t\t\t614\t\t1.00 EUR\tin stock\n".encode("latin-1"),
    b'20004\t"Lampe mit einem Anf\xc3\xbchrungszeichen\t\t620\n',
    b"\tHut ohne Nummer\t\t\t\t\t\t\t220\t\t1.00 EUR\tin stock\n",
)
_BROKEN_CSV = (
    b"K20001;Mug with too few fields;blue\n",
    b'K20002;"Lamp with one quote;;1.00 EUR;in stock\n',
    b";Hat without a number;;;;;;;;1.00 EUR;in stock\n",
)
_BROKEN_JSON = (
    b'{"id": "cn20001", "title": "Taza que termina a mit\n',
    b'{"id": "cn20002", "title": "Lampara sin final", "google_product_category": 620\n',
    b'{"title": "Sombrero sin id", "google_product_category": 220}\n',
    '{"id": "cn20003", "title": "Sartén en Latin-1", "google_product_category": 612}\n'.encode("latin-1"),
    b'["cn20004", "una lista en vez de un producto"]\n',
)
_BROKEN_XML = (
    b"<item>\n  <g:title>Chapeau sans identifiant</g:title>\n</item>\n",
    b"<item>\n  <g:id>  </g:id>\n  <g:title>Bol au num\xc3\xa9ro vide</g:title>\n</item>\n",
)

FEEDS = {
    "nordlicht": Feed("feeds/nordlicht.tsv.gz", _tab_separated, len(_BROKEN_TSV)),
    "maison-colette": Feed("feeds/maison-colette.xml", _google_xml, len(_BROKEN_XML)),
    "casa-naranja": Feed("feeds/casa-naranja.jsonl", _json_lines, len(_BROKEN_JSON)),
    "kaleido": Feed("new/kaleido.csv", _semicolons, len(_BROKEN_CSV)),
}
"""From a merchant's name to its feed."""

NEW_MERCHANT = "kaleido"
"""The one whose products are to be predicted; the others tell labels."""
