"""Tab- and comma-separated feeds: what is a row, what is put aside, and which line it stood on."""

import csv
import io
from itertools import count

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.core.errors import AisleError
from aisle.feeds import FeedOptions, read_feed
from aisle.feeds.checks import NOT_UTF8
from strategies import delimited_feeds, texts_without_digits


class TestRowsThatArePutAside:
    def test_too_few_fields(self, read):
        feed = read("id,title,brand\n1,Cup,Acme\n2,Mug\n3,Jug,Acme\n")
        assert feed.column("id") == ["1", "3"]
        assert feed.reasons() == [(3, "2 fields where the header has 3")]

    def test_too_many_fields(self, read):
        feed = read("id\ttitle\n1\tCup\n2\tMug\tx\ty\n3\tJug\n", "feed.tsv")
        assert feed.column("id") == ["1", "3"]
        assert feed.reasons() == [(3, "4 fields where the header has 2")]

    def test_bytes_that_are_not_utf8(self, read):
        feed = read(b"id,title\n1,Cup\n2,M\xfcg\n3,Jug\n")
        assert feed.column("id") == ["1", "3"]
        assert feed.reasons() == [(3, f"'title' {NOT_UTF8[1]}")]
        assert feed.rejected[0].text == "2,M\ufffdg"

    def test_a_nul(self, read):
        feed = read(b"id,title\n1,Cup\n2,M\0g\n3,Jug\n")
        assert feed.column("id") == ["1", "3"]
        assert feed.reasons() == [(3, "'title' has a NUL byte")]

    def test_a_nul_in_a_column_that_nobody_knows(self, read):
        feed = read(b"id,colour\n1,red\n2,r\0d\n")
        assert feed.reasons() == [(3, "'colour' has a NUL byte")]

    def test_a_missing_id(self, read):
        feed = read("id,title\n1,Cup\n,Mug\n   ,Jug\n4,Pot\n")
        assert feed.column("id") == ["1", "4"]
        assert feed.reasons() == [(3, "no id"), (4, "no id")]

    def test_a_field_over_a_megabyte(self, read):
        feed = read(f"id,title\n1,Cup\n2,{'x' * 1_000_001}\n3,{'x' * 1_000_000}\n4,Pot\n")
        assert feed.column("id") == ["1", "3", "4"]
        assert feed.reasons() == [(3, "'title' has 1,000,001 bytes; the most is 1,000,000")]
        assert len(feed.rejected[0].text) == 200

    def test_a_quoted_field_over_a_megabyte_is_one_record(self, read):
        feed = read('id,title\n1,Cup\n2,"' + "x, y\n" * 300_000 + '"\n3,Jug\n')
        assert feed.column("id") == ["1", "3"]
        assert feed.reasons() == [(3, "'title' has 1,500,000 bytes; the most is 1,000,000")]

    @pytest.mark.parametrize("quoted", ["", '"'])
    def test_a_line_longer_than_any_record(self, read, quoted):
        feed = read(f"id,title\n1,Cup\n2,{quoted}{'x' * 20_000_000}\n3,Jug\n")
        assert feed.column("id") == ["1", "3"]
        assert feed.column("source_line") == [2, 4]
        [(line, reason)] = feed.reasons()
        assert line == 3
        assert "record" in reason

    def test_the_rest_of_the_file_is_read_whatever_stands_in_one_row(self, read):
        trouble = [b"2,M\xfcg", b"2,M\0g", b",", b"2", b"2,3,4", b'2,"Mug', b'"2,Mug', b'2,"M"ug"', b'"']
        feed = read(b"id,title\n" + b"".join(b'%d,"good"\n%s\n' % (i, t) for i, t in enumerate(trouble)))
        assert feed.column("id") == [str(i) for i in range(len(trouble))]
        assert [one.line for one in feed.rejected] == [3 + 2 * i for i in range(len(trouble))]


