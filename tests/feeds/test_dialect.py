"""Telling how a delimited feed is written."""

import pytest

from aisle.feeds.dialect import recognise


def dialect(text, is_whole=True):
    found, header = recognise("feed", text.encode(), is_whole=is_whole)
    return found.separator, found.quoted, header.names


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("id\ttitle, long\n", "\t"),
        ("id;title, long;brand\n", ";"),
        ("title|id|a,b,c,d\n", "|"),
        ("Title, with commas, and more\tid\n", "\t"),
        ("id\n", "\t"),
        ('"id","a;b;c"\n', ","),
    ],
)
def test_the_separator_is_the_one_that_finds_the_id(text, separator):
    assert dialect(text)[0] == separator


class TestQuoting:
    def test_fields_in_quotes_speak_for_it(self):
        assert dialect('id,title\n1,"Cup"\n2,"Mug"\n3,"half\n')[1]
        assert dialect('id\ttitle\n1\t"Cup"\n2\t"Mug"\n3\t"half\n')[1]

    def test_rows_that_it_would_lose_speak_against_it(self):
        assert not dialect('id\ttitle\n1\t"half\n2\tCup\n')[1]
        assert not dialect('id,title\n1,"half\n2,"half\n3,Cup\n')[1]

    def test_one_lost_row_of_a_csv_is_a_slip(self):
        assert dialect('id,title\n1,"half\n2,Cup\n')[1]

    def test_tabs_without_any_field_in_quotes_have_none(self):
        assert not dialect('id\ttitle\n1\t24" monitor\n')[1]

    def test_without_a_quote_in_sight_fields_may_still_come_in_quotes(self):
        assert dialect("id\ttitle\n1\tCup\n")[1]

    def test_a_header_in_quotes_settles_it(self):
        assert dialect('"id"\t"title"\n1\t"half\n2\t"half\n')[1]

    def test_a_sample_that_ends_within_a_field_in_quotes_is_enough(self):
        assert dialect('id,title\n1,"two\nlines"\n2,"cut', is_whole=False)[1]


class TestTheHeader:
    def test_blank_lines_before_it_are_counted(self):
        _, header = recognise("feed", b"\r\n\r\nid,title\r\n1,x\r\n", is_whole=True)
        assert (header.n_lines, header.n_bytes, header.names) == (3, 14, ("id", "title"))

    def test_a_name_may_hold_a_line_break(self):
        _, header = recognise("feed", b'id,"two\nlines"\n1,x\n', is_whole=True)
        assert (header.n_lines, header.names) == (2, ("id", "two\nlines"))

    def test_columns_without_a_name_are_called_by_their_place(self):
        assert dialect("id,,title,\n")[2] == ("id", "column 2", "title", "column 4")

    def test_its_id_is_found(self):
        assert recognise("feed", b"title,g:ID\n", is_whole=True)[1].id_field == 1


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "sep=;\r", "\nsep=;\n"])
def test_a_first_line_that_tells_the_separator_is_taken(read, first):
    feed = read(f"{first}\nid;title\n1;a, b\n2;c\n")
    assert feed.column("title") == ["a, b", "c"]
    assert feed.column("source_line") == [3 + first.count("\n"), 4 + first.count("\n")]
