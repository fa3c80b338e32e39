"""A whole download: every address once, whatever happens; the second run does what the first could not."""

import json
from collections import Counter
from pathlib import Path

import pytest

from aisle.core.errors import AisleError
from aisle.core.image_records import image_statuses
from aisle.demo.server import Site, serve
from aisle.execution.commit import ShardStore
from aisle.images.download import loop, robots_first
from aisle.images.download.address import USUAL_PORTS
from aisle.images.download.limits import HostLimits
from aisle.images.download.robots import judge_rules
from aisle.images.download.run import Watcher, download, open_images
from aisle.images.download.settings import FetchSettings
from aisle.images.download.verdict import judge

OUTCOMES = {
    "/a.jpg": "ok",
    "/fault/chunked/a.jpg": "ok",
    "/fault/gzip/a.jpg": "ok",
    "/fault/500-then-200/a.jpg": "ok",
    "/fault/429-seconds/a.jpg": "ok",
    "/fault/429-date/a.jpg": "ok",
    "/fault/redirect/a.jpg": "ok",
    "/fault/redirect-chain/5/a.jpg": "ok",
    "/fault/noindex-for-others/a.jpg": "ok",
    "/fault/404/a.jpg": "http_4xx",
    "/fault/410/a.jpg": "http_4xx",
    "/fault/403/a.jpg": "http_4xx",
    "/fault/429/a.jpg": "too_many_requests",
    "/fault/500/a.jpg": "http_5xx",
    "/fault/204/a.jpg": "http_other",
    "/fault/redirect-chain/6/a.jpg": "too_many_redirects",
    "/fault/redirect-loop/a.jpg": "too_many_redirects",
    "/fault/redirect-to-html/a.jpg": "redirected_to_page",
    "/fault/redirect-to-link-local/a.jpg": "blocked_address",
    "/fault/redirect-to-file/a.jpg": "bad_redirect",
    "/fault/redirect-nowhere/a.jpg": "bad_redirect",
    "/fault/html/a.jpg": "not_an_image",
    "/fault/html-as-image/a.jpg": "not_an_image",
    "/fault/truncated/a.jpg": "truncated",
    "/fault/short-body/a.jpg": "truncated",
    "/fault/bad-length/a.jpg": "truncated",
    "/fault/png-bomb/a.jpg": "too_many_pixels",
    "/fault/gzip-bomb/a.jpg": "too_large",
    "/fault/endless-body/a.jpg": "too_large",
    "/fault/declared-large/a.jpg": "too_large",
    "/fault/large-headers/a.jpg": "too_large",
    "/fault/endless-headers/a.jpg": "too_large",
    "/fault/slow-body/a.jpg": "timeout",
    "/fault/slow-start/a.jpg": "timeout",
    "/fault/reset/a.jpg": "connection_lost",
    "/fault/reset-at-once/a.jpg": "connection_lost",
    "/fault/empty-reply/a.jpg": "connection_lost",
    "/fault/not-http/a.jpg": "connection_lost",
    "/fault/noai/a.jpg": "opted_out",
    "/fault/tdm-reserved/a.jpg": "opted_out",
}


