"""`--field`: what a merchant's columns are called is told when its feed is read, by every command alike."""

import gzip
import json
import shlex
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aisle.catalogue import open_catalogue
from aisle.cli.main import run
from aisle.feeds import FeedOptions, read_feed

ROWS = [
    (f"{i}", f"kite {i}" if i % 2 else f"ball {i}", "red", "Kites" if i % 2 else "Balls") for i in range(12)
]
NAMES = ("sku", "product_name", "hue", "kind")
FIELDS = "--field id=sku --field title=product_name --field description=hue"


def as_tsv(path):
    path.write_text("".join("\t".join(row) + "\n" for row in (NAMES, *ROWS)))


def as_packed_csv(path):
    with gzip.open(path, "wt") as file:
        file.write("".join(",".join(row) + "\n" for row in (NAMES, *ROWS)))


def as_json_lines(path):
    path.write_text("".join(json.dumps(dict(zip(NAMES, row, strict=True))) + "\n" for row in ROWS))


def as_parquet(path):
    pq.write_table(pa.table(dict(zip(NAMES, zip(*ROWS, strict=True), strict=True))), path)


def as_xml(path):
    items = "".join(
        "<item>" + "".join(f"<{n}>{v}</{n}>" for n, v in zip(NAMES, row, strict=True)) + "</item>"
        for row in ROWS
    )
    path.write_text(f"<rss version='2.0'><channel>{items}</channel></rss>")


@pytest.fixture(autouse=True)
def _folder(tmp_path, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path_factory.mktemp("vectors")))


def told(capsys, words):
    """What a command says that is asked for something wrong; it leaves nothing behind."""
    before = sorted(Path().rglob("*"))
    assert run(shlex.split(words)) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert sorted(Path().rglob("*")) == before
    return message


