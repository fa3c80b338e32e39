"""Google Merchant feeds: RSS 2.0 and Atom."""

import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.core.errors import AisleError
from aisle.feeds import FeedOptions, read_feed

HEAD = '<?xml version="1.0"?>\n<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">\n<channel>\n'
TAIL = "</channel>\n</rss>\n"


def rss(*items):
    return HEAD + "".join(f"<item>{item}</item>\n" for item in items) + TAIL


def item(number, rest=""):
    return f"<g:id>{number}</g:id>{rest}"


class TestDanger:
    @pytest.mark.parametrize(
        "doctype",
        [
            '<!DOCTYPE rss [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]>',
            '<!DOCTYPE rss [<!ENTITY file SYSTEM "file:///etc/passwd">]>',
            '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd">',
            '<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;]>',
            "<!DOCTYPE html>",
        ],
    )
    def test_a_doctype_is_refused_before_any_row(self, read, doctype):
        content = rss(item(1, "<title>&lol2;</title>")).replace("<rss", doctype + "\n<rss", 1)
        with pytest.raises(AisleError, match=r"feed\.xml:2: has a DOCTYPE, .*; take it out"):
            read(content, "feed.xml")

    def test_deep_nesting_is_not_followed(self, read):
        feed = read(rss(item(1)).replace(TAIL, "<a>" * 100_000 + TAIL), "feed.xml")
        assert feed.column("id") == ["1"]
        assert feed.reasons() == [(5, "elements are nested too deeply")]

    def test_deep_nesting_in_an_item_costs_that_item(self, read):
        feed = read(rss(item(1), item(2, "<a>" * 100_000), item(3)), "feed.xml")
        assert feed.column("id") == ["1", "3"]
        assert feed.reasons() == [(5, "elements are nested too deeply")]

    def test_a_doctype_behind_a_fault_defines_nothing(self, read):
        bomb = '<!DOCTYPE rss [<!ENTITY lol "lol">]>'
        feed = read(rss(item(1, "a & b"), bomb + item(2, "<title>&lol;</title>"), item(3)), "feed.xml")
        assert feed.column("id") == ["3"]
        assert [one.line for one in feed.rejected] == [4, 5]

    def test_nesting_within_a_field_is_no_recursion(self, read):
        feed = read(rss(item(1, "<a>" * 500 + "x" + "</a>" * 500), item(2)), "feed.xml")
        assert feed.column("id") == ["1", "2"]

    def test_a_tag_that_does_not_end_is_not_held_in_memory(self, read):
        feed = read(rss(item(1)).replace(TAIL, '<item a="' + "x" * 30_000_000), "feed.xml")
        assert feed.column("id") == ["1"]
        assert [one.line for one in feed.rejected] == [5]


