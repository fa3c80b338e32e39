"""The whole journey, through a shop of 200 products."""

import io
import json
import shlex

import pytest
from rich.console import Console

from aisle.core.errors import AisleError
from aisle.demo.account import console_account
from aisle.demo.journey import MARKER, Answer, Journey, examples, take_journey
from aisle.demo.shop import ShopSettings

SMALL = ShopSettings(n_products=200, n_new=30, seed=1)


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


@pytest.mark.slow
class TestJourney:
    def test_every_row_is_accounted_for(self, journey):
        counts = json.loads((journey.places.shop / "shop.json").read_text())
        labelled = {name: n for name, n in counts["rows"].items() if name != "kaleido"}
        assert journey.manifest.read == sum(labelled.values()) + sum(
            counts["unreadable_rows"][name] for name in labelled
        )
        assert journey.manifest.doubles == counts["troubles"]["listed twice"] - 1  # the new merchant has one
        assert journey.predicted.n_rows == len(journey.answers) == counts["rows"]["kaleido"]
        assert journey.predicted.n_rejected == counts["unreadable_rows"]["kaleido"]

    def test_the_model_is_far_better_than_chance_on_a_merchant_that_it_never_saw(self, journey):
        assert sum(found.is_right for found in journey.answers) / len(journey.answers) > 0.3

    def test_the_account_names_figures_and_files(self, journey):
        console = Console(width=100, record=True, file=io.StringIO())
        console.print(console_account(journey))
        text = console.export_text()
        for word in ("products in", "put aside", "leaf accuracy", "level 4", "coverage", "ECE", "seconds"):
            assert word in text
        for path in (journey.places.model, journey.places.answers, journey.places.scores / "metrics.json"):
            assert path.exists()

    def test_the_commands_it_tells_do_the_same_as_it_did(self, journey, told, tmp_path, monkeypatch):
        from aisle.cli.main import run

        monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "cache"))
        weights = {path.name: path.read_bytes() for path in journey.places.model.glob("*.safetensors")}
        commands = [shlex.split(line)[2:] for line in told if line.startswith("$ aisle ")]
        assert [command[0] for command in commands] == ["ingest", "train", "evaluate", "predict"]
        for command in commands:
            assert run([*command, "--overwrite"]) == 0
        assert weights == {
            path.name: path.read_bytes() for path in journey.places.model.glob("*.safetensors")
        }

    def test_it_can_be_taken_again(self, journey):
        first = journey.places.answers.read_text()
        take_journey(journey.places.folder, lambda _: None, SMALL)
        assert journey.places.answers.read_text() == first


class TestFolder:
    def test_a_folder_with_something_else_is_left_alone(self, tmp_path):
        (tmp_path / "precious.txt").write_text("x")
        with pytest.raises(AisleError, match=rf"holds no {MARKER}, so it is not ours"):
            take_journey(tmp_path, lambda _: None, SMALL)
        assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]

    def test_a_folder_whose_parent_is_missing_is_refused(self, tmp_path):
        with pytest.raises(AisleError, match="does not exist; make it first"):
            take_journey(tmp_path / "no" / "where", lambda _: None, SMALL)
