"""`aisle ingest`, as a user runs it."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aisle.cli.main import run

FEED = "id\ttitle\tproduct_type\timage_link\n" + "".join(
    f"{i}\tthing {i}\tA > {'BC'[i % 2]}\t{i}.jpg\n" for i in range(20)
)


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A folder with a feed and a taxonomy, to work in."""
    (tmp_path / "shop.tsv").write_text(FEED)
    (tmp_path / "tree.txt").write_text("1 - Toys\n2 - Toys > Dolls\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(capsys, *arguments):
    """Run, expect one line on standard error, and nothing new on disk."""
    before = sorted(Path().rglob("*"))
    assert run(["ingest", *arguments]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert sorted(Path().rglob("*")) == before
    return message


INGEST = ("--taxonomy", "from-labels", "--out", "catalogue")


class TestSummary:
    def test_it_tells_what_became_of_the_rows_and_where_it_lies(self, shop, capsys):
        (shop / "shop.tsv").write_text(FEED + "3\tagain\tA > B\t\nbroken\n99\tx\t\t../../etc/passwd\n")
        assert run(["ingest", "shop.tsv", *INGEST]) == 0
        shown = capsys.readouterr().out
        for words in ("rows read", "unreadable", "doubles", "products", "without a label", "train", "leaves"):
            assert words in shown
        assert "19 image links are relative paths: name the folder to start from with --images DIR" in shown
        assert "1 image link was refused, for leading out of the image folder" in shown
        for path in ("catalogue", "catalogue/catalogue.json", "catalogue/rejected.jsonl"):
            assert f": {path}\n" in shown

    def test_it_shows_the_most_frequent_unknown_labels(self, shop, capsys):
        (shop / "shop.tsv").write_text(
            "id\ttitle\tproduct_type\n1\ta\tDolls\n2\tb\tCars\n3\tc\tCars\n4\td\tBikes\n"
        )
        assert run(["ingest", "shop.tsv", "--taxonomy", "tree.txt", "--out", "catalogue"]) == 0
        shown = capsys.readouterr().out
        assert "labels that the taxonomy does not know: 'Cars' (2), 'Bikes' (1)" in shown
        assert "catalogue/unresolved.tsv" in shown

    def test_it_shows_the_words_that_name_no_split(self, shop, capsys):
        words = ["train", "train", "Holdout", "Holdout", "", "odd"]
        rows = "".join(f"{i}\tt{i}\tA > B\t{word}\n" for i, word in enumerate(words))
        (shop / "shop.tsv").write_text("id\ttitle\tproduct_type\tfold\n" + rows)
        assert run(["ingest", "shop.tsv", *INGEST, "--split", "column:fold"]) == 0
        assert "name no split, whose products are in 'other': 'Holdout' (2), none (1), 'odd' (1)" in (
            capsys.readouterr().out
        )

    def test_brackets_in_a_feeds_words_are_shown_as_they_are(self, shop, capsys):
        (shop / "shop.tsv").write_text("id\ttitle\tproduct_type\n1\ta\tDolls\n2\tb\t[bold]Cars[/x]\n")
        assert run(["ingest", "shop.tsv", "--taxonomy", "tree.txt", "--out", "catalogue"]) == 0
        assert "'[bold]Cars[/x]' (1)" in capsys.readouterr().out


def test_every_option_reaches_the_catalogue(shop, capsys):
    (shop / "images").mkdir()
    options = "--max-depth 1 --min-products 2 --label-column product_type --merchant m --images images "
    options += "--split merchant --split-ratio 100/0/0 --max-per-leaf 3 --inner-labels other"
    assert run(["ingest", "shop.tsv", *INGEST, *options.split()]) == 0
    made = json.loads((shop / "catalogue/catalogue.json").read_text())
    assert (made["max_depth"], made["min_products"], made["inner_labels"]) == (1, 2, "other")
    assert (made["split"], made["split_ratio"], made["max_per_leaf"]) == ("merchant", "100/0/0", 3)
    assert (made["label_columns"], made["merchant"]) == (["product_type"], "m")
    assert made["image_roots"] == [str(shop / "images")]
    assert made["splits"]["train"] == 3
    assert made["splits"]["capped"] == 17


def test_a_catalogue_grows_in_place(shop, capsys):
    assert run(["ingest", "shop.tsv", *INGEST]) == 0
    (shop / "more.tsv").write_text("id\ttitle\tproduct_type\nx\tx\tA > B\n")
    assert run(["ingest", "more.tsv", "--extend", "catalogue", "--out", "catalogue", "--overwrite"]) == 0
    assert json.loads((shop / "catalogue/catalogue.json").read_text())["products"] == 21


class TestBadInput:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("none.tsv", *INGEST), "none.tsv: no such file; check the spelling and the folder"),
            (("*.xml", *INGEST), "*.xml: no such file"),
            (("empty.tsv", *INGEST), "empty.tsv: holds no products"),
            (("header.tsv", *INGEST), "header.tsv: holds no products"),
            (("no_id.tsv", *INGEST), "no_id.tsv: has no column 'id'"),
            (("shop.tsv", *INGEST, "--label-column", "product_typ"), "did you mean 'product_type'?"),
            (("shop.tsv", *INGEST, "--label-column", "title,"), "--label-column title,: name columns"),
            (("shop.tsv", *INGEST, "--split", "column:spilt"), "no column 'spilt' (--split); known: "),
            (("shop.tsv", *INGEST, "--merchant", "column:seller"), "seller"),
            (("shop.tsv", *INGEST, "--split", "fold"), "known: group, merchant, file, column:NAME"),
            (
                ("shop.tsv", *INGEST, "--split", "column:product_type"),
                "shop.tsv: no product is to train on, the values of 'product_type' (--split) are 'A > B' "
                "(10), 'A > C' (10); write train, val and test there, or name another column",
            ),
            (("shop.tsv", *INGEST, "--split", "file"), "shop.tsv: its name tells no split"),
            (("shop.tsv", *INGEST, "--split-ratio", "70/20"), "--split-ratio 70/20: give the shares"),
            (("shop.tsv", *INGEST, "--split", "column:id", "--split-ratio", "1/2/97"), "has no meaning with"),
            (("shop.tsv", *INGEST, "--images", "pictures"), "pictures: no such folder"),
            (("shop.tsv", *INGEST, "--images", "shop.tsv"), "shop.tsv: is not a folder"),
            (("shop.tsv", *INGEST, "--min-products", "99"), "no category has 99 products"),
            (("shop.tsv", *INGEST, "--extend", "tree.txt"), "tree.txt: holds no catalogue.json"),
            (("shop.tsv", "--out", "catalogue"), "no taxonomy is named; add --taxonomy FILE"),
            (("shop.tsv", "--taxonomy", "no.txt", "--out", "catalogue"), "no.txt: no such file"),
            (
                ("shop.tsv", "--taxonomy", "tree.txt", "--out", "catalogue"),
                "tree.txt: knows none of the labels in",
            ),
            (("shop.tsv", "--taxonomy", "from-labels", "--out", "no/where"), "does not exist; make it first"),
            (
                ("shop.tsv", "--taxonomy", "from-labels", "--out", "tree.txt"),
                "tree.txt: is a file, and a folder",
            ),
            (
                ("shop.tsv", "--taxonomy", "from-labels", "--out", "mine", "--overwrite"),
                "mine: holds no catalogue.json, so it is not ours to overwrite",
            ),
        ],
    )
    def test_is_told_in_one_line_and_leaves_nothing(self, shop, capsys, arguments, words):
        (shop / "empty.tsv").write_text("")
        (shop / "header.tsv").write_text("id\ttitle\n")
        (shop / "no_id.tsv").write_text("name\ttitle\n1\tx\n")
        (shop / "mine").mkdir()
        (shop / "mine/letter.txt").write_text("dear")
        assert words in refused(capsys, *arguments)

    def test_an_output_that_exists_is_refused_and_stays(self, shop, capsys):
        assert run(["ingest", "shop.tsv", *INGEST]) == 0
        before = (shop / "catalogue/catalogue.json").read_bytes()
        assert "exists already; name another output, or add --overwrite" in refused(
            capsys, "shop.tsv", *INGEST
        )
        assert (shop / "catalogue/catalogue.json").read_bytes() == before

    def test_an_overwrite_that_fails_leaves_the_old_catalogue(self, shop, capsys):
        assert run(["ingest", "shop.tsv", *INGEST]) == 0
        message = refused(capsys, "shop.tsv", *INGEST, "--overwrite", "--min-products", "99")
        assert "no category has 99 products" in message

    @pytest.mark.parametrize("option", ["--max-depth", "--min-products", "--max-per-leaf"])
    def test_a_number_below_one_is_refused(self, shop, capsys, option):
        assert run(["ingest", "shop.tsv", *INGEST, option, "0"]) == 2
        assert option in capsys.readouterr().err
        assert not (shop / "catalogue").exists()


