"""The loopback server keeps connections, notes requests, and misbehaves exactly as asked."""

import http.client
import socket
import ssl
import urllib.request
import zlib
from contextlib import closing

import pytest

from aisle.demo.server import FAULTS, Site, serve
from aisle.demo.server.certificates import make_authority
from aisle.demo.server.faults import png_bomb

PICTURE = bytes(range(256)) * 40


@pytest.fixture
def server():
    with serve(Site({"/a.jpg": PICTURE})) as running:
        yield running


def ask(server, path, headers=None):
    with closing(http.client.HTTPConnection(server.listens_on, server.port, timeout=5)) as connection:
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        return response, response.read()


class TestServer:
    def test_a_picture_is_served_at_its_path(self, server):
        response, body = ask(server, "/a.jpg")
        assert (response.status, response.headers["Content-Type"], body) == (200, "image/jpeg", PICTURE)

    def test_a_connection_is_kept_for_the_next_request(self, server):
        with closing(http.client.HTTPConnection(server.listens_on, server.port, timeout=5)) as connection:
            for _ in range(3):
                connection.request("GET", "/a.jpg")
                assert connection.getresponse().read() == PICTURE
        assert server.n_connections == 1
        assert [hit.connection for hit in server.hits] == [1, 1, 1]

    def test_every_request_is_noted_with_its_host(self, server):
        ask(server, "/a.jpg", {"Host": "shop.test", "User-Agent": "me"})
        (hit,) = server.hits
        assert (hit.host, hit.path, hit.agent) == ("shop.test", "/a.jpg", "me")

    def test_an_unknown_path_is_not_found(self, server):
        assert ask(server, "/b.jpg")[0].status == 404

    def test_https_with_a_certificate_made_here(self, tmp_path):
        authority = make_authority(tmp_path)
        with serve(Site({"/a.jpg": PICTURE}), context=authority.context(tmp_path, ["127.0.0.1"])) as server:
            trusting = ssl.create_default_context(cafile=str(authority.certificate_file))
            with urllib.request.urlopen(server.address("/a.jpg"), context=trusting, timeout=5) as response:
                assert response.read() == PICTURE

    def test_an_expired_certificate_is_refused_by_a_client(self, tmp_path):
        authority = make_authority(tmp_path)
        context = authority.context(tmp_path, ["127.0.0.1"], expired=True)
        trusting = ssl.create_default_context(cafile=str(authority.certificate_file))
        with serve(Site({}), context=context) as server, pytest.raises(OSError, match="expired"):
            urllib.request.urlopen(server.address("/"), context=trusting, timeout=5)


class TestFaults:
    @pytest.mark.parametrize("status", [404, 410, 403, 429, 500, 503])
    def test_a_status_stays(self, server, status):
        assert [ask(server, f"/fault/{status}/a.jpg")[0].status for _ in range(2)] == [status, status]

    @pytest.mark.parametrize(
        ("fault", "first"), [("500-then-200", 500), ("429-seconds", 429), ("429-date", 429)]
    )
    def test_a_passing_fault_is_well_at_the_second_request(self, server, fault, first):
        answers = [ask(server, f"/fault/{fault}/a.jpg") for _ in range(2)]
        assert [response.status for response, _ in answers] == [first, 200]
        assert answers[1][1] == PICTURE

    def test_a_passing_fault_counts_each_path_alone(self, server):
        assert ask(server, "/fault/500-then-200/a.jpg")[0].status == 500
        assert ask(server, "/fault/500-then-200/b/a.jpg")[0].status == 500

    def test_too_many_requests_says_when_to_come_again(self, server):
        assert ask(server, "/fault/429-seconds/a.jpg")[0].headers["Retry-After"] == "1"
        assert ask(server, "/fault/429-date/a.jpg")[0].headers["Retry-After"].endswith("GMT")

    def test_a_chain_of_redirects_ends_at_the_picture(self, server):
        with urllib.request.urlopen(server.address("/fault/redirect-chain/3/a.jpg"), timeout=5) as response:
            assert response.read() == PICTURE

    def test_an_honest_chunked_body_is_whole(self, server):
        assert ask(server, "/fault/chunked/a.jpg")[1] == PICTURE

    def test_a_short_body_breaks_its_promise(self, server):
        with pytest.raises(http.client.IncompleteRead):
            ask(server, "/fault/short-body/a.jpg")

    def test_a_reset_is_a_reset(self, server):
        with pytest.raises(ConnectionResetError):
            ask(server, "/fault/reset-at-once/a.jpg")

    def test_a_known_etag_is_not_modified(self, server):
        tag = ask(server, "/fault/etag/a.jpg")[0].headers["ETag"]
        assert ask(server, "/fault/etag/a.jpg", {"If-None-Match": tag})[0].status == 304

    @pytest.mark.parametrize("fault", ["endless-body", "endless-headers", "declared-large"])
    def test_endless_answers_do_not_end_and_do_not_fill_the_server(self, server, fault):
        with socket.create_connection((server.listens_on, server.port), timeout=5) as client:
            client.sendall(f"GET /fault/{fault}/a.jpg HTTP/1.1\r\n\r\n".encode())
            read = 0
            while read < 5_000_000:
                read += len(client.recv(100_000))

    def test_a_slow_start_holds_up_nobody_else(self, server):
        with socket.create_connection((server.listens_on, server.port), timeout=5) as client:
            client.sendall(b"GET /fault/slow-start/a.jpg HTTP/1.1\r\n\r\n")
            assert ask(server, "/a.jpg")[0].status == 200

    def test_the_png_bomb_is_small_and_opens_into_169_megapixels(self):
        bomb = png_bomb()
        assert len(bomb) < 600_000
        assert zlib.crc32(bomb[12:29]) == int.from_bytes(bomb[29:33])
        assert int.from_bytes(bomb[16:20]) * int.from_bytes(bomb[20:24]) == 169_000_000

    def test_the_issue_asks_for_these(self):
        """Each fault that the download must survive has a name here."""
        asked = {
            "404",
            "410",
            "403",
            "429",
            "429-seconds",
            "500-then-200",
            "redirect-to-html",
            "redirect-loop",
        }
        asked |= {"redirect-to-canary", "redirect-to-link-local", "endless-body", "slow-body", "truncated"}
        asked |= {"html-as-image", "gzip-bomb", "png-bomb", "short-body", "reset"}
        assert asked <= set(FAULTS)