class TestIngest:
    @pytest.mark.parametrize(
        ("name", "write"),
        [
            ("shop.tsv", as_tsv),
            ("shop.csv.gz", as_packed_csv),
            ("shop.jsonl", as_json_lines),
            ("shop.parquet", as_parquet),
            ("shop.xml", as_xml),
        ],
    )
    def test_columns_of_any_name_in_any_format(self, tmp_path, name, write):
        write(tmp_path / name)
        words = f"ingest {name} --taxonomy from-labels --label-column kind {FIELDS} --out catalogue"
        assert run(shlex.split(words)) == 0
        catalogue = open_catalogue(Path("catalogue"))
        splits = ("train", "val", "test")
        rows = pa.Table.from_batches(list(catalogue.batches(splits))).sort_by("id").to_pylist()
        expected = sorted(ROWS)
        assert [(r["id"], r["title"], r["description"]) for r in rows] == [row[:3] for row in expected]
        assert [r["label_text"] for r in rows] == [row[3] for row in expected]
        assert catalogue.manifest.ingests[0]["fields"] == {
            "id": "sku",
            "title": "product_name",
            "description": "hue",
        }

    def test_feeds_with_their_own_words_go_together(self, tmp_path):
        as_tsv(tmp_path / "one.tsv")
        (tmp_path / "two.tsv").write_text("id\ttitle\tkind\nx\tdrum\tDrums\n")
        words = f"ingest one.tsv two.tsv --taxonomy from-labels --label-column kind {FIELDS} --out catalogue"
        assert run(shlex.split(words)) == 0
        splits = ("train", "val", "test")
        rows = pa.Table.from_batches(list(open_catalogue(Path("catalogue")).batches(splits))).to_pylist()
        assert len(rows) == len(ROWS) + 1
        assert {"drum", "ball 0"} < {row["title"] for row in rows}

    def test_what_a_row_leaves_blank_is_read_by_the_usual_name(self, tmp_path):
        """However the rows fall into batches: a format without a header has other columns in each."""
        rows = [
            {"id": f"{i}", "title": "usual", "kind": "A"} | ({"name": f"own {i}"} if i % 3 else {})
            for i in range(20_000)
        ]
        rows[0]["name"] = " "
        (tmp_path / "shop.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        options = FeedOptions(fields={"title": "name"}, batch_rows=7)
        for feed_options in (options, FeedOptions(fields={"title": "name"})):
            batches = read_feed(str(tmp_path / "shop.jsonl"), feed_options)
            titles = [title for batch in batches for title in batch.rows["title"].to_pylist()]
            assert titles == [f"own {i}" if i % 3 else "usual" for i in range(20_000)]

    def test_a_column_may_come_late_where_there_is_no_header(self, tmp_path, capsys):
        rows = [{"number": f"{i}", "kind": "A"} for i in range(10_000)]
        rows += [{"sku": f"x{i}", "name": f"kite {i}", "kind": "Kites"} for i in range(3)]
        (tmp_path / "shop.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        words = "ingest shop.jsonl --taxonomy from-labels --label-column kind --field title=name"
        message = told(capsys, f"{words} --field id=sku --field brand=hue --out catalogue")
        assert "shop.jsonl: no column 'hue' (--field brand=hue); known: kind, name, number, sku" in message
        assert run(shlex.split(f"{words} --field id=sku --out catalogue")) == 0
        catalogue = open_catalogue(Path("catalogue"))
        kept = pa.Table.from_batches(list(catalogue.batches(("train", "val", "test")))).to_pylist()
        assert {(row["id"], row["title"]) for row in kept} == {(f"x{i}", f"kite {i}") for i in range(3)}
        assert Path("catalogue/rejected.jsonl").read_text().count("\n") == 10_000
        assert "has no column 'id'" in told(capsys, f"{words} --out other")

    def test_a_catalogue_that_is_extended_is_checked_alike(self, tmp_path, capsys):
        as_tsv(tmp_path / "shop.tsv")
        (tmp_path / "more.tsv").write_text("id\tname\tkind\nx\tkite\tKites\n")
        words = f"ingest shop.tsv --taxonomy from-labels --label-column kind {FIELDS} --out catalogue"
        assert run(shlex.split(words)) == 0
        capsys.readouterr()
        extend = "ingest more.tsv --extend catalogue --out larger"
        assert "no column 'nam' (--field title=nam)" in told(capsys, f"{extend} --field title=nam")
        assert "labels are read from that column" in told(capsys, f"{extend} --field title=kind")
        assert run(shlex.split(f"{extend} --field title=name")) == 0
        splits = ("train", "val", "test")
        rows = pa.Table.from_batches(list(open_catalogue(Path("larger")).batches(splits))).to_pylist()
        assert {row["title"] for row in rows if row["id"] == "x"} == {"kite"}

    def test_a_column_that_no_feed_has_is_told(self, tmp_path, capsys):
        as_tsv(tmp_path / "shop.tsv")
        message = told(
            capsys,
            "ingest shop.tsv --taxonomy from-labels --label-column kind --field id=sku "
            "--field title=produkt_name --out catalogue",
        )
        assert "shop.tsv: no column 'produkt_name' (--field title=produkt_name)" in message
        assert "did you mean 'product_name'?" in message

    def test_a_field_that_there_is_not_is_told(self, tmp_path, capsys):
        as_tsv(tmp_path / "shop.tsv")
        message = told(capsys, "ingest shop.tsv --taxonomy from-labels --field titel=kind --out catalogue")
        assert "--field titel=kind: no field 'titel'; did you mean 'title'?" in message

    def test_the_label_does_not_speak_as_evidence(self, tmp_path, capsys):
        as_tsv(tmp_path / "shop.tsv")
        message = told(
            capsys,
            "ingest shop.tsv --taxonomy from-labels --label-column kind --field id=sku "
            "--field description=kind --out catalogue",
        )
        assert "--field description=kind: labels are read from that column, so it cannot speak" in message

    def test_without_ids_the_option_is_named(self, tmp_path, capsys):
        as_tsv(tmp_path / "shop.tsv")
        message = told(capsys, "ingest shop.tsv --taxonomy from-labels --label-column kind --out catalogue")
        assert "has no column 'id'" in message
        assert "or say which it is (--field id=COLUMN)" in message


class TestPredictAndEvaluate:
    """The model of these tests knows kites and balls by their titles."""

    FEED = "sku\tname\tkind\n1\tkite red\tToys > Kites\n2\tball\tToys > Balls\n"

    def test_predict_reads_them_alike(self, model, tmp_path):
        (tmp_path / "named.tsv").write_text(self.FEED)
        (tmp_path / "usual.tsv").write_text(self.FEED.replace("sku\tname", "id\ttitle"))
        for name, fields in (("named", "--field id=sku --field title=name"), ("usual", "")):
            words = f"predict {shlex.quote(str(model))} {name}.tsv {fields} --merchant m --out {name}.jsonl"
            assert run(shlex.split(words)) == 0
        assert Path("named.jsonl").read_text() == Path("usual.jsonl").read_text()
        paths = [json.loads(line)["category_path"] for line in Path("named.jsonl").read_text().splitlines()]
        assert paths == ["Toys > Kites", "Toys > Balls"]

    def test_a_column_that_is_missing_is_told_before_anything_is_written(self, model, tmp_path, capsys):
        (tmp_path / "new.tsv").write_text(self.FEED)
        words = f"predict {shlex.quote(str(model))} new.tsv --field id=sku --field title=nam --out a.tsv"
        assert "new.tsv: no column 'nam' (--field title=nam); did you mean 'name'?" in told(capsys, words)

    def test_a_column_may_come_late_where_there_is_no_header(self, model, tmp_path, capsys):
        rows = [{"id": f"{i}", "title": "ball"} for i in range(10_000)]
        rows += [{"id": "x", "title": "ball", "name": "kite"}]
        (tmp_path / "new.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        words = f"predict {shlex.quote(str(model))} new.jsonl --out a.jsonl --field title="
        assert "no column 'nam' (--field title=nam); did you mean 'name'?" in told(capsys, f"{words}nam")
        assert run(shlex.split(f"{words}name")) == 0
        paths = [json.loads(line)["category_path"] for line in Path("a.jsonl").read_text().splitlines()]
        assert paths == ["Toys > Balls"] * 10_000 + ["Toys > Kites"]

    def test_what_the_model_took_for_a_label_does_not_speak(self, model, tmp_path, capsys):
        (tmp_path / "new.tsv").write_text(self.FEED.replace("kind", "google_product_category"))
        fields = "--field id=sku --field title=google_product_category"
        words = f"predict {shlex.quote(str(model))} new.tsv {fields} --out a.tsv"
        assert "labels are read from that column, so it cannot speak" in told(capsys, words)

    def test_evaluate_reads_them_alike(self, model, tmp_path):
        (tmp_path / "new.tsv").write_text(self.FEED)
        words = (
            f"evaluate {shlex.quote(str(model))} new.tsv --label-column kind "
            "--field id=sku --field title=name --out scores"
        )
        assert run(shlex.split(words)) == 0
        figures = json.loads(Path("scores/metrics.json").read_text())
        assert figures["counts"]["n_scored"] == 2
        assert figures["overall"]["accuracy"]["leaf"]["micro"]["value"] == 1.0

    def test_a_catalogue_has_its_fields(self, tmp_path, model, capsys):
        as_tsv(tmp_path / "shop.tsv")
        ingest = f"ingest shop.tsv --taxonomy from-labels --label-column kind {FIELDS} --out catalogue"
        assert run(shlex.split(ingest)) == 0
        capsys.readouterr()
        words = f"evaluate {shlex.quote(str(model))} catalogue --field title=name --out scores"
        assert "is a catalogue, whose fields were read from a feed; leave --field out" in told(capsys, words)
