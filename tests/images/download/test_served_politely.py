"""What a shop's server sees of us: its limit is kept by its own clock, and slow shops slow nobody else."""

import time
from collections import defaultdict
from io import BytesIO
from itertools import pairwise

import pytest
from PIL import Image

from aisle.demo.server import Site, serve
from aisle.demo.server.messages import answer
from aisle.images.download.limits import HostLimits
from aisle.images.download.resolve import NoSuchHostError
from aisle.images.download.run import download


def hits_by_host(server):
    times = defaultdict(list)
    for hit in server.hits:
        times[hit.host.partition(":")[0]].append(hit.at)
    return times


class SlowResolver:
    """Takes a second to say that a name is gone."""

    def __call__(self, name):
        if name.startswith("gone"):
            time.sleep(1.0)
            raise NoSuchHostError
        return ["127.0.0.1"]


def plain_png(side):
    """A PNG of few bytes and many pixels."""
    file = BytesIO()
    Image.new("RGB", (side, side), "teal").save(file, "PNG")
    return file.getvalue()


def crowd(server, n_of_each, n_of_one=0, n_others=20):
    """Addresses of images: so many of one host, and so many of each of the others."""
    addresses = [server.address(f"/a.jpg?{n}", host="limited.test") for n in range(n_of_one)]
    return addresses + [
        server.address(f"/a.jpg?{n}", host=f"other-{k}.test")
        for k in range(n_others)
        for n in range(n_of_each)
    ]


def speeds(times):
    """Requests a second of each host."""
    return {host: (len(at) - 1) / (at[-1] - at[0]) for host, at in times.items()}


class TestRate:
    @pytest.mark.parametrize(
        ("n_of_one", "n_of_each"),
        [(40, 20), pytest.param(1000, 500, marks=pytest.mark.long)],
    )
    def test_a_host_is_asked_no_more_than_its_limit_and_slows_no_other(
        self, shop, run_settings, list_of, images, n_of_one, n_of_each, most_within
    ):
        """Ten a second for one host, beside twenty others at five, which were asked alone before."""
        limits = (("limited.test", HostLimits(requests_per_s=10, n_connections=4)),)
        settings = run_settings(n_workers=2, rate=5, limits=limits)
        download(list_of(*crowd(shop, min(n_of_each, 100))), f"{images}-alone", settings)
        alone = speeds(hits_by_host(shop))
        shop.hits.clear()
        summary = download(list_of(*crowd(shop, n_of_each, n_of_one)), images, settings)
        times = hits_by_host(shop)
        beside = speeds(times)
        assert summary.by_status == {"ok": n_of_one + 20 * n_of_each}
        assert len(times["limited.test"]) == n_of_one
        assert most_within(times["limited.test"], 1.0) <= 11
        assert most_within(times["limited.test"], 10.0) <= 101
        assert len(alone) == 20
        for host, speed in alone.items():
            assert beside[host] >= 0.9 * speed

    def test_one_slow_host_does_not_slow_the_others(self, shop, run_settings, list_of, images):
        addresses = [shop.address(f"/fault/slow-start/{n}.jpg?wait=2", host="slow.test") for n in range(4)]
        addresses += [shop.address(f"/{n}.jpg", host="quick.test") for n in range(50)]
        download(list_of(*addresses), images, run_settings(rate=50, n_connections=2))
        times = hits_by_host(shop)
        assert times["quick.test"][-1] - times["quick.test"][0] < 2.0
        assert times["slow.test"][-1] - times["slow.test"][0] >= 1.9

    def test_no_more_connections_than_allowed_are_open_at_once(
        self, shop, run_settings, list_of, images, most_within
    ):
        addresses = [shop.address(f"/fault/slow-start/{n}.jpg?wait=0.2", host="shop.test") for n in range(12)]
        download(list_of(*addresses), images, run_settings(n_connections=3))
        assert len({hit.connection for hit in shop.hits}) <= 3
        assert most_within([hit.at for hit in shop.hits], 0.15) <= 3


