"""Google Merchant feeds: RSS 2.0 and Atom."""

import pytest

from aisle.core.errors import AisleError

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

    def test_deep_nesting_ends_the_reading(self, read):
        feed = read(rss(item(1)).replace(TAIL, "<a>" * 100_000), "feed.xml")
        assert feed.column("id") == ["1"]
        [(line, reason)] = feed.reasons()
        assert (line, reason) == (5, "elements are nested too deeply; the rest of the file is left out")

    def test_nesting_within_a_field_is_no_recursion(self, read):
        feed = read(rss(item(1, "<a>" * 500 + "x" + "</a>" * 500), item(2)), "feed.xml")
        assert feed.column("id") == ["1", "2"]

    def test_a_tag_that_does_not_end_is_not_held_in_memory(self, read):
        feed = read(rss(item(1)).replace(TAIL, '<item a="' + "x" * 30_000_000), "feed.xml")
        assert feed.column("id") == ["1"]
        assert [one.line for one in feed.rejected] == [5]


class TestRowsThatArePutAside:
    def test_what_follows_the_first_break_is_one_rejected_record(self, read):
        content = rss(item(1), item(2), "<g:id>3</g:id><title>Cup", item(4))
        feed = read(content.replace("Cup</item>", "Cup</item"), "feed.xml")
        assert feed.column("id") == ["1", "2"]
        [(line, reason)] = feed.reasons()
        assert line == 6
        assert reason.startswith("is not well-formed XML (")
        assert reason.endswith("; the rest of the file is left out")

    def test_a_file_that_is_cut_off(self, read):
        content = rss(item(1), item(2, "<title>Mug</title>"))
        feed = read(content[: content.index("Mug")], "feed.xml")
        assert feed.column("id") == ["1"]
        assert [one.line for one in feed.rejected] == [5]

    def test_bytes_that_are_not_of_the_encoding(self, read):
        feed = read(rss(item(1), item(2, "<title>M\xfcg</title>"), item(3)).encode("latin-1"), "feed.xml")
        assert feed.column("id") == ["1"]
        assert [one.line for one in feed.rejected] == [5]

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