class TestStatuses:
    def test_every_fault_has_its_status(self, shop, run_settings, list_of, images, records):
        """Each fault on a host of its own, so that none slows another."""
        addresses = {
            shop.address(path, host=f"shop-{n}.test"): status
            for n, (path, status) in enumerate(OUTCOMES.items())
        }
        odd = {
            "ftp://shop.test/a": "invalid_link",
            "http://127.1/a": "blocked_address",
            "no link": "invalid_link",
        }
        settings = run_settings(n_workers=2, fetch={"total_s": 2.0}, n_tries=2)
        summary = download(list_of(*addresses, *odd), images, settings)
        found = records(images)
        assert {address: row["status"] for address, row in found.items()} == addresses | odd
        assert summary.n_addresses == len(addresses) + len(odd)
        assert set(summary.by_status) <= set(image_statuses())
        for row in found.values():
            assert (row["status"] == "ok") == bool(row["jpeg"])
            assert row["status"] == "ok" or row["reason"] or row["http_status"]

    def test_a_name_that_is_unknown_or_closed(self, shop, run_settings, list_of, images, records):
        from aisle.images.download.resolve import TableResolver

        resolver = TableResolver({"inside.test": ("169.254.169.254",)})
        source = list_of(
            shop.address("/a.jpg", host="nosuch.test"), shop.address("/a.jpg", host="inside.test")
        )
        download(source, images, run_settings(fetch={"resolver": resolver}))
        found = {address.split("/")[2].split(":")[0]: row for address, row in records(images).items()}
        assert found["nosuch.test"]["status"] == "no_such_host"
        assert found["inside.test"]["status"] == "blocked_address"
        assert "link-local" in found["inside.test"]["reason"]

    def test_an_ipv4_address_may_be_written_as_an_ipv6_one(
        self, shop, run_settings, list_of, images, records
    ):
        address = f"http://[::ffff:127.0.0.1]:{shop.port}/a.jpg"
        download(list_of(address), images, run_settings())
        assert [row["status"] for row in records(images).values()] == ["ok"]

    def test_an_answer_that_trips_us_up_costs_its_own_address_and_no_other(
        self, shop, run_settings, list_of, images, records, monkeypatch
    ):
        def trip(answer, job, *others):
            if job.address.target == "/odd.jpg":
                raise ZeroDivisionError("in judging")
            return judge(answer, job, *others)

        monkeypatch.setattr(loop, "judge", trip)
        good, odd = shop.address("/a.jpg"), shop.address("/odd.jpg")
        download(list_of(good, odd), images, run_settings())
        found = records(images)
        assert (found[good]["status"], found[odd]["status"]) == ("ok", "not_understood")
        assert "ZeroDivisionError('in judging')" in found[odd]["reason"]

    def test_rules_that_trip_us_up_cost_their_host_and_say_why(
        self, shop, run_settings, list_of, images, records, monkeypatch
    ):
        def trip(answer, job, *others):
            if job.queue.startswith("odd.test"):
                raise ZeroDivisionError("in judging")
            return judge_rules(answer, job, *others)

        monkeypatch.setattr(robots_first, "judge_rules", trip)
        good, odd = shop.address("/a.jpg", host="good.test"), shop.address("/a.jpg", host="odd.test")
        download(list_of(good, odd), images, run_settings(fetch={"honours_robots_txt": True}))
        found = records(images)
        assert (found[good]["status"], found[odd]["status"]) == ("ok", "robots_unread")
        assert "please report it: ZeroDivisionError('in judging')" in found[odd]["reason"]

    @pytest.mark.parametrize(
        "head",
        [
            "HTTP/1.1 99999 Oh",
            "HTTP/1.1 503 Oh\r\nRetry-After: Wed, 21 Oct 99999999999999999999 07:28:00 GMT",
        ],
    )
    def test_numbers_without_bounds_are_a_fault_of_the_server_alone(
        self, answering, run_settings, list_of, images, records, head
    ):
        with answering(f"{head}\r\nContent-Length: 0\r\n\r\n") as address:
            download(list_of(address), images, run_settings(n_tries=1))
        (row,) = records(images).values()
        assert row["status"] == ("connection_lost" if "99999 Oh" in head else "http_5xx")

    def test_a_host_that_is_down_is_set_aside_and_nothing_is_lost(
        self, run_settings, list_of, images, records
    ):
        source = list_of(*[f"http://down.test:1/{n}.jpg" for n in range(50)])
        download(source, images, run_settings(n_tries=2))
        statuses = [row["status"] for row in records(images).values()]
        assert len(statuses) == 50
        assert set(statuses) == {"connect_failed", "set_aside"}