class TestTrouble:
    N_ROWS = 30_000

    @pytest.fixture
    def large(self, shop):
        lines = (f"{i}\tthing {i}\tA > {i % 9}\t{i % 400}.jpg" for i in range(self.N_ROWS))
        (shop / "large.tsv").write_text("id\ttitle\tproduct_type\timage_link\n" + "\n".join(lines))
        return shop

    @pytest.mark.parametrize("is_there", [False, True])
    def test_a_kill_in_the_middle_leaves_the_old_or_nothing_and_the_next_run_works(
        self, large, capsys, is_there
    ):
        if is_there:
            assert run(["ingest", "shop.tsv", *INGEST]) == 0
        command = [sys.executable, "-m", "aisle", "ingest", "large.tsv", *INGEST, "--overwrite"]
        for products in ("work/wide.parquet", "products"):
            with subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as child:
                while child.poll() is None and not list(large.glob(f".catalogue.*.partial/{products}")):
                    time.sleep(0.005)
                child.kill()
            assert child.returncode == -9
            assert list(large.glob(".catalogue.*.partial"))
            assert (large / "catalogue/catalogue.json").exists() == is_there
        if is_there:
            assert json.loads((large / "catalogue/catalogue.json").read_text())["products"] == 20
        assert run(["ingest", "large.tsv", *INGEST, "--overwrite"]) == 0
        assert json.loads((large / "catalogue/catalogue.json").read_text())["products"] == self.N_ROWS
        assert not list(large.glob(".catalogue.*"))

    @pytest.mark.parametrize("n_bytes", [10_000, 100_000, 300_000])
    def test_a_full_disk_is_told_in_one_line_and_leaves_nothing(self, large, n_bytes):
        script = (
            "import resource, sys; from aisle.cli.main import run;"
            f"resource.setrlimit(resource.RLIMIT_FSIZE, ({n_bytes}, {n_bytes}));"
            "sys.exit(run(sys.argv[1:]))"
        )
        command = [sys.executable, "-c", script, "ingest", "large.tsv", *INGEST]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert done.stderr == (
            f"aisle: {large / 'catalogue'}: File too large; nothing was changed there; make room, or name an "
            "output on another disk, and run it again\n"
        )
        assert not list(large.glob("*catalogue*"))
        assert not list(large.glob(".catalogue*"))
