"""One small shop for all tests of the demo, made once."""

import csv
from dataclasses import dataclass

import pytest

from aisle.demo.shop import Shop, ShopSettings, make_shop
from aisle.demo.tables import Tables, read_tables, taxonomy_text
from aisle.demo.writers import Address
from aisle.taxonomy.readers import read_taxonomy
from aisle.taxonomy.tree import Taxonomy


@dataclass(frozen=True)
class MadeShop:
    settings: ShopSettings
    shop: Shop
    truth: list[dict[str, str]]


@pytest.fixture(scope="session")
def tables() -> Tables:
    return read_tables()


@pytest.fixture(scope="session")
def tree(tmp_path_factory) -> Taxonomy:
    file = tmp_path_factory.mktemp("tree") / "taxonomy.txt"
    file.write_text(taxonomy_text(), encoding="utf-8")
    return read_taxonomy(str(file))


@pytest.fixture(scope="session")
def plain_address() -> Address:
    """Links of a shop that nobody serves."""
    return lambda photo: "../../etc/passwd" if photo.fault == "outside" else f"http://img.test/{photo.path}"


@pytest.fixture(scope="session")
def made(tmp_path_factory, plain_address) -> MadeShop:
    settings = ShopSettings(n_products=200, n_new=30, seed=1)
    shop = make_shop(tmp_path_factory.mktemp("demo") / "shop", plain_address, settings)
    with shop.truth.open(encoding="utf-8", newline="") as file:
        return MadeShop(settings, shop, list(csv.DictReader(file, delimiter="\t")))
