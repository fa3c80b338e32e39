"""Feeds of text in any encoding."""

import pytest

from aisle.core.errors import AisleError
from aisle.feeds import FeedOptions

CONTENTS = {
    "a.csv": "id,title\n1,Käse\n2,Öl “x”\n",
    "a.jsonl": '{"id": "1", "title": "Käse"}\n{"id": "2", "title": "Öl “x”"}\n',
    "a.xml": "<rss><item><id>1</id><title>Käse</title></item>"
    "<item><id>2</id><title>Öl “x”</title></item></rss>",
}


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize(
    "encoding", ["cp1252", "Windows-1252", "mac-roman", "utf-16-le", "utf-32-le", "gb18030"]
)
def test_an_encoding_that_is_named_holds(read, name, encoding):
    feed = read(CONTENTS[name].encode(encoding), name, encoding=encoding)
    assert feed.column("title") == ["Käse", "Öl “x”"]
    assert feed.rejected == []


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_says_more(read, mark):
    for name, content in CONTENTS.items():
        assert read(content.encode(mark), name, encoding="cp1252").column("title")[0] == "Käse"


def test_it_says_more_than_what_xml_declares(read):
    declared = '<?xml version="1.0" encoding="utf-8"?>\n' + CONTENTS["a.xml"]
    assert read(declared.encode("cp1252"), "a.xml", encoding="cp1252").column("title")[0] == "Käse"
    wrong = declared.replace("utf-8", "utf-16")
    assert read(wrong.encode(), "a.xml").column("title")[0] == "Käse"


def test_a_column_may_be_called_by_letters_of_that_encoding(read):
    feed = read("Größe,id\nL,1\n".encode("cp1252"), encoding="cp1252")
    assert feed.column("Größe") == ["L"]


def test_bytes_without_a_meaning_in_it_put_their_row_aside(read):
    feed = read(b"id,title\n1,x\n2,a\x81b\n3,\xe4\n", encoding="cp1252")
    assert feed.column("title") == ["x", "ä"]
    assert [(one.line, one.kind) for one in feed.rejected] == [(3, "not UTF-8")]


def test_formats_that_are_no_text_have_none(read, tmp_path):
    import bson

    feed = read(bson.encode({"_id": 1, "title": "Käse"}), "a.bson", encoding="cp1252")
    assert feed.column("title") == ["Käse"]


@pytest.mark.parametrize("name", ["cp9999", "base64", "rot13", "undefined", "idna", "punycode", "a\0b"])
def test_one_that_there_is_none_of_is_refused(name):
    with pytest.raises(AisleError, match="no encoding is called that; name one that Python knows"):
        FeedOptions(encoding=name)


def test_one_that_xml_declares_and_nobody_knows_is_refused(read):
    with pytest.raises(AisleError, match=r"declares an encoding 'x-none' that nobody knows; .* --encoding"):
        read('<?xml version="1.0" encoding="x-none"?><rss><item><id>1</id></item></rss>', "a.xml")


def test_a_character_may_lie_on_both_sides_of_what_is_read_at_once(read):
    content = "id,title\n" + "".join(f"{i},{'茶' * 300}\n" for i in range(2000))
    feed = read(content.encode("shift_jis"), encoding="shift_jis")
    assert set(feed.column("title")) == {"茶" * 300}
