"""Fixtures that several rooms' tests share."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("aisle", deadline=None)  # compiling and busy machines make single examples slow
settings.load_profile("aisle")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The real data sets, for tests marked `data`: the folder that AISLE_DATA names, or ../shared/data."""
    beside_the_repository = Path(__file__).parents[1].parent / "shared" / "data"
    return Path(os.environ.get("AISLE_DATA", beside_the_repository))


COLOURS = {"red": (200, 30, 30), "green": (30, 160, 60), "blue": (40, 60, 200), "yellow": (230, 210, 40)}
THINGS = {"Toys > Kites": "kite", "Toys > Balls": "ball", "Garden > Tools > Rakes": "rake", "Food": "jam"}


def write_shop(folder: Path, n: int = 240) -> Path:
    """A feed of products in four leaves, told by a word of the title and the colour of the image."""
    from PIL import Image

    (folder / "images").mkdir()
    generator = np.random.default_rng(1)
    rows = ["id\ttitle\tdescription\tbrand\tgoogle_product_category\tproduct_type\timage_link"]
    for i in range(n):
        label = list(THINGS)[i % 4]
        colour = list(COLOURS.values())[i % 4]
        noise = generator.integers(-25, 25, (16, 16, 3))
        pixels = np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"images/{i}.png")
        words = generator.choice(["fine", "large", "small", "classic", "new", "handy"], 2)
        rows.append(
            f"p{i}\t{THINGS[label]} {words[0]} {words[1]} no {i}\ta {words[0]} {THINGS[label]} to own"
            f"\tAcme\t{label}\tshop {THINGS[label]}s\timages/{i}.png"
        )
    feed = folder / "shop.tsv"
    feed.write_text("\n".join(rows) + "\n")
    return feed


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `shop.tsv` and its images."""
    return write_shop(tmp_path_factory.mktemp("shop")).parent


@pytest.fixture(scope="session")
def catalogue(shop: Path) -> Path:
    """The shop as a catalogue."""
    from aisle.catalogue.ingest import ingest
    from aisle.catalogue.settings import IngestSettings

    settings = IngestSettings(taxonomy="from-labels", images=shop)
    ingest([str(shop / "shop.tsv")], settings, shop / "catalogue")
    return shop / "catalogue"


QUICK = (
    "training.epochs=4",
    "training.checkpoint_s=0",
    "training.rates.image.head=0.003",
    "image.weights=none",
    "image.architecture=test_resnet",
)
"""Changes that make the default recipe quick, with a small network of random weights."""


@pytest.fixture(scope="session")
def quick() -> tuple[str, ...]:
    """See QUICK."""
    return QUICK


@pytest.fixture(scope="session")
def model(catalogue: Path) -> Path:
    """A model of text and images, trained on the shop."""
    from aisle.training import TrainOptions, read_recipe, train

    train(catalogue, catalogue.parent / "model", read_recipe("multimodal", QUICK), TrainOptions())
    return catalogue.parent / "model"
