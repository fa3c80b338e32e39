"""The whole journey, through a shop of 600 products and 200 of a new merchant."""

import csv
import io
import json
import shlex
from collections import Counter

import pyarrow.parquet as pq
import pytest
from rich.console import Console

from aisle.core.errors import AisleError
from aisle.demo.account import console_account
from aisle.demo.journey import MARKER, Answer, Journey, examples, take_journey
from aisle.demo.shop import Shop, ShopSettings
from aisle.feeds import FeedOptions, read_feed

SMALL = ShopSettings(n_products=600, n_new=200, seed=1)


@pytest.fixture(scope="module")
def told() -> list[str]:
    return []


@pytest.fixture(scope="module")
def journey(tmp_path_factory, told) -> Journey:
    return take_journey(tmp_path_factory.mktemp("demo") / "aisle-demo", told.append, SMALL)


def answer(language: str, title: str = "A title", n_images: int = 1) -> Answer:
    return Answer(
        title=title, language=language, n_images=n_images, path="A > B", probability=0.5, true_path="A > B"
    )


class TestExamples:
    def test_are_one_product_in_each_language_but_english_and_one_of_images_alone(self):
        answers = [
            answer("en"),
            answer("fr"),
            answer("de"),
            answer("fr"),
            answer("en", title=""),
            answer("es"),
        ]
        chosen = [(found.language, found.title) for found in examples(answers)]
        assert chosen == [("de", "A title"), ("fr", "A title"), ("es", "A title"), ("en", "")]

    def test_a_product_without_title_and_image_is_none(self):
        assert examples([answer("en", title="", n_images=0)]) == []


def rows_of(feed) -> list[dict]:
    return [row for batch in read_feed(str(feed), FeedOptions()) for row in batch.rows.to_pylist()]


def links_of(feed) -> set[str]:
    return {link for row in rows_of(feed) for link in row["image_link"]}


def ids_of(feed) -> list[str]:
    return [row["id"] for row in rows_of(feed)]


def statuses(journey: Journey) -> dict[str, str]:
    """What became of each address, by what of it follows the host; the newest record counts."""
    found = {}
    for file in sorted(journey.places.images.glob("records/*.parquet")):
        for row in pq.read_table(file, columns=["address", "status"]).to_pylist():
            found[row["address"].split("/", 3)[3]] = row["status"]
    return found