class TestUnbalancedQuotes:
    """One quote too many costs at most its own line."""

    def test_the_line_is_put_aside_and_the_next_is_read(self, read):
        feed = read('id,title,brand\n1,"Cup",Acme\n2,"Mug,Acme\n3,Jug,Acme\n4,"Pot, big",Acme\n')
        assert feed.column("id") == ["1", "3", "4"]
        assert feed.column("title") == ["Cup", "Jug", "Pot, big"]
        assert feed.reasons() == [(3, "field 2 opens with a quote that is not closed as it must be")]
        assert feed.rejected[0].text == '2,"Mug,Acme'

    def test_a_quote_that_is_never_closed(self, read):
        feed = read('id,title\n1,"Cup"\n2,"Mug\n' + "".join(f"{i},Jug\n" for i in range(3, 1000)))
        assert feed.column("id") == ["1", *map(str, range(3, 1000))]
        assert [one.line for one in feed.rejected] == [3]

    def test_rows_are_not_swallowed_up_to_a_quote_that_ends_a_later_field(self, read):
        feed = read(
            'id,title,brand\n1,"Cup",Acme\n2,"Mug,Acme\n3,Jug,Acme\n4,Monitor 24",Acme\n5,Pot,Acme\n'
            '6,"Pan",Acme\n'
        )
        assert feed.column("id") == ["1", "3", "4", "5", "6"]
        assert feed.column("title")[2] == 'Monitor 24"'
        assert [one.line for one in feed.rejected] == [3]

    def test_a_row_is_not_swallowed_where_the_joined_record_has_too_many_fields(self, read):
        feed = read('id,a,b,c\n1,"x",y,z\n2,y,"half,z\n3,x",y,z\n4,x,y,z\n')
        assert feed.column("id") == ["1", "3", "4"]
        assert [one.line for one in feed.rejected] == [3]

    def test_many_of_them(self, read):
        lines = "".join(f'{i},"half\n' if i % 3 == 0 else f'{i},"whole"\n' for i in range(10_000))
        feed = read("id,title\n" + lines)
        assert feed.column("id") == [str(i) for i in range(10_000) if i % 3]
        assert [one.line for one in feed.rejected] == [i + 2 for i in range(10_000) if i % 3 == 0]

    def test_at_the_very_end(self, read):
        feed = read('id,title\n1,"Cup"\n2,"Jug"\n3,"Mug')
        assert feed.column("id") == ["1", "2"]
        assert [one.line for one in feed.rejected] == [4]

    def test_a_quote_inside_a_field_that_does_not_open_with_one_is_text(self, read):
        feed = read('id,title,brand\n1,"a, b",x\n2,3/4" bolt,y\n3,24",z\n')
        assert feed.column("title") == ["a, b", '3/4" bolt', '24"']
        assert feed.rejected == []

    def test_a_field_with_quotes_round_its_first_word_is_text(self, read):
        feed = read('id,title,brand\n1,"a, b",x\n2,"Best" bolt,y\n')
        assert feed.column("title") == ["a, b", '"Best" bolt']
        assert feed.rejected == []


class TestFieldsOverSeveralLines:
    def test_a_quoted_field_may_hold_line_breaks(self, read):
        feed = read('id,title,brand\n1,"two\nlines, really",Acme\n2,Mug,Acme\n')
        assert feed.column("title") == ["two\nlines, really", "Mug"]
        assert feed.column("source_line") == [2, 4]

    def test_a_bad_row_after_it_is_named_by_its_own_line(self, read):
        feed = read('id,title,brand\n1,"a\n\n\nb",Acme\n2,Mug\n3,"c\r\nd",Acme\n4,x,y\n')
        assert feed.column("source_line") == [2, 7, 9]
        assert feed.reasons() == [(6, "2 fields where the header has 3")]

    def test_a_record_with_too_many_fields_is_put_aside_whole(self, read):
        feed = read('id,title,brand\n1,"two\nlines",Acme,more\n2,Mug,Acme\n')
        assert feed.column("id") == ["2"]
        assert feed.reasons() == [(2, "4 fields where the header has 3")]

    def test_a_list_of_several_lines_with_separators_stays_one_field(self, read):
        text = "Contents:\n2 bolts, 3 nuts\n5 screws, long"
        feed = read(f'id,title,brand\n1,"{text}",Acme\n2,Mug,Acme\n')
        assert feed.column("title") == [text, "Mug"]


