import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.images.download.headers import read_headers


def test_values_come_by_their_names_in_lower_case_and_as_often_as_they_were_sent():
    head = (
        b'HTTP/1.1 200 OK\r\nDate: today\r\nX-Robots-Tag: noai\r\nETag:"a"\r\n'
        b"x-robots-tag :  bot: noindex \r\nX-Content-Type: no\r\n\r\n"
    )
    assert read_headers(head) == (200, {"x-robots-tag": ["noai", "bot: noindex"], "etag": ['"a"']})


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("HTTP/1.1 404 Not Found", 404),
        ("HTTP/1.0 200", 200),
        ("HTTP/1.1 ok", 0),
        ("HTTP/1.1 99999 Oh", 0),
        ("ICY 200 OK", 0),
        ("", 0),
    ],
)
def test_the_status_stands_in_the_first_line(line, status):
    assert read_headers(f"{line}\r\nEtag: 1\r\n\r\n".encode())[0] == status


@pytest.mark.parametrize(("sent", "read"), [("/ä".encode(), "/ä"), ("/ä".encode("latin-1"), "/ä")])
def test_letters_outside_ascii_are_read_as_servers_write_them(sent, read):
    assert read_headers(b"HTTP/1.1 302 Found\nLocation: " + sent + b"\n\n")[1] == {"location": [read]}


def test_headers_that_are_not_whole_say_nothing():
    assert read_headers(b"HTTP/1.1 404 Not Found\r\nEtag: 1\r\n") == (0, {})
    assert read_headers(b"") == (0, {})


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("interim_end", [b"\n", b"\r\n"])
def test_interim_answers_and_what_follows_the_body_are_left_out(interim_end, end):
    interim = interim_end.join([b"HTTP/1.1 103 Early Hints", b"ETag: early", b"", b""])
    ours = end.join([b"HTTP/1.1 200 OK", b"ETag: ours", b"", b"ETag: late", b""])
    assert read_headers(interim + ours) == (200, {"etag": ["ours"]})


def test_another_protocol_that_nobody_asked_for_is_the_answer():
    assert read_headers(b"HTTP/1.1 101 Switching Protocols\r\nETag: a\r\n\r\n") == (101, {"etag": ["a"]})


@given(st.binary(max_size=200))
def test_any_bytes_can_be_read(head):
    status, found = read_headers(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n")
    assert status == 200
    assert all(value == value.strip(" \t\r\n") for values in found.values() for value in values)