def told_categories(path) -> list[dict[str, str]]:
    """The answers, without the column that names links, whose ports differ."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [{name: text for name, text in row.items() if name != "reason"} for row in rows]


BY_FAULT = {
    "404": "http_4xx",
    "410": "http_4xx",
    "403": "http_4xx",
    "429": "too_many_requests",
    "429-seconds": "ok",
    "500-then-200": "ok",
    "redirect-to-html": "redirected_to_page",
    "redirect-loop": "too_many_redirects",
    "redirect-to-link-local": "blocked_address",
    "html-as-image": "not_an_image",
    "truncated": "truncated",
    "short-body": "truncated",
    "reset": "connection_lost",
    "endless-body": "too_large",
    "slow-body": "timeout",
    "gzip-bomb": "too_large",
    "png-bomb": "too_many_pixels",
    "noai": "opted_out",
    "tdm-reserved": "opted_out",
}


@pytest.mark.slow
class TestJourney:
    def test_every_row_is_accounted_for(self, journey):
        counts = json.loads((journey.places.shop / "shop.json").read_text())
        labelled = {name: n for name, n in counts["rows"].items() if name != "kaleido"}
        assert journey.manifest.read == sum(labelled.values()) + sum(
            counts["unreadable_rows"][name] for name in labelled
        )
        ids = ids_of(Shop(journey.places.shop).new_feed)
        n_new_doubles = len(ids) - len(set(ids))
        assert journey.manifest.doubles == counts["troubles"]["listed twice"] - n_new_doubles > 0
        assert journey.predicted.n_rows == len(journey.answers) == counts["rows"]["kaleido"]
        assert journey.predicted.n_rejected == counts["unreadable_rows"]["kaleido"]

    def test_every_address_is_accounted_for_once(self, journey):
        shop = Shop(journey.places.shop)
        links = {link for feed in (*shop.feeds, shop.new_feed) for link in links_of(feed)}
        addresses = {link for link in links if "://" in link}
        came = journey.images
        assert len(links - addresses) == 1
        assert sum(came.by_status.values()) == came.n_addresses == len(addresses) == len(statuses(journey))

    def test_every_fault_of_the_servers_is_told_by_its_status(self, journey):
        by_fault = {
            path.split("/")[1]: status
            for path, status in statuses(journey).items()
            if path.startswith("fault/")
        }
        assert by_fault == {name: status for name, status in BY_FAULT.items() if name in by_fault}
        assert len(by_fault) >= 15
        assert {"slow-body", "gzip-bomb", "png-bomb", "endless-body", "redirect-to-link-local"} <= set(
            by_fault
        )
        assert {"tls_failed", "invalid_link"} <= set(journey.images.by_status)

    def test_nothing_but_loopback_was_ever_connected_to(self, journey):
        measured = pq.read_table(journey.places.images / "measured")["network_address"]
        assert set(measured.to_pylist()) == {"127.0.0.1", ""}

    def test_the_picture_for_no_image_is_found(self, journey):
        (found,) = journey.images.placeholders
        assert (found.merchant, found.n_products) == ("nordlicht", 30)

    def test_downloaded_images_speak_and_the_others_are_counted(self, journey):
        about = json.loads((journey.places.model / "aisle.json").read_text())
        seen = Counter(about["provenance"]["images"])
        assert {"ok", "missing", "placeholder"} <= set(seen)
        assert seen["ok"] > seen["missing"]

    def test_the_model_knows_the_products_of_a_merchant_that_it_never_saw(self, journey):
        """Of about 200 answers it has two of three leaves right: 0.66 to 0.67 for the seeds 1, 2 and 3.

        The limit is two standard errors (0.033) below. Images alone reach 0.19, and a model of a third of the
        products 0.3.
        """
        assert sum(found.is_right for found in journey.answers) / len(journey.answers) > 0.6

    def test_the_account_names_figures_and_files(self, journey):
        console = Console(width=100, record=True, file=io.StringIO())
        console.print(console_account(journey))
        text = console.export_text()
        for word in (
            "products in",
            "put aside",
            "redirected_to_page",
            "'no image'",
            "leaf accuracy",
            "level 4",
            "coverage",
            "ECE",
            "seconds",
        ):
            assert word in text
        for path in (journey.places.model, journey.places.answers, journey.places.scores / "metrics.json"):
            assert path.exists()

    def test_the_commands_it_tells_do_the_same_as_it_did(self, journey, told, tmp_path, monkeypatch):
        from aisle.cli.main import run

        monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "cache"))
        weights = {path.name: path.read_bytes() for path in journey.places.model.glob("*.safetensors")}
        answers = told_categories(journey.places.answers)
        commands = [shlex.split(line)[2:] for line in told if line.startswith("$ aisle ")]
        stages = ["ingest", "download", "train", "evaluate", "download", "predict"]
        assert [command[0] for command in commands] == stages
        for command in commands:
            assert run(command if command[0] == "download" else [*command, "--overwrite"]) == 0
        assert weights == {
            path.name: path.read_bytes() for path in journey.places.model.glob("*.safetensors")
        }
        assert told_categories(journey.places.answers) == answers

    def test_it_can_be_taken_again(self, journey):
        first = told_categories(journey.places.answers)
        again = take_journey(journey.places.folder, lambda _: None, SMALL)
        assert told_categories(journey.places.answers) == first
        assert again.images.by_status == journey.images.by_status


class TestFolder:
    def test_a_folder_with_something_else_is_left_alone(self, tmp_path):
        (tmp_path / "precious.txt").write_text("x")
        with pytest.raises(AisleError, match=rf"holds no {MARKER}, so it is not ours"):
            take_journey(tmp_path, lambda _: None, SMALL)
        assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]

    def test_a_folder_whose_parent_is_missing_is_refused(self, tmp_path):
        with pytest.raises(AisleError, match="does not exist; make it first"):
            take_journey(tmp_path / "no" / "where", lambda _: None, SMALL)