class TestWhatIsRecognised:
    @pytest.mark.parametrize("separator", ["\t", ",", ";", "|"])
    def test_the_separator(self, read, separator):
        feed = read(separator.join(["id", "title"]) + "\n" + separator.join(["1", "Cup"]) + "\n", "feed.txt")
        assert feed.column("title") == ["Cup"]

    def test_commas_in_the_titles_do_not_make_a_tsv_a_csv(self, read):
        feed = read("id\ttitle\n1\ta,b,c\n2\td\n", "feed.csv")
        assert feed.column("title") == ["a,b,c", "d"]

    def test_a_tsv_whose_titles_hold_lone_quotes_has_no_quoting(self, read):
        feed = read('id\ttitle\tbrand\n1\t3.5" short\tNike\n2\t"half\tNike\n3\tJug\tNike\n', "feed.tsv")
        assert feed.column("title") == ['3.5" short', '"half', "Jug"]
        assert feed.rejected == []

    def test_a_tsv_whose_fields_stand_in_quotes_has_quoting(self, read):
        feed = read('id\ttitle\n1\t"a ""big"" cup"\n2\t"tab\there"\n3\tJug\n', "feed.tsv")
        assert feed.column("title") == ['a "big" cup', "tab\there", "Jug"]

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_the_line_end(self, read, end):
        feed = read(end.join(["id,title", '1,"Cup"', "", "2,Mug", "3", ""]))
        assert feed.column("title") == ["Cup", "Mug"]
        assert feed.column("source_line") == [2, 4]
        assert [one.line for one in feed.rejected] == [5]

    def test_a_last_line_without_an_end(self, read):
        assert read("id,title\n1,Cup\n2,").column("title") == ["Cup", ""]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
    def test_the_encoding(self, read, encoding):
        text = "id,title\n1,Käse\n2,茶\n3,🫖\n"
        mark = "\ufeff" if encoding[-2:] in ("le", "be") else ""
        feed = read((mark + text).encode(encoding))
        assert feed.column("title") == ["Käse", "茶", "🫖"]

    def test_half_a_character_of_utf16_is_put_aside(self, read):
        text = "\ufeffid,title\n1,Cup\n2,Mug\n3,Jug\n".encode("utf-16-le")
        broken = text.replace("M".encode("utf-16-le"), b"\x00\xd8")
        feed = read(broken)
        assert feed.column("id") == ["1", "3"]
        assert [one.line for one in feed.rejected] == [3]


