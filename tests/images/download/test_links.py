"""Which addresses a source names, and by whom: catalogues, feeds, lists."""

import gzip
import json
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aisle.core.errors import AisleError
from aisle.images.download.links import check_source, spell, uses
from aisle.images.download.run import RunSettings, download

ONE, TWO = "https://shop.test/1.jpg", "http://cdn.test/2.jpg?a,b"

IN_THE_FEED = [(ONE, "kaleido", "Mug"), (TWO, "kaleido", "Mug"), (TWO, "kaleido", "Lamp")]


def named(source, fields=None):
    return [tuple(row.values())[:3] for batch in uses(source, fields) for row in batch.to_pylist()]


class TestLists:
    @pytest.mark.parametrize(
        "text",
        [
            f"{ONE}\n{TWO}\n",
            f"\n\n  {ONE}\r\n{TWO}",
            f"\ufeff{ONE}\n{TWO}\n",
        ],
    )
    @pytest.mark.parametrize("name", ["list.txt", "list.csv", "list"])
    def test_a_text_file_with_an_address_a_line_is_one(self, tmp_path, text, name):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert [row[0] for row in named(tmp_path / name)] == [ONE, TWO]

    @pytest.mark.parametrize("first", ["not a link", "/etc/passwd", "cdn.test/1.jpg", TWO, "data:,x"])
    def test_whatever_its_first_line_is(self, tmp_path, first):
        (tmp_path / "list.txt").write_text(f"{first}\n{ONE}\n")
        assert [row[0] for row in named(tmp_path / "list.txt")] == [first, ONE]

    def test_so_is_a_parquet_file_with_a_column_of_addresses(self, tmp_path):
        pq.write_table(pa.table({"id": ["1", "2"], "address": [ONE, TWO]}), tmp_path / "list.parquet")
        assert [row[0] for row in named(tmp_path / "list.parquet")] == [ONE, TWO]

    def test_a_long_list_loses_no_line(self, tmp_path):
        addresses = [f"https://shop.test/{number}.jpg" for number in range(50_000)]
        (tmp_path / "list.txt").write_text("\n".join(addresses))
        assert [row[0] for row in named(tmp_path / "list.txt")] == addresses

    def test_bytes_that_are_no_utf8_stay_what_they_are(self, tmp_path):
        lines = [f"{ONE}?\xfc", f"{ONE}?\xe4", f"{ONE}?\xe4"]
        (tmp_path / "list.txt").write_bytes("\n".join(lines).encode("latin-1") + f"\n{ONE}?ü".encode())
        found = [row[0] for row in named(tmp_path / "list.txt")]
        assert found == [f"{ONE}?%FC", f"{ONE}?%E4", f"{ONE}?%E4", f"{ONE}?ü"]

    @pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
    def test_another_encoding_may_be_named(self, tmp_path, encoding):
        (tmp_path / "list.txt").write_bytes(f"{ONE}?ü\n{TWO}\n".encode(encoding))
        batches = uses(tmp_path / "list.txt", encoding=encoding)
        assert [text for batch in batches for text in batch["address"].to_pylist()] == [f"{ONE}?ü", TWO]

    def test_an_empty_file_names_none(self, tmp_path):
        (tmp_path / "list.txt").write_text("")
        assert named(tmp_path / "list.txt") == []


