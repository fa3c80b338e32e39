"""From links to categories: ingest, download, train, evaluate and predict, as a user types them."""

import csv
import json
from collections import Counter

import pytest

from aisle.cli.main import run
from aisle.demo.server import Site, serve

N_MISSING = 5
N_PLACEHOLDERS = 24

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def work(tmp_path_factory, shop):
    """The shop of tests/conftest.py, its images behind links.

    Some of them are gone, and many show one picture.
    """
    folder = tmp_path_factory.mktemp("links")
    pictures = {f"/{path.name}": path.read_bytes() for path in (shop / "images").iterdir()}
    soon = "/soon.png"
    pictures[soon] = pictures["/0.png"][:-12] + pictures["/1.png"][-12:] + b"soon"
    words = [
        f"{a} {b}"
        for a in ("red", "green", "blue", "grey", "pink")
        for b in ("oak", "elm", "fir", "ash", "yew")
    ]
    with serve(Site(pictures), noting=False) as server:
        lines = (shop / "shop.tsv").read_text().splitlines()
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
        for number, row in enumerate(rows):
            row["additional_image_link"] = ""
            path = row["image_link"].removeprefix("images")
            row["image_link"] = server.address(path)
            if number < N_MISSING:
                row["image_link"] = server.address(f"/fault/404{path}")
            elif number < N_MISSING + N_PLACEHOLDERS:
                row["title"] = f"{row['title']} {words[number - N_MISSING]}"
                row["image_link"] = server.address(soon)
            elif number == N_MISSING + N_PLACEHOLDERS:
                row["additional_image_link"] = server.address(f"/fault/404/more{path}")
        with (folder / "shop.tsv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter="\t", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        yield folder


def aisle(*words):
    assert run([str(word) for word in words]) == 0


FAST = ("--allow-private-addresses", "--requests-per-s", 2000, "--connections", 8, "--workers", 1)


@pytest.fixture(scope="module")
def downloaded(work):
    """The catalogue and the images, downloaded after it was made."""
    aisle("ingest", work / "shop.tsv", "--taxonomy", "from-labels", "--out", work / "catalogue")
    aisle("download", work / "catalogue", "--out", work / "images", *FAST)
    return work


@pytest.fixture(scope="module")
def trained(downloaded, quick):
    changes = [word for change in (*quick, "training.validation=0.2") for word in ("--set", change)]
    recipe = ["--recipe", "image_small", *changes]
    aisle(
        "train", downloaded / "catalogue", "--images", downloaded / "images", *recipe,
        "--cache", downloaded / "cache", "--out", downloaded / "model",
    )  # fmt: skip
    return downloaded


class TestJourney:
    def test_images_that_were_downloaded_later_train_a_model(self, trained):
        about = json.loads((trained / "model/aisle.json").read_text())
        images = Counter(about["provenance"]["images"])
        assert set(images) == {"ok", "missing", "placeholder"}
        manifest = json.loads((trained / "catalogue/catalogue.json").read_text())
        n_trained_on = manifest["splits"]["train"]
        assert 0 < images["placeholder"] <= N_PLACEHOLDERS
        assert images.total() >= n_trained_on

    def test_without_them_there_is_nothing_to_see(self, trained, capsys, quick):
        out = trained / "blind"
        code = run(
            [
                "train",
                str(trained / "catalogue"),
                "--recipe",
                "image_small",
                "--set",
                "image.weights=none",
                "--out",
                str(out),
            ]
        )
        assert code == 2
        assert "no product of the catalogue has any of image" in capsys.readouterr().err

    def test_they_are_scored(self, trained, capsys):
        aisle(
            "evaluate", trained / "model", trained / "catalogue", "--images", trained / "images",
            "--cache", trained / "cache", "--out", trained / "scores",
        )  # fmt: skip
        told = capsys.readouterr().out
        metrics = json.loads((trained / "scores/metrics.json").read_text())
        images = metrics["counts"]["images"]
        n_silent = sum(n for status, n in images.items() if status != "ok")
        assert f"Images: {images['ok']}" in told
        assert ("no evidence" in told) == (n_silent > 0)
        by_evidence = {part["name"]: part for part in metrics["by"]["evidence"]}
        assert by_evidence["image"]["accuracy"]["leaf"]["micro"]["value"] > 0.9

    def test_they_speak_in_predictions_and_the_others_are_counted(self, trained, capsys):
        out = trained / "categories.tsv"
        aisle(
            "predict", trained / "model", trained / "shop.tsv", "--images", trained / "images",
            "--cache", trained / "cache", "--out", out,
        )  # fmt: skip
        n_ok = 240 - N_MISSING - N_PLACEHOLDERS
        shown = capsys.readouterr().out
        assert f"Images: {n_ok}; no evidence: {N_PLACEHOLDERS} placeholder, {N_MISSING + 1} missing." in shown
        with out.open(newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
        assert Counter(row["status"] for row in rows) == {
            "ok": n_ok,
            "no_evidence": N_MISSING + N_PLACEHOLDERS,
        }
        assert rows[0]["reason"].startswith("image missing: http")
        assert rows[N_MISSING]["reason"].startswith("image placeholder: http")
        several = rows[N_MISSING + N_PLACEHOLDERS]
        assert (several["status"], several["reason"][:13]) == ("ok", "image missing")

    def test_a_feed_whose_images_nobody_downloaded_says_so(self, trained, tmp_path, capsys):
        feed = tmp_path / "other.tsv"
        feed.write_text("id\ttitle\timage_link\n1\tkite\thttp://127.0.0.1:9/never.jpg\n")
        aisle(
            "predict", trained / "model", feed, "--images", trained / "images",
            "--cache", trained / "cache", "--out", tmp_path / "x.tsv",
        )  # fmt: skip
        assert "Images: 0; no evidence: 1 missing." in capsys.readouterr().out

    def test_the_images_of_a_feed_can_be_downloaded_without_a_catalogue(self, trained, tmp_path, capsys):
        aisle("download", trained / "shop.tsv", "--out", tmp_path / "images", *FAST)
        ingested = trained / "by-feed"
        aisle(
            "ingest", trained / "shop.tsv", "--taxonomy", "from-labels", "--images", tmp_path / "images",
            "--out", ingested,
        )  # fmt: skip
        counts = json.loads((ingested / "catalogue.json").read_text())["images"]
        assert counts == {
            "missing": N_MISSING + 1,
            "ok": 240 - N_MISSING - N_PLACEHOLDERS,
            "placeholder": N_PLACEHOLDERS,
        }


class TestMistakes:
    """One line and exit code 2, and nothing is left behind."""

    @pytest.fixture
    def broken(self, downloaded, tmp_path):
        """A download that never finished."""
        (tmp_path / "images").mkdir()
        (tmp_path / "images/images.json").write_text('{"format": 1}')
        return tmp_path / "images"

    def commands(self, trained, images, out):
        model, catalogue, feed = trained / "model", trained / "catalogue", trained / "shop.tsv"
        common = ["--images", images, "--out"]
        return [
            ["ingest", feed, "--taxonomy", "from-labels", *common, out / "c"],
            [
                "train",
                catalogue,
                "--recipe",
                "image_small",
                "--set",
                "image.weights=none",
                *common,
                out / "m",
            ],
            ["evaluate", model, catalogue, *common, out / "s"],
            ["evaluate", model, feed, *common, out / "s"],
            ["predict", model, feed, *common, out / "p.tsv"],
        ]

    @pytest.mark.parametrize("number", range(5))
    def test_a_download_that_was_never_finished(self, trained, broken, tmp_path, capsys, number):
        out = tmp_path / "out"
        out.mkdir()
        command = self.commands(trained, broken, out)[number]
        capsys.readouterr()
        assert run([str(word) for word in command]) == 2
        told = capsys.readouterr().err
        assert told == (
            f"aisle: {broken}: no download was finished here; run `aisle download` again, it goes on\n"
        )
        assert not list(out.iterdir())

    def test_pictures_of_another_size_in_one_folder(self, downloaded, capsys):
        code = run(
            [
                "download",
                str(downloaded / "catalogue"),
                "--out",
                str(downloaded / "images"),
                "--longest-side",
                "128",
            ]
        )
        assert code == 2
        assert "its pictures have a longest side of 256 pixels, not 128" in capsys.readouterr().err