class TestShares:
    """Whatever a host does with its answers, others have their part of connections, memory and decoding."""

    def seconds_of(self, shop, host):
        """From the first request for a host to its last."""
        at = hits_by_host(shop)[host]
        return at[-1] - at[0]

    @pytest.mark.parametrize("kind", ["", "fault/gzip/"])
    def test_bodies_that_stop_half_way_do_not_hold_up_others(
        self, shop, run_settings, list_of, images, records, draw, kind
    ):
        shop.site.pictures["/large.jpg"] = draw(700, 500, quality=99)
        assert len(shop.site.pictures["/large.jpg"]) > 150_000
        slow = [shop.address(f"/fault/fast-then-slow/{n}.jpg?n=7000000", host="slow.test") for n in range(4)]
        good = [shop.address(f"/{kind}large.jpg?{n}", host="good.test") for n in range(20)]
        settings = run_settings(rate=20, n_connections=2, n_tries=1)
        download(list_of(*slow, *good), images, settings)
        assert self.seconds_of(shop, "good.test") < 3.5
        assert len(hits_by_host(shop)["good.test"]) == 20
        assert {records(images)[address]["status"] for address in good} == {"ok"}
        assert {records(images)[address]["status"] for address in slow} <= {"timeout"}

    def test_a_large_body_waits_a_moment_for_one_that_stopped(
        self, shop, run_settings, list_of, images, records, picture
    ):
        shop.site.pictures["/huge.jpg"] = picture + bytes(7_000_000)
        slow = [shop.address("/fault/fast-then-slow/a.jpg?n=7000000", host="slow.test")]
        good = [shop.address(f"/huge.jpg?{n}", host="good.test") for n in range(4)]
        download(list_of(*slow, *good), images, run_settings(n_connections=1, n_tries=1))
        assert self.seconds_of(shop, "good.test") < 3.0
        assert {records(images)[address]["status"] for address in good} == {"ok"}
        assert records(images)[slow[0]]["reason"] == "the body came too slowly"

    def test_hosts_that_never_answer_leave_room_for_others(self, shop, run_settings, list_of, images):
        """Ten of them could take twenty connections, and there are sixteen."""
        tar = [
            shop.address(f"/fault/slow-start/{n}.jpg", host=f"tar-{k}.test")
            for k in range(10)
            for n in range(4)
        ]
        good = [shop.address(f"/a.jpg?{n}", host="zoo.test") for n in range(30)]
        settings = run_settings(
            rate=20, n_connections=2, n_concurrent=16, n_tries=1, fetch={"total_s": 2.0}, slow_s=0.5
        )
        download(list_of(*tar, *good), images, settings)
        assert self.seconds_of(shop, "zoo.test") < 2.0

    @pytest.mark.slow
    def test_pictures_that_take_long_to_decode_do_not_hold_up_others(
        self, shop, run_settings, list_of, images, records
    ):
        """The server of the long ones answers at once; ten of them take seconds."""
        shop.site.pictures["/long.png"] = plain_png(6800)
        long = [shop.address(f"/long.png?{n}", host="long.test") for n in range(10)]
        good = [shop.address(f"/a.jpg?{n}", host="zoo.test") for n in range(30)]
        download(list_of(*long, *good), images, run_settings(rate=20, n_connections=2))
        assert {row["status"] for row in records(images).values()} == {"ok"}
        times = hits_by_host(shop)
        assert self.seconds_of(shop, "zoo.test") < 3.2
        assert times["long.test"][-1] > times["zoo.test"][-1] - 2.0

    def test_names_that_take_long_to_fail_do_not_hold_up_others(
        self, shop, run_settings, list_of, images, records
    ):
        slow = [f"http://gone-{n}.test:{shop.port}/a.jpg" for n in range(160)]
        good = [shop.address("/a.jpg", host=f"zoo-{n}.test") for n in range(10)]
        started = time.monotonic()
        settings = run_settings(fetch={"resolver": SlowResolver()}, n_tries=1)
        download(list_of(*slow, *good), images, settings)
        assert len(shop.hits) == 10
        assert max(hit.at for hit in shop.hits) - started < 2.5