class TestFeeds:
    def test_of_any_format_name_their_products_addresses(self, tmp_path):
        rows = [
            {"id": "1", "title": "Mug", "image_link": ONE, "additional_image_link": [TWO, "local/3.jpg"]},
            {"id": "2", "title": "Lamp", "image_link": TWO},
        ]
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / "kaleido.jsonl").write_text(lines)
        (tmp_path / "kaleido.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "kaleido.parquet")
        for name in ("kaleido.jsonl", "kaleido.jsonl.gz", "kaleido.parquet"):
            assert named(tmp_path / name) == IN_THE_FEED

    @pytest.mark.parametrize(
        ("separator", "ending"), [("\t", "txt"), ("\t", "tsv"), (";", "csv"), (",", "csv")]
    )
    def test_a_delimited_one_is_no_list(self, tmp_path, separator, ending):
        lines = [["id", "title", "image_link"], ["1", "Mug", ONE], ["2", "Lamp", "local.jpg"]]
        feed = tmp_path / f"kaleido.{ending}"
        feed.write_text("\n".join(separator.join(cells) for cells in lines))
        assert named(feed) == [(ONE, "kaleido", "Mug")]

    @pytest.mark.parametrize("separator", [";", ","])
    def test_one_whose_columns_have_colons_is_no_list(self, tmp_path, separator):
        lines = [["g:id", "g:title", "g:image_link"], ["1", "Mug", ONE]]
        (tmp_path / "shop.csv").write_text("\n".join(separator.join(cells) for cells in lines))
        assert named(tmp_path / "shop.csv") == [(ONE, "shop", "Mug")]

    def test_one_whose_columns_are_unknown_is_no_list(self, tmp_path):
        (tmp_path / "shop.csv").write_text(f'"number: ours";"image_link"\n1;{ONE}\n')
        with pytest.raises(AisleError, match="has no column 'id'"):
            check_source(tmp_path / "shop.csv")

    def test_a_json_array_is_no_list(self, tmp_path):
        (tmp_path / "feed.json").write_text(json.dumps([{"id": "1", "image_link": ONE}], indent=1))
        with pytest.raises(AisleError, match="JSON array"):
            check_source(tmp_path / "feed.json")

    @pytest.mark.parametrize(
        "first", ["http://shop.test/{id}.jpg", "https://shop.test/<a>", "HTTP://shop.test/a|b"]
    )
    def test_an_address_in_its_first_line_makes_a_list_of_it(self, tmp_path, first):
        (tmp_path / "list.txt").write_text(f"{first}\r\n{ONE}\n")
        assert [row[0] for row in named(tmp_path / "list.txt")] == [first, ONE]

    @pytest.mark.parametrize("kind", [pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
    def test_addresses_in_parquet_may_be_any_text_and_may_be_missing(self, tmp_path, kind):
        pq.write_table(pa.table({"address": pa.array([ONE, None, TWO]).cast(kind)}), tmp_path / "x.parquet")
        assert [row[0] for row in named(tmp_path / "x.parquet")] == [ONE, TWO]


class TestFeedsWithColumnsOfOtherNames:
    FIELDS = {"id": "sku", "title": "name", "image_link": "address"}  # noqa: RUF012
    ROWS = ({"sku": "1", "name": "Mug", "address": ONE}, {"sku": "2", "name": "Lamp", "address": TWO})
    FOUND = [(ONE, "shop", "Mug"), (TWO, "shop", "Lamp")]  # noqa: RUF012

    def test_they_are_read_alike_in_every_format(self, tmp_path):
        (tmp_path / "shop.jsonl").write_text("".join(json.dumps(row) + "\n" for row in self.ROWS))
        lines = ["\t".join(row) for row in (self.ROWS[0].keys(), *(row.values() for row in self.ROWS))]
        (tmp_path / "shop.tsv").write_text("\n".join(lines))
        pq.write_table(pa.Table.from_pylist(list(self.ROWS)), tmp_path / "shop.parquet")
        for name in ("shop.jsonl", "shop.tsv", "shop.parquet"):
            assert named(tmp_path / name, self.FIELDS) == self.FOUND

    @pytest.mark.parametrize("name", ["shop.tsv", "shop.txt"])
    def test_a_column_that_is_missing_is_told(self, tmp_path, name):
        (tmp_path / name).write_text("id\tphoto\n1\ta.jpg\n" if name == "shop.tsv" else f"{ONE}\n{TWO}\n")
        told = rf"{name}: no column 'foto' \(--field image_link=foto\); .*known: "
        with pytest.raises(AisleError, match=told):
            check_source(tmp_path / name, {"image_link": "foto"})

    def test_without_ids_the_option_is_named(self, tmp_path):
        (tmp_path / "shop.tsv").write_text("sku\tphoto\n1\ta.jpg\n")
        with pytest.raises(AisleError, match=r"say which it is \(--field id=COLUMN\)$"):
            check_source(tmp_path / "shop.tsv", {"image_link": "photo"})

    def test_a_catalogue_has_its_fields(self, tmp_path, write_catalogue):
        write_catalogue(tmp_path / "catalogue", [])
        with pytest.raises(
            AisleError, match="is a catalogue, whose fields were read from a feed; leave --fi"
        ):
            check_source(tmp_path / "catalogue", {"image_link": "photo"})


class TestWhatMeansAnAddress:
    ADDRESSES = (
        ONE, "//host/x.jpg", "http:/host/x", "www.shop.test/a.jpg", "WWW.shop.test", "htp://shop.test/a.jpg",
        "data:image/png;base64,AAAA", "HTTPS:shop.test", "ftp://shop.test/a", "file:///a.jpg", "s3://b/a.jpg",
        " https://shop.test/2.jpg",
    )  # fmt: skip
    PATHS = (
        "images/a.jpg", "a.jpg", "/srv/a.jpg", "shop.test/a.jpg", "C:\\images\\a.jpg", "c:/a.jpg",
        "a/b:c.jpg",
    )  # fmt: skip

    def test_of_a_feed_the_others_are_paths_and_counted(self, tmp_path):
        rows = [
            {"id": str(n), "title": "Mug", "image_link": link}
            for n, link in enumerate([*self.ADDRESSES, *self.PATHS])
        ]
        (tmp_path / "kaleido.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        left_out = Counter()
        batches = uses(tmp_path / "kaleido.jsonl", left_out=left_out)
        found = [row for batch in batches for row in batch["address"]]
        assert [link.as_py().strip() for link in found] == [link.strip() for link in self.ADDRESSES]
        assert left_out == {"paths": len(self.PATHS)}

    def test_of_a_list_every_line_is_one(self, tmp_path):
        (tmp_path / "list.txt").write_text("\n".join([ONE, *self.PATHS]))
        left_out = Counter()
        assert sum(map(len, uses(tmp_path / "list.txt", left_out=left_out))) == 1 + len(self.PATHS)
        assert left_out == {}


@pytest.mark.parametrize("port", ["", ":8123", ":22"])
def test_links_to_one_address_have_one_spelling_whatever_may_be_asked(port):
    links = [f"http://shop.test{port}/a.jpg", f"HTTP://Shop.test{port}/b/../a.jpg#top", " http://shop.test"]
    spelled = spell(pa.array([*links[:2], f"{links[2]}{port}/a.jpg"])).to_pylist()
    assert spelled == [links[0]] * 3


class TestMistakes:
    def test_a_parquet_file_that_is_neither(self, tmp_path):
        pq.write_table(pa.table({"link": [ONE]}), tmp_path / "x.parquet")
        with pytest.raises(
            AisleError, match=r"x\.parquet: has no column 'address' or 'id'; known: link; .*--field id="
        ):
            check_source(tmp_path / "x.parquet")

    @pytest.mark.parametrize("cut", [0, 100, -1])
    def test_a_parquet_file_that_is_damaged(self, tmp_path, cut):
        path = tmp_path / "x.parquet"
        pq.write_table(pa.table({"address": [ONE]}), path)
        path.write_bytes(path.read_bytes()[:cut])
        with pytest.raises(AisleError, match=r"x\.parquet: is no Parquet file, or a damaged one \("):
            check_source(path)

    def test_a_parquet_file_that_is_damaged_within(self, tmp_path):
        path = tmp_path / "x.parquet"
        pq.write_table(pa.table({"address": [ONE] * 1000}), path, compression="zstd")
        data = path.read_bytes()
        path.write_bytes(data[:4] + b"\xff" * 60 + data[64:])
        with pytest.raises(AisleError, match="damaged"):
            named(path)

    def test_a_column_of_lists_of_addresses(self, tmp_path):
        pq.write_table(pa.table({"address": [[ONE], [TWO]]}), tmp_path / "x.parquet")
        with pytest.raises(AisleError, match=r"its column 'address' holds list<.*, not text"):
            check_source(tmp_path / "x.parquet")

    def test_a_list_that_looks_like_a_feed_is_told_why(self, tmp_path):
        (tmp_path / "list.txt").write_text(f"{ONE}\t{TWO}\n")
        with pytest.raises(AisleError, match="it was read as a feed, as its first line"):
            check_source(tmp_path / "list.txt")

    def test_a_feed_that_is_none_is_told_before_anything_is_written(self, tmp_path):
        (tmp_path / "x.csv").write_text("name,image\nMug,1.jpg\n")
        with pytest.raises(AisleError, match=r"x\.csv: has no column 'id'"):
            check_source(tmp_path / "x.csv")

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("nowhere", "name a catalogue, a feed or a list of addresses"),
            (".", "so it is no catalogue"),
        ],
    )
    def test_what_is_nothing_of_the_kind(self, tmp_path, name, said):
        with pytest.raises(AisleError, match=said):
            check_source(tmp_path / name)

    def test_what_is_elsewhere(self):
        with pytest.raises(AisleError, match="is elsewhere; copy it to this machine's disk first"):
            check_source(Path("s3://bucket/feed.csv"))


class TestNothingToDownload:
    @pytest.mark.parametrize(
        ("content", "told"),
        [
            ("id\ttitle\n1\tmug\n", "names no image; a feed names images in the column image_link"),
            ("id\timage_link\n1\t\n", "names no image; a feed names images in the column image_link"),
            (
                "id\timage_link\n1\ta/b.jpg\n2\tc.jpg\n",
                "its image links (2) are paths of files, which need no download; name their folder with "
                "--images",
            ),
        ],
    )
    def test_is_told_before_anything_is_written(self, tmp_path, content, told):
        source = tmp_path / "feed.tsv"
        source.write_text(content)
        with pytest.raises(AisleError) as error:
            download(source, str(tmp_path / "images"), RunSettings())
        assert str(error.value) == f"{source}: {told}"
        assert not (tmp_path / "images").exists()