class TestRowsThatArePutAside:
    @pytest.mark.parametrize(
        ("third", "why"),
        [
            ("<title>Cup & saucer</title>", "not well-formed (invalid token) at line 6, column 33"),
            ("<title>Cup\x0b</title>", "not well-formed (invalid token) at line 6, column 31"),
            ("<title>Cup", "mismatched tag at line 6, column 33"),
            ("<title>Cup</titel>", "mismatched tag at line 6, column 33"),
            ("<title lang=de>Cup</title>", "not well-formed (invalid token) at line 6, column 33"),
            ("<title lang='de>Cup</title>", "not well-formed (invalid token) at line 6, column 40"),
            ("<title>Cup</title></item>", "mismatched tag at line 6, column 48"),
            ("<description><![CDATA[a cup</description>", "a CDATA section is not closed where the next"),
            ("<description><!-- a cup</description>", "not well-formed (invalid token) at line 7"),
        ],
    )
    def test_an_item_that_is_not_well_formed_costs_itself(self, read, third, why):
        cdata = "<description><![CDATA[<item>]]></description><!-- <item> -->"
        feed = read(rss(item(1), item(2), item(3, third), item(4, cdata), item(5)), "feed.xml")
        assert [number for number in feed.column("id") if number != "3"] == ["1", "2", "4", "5"]
        assert [row["source_line"] for row in feed.rows if row["id"] == "4"] == [7]
        [one] = feed.rejected
        assert (one.line, one.kind) == (6, "not well-formed XML")
        assert one.reason.startswith(f"is not well-formed XML ({why}")
        assert one.text.startswith("<item><g:id>3") or third.endswith("</item>")

    @pytest.mark.parametrize("cut", ["</item>", "</title></item>", "<title>x</title></item>"])
    def test_one_that_is_not_closed_swallows_no_other(self, read, cut):
        content = rss(*(item(i, "<title>x</title>") for i in range(1, 5)))
        broken = item(2, "<title>x</title></item>")
        feed = read(content.replace(broken, broken.removesuffix(cut)), "feed.xml")
        assert feed.column("id") == ["1", "3", "4"]
        assert [one.line for one in feed.rejected] == [5]

    def test_one_whose_start_tag_is_broken_is_put_aside_once(self, read):
        for broken in ("<item", "item>", "<itm>", "<item x>", "< item>"):
            feed = read(rss(item(1), item(2), item(3)).replace("<item><g:id>2", broken + "<g:id>2"), "a.xml")
            assert feed.column("id") == ["1", "3"]
            assert [(one.line, one.kind) for one in feed.rejected] == [(5, "not well-formed XML")]

    def test_items_within_an_item_are_a_part_of_it(self, read):
        bundle = "<bundle><item><g:id>a</g:id></item><item><g:id>b</g:id></item></bundle>"
        feed = read(rss(item(1, bundle), item(2, bundle + "&"), item(3)), "feed.xml")
        assert feed.column("id")[0] == "1"
        assert feed.column("id")[-1] == "3"

    def test_what_is_not_well_formed_above_the_items_costs_none(self, read):
        feed = read(rss(item(1), item(2)).replace("<item>", "<title>A & B</title>\n<item>", 1), "feed.xml")
        assert feed.column("id") == ["1", "2"]
        assert [(one.line, one.kind) for one in feed.rejected] == [(4, "not well-formed XML")]

    def test_what_is_not_well_formed_below_the_items_costs_none(self, read):
        feed = read(rss(item(1), item(2)).replace("</channel>", "</chanel>"), "feed.xml")
        assert feed.column("id") == ["1", "2"]
        assert [(one.line, one.kind) for one in feed.rejected] == [(6, "not well-formed XML")]

    def test_one_feed_behind_another(self, read):
        feed = read(rss(item(1)) + rss(item(2), item(3)), "feed.xml")
        assert feed.column("id") == ["1", "2", "3"]
        assert [one.kind for one in feed.rejected] == ["not well-formed XML"]

    def test_atoms_namespace_is_known_behind_a_fault_too(self, read):
        entry = "<a:entry><a:id>{}</a:id><a:title>{}</a:title></a:entry>\n"
        entries = entry.format(1, "x") + entry.format(2, "&") + entry.format(3, "z")
        feed = read(f'<a:feed xmlns:a="http://www.w3.org/2005/Atom">\n{entries}</a:feed>', "feed.xml")
        assert (feed.column("id"), feed.column("title")) == (["1", "3"], ["x", "z"])
        assert [one.line for one in feed.rejected] == [3]

    @pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "shift_jis"])
    def test_the_encoding_holds_behind_a_fault(self, read, encoding):
        title = "<title>茶</title>" if encoding == "shift_jis" else "<title>Käse</title>"
        content = rss(item(1), item(2, "&"), item(3, title))
        content = content.replace('"1.0"', f'"1.0" encoding="{encoding}"', 1)
        feed = read(content.encode(encoding), "feed.xml")
        assert feed.column("title") == ["", title[7:-8]]

    def test_a_file_that_is_cut_off(self, read):
        content = rss(item(1), item(2, "<title>Mug</title>"))
        for cut in ("Mug", "</title>", "</item>\n</channel", "</channel>", "</rss>"):
            feed = read(content[: content.index(cut)], "feed.xml")
            assert feed.column("id") == (["1", "2"] if "</channel>" in cut or "rss" in cut else ["1"])
            [one] = feed.rejected
            assert one.kind == "the file breaks off"
            assert one.line >= 5

    def test_a_file_that_is_cut_off_behind_an_item_that_is_not_closed(self, read):
        content = rss(item(1), item(2, "<bundle>"), item(3), item(4))
        feed = read(content[: content.index("</channel>")], "feed.xml")
        assert feed.column("id") == ["1", "3", "4"]
        assert (feed.rejected[0].line, feed.rejected[0].kind) == (5, "not well-formed XML")
        assert feed.rejected[-1].kind == "the file breaks off"

    def test_bytes_that_are_not_of_the_encoding(self, read):
        feed = read(rss(item(1), item(2, "<title>M\xfcg</title>"), item(3)).encode("latin-1"), "feed.xml")
        assert feed.column("id") == ["1", "3"]
        assert [(one.line, one.kind) for one in feed.rejected] == [(5, "not UTF-8")]

    def test_empty_lines_above_the_declaration(self, read):
        feed = read("\n\n" + rss(item(1), item(2)), "feed.xml")
        assert (feed.column("source_line"), feed.rejected) == ([6, 7], [])

    def test_an_item_without_an_id(self, read):
        feed = read(rss(item(1), "<title>Mug</title>", item(3)), "feed.xml")
        assert feed.column("id") == ["1", "3"]
        assert feed.reasons() == [(5, "no id")]
        assert "Mug" in feed.rejected[0].text

    def test_a_field_over_a_megabyte(self, read):
        feed = read(rss(item(1), item(2, f"<title>{'x' * 1_000_001}</title>"), item(3)), "feed.xml")
        assert feed.column("id") == ["1", "3"]
        assert feed.reasons() == [(5, "'title' has 1,000,001 bytes; the most is 1,000,000")]

    def test_an_item_longer_than_any_record(self, read):
        feed = read(rss(item(1), item(2, f"<title>{'x' * 20_000_000}</title>"), item(3)), "feed.xml")
        assert feed.column("id") == ["1", "3"]
        assert feed.reasons() == [(5, "the record does not end within 8,388,608 bytes")]

    def test_a_feed_without_ids_is_refused(self, read):
        with pytest.raises(AisleError, match=r"has no column 'id'; .*known: title"):
            read(rss("<title>Mug</title>"), "feed.xml")

    def test_a_feed_without_items_is_refused(self, read):
        with pytest.raises(AisleError, match="holds no products"):
            read(rss(), "feed.xml")

    def test_elements_of_other_names_are_told(self, read):
        with pytest.raises(AisleError, match=r"holds no <item> of RSS .*, but <SHOP>, <SHOPITEM>, <ID>; exp"):
            read("<SHOP><SHOPITEM><ID>1</ID></SHOPITEM><SHOPITEM><ID>2</ID></SHOPITEM></SHOP>", "feed.xml")