class TestBackOff:
    def test_retry_after_is_obeyed(self, shop, run_settings, list_of, images, records):
        address = shop.address("/fault/429-seconds/a.jpg")
        download(list_of(address), images, run_settings())
        assert records(images)[address]["status"] == "ok"
        first, second = (hit.at for hit in shop.hits)
        assert second - first >= 0.95

    @pytest.mark.parametrize("n_tries", [1, 3])
    def test_a_host_that_asks_for_a_day_is_left_alone_by_the_next_run_too(
        self, shop, run_settings, list_of, images, records, n_tries
    ):
        addresses = [shop.address(f"/fault/429-day/{n}.jpg", host="busy.test") for n in range(5)]
        other = shop.address("/a.jpg", host="other.test")
        settings = run_settings(n_connections=1, n_tries=n_tries)
        first = download(list_of(*addresses), images, settings)
        second = download(list_of(*addresses, other), images, settings)
        assert [hit.host.partition(":")[0] for hit in shop.hits] == ["busy.test", "other.test"]
        assert list(first.left_alone) == list(second.left_alone) == [f"busy.test:{shop.port}"]
        found = records(images)
        assert found[other]["status"] == "ok"
        assert "asks to be left alone until" in found[addresses[4]]["reason"]

    def test_the_whole_host_waits(self, shop, run_settings, list_of, images):
        """An answer of 429 concerns the host and not only the address."""
        addresses = [shop.address("/fault/429-seconds/a.jpg"), *[shop.address(f"/{n}.jpg") for n in range(5)]]
        download(list_of(*addresses), images, run_settings(n_connections=1))
        paths = [hit.path for hit in shop.hits]
        at = paths.index("/fault/429-seconds/a.jpg")
        gaps = [later.at - earlier.at for earlier, later in pairwise(shop.hits)]
        assert gaps[at] >= 0.95

    def test_a_failing_host_is_asked_seldom_and_given_up(self, shop, run_settings, list_of, images, records):
        addresses = [shop.address(f"/fault/503/{n}.jpg", host="broken.test") for n in range(200)]
        download(list_of(*addresses), images, run_settings(n_connections=2))
        assert len(shop.hits) < 20
        assert {row["status"] for row in records(images).values()} == {"http_5xx", "set_aside"}


