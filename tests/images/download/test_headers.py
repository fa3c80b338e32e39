import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.images.download.headers import Headers


def _read(head):
    headers = Headers(head)
    return headers.status(), headers


def test_values_come_by_their_names_in_lower_case_and_as_often_as_they_were_sent():
    head = (
        b'HTTP/1.1 200 OK\r\nDate: today\r\nX-Robots-Tag: noai\r\nETag:"a"\r\n'
        b"x-robots-tag :  bot: noindex \r\nX-Content-Type: no\r\n\r\n"
    )
    status, headers = _read(head)
    assert status == 200
    assert headers.all("x-robots-tag") == ["noai", "bot: noindex"]
    assert (headers.first("x-robots-tag"), headers.first("etag")) == ("noai", '"a"')
    assert (headers.all("content-type"), headers.first("content-type")) == ([], "")


@pytest.mark.parametrize("name", ["X-Robots-Tag", "tdm-reservation", "CONTENT-ENCODING"])
@pytest.mark.parametrize("before", ["", "Date: today\r\n"])
def test_it_is_told_at_once_whether_any_header_may_set_a_condition(name, before):
    def told(line):
        return _read(f"HTTP/1.1 200 OK\r\n{before}{line}\r\n\r\n".encode())[1].may_hold_conditions()

    assert told(f"{name}: 1")
    assert not told("Etag: 1")


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
    assert _read(f"{line}\r\nEtag: 1\r\n\r\n".encode())[0] == status


@pytest.mark.parametrize(("sent", "read"), [("/ä".encode(), "/ä"), ("/ä".encode("latin-1"), "/ä")])
def test_letters_outside_ascii_are_read_as_servers_write_them(sent, read):
    assert _read(b"HTTP/1.1 302 Found\nLocation: " + sent + b"\n\n")[1].all("location") == [read]


def test_headers_that_are_not_whole_say_nothing():
    for head in (b"HTTP/1.1 404 Not Found\r\nEtag: 1\r\n", b""):
        status, headers = _read(head)
        assert (status, headers.first("etag")) == (0, "")


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("interim_end", [b"\n", b"\r\n"])
def test_interim_answers_and_what_follows_the_body_are_left_out(interim_end, end):
    interim = interim_end.join([b"HTTP/1.1 103 Early Hints", b"ETag: early", b"", b""])
    ours = end.join([b"HTTP/1.1 200 OK", b"ETag: ours", b"", b"ETag: late", b""])
    status, headers = _read(interim + ours)
    assert (status, headers.all("etag")) == (200, ["ours"])


def test_another_protocol_that_nobody_asked_for_is_the_answer():
    status, headers = _read(b"HTTP/1.1 101 Switching Protocols\r\nETag: a\r\n\r\n")
    assert (status, headers.first("etag")) == (101, "a")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ETag", "etag", "X-Etag", "Etag-X", "eta", "E tag"]),
            st.sampled_from(["", " ", "\t ", "x"]),
            st.text(st.characters(codec="ascii", exclude_categories=("C",))),
        )
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_a_value_is_found_among_any_others_as_by_reading_line_for_line(lines, end):
    text = end.join(["HTTP/1.1 200 OK", *(f"{n}{gap}:{v}" for n, gap, v in lines), "", ""])
    expected = [v.strip() for n, gap, v in lines if n.lower() == "etag" and not gap.strip()]
    assert _read(text.encode())[1].all("etag") == expected


@given(st.binary(max_size=200))
def test_any_bytes_can_be_read(head):
    status, headers = _read(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n")
    assert status == 200
    for name in ("etag", "location"):
        assert all(value == value.strip(" \t\r\n") for value in headers.all(name))