class TestRss:
    def test_googles_elements_and_plain_ones_count(self, read):
        feed = read(
            rss(
                item(
                    1, "<title>A &amp; B</title><g:image_link> a.jpg </g:image_link><g:price>5 EUR</g:price>"
                ),
                item(2, "<description><![CDATA[<b>bold</b>]]></description><link>http://x/2</link>"),
            ),
            "feed.xml",
        )
        assert feed.column("title") == ["A & B", ""]
        assert feed.column("description") == ["", "<b>bold</b>"]
        assert feed.column("link") == ["", "http://x/2"]
        assert feed.column("image_link") == [["a.jpg"], []]
        assert feed.column("price") == ["5 EUR", ""]
        assert feed.column("source_line") == [4, 5]

    def test_googles_element_outranks_a_plain_one(self, read):
        feed = read(rss(item(1, "<title>plain</title><g:title>Google's</g:title>")), "feed.xml")
        assert feed.column("title") == ["Google's"]

    def test_elements_may_repeat(self, read):
        more = "".join(f"<g:additional_image_link>{i}.jpg</g:additional_image_link>" for i in "bc")
        types = "<g:product_type>A &gt; B, C</g:product_type><g:product_type>D</g:product_type>"
        feed = read(rss(item(1, "<g:image_link>a.jpg</g:image_link>" + more + types), item(2)), "feed.xml")
        assert feed.column("image_link") == [["a.jpg", "b.jpg", "c.jpg"], []]
        assert feed.column("product_type") == [["A > B, C", "D"], []]

    def test_one_element_may_hold_several_links_while_others_repeat(self, read):
        link = "<g:additional_image_link>{}</g:additional_image_link>"
        feed = read(
            rss(item(1, link.format("a.jpg,b.jpg")), item(2, link.format("c") + link.format("d"))), "f.xml"
        )
        assert feed.column("image_link") == [["a.jpg", "b.jpg"], ["c", "d"]]

    def test_an_element_of_elements_is_kept_as_json(self, read):
        shipping = "<g:shipping><g:country>DE</g:country><g:price>5 EUR</g:price></g:shipping>"
        feed = read(rss(item(1, shipping)), "feed.xml")
        assert feed.column("shipping") == ['{"country": "DE", "price": "5 EUR"}']

    def test_mark_up_within_a_text_gives_its_text(self, read):
        feed = read(rss(item(1, "<title>a <b>big</b> cup</title>")), "feed.xml")
        assert feed.column("title") == ["a big cup"]

    def test_an_undeclared_prefix_is_read_all_the_same(self, read):
        feed = read(rss(item(1)).replace(' xmlns:g="http://base.google.com/ns/1.0"', ""), "feed.xml")
        assert feed.column("id") == ["1"]

    def test_googles_namespace_is_known_under_any_prefix(self, read):
        feed = read(rss(item(1)).replace("xmlns:g", "xmlns:gm").replace("g:id", "gm:id"), "feed.xml")
        assert feed.column("id") == ["1"]

    def test_an_element_of_another_namespace_keeps_its_prefix(self, read):
        feed = read(
            rss(item(1, '<title>Cup</title><media:title xmlns:media="m">photo</media:title>')), "feed.xml"
        )
        assert (feed.column("title"), feed.column("media:title")) == (["Cup"], ["photo"])

    def test_entities_of_html_are_read_without_a_doctype(self, read):
        feed = read(rss(item(1, "<title>caf&eacute;&nbsp;x &nosuch; &#228;</title>"), item(2)), "feed.xml")
        assert feed.column("title") == ["café\xa0x &nosuch; ä", ""]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
    def test_the_declared_encoding(self, read, encoding):
        name = encoding.removesuffix("-sig")
        content = rss(item(1, "<title>Käse</title>")).replace('"1.0"', f'"1.0" encoding="{name}"', 1)
        assert read(content.encode(encoding), "feed.xml").column("title") == ["Käse"]

    def test_batches_are_never_larger_than_asked(self, tmp_path):
        from aisle.feeds import FeedOptions, read_feed

        path = tmp_path / "feed.xml"
        path.write_text(rss(*(item(i) for i in range(10))))
        sizes = [len(batch.rows) for batch in read_feed(str(path), FeedOptions(batch_rows=4))]
        assert sizes == [4, 4, 2]


