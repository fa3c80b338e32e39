"""Fixtures that several rooms' tests share."""

import hashlib
import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# Compiling and busy machines make single examples slow.
settings.register_profile("aisle", deadline=None, suppress_health_check=[HealthCheck.too_slow])
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
    "training.rates.image.travel=0.05",
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


@dataclass(frozen=True)
class PictureShop:
    """A shop's server on loopback: 250 plain pictures of different widths at /0.png, /1.png and so on."""

    server: Any
    pictures: Mapping[str, bytes]

    def address(self, path: str) -> str:
        return str(self.server.address(path))

    def hash_of(self, path: str) -> str:
        return hashlib.sha256(self.pictures[path]).hexdigest()


def _plain(width: int) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (width, 20), "teal").save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="session")
def picture_shop() -> Iterator[PictureShop]:
    """See PictureShop; the faults of `aisle.demo.server` are there too."""
    from aisle.demo.server import Site, serve

    pictures = {f"/{n}.png": _plain(5 + n) for n in range(250)}
    with serve(Site(pictures)) as server:
        yield PictureShop(server, pictures)


@pytest.fixture(scope="session")
def fetch() -> Callable[..., Any]:
    """Download from loopback, soon done: `fetch(source, folder)` gives the summary."""
    from aisle.images.download.address import ANY_PORT
    from aisle.images.download.limits import HostLimits, Limits
    from aisle.images.download.politeness import Patience
    from aisle.images.download.run import RunSettings, download
    from aisle.images.download.settings import DownloadSettings, FetchSettings

    def run(source: Path, folder: Path, *, n_workers: int = 0, **changes: Any) -> Any:
        settings = DownloadSettings(
            fetch=FetchSettings(allowed_networks=("127.0.0.0/8",), ports=ANY_PORT, total_s=5.0),
            limits=Limits(HostLimits(requests_per_s=5000, n_connections=8)),
            patience=Patience(base_s=0.01, longest_s=0.05, aside_s=0.1),
            shard_rows=150,
        )
        return download(source, str(folder), RunSettings(n_workers=n_workers, download=settings, **changes))

    return run


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """A server of S3 on loopback with a bucket; gives the bucket's address."""
    import fsspec
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    account = {
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": "tests",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in account.items():
            environment.setenv(name, value)
        fsspec.filesystem("s3").mkdir("aisle-tests")
        yield "s3://aisle-tests"
    server.stop()


QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


@pytest.fixture(scope="session")
def spark_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An environment in which Spark keeps to loopback, and writes nothing into its own folder."""
    set_here = {
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(tmp_path_factory.mktemp("spark")),
        "SPARK_TESTING": "1",  # or a local-cluster works in Spark's own folder
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in set_here.items():
            environment.setenv(name, value)
        yield set_here


@pytest.fixture(scope="session")
def cluster(spark_environment: dict[str, str], s3: str) -> Iterator[Any]:
    """A Spark context of the user's own, with two workers of one core each; tests of it run in one group."""
    from pyspark import SparkConf, SparkContext

    conf = SparkConf(loadDefaults=False).setMaster("local-cluster[2,1,1024]").setAppName("tests")
    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": QUICK_JAVA,
        "spark.executor.extraJavaOptions": QUICK_JAVA,
        "spark.executor.memory": "512m",
        "spark.executorEnv.PYTHONPATH": str(Path(__file__).parent),
        "spark.log.level": "ERROR",
        "spark.task.maxFailures": "3",
        "spark.ui.showConsoleProgress": "false",
    }
    for name, value in settings.items():
        conf.set(name, value)
    context = SparkContext(conf=conf)
    context.pythonExec = sys.executable
    yield context
    context.stop()