class TestOnce:
    def test_products_that_share_an_image_ask_for_it_once(self, shop, run_settings, list_of, images, records):
        address = shop.address("/a.jpg", host="shop.test")
        source = list_of(
            address, f" {address} ", address.replace("http://shop", "HTTP://SHOP") + "#x", address
        )
        summary = download(source, images, run_settings())
        assert summary.n_addresses == 1
        assert len(shop.hits) == 1
        assert list(records(images)) == [address]

    def test_many_shards_hold_every_address_once(self, shop, run_settings, list_of, images, records):
        addresses = [shop.address(f"/{n}.jpg", host=f"shop-{n % 5}.test") for n in range(200)]
        addresses += [shop.address(f"/{n}.jpg", host="large.test") for n in range(100)]
        download(list_of(*addresses), images, run_settings(n_workers=2, shard_rows=20))
        assert sorted(records(images)) == sorted(addresses)
        assert len(shop.hits) == 300

    def test_a_second_run_has_nothing_to_do(self, shop, run_settings, list_of, images):
        source = list_of(shop.address("/a.jpg"), shop.address("/fault/404/a.jpg"))
        first = download(source, images, run_settings())
        second = download(source, images, run_settings())
        assert len(shop.hits) == 2
        assert first == second

    def test_a_second_run_tries_what_may_have_passed_and_what_is_new(
        self, shop, run_settings, list_of, images, records
    ):
        broken = shop.address("/fault/503/b.jpg")
        download(list_of(broken, shop.address("/fault/404/a.jpg")), images, run_settings(n_tries=1))
        shop.site.pictures["/fault/503/b.jpg"] = shop.site.pictures["/a.jpg"]
        new = shop.address("/a.jpg")
        download(list_of(broken, shop.address("/fault/404/a.jpg"), new), images, run_settings())
        found = records(images)
        assert found[broken]["status"] == found[new]["status"] == "ok"
        assert [hit.path for hit in shop.hits].count("/fault/404/a.jpg") == 1

    def test_other_statuses_are_tried_again_when_asked(self, shop, run_settings, list_of, images):
        source = list_of(shop.address("/fault/404/a.jpg"), shop.address("/a.jpg"))
        download(source, images, run_settings())
        download(source, images, run_settings(again=["http_4xx"]))
        assert [hit.path for hit in shop.hits].count("/fault/404/a.jpg") == 2
        assert [hit.path for hit in shop.hits].count("/a.jpg") == 1

    def test_images_are_revalidated_when_asked(self, shop, run_settings, list_of, images, records, draw):
        source = list_of(shop.address("/fault/etag/a.jpg"), shop.address("/fault/etag/b.jpg"))
        shop.site.pictures["/b.jpg"] = draw(90, 80)
        download(source, images, run_settings())
        before = records(images)
        shop.site.pictures["/b.jpg"] = draw(70, 60)
        summary = download(source, images, run_settings(revalidate=True))
        after = records(images)
        assert summary.by_status == {"ok": 2}
        assert len(shop.hits) == 4
        same, changed = (shop.address(f"/fault/etag/{name}.jpg") for name in "ab")
        assert after[same] == before[same]
        assert (after[changed]["width"], after[changed]["height"]) == (70, 60)

    def test_one_address_has_one_row_though_it_could_not_be_asked_at_first(
        self, shop, run_settings, list_of, images, records
    ):
        address = shop.address("/a.jpg")
        source = list_of(address, f"{address}#top")
        closed = run_settings(fetch={"ports": USUAL_PORTS, "allowed_networks": ()})
        assert download(source, images, closed).by_status == {"invalid_link": 1}
        open_ = run_settings(again=["invalid_link", "blocked_address"])
        assert download(source, images, open_).by_status == {"ok": 1}
        assert list(records(images)) == [address]

    def test_of_a_feed_every_link_that_means_an_address_has_a_row(
        self, shop, run_settings, tmp_path, images, records
    ):
        links = [
            shop.address("/a.jpg"), "//127.1/x.jpg", "http:/host/x", "www.shop.test/a.jpg", "htp://shop.test/",
            "data:,x", "images/b.jpg",
        ]  # fmt: skip
        feed = tmp_path / "feed.csv"
        feed.write_text(
            "\n".join(["id;title;image_link", *(f"{n};Mug;{link}" for n, link in enumerate(links))])
        )
        summary = download(feed, images, run_settings())
        assert sorted(records(images)) == sorted(links[:-1])
        assert summary.by_status == {"ok": 1, "invalid_link": 4, "blocked_address": 1}
        assert summary.n_paths == 1


