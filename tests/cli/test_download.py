"""`aisle download` as a user meets it."""

import pytest

from aisle.cli.main import run
from aisle.demo.server import Site, serve
from aisle.images.download.run import open_images


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

    def test_loopback_is_not_asked_unless_it_is_allowed(self, tmp_path, addresses, shop, capsys):
        out = tmp_path / "images"
        assert run(["download", str(addresses), "--out", str(out), "--workers", "1"]) == 0
        assert shop.n_connections == 0
        assert "invalid_link" in capsys.readouterr().out

    def test_the_contact_reaches_the_shop(self, tmp_path, addresses, shop):
        arguments = ["--workers", "1", "--allow-private-addresses", "--contact", "crawl@mine.test"]
        run(["download", str(addresses), "--out", str(tmp_path / "images"), *arguments])
        assert "crawl@mine.test" in shop.hits[0].agent


class TestMistakes:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["nothing", "--out", "images"], "nothing: no such catalogue"),
            (["{list}", "--out", "images", "--limit", "cdn"], "the limit 'cdn' does not parse"),
            (["{list}", "--out", "images", "--retry", "http_404"], "no status is called 'http_404'"),
            (["{list}", "--out", "{folder}"], "is not empty and holds no images.json"),
        ],
    )
    def test_one_line_says_what_is_wrong(self, tmp_path, addresses, monkeypatch, capsys, arguments, said):
        monkeypatch.chdir(tmp_path)
        filled = [text.format(list=addresses, folder=tmp_path) for text in arguments]
        assert run(["download", *filled]) == 2
        shown = capsys.readouterr().err
        assert said in shown
        assert shown.count("\n") == 1
