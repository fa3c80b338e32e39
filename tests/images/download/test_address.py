"""An address has one spelling; what could be read in two ways is refused."""

import re
from urllib.parse import urljoin

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aisle.images.download.address import (
    MAX_LENGTH,
    NORMAL_PATTERN,
    USUAL_PORTS,
    Address,
    RefusedError,
    follow,
    parse,
)


def refusal(text: str) -> str:
    with pytest.raises(RefusedError) as caught:
        parse(text)
    assert caught.value.reason
    return caught.value.status


def parsed_or_refused(text: str) -> Address | tuple[str, str]:
    try:
        return parse(text)
    except RefusedError as refused:
        return refused.status, refused.reason


class TestParse:
    @pytest.mark.parametrize(
        ("text", "normal"),
        [
            ("HTTP://Shop.Example/A.jpg", "http://shop.example/A.jpg"),
            ("  https://shop.example/a.jpg\n", "https://shop.example/a.jpg"),
            ("http://shop.example:80/a", "http://shop.example/a"),
            ("https://shop.example:443", "https://shop.example/"),
            ("http://shop.example:8080/a", "http://shop.example:8080/a"),
            ("http://shop.example./a", "http://shop.example/a"),
            ("http://shop.example?w=1", "http://shop.example/?w=1"),
            ("http://shop.example/a.jpg#top", "http://shop.example/a.jpg"),
            ("//cdn.example/a.jpg", "https://cdn.example/a.jpg"),
            ("http://shöp.example/ä b.jpg", "http://xn--shp-tna.example/%C3%A4%20b.jpg"),
            ("http://shop.example/50%/%C3%A4", "http://shop.example/50%25/%C3%A4"),
            ("http://my_shop.example/a", "http://my_shop.example/a"),
            ("http://[2606:4700:0::1]/a", "http://[2606:4700::1]/a"),
            ("http://shop.example/public/../private/x.jpg", "http://shop.example/private/x.jpg"),
            ("http://shop.example/public/%2e%2E/x.jpg", "http://shop.example/x.jpg"),
            ("http://shop.example/a/./b/.%2e/c/.", "http://shop.example/a/c/"),
            ("http://shop.example/a/b/..", "http://shop.example/a/"),
            ("http://shop.example/../../x?q=/../y", "http://shop.example/x?q=/../y"),
            ("http://shop.example/a/../../b/%2e", "http://shop.example/b/"),
            ("http://shop.example/.hidden/...", "http://shop.example/.hidden/..."),
            ("http://shop.example/a//../b", "http://shop.example/a/b"),
        ],
    )
    def test_there_is_one_spelling(self, text, normal):
        assert parse(text).text == normal

    @pytest.mark.parametrize(
        "text",
        [
            "", "a.jpg", "/a.jpg", "www.shop.example/a.jpg", "http:/shop.example/a", "http:///a", "http://",
            "ftp://shop.example/a", "file:///etc/passwd", "data:image/png;base64,AAAA", "javascript:alert(1)",
            "gopher://127.0.0.1:6379/_x", "http://user@shop.example/", "http://user:secret@shop.example/",
            "http://good.example\\@127.0.0.1/", "http://shop.example:22/a", "http://shop.example:99999/",
            "http://shop.example:80a/", "http://shop..example/", "http://-shop.example/",
            "http://sh op.example/",
            "http://shop.example/a\r\nHost: other", "http://[not-ipv6]/", "http://[::1",
            "http://" + "a" * 64 + ".de/",             "http://shop.example/" + "a" * 5000, "http://shop.example:٨٠/a",
        ],
    )  # fmt: skip
    def test_what_cannot_be_asked_is_an_invalid_link(self, text):
        assert refusal(text) == "invalid_link"

    @pytest.mark.parametrize(
        "host",
        [
            "2130706433", "0x7f000001", "017700000001", "127.1", "127.0.1", "0177.0.0.1", "0x7f.0.0.1",
            "127.0.0.01", "0", "0x", "1.2.3.4.5", "256.1.1.1", "１２７.0.0.1", "127。0。0。1", "①②⑦.⓪.⓪.①",
            "%31%32%37.0.0.1",
            "[fe80::1%25eth0]", "a.0x7f",
        ],
    )  # fmt: skip
    def test_numbers_in_odd_spellings_are_blocked(self, host):
        assert refusal(f"http://{host}/a.jpg") == "blocked_address"

    def test_the_queue_is_the_name_with_its_port(self):
        assert parse("https://Shop.example/a").queue == "shop.example:443"
        assert parse("http://[2606:4700::1]:8080/a").queue == "[2606:4700::1]:8080"

    def test_a_number_needs_no_resolver(self):
        assert parse("http://8.8.8.8/a").origin.is_number
        assert parse("http://[2606:4700::1]/a").origin.is_number
        assert not parse("http://8.example/a").origin.is_number

    def test_other_ports_can_be_allowed(self):
        assert parse("http://shop.example:8123/a", USUAL_PORTS | {8123}).origin.port == 8123

    @given(st.text(max_size=80).map(lambda text: f"http://shop.example/{text}"))
    def test_writing_and_reading_again_changes_nothing(self, text):
        try:
            address = parse(text)
        except RefusedError:
            return
        assert parse(address.text) == address
        assert address.text.isascii()
        assert not re.search(r"[\x00-\x20\x7f\\]", address.text)

    @given(
        st.text(max_size=60).flatmap(lambda t: st.sampled_from([t, "http://" + t, "https:" + t, "//" + t]))
    )
    def test_any_text_is_an_address_or_a_refusal(self, text):
        try:
            address = parse(text)
        except RefusedError:
            return
        assert re.fullmatch(r"[a-z0-9._:-]+", address.host)

    @given(
        st.from_regex(
            r"https?://[A-Za-z0-9.:@-]{1,20}(/[A-Za-z0-9._~!$&'()*+,;=:@/?-]{0,30})?", fullmatch=True
        )
    )
    def test_a_fragment_changes_nothing(self, text):
        """Nor does the shorter way that an address without one may take through the code."""
        assert parsed_or_refused(text) == parsed_or_refused(text + "#top")

    @given(st.lists(st.sampled_from(["", ".", "..", "%2e", ".%2E", "a", "a.", "..b"]), max_size=8))
    def test_no_spelling_has_dots_that_a_server_may_follow(self, segments):
        """And it is what others make of the same path."""
        text = "http://shop.example/" + "/".join(segments)
        found = parse(text)
        for segment in found.target.lower().replace("%2e", ".").split("/"):
            assert segment not in (".", "..")
        plain = "/" + "/".join(segments).lower().replace("%2e", ".")
        if "//" not in plain:  # Python drops empty parts
            assert urljoin("http://shop.example/", plain) == found.text.lower().replace("%2e", ".")

    @given(st.from_regex(NORMAL_PATTERN, fullmatch=True))
    def test_what_looks_normal_is_normal(self, text):
        text = text.removesuffix("\n")
        assume(len(text) <= MAX_LENGTH)
        assert parse(text).text == text


class TestFollow:
    BASE = parse("http://shop.example/a/b.jpg?x=1")

    @pytest.mark.parametrize(
        ("location", "target"),
        [
            ("c.jpg", "http://shop.example/a/c.jpg"),
            ("/c.jpg", "http://shop.example/c.jpg"),
            ("//cdn.example/c.jpg", "http://cdn.example/c.jpg"),
            ("https://shop.example/a/b.jpg", "https://shop.example/a/b.jpg"),
            ("../c d.jpg", "http://shop.example/c%20d.jpg"),
        ],
    )
    def test_a_redirect_is_read_from_where_it_stands(self, location, target):
        assert follow(self.BASE, location).text == target

    @pytest.mark.parametrize(
        ("location", "status"),
        [
            ("", "bad_redirect"),
            ("http://[", "bad_redirect"),
            ("file:///etc/passwd", "invalid_link"),
            ("gopher://127.0.0.1/", "invalid_link"),
            ("http://0x7f.1/", "blocked_address"),
            ("http://shop.example:22/", "invalid_link"),
        ],
    )
    def test_a_redirect_is_judged_like_any_address(self, location, status):
        with pytest.raises(RefusedError) as caught:
            follow(self.BASE, location)
        assert caught.value.status == status