class TestSeveralSources:
    @pytest.fixture
    def after_one(self, shop, run_settings, list_of, images, records):
        """Download some images and failures, then another list into the same folder; gives what was asked."""
        ours = [shop.address(path) for path in ("/fault/etag/a.jpg", "/fault/503/b.jpg", "/fault/404/c.jpg")]
        download(list_of(*ours), images, run_settings(n_tries=1))
        before = records(images)
        shop.hits.clear()

        def run(*addresses, **how):
            download(list_of(*addresses), images, run_settings(n_tries=1, **how))
            assert {address: records(images)[address] for address in ours} == before
            return sorted(hit.path for hit in shop.hits)

        return run

    def test_only_what_the_source_lists_is_tried_again_or_revalidated(self, shop, after_one):
        theirs = shop.address("/fault/500/x.jpg")
        assert after_one(theirs, again=["http_4xx"], revalidate=True) == ["/fault/500/x.jpg"]

    def test_what_both_list_is_asked_once(self, shop, after_one):
        assert after_one(shop.address("/fault/etag/a.jpg"), shop.address("/a.jpg")) == ["/a.jpg"]


class TestKilled:
    """A run that was cut short, before its workers had begun, goes on with other settings."""

    @pytest.fixture
    def plan_only(self, monkeypatch):
        """Make the plan of a run, and end."""

        def begin(*arguments):
            with monkeypatch.context() as patch:
                patch.setattr("aisle.images.download.run._work", lambda *_: 1 / 0)
                with pytest.raises(ZeroDivisionError):
                    download(*arguments)

        return begin

    def test_what_is_asked_for_in_addition_is_done_after_it(
        self, shop, run_settings, list_of, images, records, plan_only
    ):
        gone, old, new = (
            shop.address(path) for path in ("/fault/404/a.jpg", "/fault/etag/a.jpg", "/a.jpg?new")
        )
        download(list_of(gone, old), images, run_settings())
        plan_only(list_of(gone, old, new), images, run_settings())
        download(list_of(gone, old, new), images, run_settings(again=["http_4xx"], revalidate=True))
        assert len(records(images)) == 3
        paths = [hit.path for hit in shop.hits]
        assert [paths.count(path) for path in ("/fault/404/a.jpg", "/fault/etag/a.jpg", "/a.jpg")] == [
            2,
            2,
            1,
        ]
        assert len(list((Path(images) / "runs").iterdir())) == 2

    def test_what_it_did_itself_is_not_done_twice(self, shop, run_settings, list_of, images, plan_only):
        source = list_of(shop.address("/fault/404/a.jpg"), shop.address("/fault/etag/a.jpg"))
        download(source, images, run_settings())
        plan_only(source, images, run_settings(again=["http_4xx"], revalidate=True))
        download(source, images, run_settings(again=["http_4xx"], revalidate=True))
        assert len(shop.hits) == 4

    @pytest.mark.parametrize("n_connections", [4, 2])
    def test_the_limits_hold_though_they_and_the_workers_are_others_now(
        self, shop, run_settings, list_of, images, plan_only, n_connections
    ):
        source = list_of(*[shop.address(f"/a.jpg?{n}") for n in range(24)])

        def settings(**limits):
            return run_settings(n_workers=4, limits=(("127.0.0.1", HostLimits(requests_per_s=8, **limits)),))

        plan_only(source, images, settings(n_connections=4, n_workers=4))
        download(source, images, settings(n_connections=n_connections))
        times = [hit.at for hit in shop.hits]
        assert len(times) == 24
        assert max(sum(start <= at < start + 1 for at in times) for start in times) <= 8 + n_connections
        assert len({hit.connection for hit in shop.hits}) <= 4


class TestRedirects:
    def test_a_redirect_goes_to_the_worker_of_its_host(self, run_settings, list_of, images, records, picture):
        """Forty hosts in two lanes, each redirecting to another: about half are handed over."""
        with serve(Site({"/a.jpg": picture})) as server:
            addresses = [
                server.address(
                    f"/fault/redirect/{n}.jpg?to={server.address('/a.jpg', host=f'cdn-{n}.test')}",
                    host=f"shop-{n}.test",
                )
                for n in range(40)
            ]
            download(list_of(*addresses), images, run_settings(n_workers=2))
            assert len(server.hits) == 80
        found = records(images)
        assert sorted(found) == sorted(addresses)
        assert {row["status"] for row in found.values()} == {"ok"}
        assert {row["n_redirects"] for row in found.values()} == {1}
        assert all("cdn-" in row["final_address"] for row in found.values())


