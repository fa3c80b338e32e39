"""`aisle download` as a user meets it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aisle.cli.main import run
from aisle.demo.server import Site, serve
from aisle.images.download.run import open_images

GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00"
    b"\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


@pytest.fixture
def shop():
    with serve(Site({})) as server:
        yield server


@pytest.fixture
def addresses(tmp_path, shop):
    path = tmp_path / "addresses.txt"
    path.write_text("\n".join(shop.address(path) for path in ("/fault/404/a.jpg", "/fault/html/b.jpg")))
    return path


class TestDownload:
    def test_the_summary_says_what_came_of_it_and_what_it_means(self, tmp_path, addresses, capsys):
        out = tmp_path / "images"
        arguments = [str(addresses), "--out", str(out), "--workers", "1", "--allow-private-addresses"]
        assert run(["download", *arguments, "--requests-per-s", "100"]) == 0
        shown = capsys.readouterr()
        assert "http_4xx" in shown.out
        assert "not_an_image" in shown.out
        assert "2 addresses, 0 images" in shown.out
        assert "2 addresses to ask" in shown.err
        assert len(open_images(str(out)).committed()) == 1

    def test_the_summary_names_hosts_that_ask_to_be_left_alone(self, tmp_path, shop, capsys):
        source = tmp_path / "busy.txt"
        source.write_text(shop.address("/fault/429-day/a.jpg"))
        arguments = ["--out", str(tmp_path / "images"), "--workers", "1", "--allow-private-addresses"]
        assert run(["download", str(source), *arguments]) == 0
        assert f"127.0.0.1:{shop.port} asks to be left alone until 20" in capsys.readouterr().out

    def test_one_is_not_many(self, tmp_path, shop, capsys):
        feed = tmp_path / "feed.csv"
        rows = [f"1;Mug;{shop.address('/fault/404/a.jpg')}", "2;Mug;images/b.jpg"]
        feed.write_text("\n".join(["id;title;image_link", *rows]))
        arguments = ["--out", str(tmp_path / "images"), "--workers", "1", "--allow-private-addresses"]
        assert run(["download", str(feed), *arguments, "--shard-rows", "5"]) == 0
        shown = capsys.readouterr()
        assert "1 address to ask, 0 done before" in shown.err
        told = " ".join(shown.out.split())
        assert "1 address, 0 images, 0.0 MB read; 0 pictures stand for 'no image' (0 uses)" in told
        assert "; 1 link is the path of a file, and no address" in told

    def test_a_folder_may_have_any_name(self, tmp_path, addresses, capsys):
        images = tmp_path / 'mum\'s "new" images'
        assert run(["download", str(addresses), "--out", str(images), "--allow-private-addresses"]) == 0
        assert (images / "images.json").exists()

    @pytest.mark.slow
    @pytest.mark.parametrize("n_bytes", [3_000, 20_000, 300_000, 800_000])
    def test_a_full_disk_is_told_in_one_line_and_the_next_run_goes_on(
        self, tmp_path, shop, aisle, monkeypatch, n_bytes
    ):
        monkeypatch.chdir(tmp_path)
        links = [shop.address(f"/fault/404/{n}.jpg") for n in range(300)]
        links += [f"file:///no/{n}" for n in range(20_000)]
        (tmp_path / "list.txt").write_text("\n".join(links))
        command = "download list.txt --out images --allow-private-addresses --limit 127.0.0.1=10000,8"
        done = aisle(command, n_bytes=n_bytes)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert "File too large; make room, and run it again" in done.stderr
        assert run(command.split()) == 0
        assert sum(entry.facts["rows"] for entry in open_images("images").entries()) == len(links)

    def test_a_feeds_columns_may_have_other_names(self, tmp_path, shop, capsys):
        shop.site.pictures["/a.jpg"] = GIF
        feed, out = tmp_path / "feed.csv", tmp_path / "images"
        feed.write_text(f"sku;name;photo_url\n1;Mug;{shop.address('/a.jpg')}\n")
        arguments = [str(feed), "--out", str(out), "--workers", "1", "--allow-private-addresses"]
        assert run(["download", *arguments, "--field", "id=sku", "--field", "image_link=photo"]) == 2
        told = "feed.csv: no column 'photo' (--field image_link=photo); did you mean 'photo_url'?"
        assert told in capsys.readouterr().err
        assert not out.exists()
        assert run(["download", *arguments, "--field", "id=sku", "--field", "image_link=photo_url"]) == 0
        assert "1 address, 1 image," in capsys.readouterr().out

    def test_loopback_is_not_asked_unless_it_is_allowed(self, tmp_path, addresses, shop, capsys):
        out = tmp_path / "images"
        assert run(["download", str(addresses), "--out", str(out), "--workers", "1"]) == 0
        assert shop.n_connections == 0
        assert "invalid_link" in capsys.readouterr().out

    def test_the_contact_reaches_the_shop(self, tmp_path, addresses, shop):
        arguments = ["--workers", "1", "--allow-private-addresses", "--contact", "crawl@mine.test"]
        run(["download", str(addresses), "--out", str(tmp_path / "images"), *arguments])
        assert "crawl@mine.test" in shop.hits[0].agent

    @pytest.mark.parametrize("limit", ["0.2", "0.0004"])
    def test_a_request_that_takes_longer_than_its_time_limit_is_given_up(self, tmp_path, shop, capsys, limit):
        source = tmp_path / "slow.txt"
        source.write_text(shop.address("/fault/slow-start/a.jpg"))
        arguments = ["--workers", "1", "--allow-private-addresses", "--time-limit", limit]
        assert run(["download", str(source), "--out", str(tmp_path / "images"), *arguments]) == 0
        assert "timeout" in capsys.readouterr().out

    @pytest.mark.slow
    @pytest.mark.usefixtures("heeds_interrupts")
    def test_interrupted_it_says_what_is_left_and_goes_on(self, tmp_path, shop):
        source, out = tmp_path / "some.txt", tmp_path / "images"
        source.write_text(f"{shop.address('/a.jpg')}\n{shop.address('/fault/slow-start/b.jpg')}\n")
        program = str(Path(sys.executable).with_name("aisle"))
        command = [program, "download", str(source), "--out", str(out), "--workers", "1"]
        with subprocess.Popen(
            [*command, "--allow-private-addresses"], stderr=subprocess.PIPE, text=True
        ) as running:
            while not any(hit.path == "/a.jpg" for hit in shop.hits):
                time.sleep(0.05)
            os.kill(running.pid, signal.SIGINT)
            _, told = running.communicate()
        assert running.returncode == 130
        said = f"aisle: interrupted; what was downloaded stays in {out}; run it again to go on"
        assert told.splitlines()[-1] == said
        again = [*command[1:], "--allow-private-addresses", "--time-limit", "0.5"]
        assert run(again) == 0


@pytest.mark.parametrize("engine", ["local", pytest.param("spark", marks=pytest.mark.slow)])
def test_modules_in_the_working_folder_are_not_run(tmp_path, shop, engine):
    """Python starts a child with the working folder first in its search."""
    shop.site.pictures["/a.jpg"] = GIF
    (tmp_path / "addresses.txt").write_text(shop.address("/a.jpg"))
    for name in ("json", "pickle", "queue", "random", "socket", "selectors", "struct", "tempfile"):
        (tmp_path / f"{name}.py").write_text(f"open('{name} was run', 'w').close()\nraise SystemExit(3)\n")
    program = str(Path(sys.executable).with_name("aisle"))
    command = [program, "download", "addresses.txt", "--out", "images", "--workers", "1"]
    command += ["--allow-private-addresses", "--engine", engine]
    command += ["--master", "local[1]"] if engine == "spark" else []
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True, timeout=90)
    assert list(tmp_path.glob("* was run")) == []
    assert done.returncode == 0, done.stderr
    assert "1 image," in done.stdout


class TestMistakes:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["nothing", "--out", "images"], "nothing: is not there; name a catalogue"),
            (["{list}", "--out", "images", "--limit", "cdn"], "the limit 'cdn' does not parse"),
            (["{list}", "--out", "images", "--retry", "http_404"], "no status is called 'http_404'"),
            (["{list}", "--out", ""], "'': a folder of images wants a name"),
            (["{list}", "--out", "images", "--limit", "a=1,2,3,4"], "there are more than three numbers"),
            (["{list}", "--out", "{folder}"], "is not empty and holds no images.json"),
            (["{list}", "--out", "{list}"], "addresses.txt: is a file; name a folder"),
            (["{list}", "--out", "{list}/below"], "below: cannot be a folder (Not a directory)"),
            (["{list}", "--out", "/proc/o"], "/proc/o: cannot be a folder (No such file or directory)"),
            (["{list}", "--out", "images", "--engine", "sparc"], "no engine is called 'sparc'; did you mean"),
            (["{list}", "--out", "images", "--master", "yarn"], "the engine 'local' has no master"),
            (["{list}", "--out", "images", "--engine", "spark"], "--engine spark needs --workers"),
            (["{list}", "--out", "nowhere://images"], "Protocol not known: nowhere"),
            (["{list}", "--out", "images", "--proxy", "foo bar"], "the proxy 'foo bar' is no address of one"),
            (["{list}", "--out", "images", "--requests-per-s", "inf"], "requests_per_s is inf"),
            (["{list}", "--out", "images", "--requests-per-s", "nan"], "requests_per_s is nan"),
            (["{list}", "--out", "images", "--limit", "*=5"], "this is no host's name"),
            (["{list}", "--out", "images", "--limit", "a=1e400"], "the limit 'a=1e400' does not parse"),
            (["{list}", "--out", "images", "--time-limit", "inf"], "the time limit is inf s"),
            (["{list}", "--out", "images", "--contact", "Jürgen@mine.example"], "the contact 'Jürgen@mine"),
            (["{list}", "--out", "images", "--contact", "me\r\nX-Injected: yes"], r"'me\r\nX-Injected: yes'"),
        ],
    )
    def test_one_line_says_what_is_wrong(self, tmp_path, addresses, monkeypatch, capsys, arguments, said):
        monkeypatch.chdir(tmp_path)
        filled = [text.format(list=addresses, folder=tmp_path) for text in arguments]
        assert run(["download", *filled]) == 2
        shown = capsys.readouterr().err
        assert said in shown
        assert shown.count("\n") == 1


def test_a_second_download_into_a_folder_of_an_object_store_is_refused(addresses, capsys):
    from aisle.execution.lease import alone

    with alone(open_images("memory://in-use", create=True)):
        assert run(["download", str(addresses), "--out", "memory://in-use/"]) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("aisle: memory:///in-use: another run is at work in this folder: process ")


class TestSpark:
    """What can be known to be wrong is said before anything is started, and before the output is made."""

    @pytest.fixture
    def refused(self, tmp_path, addresses, monkeypatch, capsys):
        """Run with a master, in a process that has no Spark yet, and give the one line that is said."""
        from pyspark import SparkContext

        monkeypatch.setattr(SparkContext, "_active_spark_context", None)
        monkeypatch.setattr(SparkContext, "_gateway", None)

        def run_with(*arguments):
            out = tmp_path / "images"
            command = ["download", str(addresses), "--out", str(out), "--engine", "spark", "--workers", "2"]
            assert run([*command, *arguments]) == 2
            (said,) = capsys.readouterr().err.splitlines()
            assert not out.exists()
            return said

        return run_with

    def test_a_master_that_is_none_is_refused(self, refused):
        assert refused("--master", "host:7077").startswith("aisle: --master 'host:7077' is no address")

    def test_a_master_that_does_not_answer_is_refused(self, refused):
        assert "nobody answers (127.0.0.1:1: " in refused("--master", "spark://127.0.0.1:1")

    def test_pyspark_that_is_not_installed_is_named(self, refused, monkeypatch):
        monkeypatch.setitem(sys.modules, "pyspark", None)
        said = refused("--master", "local[2]")
        assert said == "aisle: the engine 'spark' needs PySpark; run: pip install 'pyspark>=4.0'"

    def test_java_that_is_not_installed_is_named(self, refused, monkeypatch, tmp_path):
        monkeypatch.delenv("JAVA_HOME", raising=False)
        monkeypatch.setenv("PATH", str(tmp_path))
        assert "Spark needs Java 17 or newer" in refused("--master", "local[2]")


def test_neither_aisle_nor_a_download_here_loads_pyspark(tmp_path):
    source = tmp_path / "none.txt"
    source.write_text("")
    script = (
        "import sys, aisle\nfrom aisle.cli.main import run\n"
        f"assert run(['download', {str(source)!r}, '--out', {str(tmp_path / 'images')!r}]) == 0\n"
        "sys.exit(any(name.partition('.')[0] in ('pyspark', 'py4j') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, capture_output=True).returncode == 0
