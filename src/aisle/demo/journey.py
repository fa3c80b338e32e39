"""The whole journey through the shop, from feeds to categories, each stage as its own command does it."""

import csv
import json
import shlex
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from aisle import __version__
from aisle.catalogue import Manifest
from aisle.catalogue.ingest import ingest
from aisle.catalogue.settings import IngestSettings
from aisle.core.paths import check_output
from aisle.demo.shop import Shop, ShopSettings, make_shop
from aisle.demo.web import open_web
from aisle.evaluation import Report
from aisle.feeds import FeedOptions, read_feed
from aisle.images.download.limits import HostLimits, Limits
from aisle.images.download.politeness import Patience
from aisle.images.download.report import Report as DownloadReport
from aisle.images.download.run import RunSettings, download
from aisle.images.download.settings import DownloadSettings, FetchSettings
from aisle.images.download.summary import Summary
from aisle.prediction import EvaluateOptions, PredictSettings, PredictSummary, evaluate_model, predict
from aisle.taxonomy.readers import read_taxonomy
from aisle.training import TrainOptions, read_recipe, train

MARKER = "aisle-demo.json"

IMAGE_SETTINGS = (
    "image.weights=none",
    "image.architecture=convnext_femto_ols",
    "image.size=32",
    "training.rates.image.travel=0.0",
    "training.rates.image.head=0.001",
)
"""What the demo changes of the recipe `multimodal`.

No hub is asked for weights; those drawn at random still tell shapes
and colours apart. Of twenty small networks of timm this one did it best: at 32 pixels its last layer sees the
whole image at once, and a linear layer on its vectors alone finds the leaf of two products in five. By
chance it would be one in forty.
"""

REQUESTS_PER_S = 1000
CONNECTIONS = 4
TIME_LIMIT_S = 2
"""How the demo's own servers are asked: much faster than anybody else's should be."""

_PATIENCE = Patience(base_s=0.1, aside_s=1.0)
"""Short pauses after a fault. They change how long a download takes, and not what comes of it."""

