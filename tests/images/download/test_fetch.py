"""Requests over libcurl against a server that misbehaves: every fault ends as its status, within limits."""

import contextlib
import selectors
import socket
import threading
import time
from collections import Counter

import psutil
import pytest

from aisle.demo.server import Site, serve
from aisle.demo.server.certificates import make_authority
from aisle.images.download.address import ANY_PORT, USUAL_PORTS, Address, parse
from aisle.images.download.fetch import Fetcher
from aisle.images.download.pins import Pins, Told


class TestAnswers:
    def test_a_picture_arrives_whole(self, shop, ask, picture):
        reply = ask(shop.address("/a.jpg"))
        assert (reply.answer.status, reply.answer.http_status) == ("", 200)
        assert bytes(reply.answer.body) == picture
        assert reply.network_address == "127.0.0.1"
        assert 0 < reply.seconds < 3

    @pytest.mark.parametrize("fault", ["chunked", "gzip"])
    def test_pieces_and_compression_make_no_difference(self, shop, ask, picture, fault):
        assert bytes(ask(shop.address(f"/fault/{fault}/a.jpg")).answer.body) == picture

    @pytest.mark.parametrize("status", [404, 410, 403, 429, 500, 503, 204])
    def test_an_error_is_told_by_its_number_and_without_a_body(self, shop, ask, status):
        answer = ask(shop.address(f"/fault/{status}/a.jpg")).answer
        assert (answer.status, answer.http_status, bytes(answer.body)) == ("", status, b"")

    def test_a_redirect_is_told_and_not_followed(self, shop, ask):
        answer = ask(shop.address("/fault/redirect/a.jpg")).answer
        assert (answer.http_status, answer.headers.first("location")) == (302, "/a.jpg")
        assert [hit.path for hit in shop.hits] == ["/fault/redirect/a.jpg"]

    @pytest.mark.parametrize(
        ("fault", "status"),
        [
            ("html", "not_an_image"),
            ("html-as-image", "not_an_image"),
            ("short-body", "truncated"),
            ("reset", "connection_lost"),
            ("reset-at-once", "connection_lost"),
            ("empty-reply", "connection_lost"),
            ("not-http", "connection_lost"),
            ("declared-large", "too_large"),
            ("large-headers", "too_large"),
            ("endless-headers", "too_large"),
            ("noai", "opted_out"),
            ("tdm-reserved", "opted_out"),
            ("slow-start", "timeout"),
        ],
    )
    def test_a_fault_has_its_status_and_a_reason(self, shop, ask, fetch_settings, fault, status):
        answer = ask(shop.address(f"/fault/{fault}/a.jpg"), settings=fetch_settings(total_s=1.0)).answer
        assert answer.status == status
        assert answer.reason

    def test_opting_out_others_does_not_concern_us(self, shop, ask):
        assert ask(shop.address("/fault/noindex-for-others/a.jpg")).answer.status == ""

    def test_opt_out_can_be_left_to_other_means(self, shop, ask, fetch_settings):
        settings = fetch_settings(honours_opt_out=False)
        assert ask(shop.address("/fault/noai/a.jpg"), settings=settings).answer.status == ""

    def test_a_known_etag_is_sent(self, shop, ask):
        tag = ask(shop.address("/fault/etag/a.jpg")).answer.headers.first("etag")
        assert ask(shop.address("/fault/etag/a.jpg"), etag=tag).answer.http_status == 304

    def test_who_asks_says_so_with_a_contact(self, shop, ask, fetch_settings):
        ask(shop.address("/a.jpg"), settings=fetch_settings(contact="me@shop.test"))
        assert shop.hits[0].agent.startswith("Aisle/")
        assert "me@shop.test" in shop.hits[0].agent

    def test_nothing_of_an_answer_stays_for_the_next_on_its_handle(self, shop, ask, picture):
        paths = ("/fault/noai/a.jpg", "/a.jpg", "/fault/404/a.jpg", "/a.jpg", "/fault/html/a.jpg", "/a.jpg")
        replies = ask(*map(shop.address, paths), n_at_once=1)
        assert [bytes(reply.answer.body) for reply in replies] == [b"", picture] * 3
        assert [reply.answer.status for reply in replies[1::2]] == [""] * 3

    def test_connections_are_kept(self, shop, ask):
        replies = ask(*[shop.address("/a.jpg")] * 30, n_at_once=2)
        assert all(reply.answer.http_status == 200 for reply in replies)
        assert shop.n_connections <= 2


