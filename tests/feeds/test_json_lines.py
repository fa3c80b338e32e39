"""Feeds of one JSON object a line."""

import gzip
import json

import pytest

from aisle.core.errors import AisleError
from aisle.feeds.checks import NOT_UTF8


def lines(*objects):
    return "".join(json.dumps(one) + "\n" for one in objects)


class TestRowsThatArePutAside:
    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            (b'{"id": 2, "title": ', "is not JSON: "),
            (b"[1, 2]", "is a JSON list, not an object"),
            (b'"2"', "is a JSON string, not an object"),
            (b"null", "is a JSON null, not an object"),
            (b"rubbish", "is not JSON: "),
            (b'{"title": "no id"}', "no id"),
            (b'{"id": null}', "no id"),
            (b'{"id": 2, "title": "M\xfcg"}', NOT_UTF8[1]),
            (
                b'{"id": 2, "title": "\\ud800"}',
                f"'title' {NOT_UTF8[1]}",
            ),
            (b'{"id": 2, "title": "a\\u0000"}', "'title' has a NUL byte"),
            (b'{"id": 2, "\0": 1}', "is not JSON: "),
            (b'{"id": 2, "title": "' + b"x" * 1_000_001 + b'"}', "'title' has 1,000,001 bytes; the most is"),
            (b"[" * 100_000, "is nested too deeply"),
            (b'{"id": ' + b"1" * 5000 + b"}", "holds a number of too many digits"),
        ],
    )
    def test_one_line_costs_one_line(self, read, line, reason):
        feed = read(b'{"id": 1}\n' + line + b'\n{"id": 3}\n', "feed.jsonl")
        assert feed.column("id") == ["1", "3"]
        [(number, found)] = feed.reasons()
        assert number == 2
        assert found.startswith(reason)

    def test_blank_lines_are_no_records(self, read):
        feed = read(b'\n{"id": 1}\r\n\r\n  \n{"id": 2}', "feed.jsonl")
        assert feed.column("source_line") == [2, 5]
        assert feed.rejected == []

    def test_a_feed_without_ids_is_refused(self, read):
        with pytest.raises(AisleError, match=r"feed\.jsonl: has no column 'id'; .*known: sku, title"):
            read(lines({"sku": 1, "title": "a"}), "feed.jsonl")

    def test_an_array_is_refused(self, read):
        with pytest.raises(AisleError, match=r"feed\.json: is one JSON array; write one object a line"):
            read(json.dumps([{"id": 1}]), "feed.json")


class TestValues:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ("a", "a"),
            (12, "12"),
            (12.0, "12"),
            (12.5, "12.5"),
            (10**20, "1" + "0" * 20),
            (True, "true"),
            (False, "false"),
            (None, ""),
            (float("nan"), ""),
            ({"a": [1, None]}, '{"a": [1, null]}'),
            ("ü", "ü"),
        ],
    )
    def test_each_becomes_text(self, read, value, text):
        feed = read(lines({"id": 1, "colour": "x"}, {"id": 2, "colour": value}), "feed.jsonl")
        assert feed.column("colour") == ["x", text]

    def test_ids_that_are_numbers_stay_whole(self, read):
        assert read(lines({"id": 12}, {"id": 13.0}), "feed.jsonl").column("id") == ["12", "13"]

    def test_a_list_in_an_unknown_column_makes_it_a_column_of_lists(self, read):
        feed = read(lines({"id": 1, "tags": ["a", 2, None]}, {"id": 2, "tags": "b"}, {"id": 3}), "feed.jsonl")
        assert feed.column("tags") == [["a", "2"], ["b"], []]

    def test_a_list_in_a_column_of_one_text_is_joined(self, read):
        row = {"id": 1, "brand": ["Acme", "Apex"], "google_product_category": ["Home", "Kitchen"]}
        [found] = read(lines(row), "feed.jsonl").rows
        assert (found["brand"], found["google_product_category"]) == ("Acme, Apex", "Home > Kitchen")

    def test_product_types_may_repeat_and_are_never_split(self, read):
        feed = read(
            lines({"id": 1, "product_type": ["A > B", "C, D"]}, {"id": 2, "product_type": "E, F"}), "f.jsonl"
        )
        assert feed.column("product_type") == [["A > B", "C, D"], ["E, F"]]

    def test_a_name_that_is_no_text_is_written_with_question_marks(self, read):
        feed = read('{"id": 1, "a\\ud800": "x"}\n', "feed.jsonl")
        assert feed.column("a?") == ["x"]

    def test_a_column_that_comes_late_is_kept(self, read):
        feed = read(lines(*({"id": i} for i in range(5)), {"id": 5, "late": "x"}), "feed.jsonl", batch_rows=2)
        assert [row.get("late") for row in feed.rows] == [None, None, None, None, "", "x"]


def test_gzip_is_seen_through(read):
    feed = read(gzip.compress(lines({"id": 1}, {"id": 2}).encode()), "feed.jsonl.gz")
    assert feed.column("id") == ["1", "2"]
    assert feed.column("merchant") == ["feed", "feed"]
