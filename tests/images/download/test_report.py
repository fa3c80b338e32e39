"""What a person sees of a run."""

import io

import pytest
from rich.console import Console

from aisle.images.download.plan import Plan
from aisle.images.download.report import Report
from aisle.images.download.run import download
from aisle.images.download.summary import NO_HOST, OTHER_HOSTS, Summary


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
    return Summary(
        n_addresses=1,
        n_kept=0,
        by_status={"ok": 1},
        by_host=by_host,
        n_bytes=0,
        placeholders=[],
        left_alone={},
        n_paths=0,
        notes=[],
    )


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


def test_the_summary_counts_every_address_though_it_names_the_largest_hosts_alone(
    run_settings, list_of, images, shop, monkeypatch
):
    monkeypatch.setattr("aisle.images.download.summary._MOST_HOSTS", 2)
    hosts = ["a.test"] * 3 + ["b.test"] * 2 + ["c.test", "d.test"]
    source = list_of(*(shop.address(f"/a.jpg?{n}", host=host) for n, host in enumerate(hosts)))
    found = download(source, images, run_settings())
    assert list(found.by_host.items()) == [
        ("a.test", {"ok": 3}),
        ("b.test", {"ok": 2}),
        (OTHER_HOSTS, {"ok": 2}),
    ]


class TestProgress:
    def test_in_a_log_a_line_is_told_every_minute(self, shown):
        now = [0.0]
        report = shown(clock=lambda: now[0])
        report.planned(plan(10_000), 1_000)
        for second in range(181):
            now[0] = float(second)
            report.told({"ok": 8, "http_4xx": 2, "hosts waiting in lane 0": 7})
        _, *lines = shown.progress().splitlines()
        assert [line.split("  ")[0] for line in lines] == [
            "images 1,610/10,000",
            "images 2,210/10,000",
            "images 2,810/10,000",
        ]
        assert lines[-1].endswith("10.1/s  ok 80 %, http_4xx 20 %  7 hosts waiting  0:11:55 left")

    def test_on_a_terminal_there_is_a_bar_and_no_lines(self, shown):
        now = [0.0]
        report = shown(is_terminal=True, clock=lambda: now[0])
        report.planned(plan(10), 0)
        now[0] = 100.0
        report.told({"ok": 1})
        assert "images" not in shown.progress()

    def test_what_is_unchanged_is_done_too(self, shown):
        now = [0.0]
        report = shown(clock=lambda: now[0])
        report.planned(plan(10), 0)
        now[0] = 60.0
        report.told({"unchanged": 5})
        assert "images 5/10  0.1/s  unchanged 100 %" in shown.progress()


class TestContact:
    @pytest.mark.parametrize("has_contact", [True, False])
    def test_who_names_none_is_told_once(self, shown, has_contact):
        report = shown(has_contact=has_contact)
        report.planned(plan(), 0)
        report.planned(plan(), 0)
        assert shown.progress().count("--contact crawl@mine.example") == (not has_contact)


def test_a_time_without_end_is_told_all_the_same(shown):
    shown().planned(plan(slow=1e300), 0)
    assert "slow takes at least 1157407 days" in shown.progress()