class TestReading:
    def test_a_run_with_nothing_to_do_reads_each_shard_once(
        self, shop, run_settings, list_of, images, monkeypatch
    ):
        source = list_of(*[shop.address(f"/{n}.jpg") for n in range(40)])
        download(source, images, run_settings(shard_rows=4))
        read = Counter()
        entry, open_ = ShardStore.entry, ShardStore.open
        monkeypatch.setattr(ShardStore, "entry", lambda *of: (read.update(entries=1), entry(*of))[1])
        monkeypatch.setattr(ShardStore, "open", lambda *of: (read.update(records=1), open_(*of))[1])
        download(source, images, run_settings(shard_rows=4))
        assert read == {"entries": 10 + 1, "records": 10}  # one tells the sweep what kinds of files there are

    def test_a_run_that_goes_on_says_how_much_was_done_before(
        self, shop, run_settings, list_of, images, monkeypatch
    ):
        source = list_of(*[shop.address(f"/{n}.jpg") for n in range(40)])
        commit = ShardStore.commit

        def commit_some(self, name, *what):
            if name.endswith("3"):
                raise OSError("no space left")
            return commit(self, name, *what)

        monkeypatch.setattr(ShardStore, "commit", commit_some)
        with pytest.raises(OSError, match="no space left"):
            download(source, images, run_settings(shard_rows=4, n_connections=1))
        monkeypatch.undo()
        told = []
        watcher = Watcher()
        watcher.planned = lambda plan, n_done: told.append((plan.n_addresses, n_done))
        n_committed = len(open_images(images).committed())
        download(source, images, run_settings(), watcher)
        assert told == [(40, 4 * n_committed)]
        assert n_committed


class TestManifest:
    def test_the_run_leaves_its_summary(self, shop, run_settings, list_of, images):
        source = list_of(
            shop.address("/a.jpg", host="shop.test"), shop.address("/fault/404/a.jpg", host="shop.test")
        )
        summary = download(source, images, run_settings())
        written = json.loads((Path(images) / "runs/0001.json").read_text())
        assert written["by_status"] == {"ok": 1, "http_4xx": 1} == summary.by_status
        assert written["by_host"] == {"shop.test": {"ok": 1, "http_4xx": 1}}

    def test_every_run_leaves_its_own_though_there_was_nothing_to_ask(
        self, shop, run_settings, list_of, images
    ):
        source = list_of(shop.address("/a.jpg"))
        for _ in range(4):
            download(source, images, run_settings())
        names = ["0001.json", "0002.json", "0003.json", "0004.json"]
        assert sorted(path.name for path in (Path(images) / "runs").iterdir()) == names
        assert sorted(path.name for path in (Path(images) / "index").iterdir()) == [
            "0003.parquet",
            "0004.parquet",
        ]

    def test_no_spool_and_no_waste_is_left(self, shop, run_settings, list_of, images):
        download(list_of(shop.address("/a.jpg")), images, run_settings())
        assert [path.suffix for path in (Path(images) / "spools").iterdir()] == [".lock"]
        assert len(list((Path(images) / "records").iterdir())) == 1

    def test_an_empty_list_is_a_run_too(self, run_settings, list_of, images):
        assert download(list_of(""), images, run_settings()).n_addresses == 0


class TestMistakes:
    def test_a_folder_that_holds_something_else_is_refused(self, tmp_path, run_settings, list_of):
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine/thesis.txt").write_text("dear to me")
        with pytest.raises(AisleError, match="not empty"):
            download(list_of("http://a.test/"), str(tmp_path / "mine"), run_settings())

    def test_a_catalogue_that_is_none_is_refused(self, tmp_path, run_settings, images):
        with pytest.raises(AisleError, match="nothing: is not there; name a catalogue"):
            download(tmp_path / "nothing", images, run_settings())

    def test_an_unknown_status_to_retry_is_refused(self, run_settings):
        with pytest.raises(AisleError, match="no status is called 'http_404'"):
            run_settings(again=["http_404"])

    def test_two_downloads_into_one_folder_are_refused(self, shop, run_settings, list_of, images):
        import fcntl

        download(list_of(shop.address("/a.jpg")), images, run_settings())
        with (Path(images) / ".lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            with pytest.raises(AisleError, match="another run is at work"):
                download(list_of(shop.address("/a.jpg")), images, run_settings())


def test_settings_travel_to_workers():
    import pickle

    assert pickle.loads(pickle.dumps(FetchSettings())) == FetchSettings()