def test_atom(read):
    feed = read(
        """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">
<title>the shop</title>
<entry>
  <id>tag:shop,1</id><g:id>1</g:id><title>Cup</title><summary>A cup.</summary>
  <link rel="self" href="http://x/self"/><link href="http://x/1"/>
</entry>
<entry><id>2</id><title>Mug</title></entry>
</feed>""",
        "feed.xml",
    )
    assert feed.column("id") == ["1", "2"]
    assert feed.column("title") == ["Cup", "Mug"]
    assert feed.column("description") == ["A cup.", ""]
    assert feed.column("link") == ["http://x/1", ""]
    assert feed.column("source_line") == [3, 7]


WAYS_TO_BREAK = {
    "a raw &": lambda text, _: text[: text.index("Cup")] + "&" + text[text.index("Cup") :],
    "a control character": lambda text, _: text.replace("Cup", "C\x02up"),
    "a byte that is no UTF-8": lambda text, _: text.replace("Cup", "C\udcffup"),
    "a tag that is not closed": lambda text, _: text.replace("</title>", ""),
    "an item that is not closed": lambda text, _: text.replace("</item>", ""),
    "neither is closed": lambda text, _: text[: text.index("</title>")],
    "a tag too many": lambda text, _: text.replace("</item>", "</b></item>"),
    "an end tag too many": lambda text, _: text + "</b>",
    "no start tag": lambda text, _: text.replace("<item>", ""),
    "half a start tag": lambda text, _: text.replace("<item>", "<item"),
    "a section that is not closed": lambda text, _: text.replace("<item> <b>]]>", ""),
    "a comment that is not closed": lambda text, _: text.replace("<item> -->", ""),
    "a value that is not closed": lambda text, _: text.replace("<title>", "<title a='>"),
    "cut off anywhere": lambda text, at: text[: 7 + at % (len(text) - 13)],
}
"""From a fault to what makes it of an item's text and a number."""


