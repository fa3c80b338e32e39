"""`aisle evaluate` on a labelled feed made by hand: scored whole, all counted, figures that add up."""

import json
import shlex

import pytest

from aisle.cli.main import run

ROWS = [
    ("a", "kite red", "Toys > Kites"),
    ("b", "kite blue", "Toys > Kites"),
    ("c", "ball", "Toys > Balls"),
    ("d", "rake", "Garden > Tools > Rakes"),
    ("e", "jam", "Food"),
    ("e", "jam again", "Food"),
    ("f", "ball", "Toys > Kites"),
    ("g", "kite", "Toys"),
    ("h", "jam", "Toys"),
    ("i", "rake", ""),
    ("j", "kite", "Cars > Red"),
]
"""Told by a word of the title: a to e are right (one id twice), f is a ball called a kite, g and h are
labelled with an inner category that g lies in and h does not, i has no label, j one that the tree lacks."""
BROKEN = ["k\tkite", "\tkite\tToys > Kites", "l\tki\0te\tToys > Kites"]


@pytest.fixture
def scored(model, tmp_path, monkeypatch, capsys):
    """Score the feed; give what was printed, and metrics.json."""
    monkeypatch.chdir(tmp_path)
    lines = ["\t".join(row) for row in ROWS]
    lines[2:2] = BROKEN[:1]
    (tmp_path / "new.tsv").write_text(
        "id\ttitle\tgoogle_product_category\n" + "\n".join([*lines, *BROKEN[1:]]) + "\n"
    )
    words = f"evaluate {shlex.quote(str(model))} new.tsv --cache vectors --out scores"
    assert run(shlex.split(words)) == 0
    return capsys.readouterr().out, json.loads((tmp_path / "scores/metrics.json").read_text())


def test_every_record_is_counted_once(scored):
    shown, report = scored
    counts = report["counts"]
    assert report["split"] == "whole feed"
    assert counts["n_products"] == len(ROWS)
    assert counts["n_unreadable"] == len(BROKEN)
    assert counts["n_products"] == counts["n_scored"] + counts["n_unlabelled"]
    assert counts["n_scored"] == counts["n_leaf"] + counts["n_inner"] + counts["n_outside"]
    assert [counts[name] for name in ("n_leaf", "n_inner", "n_outside", "n_unlabelled")] == [7, 2, 1, 1]
    assert "10 products scored" in shown
    assert "1 unlabelled left out; 3 unreadable records put aside" in shown