class TestRobotsTxt:
    RULES = b"User-agent: *\nDisallow: /private/\n\nUser-agent: aisle\nDisallow: /not-for-aisle/\n"

    def test_robots_txt_is_read_first_and_obeyed_where_asked(
        self, shop, run_settings, list_of, images, records, picture
    ):
        shop.site.pictures |= {
            "/robots.txt": self.RULES,
            "/not-for-aisle/b.jpg": picture,
            "/private/c.jpg": picture,
        }
        good, bad, others = (
            shop.address(path) for path in ("/a.jpg", "/not-for-aisle/b.jpg", "/private/c.jpg")
        )
        download(list_of(good, bad, others), images, run_settings(fetch={"honours_robots_txt": True}))
        found = {address: row["status"] for address, row in records(images).items()}
        assert found == {good: "ok", bad: "robots_txt", others: "ok"}
        assert shop.hits[0].path == "/robots.txt"
        assert [hit.path for hit in shop.hits].count("/robots.txt") == 1

    @pytest.fixture
    def obeying(self, run_settings, images, records):
        """Download addresses under robots.txt; gives their statuses."""

        def run(source, **changes):
            download(source, images, run_settings(fetch={"honours_robots_txt": True}, **changes))
            return {address: row["status"] for address, row in records(images).items()}

        return run

    @pytest.fixture
    def ruled(self, picture):
        """A server with a picture at every path, and what a test says of robots.txt."""
        with serve(Ruled(picture)) as server:
            yield server

    def test_a_host_without_robots_txt_allows_all(self, ruled, list_of, obeying):
        address = ruled.address("/a.jpg")
        assert obeying(list_of(address)) == {address: "ok"}

    def test_a_host_in_trouble_is_asked_again_and_then_left_to_the_next_run(self, ruled, list_of, obeying):
        ruled.site.says["/robots.txt"] = (503, {}, b"")
        addresses = [ruled.address(f"/a.jpg?{n}") for n in range(5)]
        assert set(obeying(list_of(*addresses)).values()) == {"robots_unread"}
        assert [hit.path for hit in ruled.hits] == ["/robots.txt"] * 3
        ruled.site.says.clear()
        assert set(obeying(list_of(*addresses)).values()) == {"ok"}

    def test_one_failure_is_nothing(self, ruled, shop, list_of, obeying):
        """Of a robots.txt that a redirect leads to, too."""
        shop.site.pictures["/r"] = self.RULES
        ruled.site.says["/robots.txt"] = (302, {"Location": shop.address("/fault/500-then-200/r")}, b"")
        address = ruled.address("/not-for-aisle/a.jpg")
        assert obeying(list_of(address)) == {address: "robots_txt"}
        assert [hit.path for hit in shop.hits] == ["/fault/500-then-200/r"] * 2

    @pytest.mark.parametrize("n_redirects", [1, 5])
    def test_redirects_are_followed_to_other_hosts_too(self, ruled, list_of, obeying, n_redirects):
        paths = ["/robots.txt", *(f"/rules-{n}" for n in range(n_redirects))]
        for n in range(n_redirects):
            target = ruled.address(paths[n + 1], host=f"rules-{n % 2}.test")
            ruled.site.says[paths[n]] = (301, {"Location": target}, b"")
        ruled.site.says[paths[-1]] = (200, {}, self.RULES)
        good, bad = (ruled.address(path, host="shop.test") for path in ("/a.jpg", "/not-for-aisle/a.jpg"))
        assert obeying(list_of(good, bad)) == {good: "ok", bad: "robots_txt"}
        assert len(ruled.hits) == n_redirects + 2

    @pytest.mark.parametrize(
        "location", ["/robots.txt", "", "file:///etc/passwd", "http://169.254.169.254/", "http://127.1/"]
    )
    def test_a_redirect_that_leads_nowhere_is_as_good_as_no_file(self, ruled, list_of, obeying, location):
        ruled.site.says["/robots.txt"] = (302, {"Location": location} if location else {}, b"")
        address = ruled.address("/a.jpg", host="shop.test")
        assert obeying(list_of(address)) == {address: "ok"}
        assert len(ruled.hits) == 2

    def test_hosts_whose_rules_lie_with_one_another_do_not_wait_for_ever(self, ruled, list_of, obeying):
        one, two = (ruled.address("", host=f"{name}.test") for name in ("one", "two"))
        ruled.site.says["one.test/robots.txt"] = (302, {"Location": f"{two}/rules"}, b"")
        ruled.site.says["two.test/robots.txt"] = (302, {"Location": f"{one}/rules"}, b"")
        ruled.site.says["/rules"] = (200, {}, self.RULES)
        addresses = [f"{one}/a.jpg", f"{two}/a.jpg"]
        assert obeying(list_of(*addresses)) == dict.fromkeys(addresses, "ok")

    def test_rules_that_lie_with_a_host_that_is_down_are_unread(self, ruled, list_of, obeying):
        ruled.site.says["/robots.txt"] = (302, {"Location": "http://down.test:1/robots.txt"}, b"")
        there, down = ruled.address("/a.jpg", host="shop.test"), [f"http://down.test:1/{n}" for n in range(9)]
        found = obeying(list_of(there, *down))
        assert found.pop(there) == "robots_unread"
        assert set(found.values()) <= {"robots_unread", "set_aside"}

    def test_the_limit_of_the_host_that_rules_lie_with_is_kept(self, ruled, list_of, obeying, most_within):
        """Of twenty hosts in two lanes, which all send us to one for their rules."""
        ruled.site.says["/robots.txt"] = (302, {"Location": ruled.address("/rules?1", host="r.test")}, b"")
        ruled.site.says["/rules"] = (200, {}, self.RULES)
        addresses = [ruled.address("/a.jpg", host=f"shop-{n}.test") for n in range(20)]
        limits = (("r.test", HostLimits(requests_per_s=10, n_connections=2)),)
        assert set(obeying(list_of(*addresses), n_workers=2, limits=limits).values()) == {"ok"}
        times = hits_by_host(ruled)["r.test"]
        assert len(times) == 20
        assert most_within(times, 1.0) <= 17  # 11 by its own lane, 6 by the other

    def test_rules_without_end_are_read_to_their_limit(self, ruled, list_of, obeying):
        rules = self.RULES + b"#" + b"x" * 3_000_000 + b"\nDisallow: /"
        ruled.site.says["/robots.txt"] = (200, {}, rules)
        good, bad = (ruled.address(path) for path in ("/a.jpg", "/not-for-aisle/a.jpg"))
        assert obeying(list_of(good, bad)) == {good: "ok", bad: "robots_txt"}


class Ruled(Site):
    """A picture at every path, but for what is said at some: status, headers and body by path, or by host
    and path.
    """

    def __init__(self, picture):
        super().__init__({})
        self.picture = picture
        self.says = {}

    def steps(self, request):
        name = request.host.partition(":")[0]
        said = self.says.get(f"{name}{request.path}") or self.says.get(request.path)
        if said is None and request.path != "/robots.txt":
            return answer(self.picture)
        status, headers, body = said or (404, {}, b"")
        return answer(body, status=status, kind="text/plain", headers=list(headers.items()))