@given(
    st.lists(st.sampled_from(["", *WAYS_TO_BREAK]), max_size=12),
    st.sampled_from(["\n", "", "\r\n", "<!-- <item><g:id>no</g:id></item> -->"]),
    st.integers(0, 200),
    st.integers(1, 9),
)
def test_items_that_are_well_formed_come_out_whatever_stands_beside_them(
    tmp_path_factory, faults, between, at, batch_rows
):
    text = (
        "<item><g:id>{}</g:id><!-- <item> --><description><![CDATA[a <item> <b>]]></description>"
        "<title>Cup {}</title></item>"
    )
    items = [text.format(i, i) for i in range(len(faults))]
    items = [WAYS_TO_BREAK[how](one, at) if how else one for how, one in zip(faults, items, strict=True)]
    path = tmp_path_factory.mktemp("xml") / "feed.xml"
    content = HEAD + "".join(one + between for one in [*items, text.format("last", "last")]) + TAIL
    path.write_bytes(content.encode(errors="surrogateescape"))
    batches = list(read_feed(str(path), FeedOptions(batch_rows=batch_rows)))
    wanted = [*(str(i) for i, how in enumerate(faults) if how in ("", "an end tag too many")), "last"]
    read = [row for batch in batches for row in batch.rows.to_pylist()]
    rows = [row for row in read if row["id"] in wanted]
    assert [row["id"] for row in rows] == wanted
    assert [row["title"] for row in rows] == [f"Cup {number}" for number in wanted]
    assert {row["description"] for row in rows} == {"a <item> <b>"}
    lines = [content[: content.index(f"<g:id>{number}<")].count("\n") + 1 for number in wanted]
    assert [row["source_line"] for row in rows] == lines
    n_rejected, n_faults = sum(len(batch.rejected) for batch in batches), sum(map(bool, faults))
    n_merged = len(read) - len(rows)  # one without an end and one without a begin are one
    assert min(n_faults, 1) <= n_rejected + n_merged
    assert n_rejected <= 2 * n_faults  # what is cut off in a comment may leave an item that was none


@pytest.mark.parametrize("begin", ["<![CDATA[", "<!--", "&<!--", "&<![CDATA["])
def test_a_section_that_no_item_closes_costs_no_more_than_reading_a_few_times(read, begin):
    """Read again from each item on, these 4 MB would take minutes."""
    before = time.process_time()
    read(
        rss(
            item(0),
            *(item(i, f"<description>{begin}{'x' * 950}</description>") for i in range(4000)),
            item("9"),
        )
    )
    assert time.process_time() - before < 10.0


def test_a_feed_that_cannot_be_read_over_is_told(read):
    items = [f"<description><![CDATA[{'x' * 950}</description>" for _ in range(4000)]
    feed = read(
        HEAD + f"<item>{item(1)}</item>" + "".join(f"<item>{one}</item>" for one in items), "feed.xml"
    )
    assert feed.column("id") == ["1"]
    assert feed.rejected[-1].kind == "the file breaks off"
    assert "more faults than can be read over" in feed.rejected[-1].reason


def test_memory_stays_flat_over_many_faults(tmp_path):
    path = tmp_path / "feed.xml"
    with path.open("w") as file:
        file.write(HEAD)
        for i in range(20_000):
            fault = "&" if i % 2 else ""
            file.write(f"<item><g:id>{i}</g:id><title>{fault}{'x' * 500}</title></item>\n")
        file.write(TAIL)
    n_rows = n_rejected = 0
    tracemalloc.start()
    for batch in read_feed(str(path), FeedOptions(batch_rows=500)):
        n_rows, n_rejected = n_rows + len(batch.rows), n_rejected + len(batch.rejected)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (n_rows, n_rejected) == (10_000, 10_000)
    assert peak < 6_000_000
