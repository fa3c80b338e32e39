"""What an answer means: libcurl's words and the server's numbers, each as a status."""

import socket
import struct
import threading

import pytest

from aisle.core.image_records import temporary_statuses
from aisle.images.download.outcome import status_of_http


@pytest.fixture
def server():
    """A server that takes one connection, and does something with it; gives its port."""
    listening = []

    def start(handle):
        socket_ = socket.create_server(("127.0.0.1", 0))
        listening.append(socket_)

        def take():
            connection, _ = socket_.accept()
            with connection:
                handle(connection, connection.recv(65_536))

        threading.Thread(target=take, daemon=True).start()
        return socket_.getsockname()[1]

    yield start
    for socket_ in listening:
        socket_.close()


def reset(connection, _):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def speak_plainly(connection, _):
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


class TestHandshake:
    @pytest.mark.parametrize(
        ("handle", "status"),
        [(reset, "connection_lost"), (lambda *_: None, "connection_lost"), (speak_plainly, "tls_failed")],
    )
    def test_one_that_breaks_off_may_pass_and_one_that_is_none_does_not(
        self, server, ask, fetch_settings, handle, status
    ):
        port = server(handle)
        settings = fetch_settings(ports=frozenset({port}))
        answer = ask(f"https://shop.test:{port}/a.jpg", settings=settings).answer
        assert answer.status == status


class TestProxy:
    @pytest.mark.parametrize("line", ["407 Who are you", "403 No", "302 There"])
    def test_its_refusal_is_not_the_shops_word(self, server, ask, fetch_settings, line):
        head = f"HTTP/1.1 {line}\r\nX-Robots-Tag: noai\r\nLocation: http://a.test/\r\n\r\n"
        port = server(lambda connection, _: connection.sendall(head.encode()))
        settings = fetch_settings(proxy=f"http://127.0.0.1:{port}")
        answer = ask("https://shop.test/a.jpg", settings=settings, pins=()).answer
        assert (answer.status, answer.http_status) == ("connect_failed", 0)
        assert answer.reason == f"the proxy refused: CONNECT tunnel failed, response {line[:3]}"


class TestStatuses:
    @pytest.mark.parametrize("http_status", [407, 408, 425, 429, 500, 503, 0])
    def test_what_may_pass_is_temporary(self, http_status):
        assert status_of_http(http_status)[0] in temporary_statuses()

    @pytest.mark.parametrize("http_status", [204, 400, 403, 404, 410, 451, 999])
    def test_what_will_not_is_not(self, http_status):
        assert status_of_http(http_status)[0] not in temporary_statuses()


def test_a_picture_that_a_proxy_has_touched_is_a_picture(answering, ask, fetch_settings, picture):
    """203, Non-Authoritative Information."""
    head = f"HTTP/1.1 203 OK\r\nContent-Length: {len(picture)}\r\n\r\n"
    with answering(head.encode() + picture) as address:
        port = int(address.split(":")[2].split("/")[0])
        answer = ask(address, settings=fetch_settings(ports=frozenset({port}))).answer
    assert (answer.status, bytes(answer.body)) == ("", picture)
