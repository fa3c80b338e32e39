"""What every command that reads feeds says of one that loses products."""

import gzip
import json
import shlex
import subprocess
import sys
from hashlib import sha256

import pytest

from aisle.cli.main import run

HEADER = "id\ttitle\tproduct_type\timage_link\n"
ROWS = [f"{i}\tkite {sha256(str(i).encode()).hexdigest()}\tToys > Kites\t{i}.jpg\n" for i in range(300)]
ROWS[0] = ROWS[0].replace("\t0.jpg", "\thttp://127.0.0.1/0.jpg")  # which is refused, and never asked


@pytest.fixture
def commands(model, tmp_path, monkeypatch):
    """The commands that read a feed, by name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "vectors"))
    return {
        "ingest": "ingest {feed} --taxonomy from-labels --out catalogue",
        "predict": f"predict {model} {{feed}} --out answers.tsv",
        "evaluate": f"evaluate {model} {{feed}} --label-column product_type --out scores",
        "download": "download {feed} --out images",
    }


@pytest.mark.parametrize("name", ["ingest", "predict", "evaluate", "download"])
def test_a_feed_that_breaks_off_and_rows_that_are_not_utf8(commands, name, tmp_path, capsys):
    content = gzip.compress((HEADER + "".join(ROWS)).replace("kite 1", "käte 1").encode("cp1252"))
    (tmp_path / "cut.tsv.gz").write_bytes(content[: len(content) // 2])
    assert run(shlex.split(commands[name].format(feed="cut.tsv.gz"))) == 0
    shown = capsys.readouterr().out
    assert "Note: cut.tsv.gz breaks off at line 1" in shown
    assert ": what follows is lost; fetch it again\n" in shown
    assert " rows are not UTF-8 and were put aside: save the feed as UTF-8, or name its encoding" in shown
    if name == "ingest":
        manifest = json.loads((tmp_path / "catalogue" / "catalogue.json").read_text())
        assert manifest["reasons"]["the file breaks off"] == 1
        assert "breaks off at line" in manifest["ingests"][0]["notes"][0]
    if name == "evaluate":
        metrics = json.loads((tmp_path / "scores" / "metrics.json").read_text())
        assert "breaks off at line" in metrics["feed_notes"][0]


@pytest.mark.parametrize("name", ["ingest", "predict", "evaluate", "download"])
def test_a_whole_feed_has_no_such_note(commands, name, tmp_path, capsys):
    (tmp_path / "shop.tsv").write_text(HEADER + "".join(ROWS))
    assert run(shlex.split(commands[name].format(feed="shop.tsv"))) == 0
    shown = capsys.readouterr().out
    assert "breaks off" not in shown
    assert "UTF-8" not in shown


@pytest.mark.parametrize("name", ["ingest", "predict", "evaluate"])
def test_the_encoding_may_be_named(commands, name, tmp_path, capsys):
    content = (HEADER.replace("title", "Größe") + "".join(ROWS)).replace("kite 1", "käte 1").encode("cp1252")
    (tmp_path / "shop.tsv").write_bytes(content)
    words = commands[name].format(feed="shop.tsv") + " --field title=Größe"
    assert run(shlex.split(words)) == 2
    assert "save the file as UTF-8, or name its encoding (--encoding NAME)" in capsys.readouterr().err
    assert run(shlex.split(f"{words} --encoding cp9999")) == 2
    assert "--encoding cp9999: no encoding is called that" in capsys.readouterr().err
    assert run(shlex.split(f"{words} --encoding cp1252")) == 0
    assert "UTF-8" not in capsys.readouterr().out


def test_the_encoding_of_a_download_may_be_named(commands, tmp_path, capsys):
    content = (HEADER + "".join(ROWS)).replace("kite 1", "käte 1").encode("cp1252")
    (tmp_path / "shop.tsv").write_bytes(content)
    assert run(shlex.split(commands["download"].format(feed="shop.tsv") + " --encoding cp1252")) == 0
    shown = capsys.readouterr().out
    assert "UTF-8" not in shown
    assert "299 links are paths" in shown.replace("\n", "")


@pytest.mark.parametrize(
    ("name", "how"), [("ingest", "file"), ("ingest", "pipe"), ("predict", "pipe"), ("evaluate", "pipe")]
)
def test_a_dash_is_standard_input(commands, name, how, tmp_path):
    """Read several times where it must be, as with --field."""
    content = (HEADER.replace("title", "name") + "".join(ROWS)).encode()
    (tmp_path / "shop.tsv").write_bytes(content)
    words = shlex.split(commands[name].format(feed="-") + " --field title=name")
    with (tmp_path / "shop.tsv").open("rb") as file:
        given = {"stdin": file} if how == "file" else {"input": content}
        done = subprocess.run(
            [sys.executable, "-m", "aisle", *words], capture_output=True, check=False, **given
        )
    assert (done.returncode, done.stderr) == (0, b"")
    if name == "predict":
        assert (tmp_path / "answers.tsv").read_text().splitlines()[1].startswith("0\tstdin\t")


def test_reasons_that_are_not_shown_are_counted_too(commands, tmp_path, capsys):
    lines = ["1\tx\n", "2\t\0\tA\ta\n", "\tx\tA\ta\n", '4\t"x\tA\ta\n', "5\t\xff\tA\ta\n", "6\t\xff\tA\ta\n"]
    quoted = [row.replace("kite ", '"').replace("\tToys", '"\tToys') for row in ROWS]
    (tmp_path / "a.tsv").write_bytes("".join([HEADER, *lines, *quoted]).encode("latin-1"))
    assert run(shlex.split(commands["ingest"].format(feed="a.tsv"))) == 0
    shown = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert shown[1][:2] == ["unreadable", "6"]
    assert sum(int(line[0]) for line in shown[2:6]) == 6
    assert shown[5][1:] == ["for", "other", "reasons"]
