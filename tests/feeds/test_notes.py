"""What is told of feeds beside their counts."""

import gzip
import json
from hashlib import sha256

import bson
import pytest

from aisle.feeds import FeedNotes, FeedOptions, read_feed

ROWS = [{"id": str(i), "title": f"cup {i} {sha256(str(i).encode()).hexdigest()}"} for i in range(400)]


def as_xml():
    items = "".join(f"<item><id>{row['id']}</id><title>{row['title']}</title></item>\n" for row in ROWS)
    return f"<rss>\n<channel>\n{items}</channel>\n</rss>\n".encode()


CONTENTS = {
    "a.tsv": "".join(f"{row['id']}\t{row['title']}\n" for row in [{"id": "id", "title": "title"}, *ROWS]),
    "a.jsonl": "".join(json.dumps(row) + "\n" for row in ROWS),
    "a.xml": as_xml().decode(),
}


def lines_of(*paths):
    notes = FeedNotes()
    for path in paths:
        for batch in read_feed(str(path), FeedOptions(batch_rows=100)):
            notes.add(batch)
    return notes.lines()


@pytest.mark.parametrize("name", CONTENTS)
def test_a_packed_feed_that_breaks_off_is_told_with_its_line(tmp_path, name):
    data = gzip.compress(CONTENTS[name].encode())
    path = tmp_path / (name + ".gz")
    path.write_bytes(data[: len(data) // 2])
    [note] = lines_of(path)
    begin, _, line = note.partition(" breaks off at line ")
    assert begin == str(path)
    assert 100 < int(line.partition(":")[0]) < 300
    assert note.endswith(": what follows is lost; fetch it again")


def test_xml_that_breaks_off_is_told(tmp_path):
    (tmp_path / "a.xml").write_bytes(as_xml()[:-30])
    assert lines_of(tmp_path / "a.xml") == [
        f"{tmp_path / 'a.xml'} breaks off at line 402: what follows is lost; fetch it again"
    ]


def test_bson_that_breaks_off_is_told(tmp_path):
    path = tmp_path / "a.bson"
    whole = b"".join(bson.encode({"_id": i, "title": "cup"}) for i in range(9))
    path.write_bytes(whole[:-5])
    assert "breaks off at line 9:" in lines_of(path)[0]
    path.write_bytes(whole + b"\xff\xff\xff\x7f")
    assert "breaks off at line 10:" in lines_of(path)[0]


@pytest.mark.parametrize("name", ["a.tsv", "a.jsonl"])
def test_a_last_line_that_is_half_a_row_and_has_no_end_is_told(tmp_path, name):
    content = CONTENTS[name] if name == "a.jsonl" else CONTENTS[name].replace("\t", "\tx\t")
    path = tmp_path / name
    path.write_text(content[: content.rindex("cup") - 4])
    n_lines = 400 if name == "a.jsonl" else 401
    assert f"breaks off at line {n_lines}:" in lines_of(path)[0]


def test_a_whole_feed_without_a_last_line_end_is_not(tmp_path):
    for name, content in CONTENTS.items():
        (tmp_path / name).write_text(content.rstrip("\n"))
        assert lines_of(tmp_path / name) == []


def test_many_that_break_off_are_told_in_a_few_lines(tmp_path):
    for i in range(8):
        (tmp_path / f"{i}.xml").write_bytes(as_xml()[:-30])
    told = lines_of(*sorted(tmp_path.glob("*.xml")))
    assert len(told) == 6
    assert told[5] == "3 more of the feeds break off; they are named beside the rows put aside"


def test_rows_that_are_not_utf8_are_told_with_the_remedy(tmp_path):
    (tmp_path / "a.csv").write_bytes("id,title\n1,Käse\n2,x\n3,Öl\n".encode("cp1252"))
    (tmp_path / "b.jsonl").write_bytes('{"id": 1, "title": "x"}\n{"id": 2, "title": "ß"}\n'.encode("cp1252"))
    rest = "save the feed as UTF-8, or name its encoding, such as --encoding cp1252"
    assert lines_of(tmp_path / "a.csv", tmp_path / "b.jsonl") == [
        f"3 rows are not UTF-8 and were put aside: {rest}"
    ]
    assert lines_of(tmp_path / "b.jsonl") == [f"1 row is not UTF-8 and was put aside: {rest}"]


@pytest.mark.parametrize(
    "joined", ["a.jpg,https://x/b.jpg", "http://x/a.jpg, //x/b.jpg", "http://x/a,HTTP://x/b"]
)
def test_several_addresses_in_image_link_are_told(tmp_path, joined):
    (tmp_path / "a.tsv").write_text(f"id\timage_link\n1\t{joined}\n2\thttp://x/w_1,h_2/a.jpg\n3\t{joined}\n")
    assert lines_of(tmp_path / "a.tsv") == [
        "image_link holds several addresses in 2 of the rows, and a comma is part of an address there: put "
        "all but the first into additional_image_link"
    ]


def test_several_addresses_in_additional_image_link_are_as_they_should_be(tmp_path):
    (tmp_path / "a.tsv").write_text("id\tadditional_image_link\n1\thttp://x/a.jpg,http://x/b.jpg\n")
    assert lines_of(tmp_path / "a.tsv") == []