def test_the_records_put_aside_are_named_with_line_and_reason(scored, tmp_path):
    lines = (tmp_path / "scores/rejected.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    assert [record["line"] for record in records] == [4, 14, 15]
    assert all(record["file"] == "new.tsv" and record["reason"] for record in records)


def test_the_figures_are_those_worked_out_by_hand(scored):
    """Right at the leaf: a to e (6 rows) and g, of 10. At level 1, f too: Toys. j is wrong everywhere."""
    _, report = scored
    metrics = report["overall"]
    assert metrics["accuracy"]["leaf"]["micro"]["value"] == pytest.approx(7 / 10)
    assert metrics["accuracy"]["levels"][0]["micro"]["value"] == pytest.approx(8 / 10)
    by_label = {part["name"]: part for part in report["by"]["label"]}
    assert {name: part["n_products"] for name, part in by_label.items()} == {
        "leaf": 7,
        "inner": 2,
        "outside": 1,
    }
    assert by_label["leaf"]["accuracy"]["leaf"]["micro"]["value"] == pytest.approx(6 / 7)
    assert by_label["inner"]["accuracy"]["leaf"]["micro"]["value"] == pytest.approx(1 / 2)
    assert by_label["outside"]["accuracy"]["leaf"]["micro"]["value"] == 0
    for kind in ("label", "seen", "merchant", "evidence", "split"):
        assert sum(part["n_products"] for part in report["by"][kind]) == 10


def test_the_paths_common_lengths_are_those_worked_out_by_hand(scored):
    """(common, answered, true): a, b, c 2 2 2; d 3 3 3; e twice 1 1 1; f 1 2 2; g 1 1 1, cut to its label's
    depth; h 0 1 1; j, whose answer is a kite, 0 2 2."""
    figures = scored[1]["overall"]["hierarchical"]
    assert figures["n_common"] == 3 * 2 + 3 + 2 * 1 + 1 + 1
    assert figures["n_true"] == 3 * 2 + 3 + 2 * 1 + 2 + 1 + 1 + 2
    assert figures["n_answer"] == 3 * 2 + 3 + 2 * 1 + 2 + 1 + 1 + 2


def test_products_of_one_title_are_one_group(scored):
    """kite red, kite blue and kite; ball twice; rake twice; jam and jam again: the titles that are alike."""
    assert scored[1]["counts"]["n_groups"] == 7


def test_a_merchant_can_be_named(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "new.tsv").write_text("id\ttitle\tgoogle_product_category\n1\tkite\tToys > Kites\n")
    words = f"evaluate {shlex.quote(str(model))} new.tsv --merchant Acme --cache vectors --out scores"
    assert run(shlex.split(words)) == 0
    report = json.loads((tmp_path / "scores/metrics.json").read_text())
    assert [part["name"] for part in report["by"]["merchant"]] == ["Acme"]


@pytest.mark.parametrize("command", ["evaluate", "predict"])
def test_a_refused_feed_leaves_nothing_behind(model, tmp_path, monkeypatch, capsys, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "new.tsv").write_text("sku\ttitle\tgoogle_product_category\n1\tkite\tToys > Kites\n")
    words = f"{command} {shlex.quote(str(model))} new.tsv --cache vectors/mine --out scores.tsv"
    assert run(shlex.split(words)) == 2
    assert "new.tsv: has no column 'id'" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["new.tsv"]


@pytest.mark.parametrize(
    ("split", "note"),
    [
        ("train", "The model was trained on all {n} products scored: it does worse on others."),
        ("val", "The model's epochs and temperatures were chosen on these products: others may fare worse."),
        ("test", ""),
    ],
)
def test_a_split_that_the_model_has_seen_is_told(model, catalogue, tmp_path, capsys, split, note):
    words = f"evaluate {model} {catalogue} --split {split} --cache {tmp_path}/vectors --out {tmp_path}/scores"
    assert run(shlex.split(words)) == 0
    shown = capsys.readouterr().out
    report = json.loads((tmp_path / "scores/metrics.json").read_text())
    note = note.format(n=report["counts"]["n_scored"])
    assert report["note"] == note
    assert (note in shown.splitlines()) if note else ("The model" not in shown)


class TestAFeedThatTheModelWasTrainedOn:
    @pytest.fixture
    def note_of(self, model, tmp_path, capsys):
        """Score a feed; give the note, which the page shows too."""

        def score(feed, options=""):
            words = f"evaluate {model} {feed} {options} --cache {tmp_path}/vectors --out {tmp_path}/scores"
            assert run(shlex.split(words + " --overwrite")) == 0
            note = json.loads((tmp_path / "scores/metrics.json").read_text())["note"]
            assert note in capsys.readouterr().out.replace("\n", " ")
            return note

        return score

    def test_is_told_with_the_number_of_its_products(self, note_of, shop, catalogue):
        n = json.loads((catalogue / "catalogue.json").read_text())["splits"]["train"]
        assert note_of(shop / "shop.tsv") == (
            f"The model was trained on {n} of the 240 products scored: it does worse on others."
        )

    def test_is_known_by_its_merchant_and_ids(self, note_of, shop, tmp_path):
        text = (shop / "shop.tsv").read_text()
        assert note_of(shop / "shop.tsv", "--merchant other") == ""
        renamed = tmp_path / "new.tsv"
        renamed.write_text(text.replace("\np", "\nq"))
        assert note_of(renamed, "--merchant shop") == ""
        renamed.write_text(text.replace("kite", "kite, flown").replace("\tToys > Kites\t", "\t\t"))
        assert "of the 180 products scored" in note_of(renamed, "--merchant shop")