class TestSafety:
    def test_no_connection_goes_elsewhere_than_to_the_pin(self, shop, ask):
        assert ask(shop.address("/a.jpg", host="shop.test"), pins=("127.0.0.2",)).answer.status
        assert shop.n_connections == 0

    def test_no_socket_is_opened_to_an_address_that_was_not_checked(self, shop, ask, monkeypatch):
        """Were libcurl to resolve the name to something else than it was told, the second guard would see."""
        monkeypatch.setattr(Pins, "_tell", lambda *_: Told([f"shop.test:{shop.port}:127.0.0.1"]))
        answer = ask(shop.address("/a.jpg", host="shop.test"), pins=("127.0.0.2",)).answer
        assert (answer.status, answer.reason) == ("blocked_address", "127.0.0.1 was never checked")
        assert shop.n_connections == 0

    def test_a_pin_to_a_closed_address_opens_no_socket(self, shop, ask, fetch_settings):
        answer = ask(shop.address("/a.jpg"), settings=fetch_settings(allowed_networks=())).answer
        assert (answer.status, answer.reason) == ("blocked_address", "127.0.0.1 is loopback")
        assert shop.n_connections == 0

    def test_the_name_is_pinned_and_never_resolved_again(self, shop, ask):
        reply = ask(shop.address("/a.jpg", host="no-such-shop.test"))
        assert reply.answer.http_status == 200
        assert shop.hits[0].host == f"no-such-shop.test:{shop.port}"

    def test_the_path_that_was_checked_is_the_one_that_is_asked(self, shop, ask):
        ask(shop.address("/public/../private/%2e%2e/a.jpg"))
        assert [hit.path for hit in shop.hits] == ["/a.jpg"]

    def test_libcurl_follows_no_dots_of_its_own(self, shop, ask, monkeypatch):
        monkeypatch.setattr(Address, "text", property(lambda self: shop.address("/public/../a.jpg")))
        ask("http://shop.test/", settings=None)
        assert [hit.path for hit in shop.hits] == ["/public/../a.jpg"]

    def test_the_address_told_is_the_one_that_the_connection_leads_to(self, shop, fetch_settings):
        """A kept connection stays where it is, whatever its name leads to by now."""
        settings = fetch_settings(allowed_networks=("127.0.0.0/8",))
        address = parse(shop.address("/a.jpg", host="moved.test"), settings.ports)
        with selectors.DefaultSelector() as selector:
            fetcher = Fetcher(settings, clock=time.monotonic, others=selector)
            replies = []
            for pin in ("127.0.0.1", "127.0.0.9"):
                fetcher.start(pin, address, (pin,))
                while len(fetcher):
                    replies += fetcher.wait(1.0)
            fetcher.close()
        assert [(reply.answer.http_status, reply.network_address) for reply in replies] == [
            (200, "127.0.0.1")
        ] * 2

    @pytest.mark.parametrize("again", ["one.test", "two.test"])
    def test_a_name_that_others_have_unpinned_is_pinned_again(self, shop, fetch_settings, again):
        """Handles are used again, and each has told libcurl of a pin before."""
        settings = fetch_settings()
        with selectors.DefaultSelector() as selector:
            fetcher = Fetcher(settings, clock=time.monotonic, others=selector)
            replies = []

            def start(host, path="/a.jpg"):
                address = parse(shop.address(path, host=host), settings.ports)
                fetcher.start(host, address, ("127.0.0.1",))

            for host in ("one.test", "two.test"):
                start(host, "/fault/short-body/a.jpg")  # which ends the connection
            while len(replies) < 2:
                replies += fetcher.wait(1.0)
            start("three.test", "/fault/slow-start/a.jpg?wait=0.3")
            replies += fetcher.wait(0.1)
            start(again)
            while len(fetcher):
                replies += fetcher.wait(1.0)
            assert [(reply.answer.http_status, reply.answer.reason) for reply in replies[2:]] == [
                (200, "")
            ] * 2
            fetcher.close()

    def test_a_proxy_from_the_environment_is_not_obeyed(self, shop, ask, monkeypatch):
        with serve(Site({})) as proxy:
            for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
                monkeypatch.setenv(name, proxy.address(""))
            assert ask(shop.address("/a.jpg")).answer.http_status == 200
            assert proxy.n_connections == 0

    def test_a_proxy_that_is_named_is_used(self, shop, ask, fetch_settings, picture):
        with serve(Site({"http://far.test/a.jpg": picture})) as proxy:
            reply = ask("http://far.test/a.jpg", settings=fetch_settings(proxy=proxy.address("")), pins=())
            assert bytes(reply.answer.body) == picture
            assert proxy.n_connections == 1

    @pytest.mark.parametrize("scheme", ["file", "ftp", "gopher", "dict"])
    def test_other_protocols_are_switched_off_in_libcurl_itself(
        self, shop, ask, fetch_settings, scheme, monkeypatch
    ):
        monkeypatch.setattr(
            Address, "text", property(lambda self: f"{scheme}://127.0.0.1:{shop.port}/etc/passwd")
        )
        answer = ask("http://shop.test/", settings=fetch_settings()).answer
        assert answer.status == "connection_lost"
        assert shop.n_connections == 0