class TestTheHeader:
    def test_names_are_found_whatever_their_spelling(self, read):
        feed = read("g:ID\tTitle \tImage Link\tGoogle-Product-Category\n1\tCup\tcup.jpg\t632\n", "feed.tsv")
        [row] = feed.rows
        assert (row["id"], row["title"], row["image_link"]) == ("1", "Cup", ["cup.jpg"])
        assert row["google_product_category"] == "632"

    def test_unknown_columns_keep_their_own_name(self, read):
        assert read("id,Colour Name\n1,red\n").column("Colour Name") == ["red"]

    def test_it_may_be_quoted(self, read):
        assert read('"id","title"\n"1","Cup"\n').column("title") == ["Cup"]

    def test_a_feed_without_an_id_column_is_refused(self, read):
        with pytest.raises(
            AisleError, match=r"feed\.csv: has no column 'id'; did you mean 'pid'\? known: pid, tit"
        ):
            read("pid,title\n1,Cup\n")

    @pytest.mark.parametrize("content", ["", "\n\n", "\ufeff", "id,title\n", "id,title"])
    def test_an_empty_feed_is_refused(self, read, content):
        with pytest.raises(AisleError, match=r"feed\.csv: holds no products"):
            read(content)

    def test_a_header_that_is_not_utf8_is_refused(self, read):
        with pytest.raises(AisleError, match=r"feed\.csv:1: the header has bytes that are not UTF-8; save"):
            read(b"id,M\xfcll\n1,x\n")

    def test_a_header_with_a_nul_is_refused(self, read):
        with pytest.raises(AisleError, match=r"feed\.csv:1: the header has a NUL byte; save"):
            read(b"id\0,title\n1,Cup\n")

    def test_columns_of_one_name_are_told_apart(self, read):
        [row] = read("id,size,size,source_file\n1,S,M,x\n").rows
        assert (row["size"], row["size (2)"], row["source_file (2)"]) == ("S", "M", "x")


def read_bytes(content, name="feed.csv", batch_rows=8192):
    """Rows and rejected records of a feed in memory."""
    fsspec.filesystem("memory").pipe(f"/{name}", content)
    batches = list(read_feed(f"memory://{name}", FeedOptions(batch_rows=batch_rows)))
    assert all(len(batch.rows) <= batch_rows for batch in batches)
    rows = [row for batch in batches for row in batch.rows.to_pylist()]
    return rows, [one for batch in batches for one in batch.rejected]


class TestLaws:
    @given(delimited_feeds(), st.sampled_from([1, 2, 3, 8192]))
    def test_good_rows_come_out_whole_and_bad_ones_cost_themselves(self, feed, batch_rows):
        rows, rejected = read_bytes(feed.content, batch_rows=batch_rows)
        assert [
            {name: row[name] for name in good} for row, good in zip(rows, feed.rows, strict=True)
        ] == feed.rows
        assert [row["source_line"] for row in rows] == feed.lines
        assert [one.line for one in rejected] == feed.bad_lines

    @given(
        st.lists(st.tuples(texts_without_digits, texts_without_digits), min_size=1),
        st.sampled_from(",;\t|"),
        st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
    )
    def test_what_pythons_writer_wrote_is_read_as_pythons_reader_reads_it(self, texts, separator, quoting):
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=separator, quoting=quoting)
        writer.writerows([("id", "title", "brand"), *((i, *pair) for i, pair in enumerate(texts))])
        rows, rejected = read_bytes(out.getvalue().encode())
        assert rejected == []
        found = [[row["id"], row["title"], row["brand"]] for row in rows]
        assert found == list(csv.reader(io.StringIO(out.getvalue(), newline=""), delimiter=separator))[1:]

    @given(st.data())
    def test_an_unbalanced_quote_never_swallows_a_row_even_where_later_rows_end_in_a_quote(self, data):
        """Titles such as `monitor 24"` look like the end of a quoted field."""
        titles = data.draw(
            st.lists(st.sampled_from(["cup", 'monitor 24"', '"big, one"', '""', '"half']), min_size=1)
        )
        lines = [f"{i},{title},Acme" for i, title in zip(count(100), titles, strict=False)]
        rows, rejected = read_bytes(('"id",title,brand\n0,"a, b",c\n' + "\n".join(lines)).encode())
        expected = [str(100 + i) for i, title in enumerate(titles) if title != '"half']
        assert [row["id"] for row in rows] == ["0", *expected]
        assert len(rows) + len(rejected) == len(titles) + 1

    @given(st.binary(max_size=200))
    def test_bytes_of_any_kind_give_rows_and_rejected_records(self, content):
        rows, rejected = read_bytes(b"id,title\n0,Cup\n" + content)
        assert len(rows) + len(rejected) >= 1
