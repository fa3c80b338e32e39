"""What a person sees of a run."""

import io

import pytest
from rich.console import Console

from aisle.images.download.plan import Plan
from aisle.images.download.report import Report
from aisle.images.download.run import download
from aisle.images.download.summary import NO_HOST, Summary


@pytest.fixture
def shown():
    """A report, and what it has shown so far: the summary, and the progress."""

    def make(*, is_terminal=False, **how):
        files = io.StringIO(), io.StringIO()
        consoles = [Console(file=file, width=200, force_terminal=is_terminal) for file in files]
        report = Report(console=consoles[0], progress_console=consoles[1], **how)
        make.summary, make.progress = (lambda file=file: file.getvalue() for file in files)
        return report

    return make


def plan(n_addresses=100, **seconds):
    return Plan(number=1, run=1, n_addresses=n_addresses, n_shards=(1,), large={}, seconds=seconds)


def summary(**by_host):
    return Summary(n_addresses=1, n_kept=0, by_status={"ok": 1}, by_host=by_host, n_bytes=0, placeholders=[])


class TestHosts:
    @pytest.mark.parametrize(
        ("host", "told"),
        [
            ("[/b]", "[/b]"),
            ("[2606:4700::1]", "[2606:4700::1]"),
            ("\x1b[31mred", "\ufffd[31mred"),
            ("a\u202eb\x9b", "a\ufffdb\ufffd"),
        ],
    )
    def test_are_told_as_they_are_and_move_no_terminal(self, shown, host, told):
        report = shown()
        report.planned(plan(**{host: 100.0}), 0)
        report.finished(summary(**{host: {"ok": 1}}))
        assert f"\n {told} " in shown.summary()
        assert f"  {told} takes at least 0:01:40" in shown.progress()

    def test_links_that_are_none_are_counted_in_one_row(self, run_settings, list_of, images, shop, shown):
        bad = ["http://[/b]/x.jpg", "http://\x1b[31mred/x.jpg", "http://bob:secret@shop.test/", "no link"]
        fetch = {"allowed_networks": ("127.0.0.0/8",)}
        source = list_of(*bad, shop.address("/a.jpg", host="fine.test"), "http://[::1]/x.jpg")
        found = download(source, images, run_settings(fetch=fetch))
        assert found.by_host == {
            NO_HOST: {"invalid_link": 4},
            "[::1]": {"blocked_address": 1},
            "fine.test": {"ok": 1},
        }
        shown().finished(found)
        assert "bob" not in shown.summary()
        assert "\x1b" not in shown.summary()