class TestTls:
    @pytest.fixture
    def secure(self, tmp_path, picture):
        """Serve https with a certificate; gives the server and the authority's file."""

        def make(names, **how):
            authority = make_authority(tmp_path)
            context = authority.context(tmp_path, names, **how)
            return serve(Site({"/a.jpg": picture}), context=context), str(authority.certificate_file)

        return make

    def ask_secure(
        self, ask, fetch_settings, secure, *, trusted=True, host="shop.test", names=("shop.test",), **how
    ):
        serving, authority = secure(list(names), **how)
        with serving as server:
            settings = fetch_settings(
                ports=USUAL_PORTS | {server.port}, authorities=authority if trusted else ""
            )
            return ask(server.address("/a.jpg", host=host), settings=settings).answer

    def test_a_good_certificate_is_accepted(self, ask, fetch_settings, secure, picture):
        assert bytes(self.ask_secure(ask, fetch_settings, secure).body) == picture

    @pytest.mark.parametrize("how", [{"trusted": False}, {"expired": True}, {"names": ("other.test",)}])
    def test_a_bad_certificate_is_refused(self, ask, fetch_settings, secure, how):
        answer = self.ask_secure(ask, fetch_settings, secure, **how)
        assert answer.status == "tls_failed"
        assert "ertificate" in answer.reason or "SSL" in answer.reason


class TestLimits:
    def test_a_slow_body_ends_by_its_time(self, shop, ask, fetch_settings):
        started = time.monotonic()
        answer = ask(shop.address("/fault/slow-body/a.jpg"), settings=fetch_settings(total_s=1.0)).answer
        assert answer.status == "timeout"
        assert time.monotonic() - started < 2.5

    def test_a_slow_body_ends_by_its_speed(self, shop, ask, fetch_settings):
        settings = fetch_settings(total_s=20.0, slow_s=1.0, slow_bytes_per_s=100_000)
        answer = ask(shop.address("/fault/slow-body/a.jpg"), settings=settings).answer
        assert (answer.status, answer.reason) == ("timeout", "the body came too slowly")

    def test_a_port_where_nobody_listens(self, ask, fetch_settings):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            port = closed.getsockname()[1]
        answer = ask(
            f"http://shop.test:{port}/a.jpg", settings=fetch_settings(ports=frozenset({port}))
        ).answer
        assert answer.status == "connect_failed"

    @pytest.mark.parametrize(
        ("head", "status"),
        [
            ("HTTP/1.1 200 OK\r\nX-Robots-Tag: noai\r\n\r\n\x7f", "opted_out"),
            ("HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n<html>", "not_an_image"),
            ("HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\n\r\n", "undecodable"),
            ("HTTP/1.1 404 Not Found\r\n\r\n", ""),
        ],
    )
    def test_a_body_that_nobody_wants_is_not_read_to_its_end(self, ask, fetch_settings, head, status):
        with Pouring(head) as server:
            reply = ask(server.address, settings=fetch_settings(ports=ANY_PORT, total_s=20.0))
        assert (reply.answer.status, reply.n_body_bytes) == (status, 0)
        assert server.n_sent < Pouring.most_bytes / 4  # what sockets hold counts as sent

    @pytest.mark.parametrize("fault", ["endless-body", "gzip-bomb"])
    def test_bodies_without_end_take_little_memory(self, far_shop, ask, fetch_settings, fault):
        """Thirty at once: each may grow to 20 MB, all together must not."""
        settings = fetch_settings(ports=frozenset({far_shop.port}))
        addresses = [far_shop.address(f"/fault/{fault}/{n}.jpg") for n in range(30)]
        ask(*[far_shop.address("/a.jpg")] * 30, settings=settings)
        before = psutil.Process().memory_info().rss
        with Peak() as peak:
            replies = ask(*addresses, settings=settings)
        assert peak.rss - before < 50_000_000
        ended = Counter(reply.answer.status for reply in replies)
        assert ended["too_large"] >= 1
        assert set(ended) <= {"too_large", "timeout"}


class Pouring:
    """A server for one request: it answers it with a head and then zeros, until nobody takes them."""

    most_bytes = 60_000_000

    def __init__(self, head):
        self._head = head.encode("latin-1")
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._pour)
        self.address = f"http://pouring.test:{self._listening.getsockname()[1]}/a.jpg"
        self.n_sent = 0

    def __enter__(self):
        self._thread.start()
        return self

    def _pour(self):
        connection, _ = self._listening.accept()
        with connection, contextlib.suppress(OSError):
            connection.recv(65_536)
            connection.sendall(self._head)
            while self.n_sent < self.most_bytes:
                self.n_sent += connection.send(bytes(65_536))

    def __exit__(self, *_):
        self._thread.join()
        self._listening.close()


class Peak:
    """Watches this process's resident memory while a block runs."""

    def __enter__(self):
        self.rss = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self):
        process = psutil.Process()
        while not self._done.wait(0.005):
            self.rss = max(self.rss, process.memory_info().rss)

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()
