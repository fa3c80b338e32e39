"""robots.txt as RFC 9309 reads it."""

import re
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.images.download.robots_rules import MAX_BYTES, Rules


def allows(text, target):
    return Rules(text.encode() if isinstance(text, str) else text, "aisle").allows(target)


def with_rules(*lines):
    return "\n".join(["User-agent: *", *lines])


class TestPatterns:
    @pytest.mark.parametrize(
        ("pattern", "fits", "fits_not"),
        [
            ("/", ["/", "/a.jpg"], []),
            ("/fish", ["/fish", "/fish.html", "/fish/a", "/fisheries?x"], ["/Fish", "/a/fish", "/fis"]),
            ("/fish/", ["/fish/", "/fish/a.jpg"], ["/fish", "/fish.html"]),
            ("/*.jpg$", ["/a.jpg", "/b/a.jpg", "/a.jpg.jpg"], ["/a.jpg?x", "/a.JPG", "/a.jpgs", "/a"]),
            ("/*.jpg", ["/a.jpg", "/a.jpg?x", "/.jpg"], ["/a.png"]),
            ("/fish*.php", ["/fish.php", "/fishheads/cat.php?x"], ["/Fish.php", "/fish.asp"]),
            ("/a*b*c$", ["/abc", "/axbxc", "/abcbc"], ["/acb", "/abcd"]),
            ("/a$", ["/a"], ["/ab", "/"]),
            ("/aa*aa$", ["/aaaa", "/aa/aa"], ["/aaa"]),
            ("*.gif$", ["/x.gif"], ["/x.gif?"]),
            ("/a$b", ["/a$b", "/a%24bc"], ["/ab", "/a"]),
            ("fish", [], ["/fish", "/fish/"]),
            ("/a%3Cd.html", ["/a%3cd.html"], ["/a"]),
            ("/%7ejoe/", ["/~joe/index", "/%7Ejoe/"], ["/joe"]),
            ("/ツ", ["/%E3%83%84"], ["/%E3%83%85"]),
            ("/a/%2A.jpg", ["/a/*.jpg", "/a/%2a.jpg"], ["/a/b.jpg"]),
            ("/a%2fb", ["/a%2Fb"], ["/a/b"]),
            ("/a?x=*&y", ["/a?x=1&y=2", "/a?x=&y"], ["/a", "/a?y"]),
        ],
    )  # fmt: skip
    def test_a_pattern_fits_from_the_beginning(self, pattern, fits, fits_not):
        rules = with_rules(f"Disallow: {pattern}")
        assert [target for target in fits if allows(rules, target)] == []
        assert [target for target in fits_not if not allows(rules, target)] == []

    @pytest.mark.parametrize(
        ("lines", "target", "allowed"),
        [
            (["Allow: /", "Disallow: /priv"], "/priv.jpg", False),
            (["Disallow: /priv", "Allow: /"], "/priv.jpg", False),
            (["Disallow: /", "Allow: /p"], "/page", True),
            (["Allow: /folder", "Disallow: /folder"], "/folder/page", True),
            (["Allow: /page", "Disallow: /*.htm"], "/page.htm", False),
            (["Allow: /page", "Disallow: /*.ph"], "/page.php5", True),
            (["Allow: /$", "Disallow: /"], "/", True),
            (["Allow: /$", "Disallow: /"], "/page.htm", False),
            (["Disallow:"], "/a", True),
            (["Disallow: /a", "Disallow: /ab", "Allow: /aba"], "/abz", False),
        ],
    )
    def test_the_longest_decides_and_of_two_as_long_the_one_that_allows(self, lines, target, allowed):
        assert allows(with_rules(*lines), target) is allowed


