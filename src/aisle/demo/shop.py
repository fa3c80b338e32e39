"""Makes the whole shop: the taxonomy, four merchants' feeds, their photos, and the truth about each row."""

import csv
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from aisle.core.paths import new_directory
from aisle.demo.contact_sheet import contact_sheet
from aisle.demo.photos import write_photos
from aisle.demo.pictures import Studio
from aisle.demo.products import Listing, draw_listings
from aisle.demo.tables import Tables, read_tables, taxonomy_text
from aisle.demo.trouble import Shares, trouble
from aisle.demo.writers import FEEDS, NEW_MERCHANT, Address, write_feed
from aisle.taxonomy.readers import read_taxonomy
from aisle.taxonomy.tree import Taxonomy

MARKER = "shop.json"

_NEW_SHARES = Shares(
    wrong_label=0,
    inner_label=0,
    retired_label=0,
    listed_elsewhere=0,
    gone_photo=0,
    kept_photo=0,
    once=("slow-body",),
    n_placeholders=0,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopSettings:
    """How large a shop, and which of the many.

    Args:
        n_products: listings before some are listed again.
        n_new: listings of the new merchant, who tells no labels.
        seed: the same seed gives the same files, byte for byte.
    """

    n_products: int = 2000
    n_new: int = 150
    seed: int = 2

    def __post_init__(self) -> None:
        if self.n_products < 50 or self.n_new < 10:
            raise ValueError(f"{self.n_products} and {self.n_new} products; at least 50 and 10 make a shop")


@dataclass(frozen=True, slots=True)
class Shop:
    """Where the parts of a shop lie below its folder."""

    folder: Path

    @property
    def taxonomy(self) -> Path:
        """The category tree, in Google's text format."""
        return self.folder / "taxonomy.txt"

    @property
    def feeds(self) -> list[Path]:
        """The feeds of the merchants who tell labels."""
        return [self.folder / feed.file for name, feed in FEEDS.items() if name != NEW_MERCHANT]

    @property
    def new_feed(self) -> Path:
        """The feed of the new merchant, without labels."""
        return self.folder / FEEDS[NEW_MERCHANT].file

    @property
    def photos(self) -> Path:
        """The photos that the merchants' servers show."""
        return self.folder / "photos"

    @property
    def truth(self) -> Path:
        """One line for each readable row of the feeds, in their order, with the leaf where it belongs."""
        return self.folder / "truth.tsv"


def make_shop(target: Path, address: Address, settings: ShopSettings | None = None) -> Shop:
    """Make a shop in the folder `target`; a shop that is there is replaced.

    Args:
        address: the link by which a feed tells of a photo; see web.py.

    Raises:
        AisleError: `target` is there and is no shop.
    """
    settings = settings or ShopSettings()
    tables = read_tables()
    with new_directory(target, overwrite=True, marker=MARKER, durable=False) as folder:
        shop = Shop(folder)
        shop.taxonomy.write_text(taxonomy_text(), encoding="utf-8")
        tree = read_taxonomy(str(shop.taxonomy))
        listings = _listings(tables, tree, settings)
        for name, feed in FEEDS.items():
            rng = random.Random(f"{settings.seed} {name} rows")
            rows = [row for row in listings if row.merchant == name]
            write_feed(feed, rows, tree, folder, rng=rng, address=address)
        photos = [photo for listing in listings for photo in listing.photos]
        studio = Studio(tables)
        n_files = write_photos(photos, studio, shop.photos)
        contact_sheet(tables, studio).save(folder / "contact-sheet.png")
        _write_truth(shop.truth, listings, tables)
        _write_counts(folder / MARKER, listings, n_files, settings)
    return Shop(target)


def _listings(tables: Tables, tree: Taxonomy, settings: ShopSettings) -> list[Listing]:
    """Every row that can be read, merchant by merchant, after its troubles."""

    def drawn(name: str, count: int) -> list[Listing]:
        return draw_listings(tables, tables.merchants[name], count, random.Random(f"{settings.seed} {name}"))

    told = []
    for name, merchant in tables.merchants.items():
        told += drawn(name, round(merchant.share * settings.n_products))
    rng = random.Random(f"{settings.seed} trouble")
    return [
        *trouble(told, tree, Shares(), rng),
        *trouble(drawn(NEW_MERCHANT, settings.n_new), tree, _NEW_SHARES, rng),
    ]


def _write_truth(target: Path, listings: Sequence[Listing], tables: Tables) -> None:
    """Write one line for each listing, in the order of the feeds; troubles are separated by semicolons."""
    with target.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, delimiter="\t", lineterminator="\n")
        out.writerow(["merchant", "id", "leaf", "label", "language", "troubles"])
        for name in FEEDS:
            for row in listings:
                if row.merchant == name:
                    leaf = tables.leaves[row.leaf].id
                    out.writerow([name, row.id, leaf, row.label, row.language, ";".join(row.troubles)])


def _write_counts(target: Path, listings: Sequence[Listing], n_files: int, settings: ShopSettings) -> None:
    """Write what the shop holds; the copies' notes name what they copy, and are counted as one."""
    notes = Counter(note.split(" of ")[0] for listing in listings for note in listing.troubles)
    counts = {
        "settings": asdict(settings),
        "rows": dict(Counter(listing.merchant for listing in listings)),
        "unreadable_rows": {name: feed.n_broken for name, feed in FEEDS.items()},
        "photos": n_files,
        "troubles": dict(sorted(notes.items())),
    }
    target.write_text(json.dumps(counts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