_TOP = 3
_SPOKEN = ("de", "fr", "es")

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Places:
    """What the journey writes, below one folder."""

    folder: Path

    @property
    def shop(self) -> Path:
        """Taxonomy, feeds, the servers' photos, truth."""
        return self.folder / "shop"

    @property
    def catalogue(self) -> Path:
        """What `aisle ingest` writes."""
        return self.folder / "catalogue"

    @property
    def images(self) -> Path:
        """What `aisle download` writes."""
        return self.folder / "images"

    @property
    def model(self) -> Path:
        """What `aisle train` writes."""
        return self.folder / "model"

    @property
    def scores(self) -> Path:
        """What `aisle evaluate` writes."""
        return self.folder / "scores"

    @property
    def answers(self) -> Path:
        """What `aisle predict` writes."""
        return self.folder / "categories.tsv"

    @property
    def cache(self) -> Path:
        """Vectors of images, kept for the next time."""
        return self.folder / "cache"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the model said of one product of the new merchant, and what is true.

    Args:
        title: empty where an image alone speaks.
        n_images: that the feed names; they may not all be had.
        path, true_path: categories, with ` > ` between names.
        probability: of the path's leaf.
    """

    title: str
    language: str
    n_images: int
    path: str
    probability: float
    true_path: str

    @property
    def is_right(self) -> bool:
        """Whether the answer is the leaf where the product belongs."""
        return self.path == self.true_path


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """What came of it.

    Args:
        images: what came of all images' addresses, of the catalogue and of the new merchant.
        answers: for every readable row of the new merchant's feed, in order.
        seconds: of each stage, by its name.
    """

    places: Places
    manifest: Manifest
    images: Summary
    report: Report
    predicted: PredictSummary
    answers: tuple[Answer, ...]
    seconds: dict[str, float]


def take_journey(out: Path, tell: Tell, settings: ShopSettings | None = None) -> Journey:
    """Make the shop in the folder `out`, and go through it from feeds to categories.

    Args:
        out: a new or empty folder, or one that an earlier journey made, which is then replaced part by part.
        tell: is given a few lines on the way, among them the command that does the same as each stage.

    Raises:
        AisleError: `out` holds something else, or can't be made.
    """
    places = Places(out)
    _take_over(places)
    seconds: dict[str, float] = {}
    with open_web() as web:
        with _timed("shop", seconds):
            tell("A small shop of its own making: three merchants, and a fourth who is new")
            tell("Their photos lie on servers on loopback, which fail in all the ways that servers do")
            shop = make_shop(places.shop, web.address, settings)
            web.show(shop.photos)
        with _timed("ingest", seconds):
            manifest = _ingest(shop, places, tell)
        with _timed("download", seconds):
            _download(places.catalogue, places, tell)
        with _timed("train", seconds):
            _train(places, tell)
        with _timed("evaluate", seconds):
            report = _evaluate(places, tell)
        with _timed("download", seconds):
            images = _download(shop.new_feed, places, tell)
    with _timed("predict", seconds):
        predicted = _predict(shop, places, tell)
    return Journey(
        places=places,
        manifest=manifest,
        images=images,
        report=report,
        predicted=predicted,
        answers=tuple(_read_answers(shop, places)),
        seconds=seconds,
    )


def examples(answers: Sequence[Answer]) -> list[Answer]:
    """A few answers to show: the first product told in each language but English, and one of images alone."""
    chosen = []
    for language in _SPOKEN:
        chosen += [answer for answer in answers if answer.language == language and answer.title][:1]
    return chosen + [answer for answer in answers if not answer.title and answer.n_images][:1]


def _take_over(places: Places) -> None:
    """Make the folder our own, unless it holds something else, and drop the images of an earlier shop."""
    out = places.folder
    if not (out.is_dir() and not any(out.iterdir())):
        check_output(out, overwrite=True, marker=MARKER)
    out.mkdir(exist_ok=True)
    text = json.dumps({"made_by": "aisle demo", "aisle": __version__})
    (out / MARKER).write_text(text + "\n", encoding="utf-8")
    if places.images.exists():
        shutil.rmtree(places.images)


@contextmanager
def _timed(stage: str, seconds: dict[str, float]) -> Iterator[None]:
    started = perf_counter()
    yield
    seconds[stage] = seconds.get(stage, 0.0) + perf_counter() - started


def _ingest(shop: Shop, places: Places, tell: Tell) -> Manifest:
    _tell_command(tell, "ingest", *shop.feeds, taxonomy=shop.taxonomy, out=places.catalogue)
    settings = IngestSettings(taxonomy=str(shop.taxonomy), overwrite=True)
    return ingest([str(feed) for feed in shop.feeds], settings, places.catalogue)


def _download(source: Path, places: Places, tell: Tell) -> Summary:
    """Download what a catalogue or a feed names, and try again what may have passed since the last time."""
    options = {
        "allow-private-addresses": None,
        "requests-per-s": REQUESTS_PER_S,
        "connections": CONNECTIONS,
        "time-limit": TIME_LIMIT_S,
        "workers": 1,
    }
    _tell_command(tell, "download", source, out=places.images, **options)
    fetch = FetchSettings(total_s=TIME_LIMIT_S).with_private_addresses()
    limits = Limits(HostLimits(requests_per_s=REQUESTS_PER_S, n_connections=CONNECTIONS))
    settings = RunSettings(
        n_workers=1, download=DownloadSettings(fetch=fetch, limits=limits, patience=_PATIENCE)
    )
    with DownloadReport() as watcher:
        return download(source, str(places.images), settings, watcher)


def _train(places: Places, tell: Tell) -> None:
    _tell_command(tell, "train", places.catalogue, set=IMAGE_SETTINGS, images=places.images, out=places.model)
    recipe = read_recipe("multimodal", IMAGE_SETTINGS)
    options = TrainOptions(overwrite=True, cache=places.cache, images=places.images)
    train(places.catalogue, places.model, recipe, options, tell)


def _evaluate(places: Places, tell: Tell) -> Report:
    _tell_command(tell, "evaluate", places.model, places.catalogue, images=places.images, out=places.scores)
    options = EvaluateOptions(overwrite=True, cache=places.cache, images=places.images)
    return evaluate_model(places.model, str(places.catalogue), places.scores, options)


def _predict(shop: Shop, places: Places, tell: Tell) -> PredictSummary:
    _tell_command(
        tell, "predict", places.model, shop.new_feed, images=places.images, top=_TOP, out=places.answers
    )
    settings = PredictSettings(images=places.images, top=_TOP, overwrite=True, cache=places.cache)
    return predict(places.model, [str(shop.new_feed)], places.answers, settings)


def _tell_command(tell: Tell, name: str, *words: Path, **options: object) -> None:
    """Tell the command line that does the same; an option that is a tuple is repeated, None stands alone."""
    line = ["aisle", name, *map(str, words)]
    for option, value in options.items():
        for one in value if isinstance(value, tuple) else (value,):
            line += [f"--{option}"] if one is None else [f"--{option}", str(one)]
    tell(f"$ {shlex.join(line)}")


def _read_answers(shop: Shop, places: Places) -> Iterator[Answer]:
    """The answers as they were written, beside the products and the truth about them."""
    tree = read_taxonomy(str(shop.taxonomy))
    true = {(row["merchant"], row["id"]): row for row in _rows(shop.truth)}
    batches = read_feed(str(shop.new_feed), FeedOptions())
    products = [row for batch in batches for row in batch.rows.to_pylist()]
    for product, answer in zip(products, _rows(places.answers), strict=True):
        truth = true[product["merchant"], product["id"]]
        yield Answer(
            title=product["title"],
            language=truth["language"],
            n_images=len(product["image_link"]),
            path=answer["category_path"],
            probability=float(answer["probability"]),
            true_path=tree.path_text(tree.node_of_id(truth["leaf"])),
        )


def _rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a TSV file that quotes nothing."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