class TestGroups:
    TWO = "User-agent: *\nDisallow: /all\n\nUser-agent: Aisle/1.0\nDisallow: /ours\n"

    def test_our_group_counts_and_the_one_for_all_does_not(self):
        assert allows(self.TWO, "/all")
        assert not allows(self.TWO, "/ours")

    def test_several_groups_of_ours_are_one(self):
        text = self.TWO + "User-agent: other\nDisallow: /other\nUSER-AGENT: AISLE\ndisallow: /more"
        assert [allows(text, target) for target in ("/all", "/ours", "/more", "/other")] == [
            True, False, False, True,
        ]  # fmt: skip

    def test_a_group_may_be_for_several_agents(self):
        text = "User-agent: other\nCrawl-delay: 9\nUser-agent: aisle # us\nSitemap: x\nDisallow: /a # no"
        assert not allows(text, "/a")

    def test_an_empty_group_of_ours_allows_all(self):
        assert allows("User-agent: *\nDisallow: /\n\nUser-agent: aisle\nDisallow:", "/a")
        assert allows("User-agent: *\nDisallow: /\n\nUser-agent: aisle", "/a")

    def test_the_name_of_another_that_begins_like_ours_is_not_ours(self):
        assert allows("User-agent: aislebot\nDisallow: /", "/a")

    def test_rules_of_nobody_count_for_nobody(self):
        assert allows("Disallow: /\nUser-agent: other\nDisallow: /", "/a")


class TestFiles:
    @pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n"])
    @pytest.mark.parametrize("head", [b"", b"\xef\xbb\xbf"])
    def test_a_byte_order_mark_and_any_line_end_are_read(self, line_end, head):
        text = line_end.join(["User-agent: *", "Disallow: /a"])
        assert not allows(head + text.encode(), "/a")

    def test_what_is_no_robots_txt_allows_all(self):
        for data in (b"", b"<html><body>Disallow: /</body></html>", b"\x00\xff\xfe" * 100, b":" * 100):
            assert allows(data, "/a")

    def test_a_pattern_that_the_limit_cuts_is_left_out(self):
        head = b"User-agent: *\nDisallow: /first\n#"
        data = head + b"x" * (MAX_BYTES - len(head) - 12) + b"\nDisallow: /second/folder\n"
        assert len(data) > MAX_BYTES
        assert not allows(data, "/first")
        assert allows(data, "/second/folder")
        assert allows(data, "/")

    @given(st.binary(max_size=400), st.from_regex(r"/[!-~]{0,40}", fullmatch=True))
    def test_any_bytes_are_read(self, data, target):
        assert allows(b"User-agent: *\nDisallow: /" + data, target) in (True, False)


LETTERS = st.text("ab/", max_size=6)
PATTERNS = st.tuples(st.booleans(), st.text("ab/*", max_size=6), st.sampled_from(["", "$"]))


def by_the_letter(rules, target):
    """What RFC 9309 says, told by the longest of all patterns that fit."""
    best = (-1, True)
    for allowed, pattern, end in rules:
        shown = re.sub(r"\*+", "*", pattern)
        expression = "".join(".*" if sign == "*" else re.escape(sign) for sign in shown)
        whole = f"/{expression}"
        if re.match(whole + (r"\Z" if end else ""), target):
            best = max(best, (len(shown) + 1 + len(end), allowed))
    return best[1]


@given(st.lists(PATTERNS, max_size=12), st.lists(LETTERS, min_size=1, max_size=5))
def test_all_patterns_together_say_what_the_longest_says(rules, paths):
    lines = [f"{'Allow' if allowed else 'Disallow'}: /{pattern}{end}" for allowed, pattern, end in rules]
    known = Rules(with_rules(*lines).encode(), "aisle")
    for path in paths:
        assert known.allows(f"/{path}") == by_the_letter(rules, f"/{path}"), lines


@pytest.mark.parametrize("pattern", ["/catalogue/{}/item-{}/", "/*/{}/item-{}/*.jpg$"])
def test_a_large_file_takes_little_memory_and_time(pattern):
    lines = [f"Disallow: {pattern.format(n % 97, n)}" for n in range(20_000)]
    data = with_rules("Disallow: /*.pdf$", "Disallow: /*?sort=", *lines).encode()
    assert len(data) > MAX_BYTES
    tracemalloc.start()
    rules = Rules(data, "aisle")
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 1_000_000
    targets = [f"/catalogue/{n % 97}/item-{n}0/a.jpg" for n in range(900, 2900)]
    started = time.process_time()
    asked = [rules.allows(target) for target in targets]
    assert (time.process_time() - started) / len(targets) < 500e-6
    assert sum(asked) > 1900
    assert not rules.allows("/catalogue/1/item-1/a.jpg")
    assert not rules.allows("/catalogue/1/a.pdf")
