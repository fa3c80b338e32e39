"""Downloaded pictures are found by their links, and those that stand for "no image" give nothing."""

import json
import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from aisle.core.errors import AisleError
from aisle.images.downloaded import DownloadedImages
from aisle.images.hashes import hash_of


@pytest.fixture
def shop(picture_shop):
    return picture_shop


@pytest.fixture
def fetch_all(tmp_path, fetch):
    """Download these addresses, beside those of earlier calls."""

    def run(*addresses):
        source = tmp_path / "addresses.txt"
        source.write_text("\n".join(addresses))
        fetch(source, tmp_path / "images")
        return str(tmp_path / "images")

    return run


@pytest.fixture(scope="module")
def all_of_it(picture_shop, fetch, tmp_path_factory):
    """A folder with every picture of the shop, in two shards."""
    folder = tmp_path_factory.mktemp("download")
    (folder / "addresses.txt").write_text("\n".join(map(picture_shop.address, picture_shop.pictures)))
    fetch(folder / "addresses.txt", folder / "images")
    return str(folder / "images")


def look(images, link):
    """What is known of one link: status and hash."""
    (ref,) = images.look_all(pa.array([link])).to_pylist()
    return ref["status"], ref["sha256"]


class TestDownloadedImages:
    def test_every_picture_is_found_by_its_link(self, shop, all_of_it):
        images = DownloadedImages(all_of_it)
        for path, source in shop.pictures.items():
            link = shop.address(path)
            assert look(images, link) == ("ok", hash_of(source))
            assert (
                Image.open(BytesIO(images.read(link, hash_of(source)))).size
                == Image.open(BytesIO(source)).size
            )

    def test_other_spellings_of_a_link_find_it_too(self, shop, fetch_all):
        images = DownloadedImages(fetch_all(shop.address("/0.png")))
        assert images.read(f" {shop.address('/0.png').replace('http', 'HTTP')}#top ", "")

    @pytest.mark.parametrize("path", ["/fault/404/x.jpg", "/never-listed.jpg", ""])
    def test_what_was_not_to_be_had_is_missing(self, shop, fetch_all, path):
        images = DownloadedImages(fetch_all(shop.address("/0.png"), shop.address("/fault/404/x.jpg")))
        assert look(images, shop.address(path)) == ("missing", "")
        assert images.read(shop.address(path)) is None

    def test_a_later_run_is_seen_with_the_earlier_ones(self, shop, fetch_all):
        fetch_all(shop.address("/0.png"))
        images = DownloadedImages(fetch_all(shop.address("/0.png"), shop.address("/1.png")))
        assert images.read(shop.address("/0.png"))
        assert images.read(shop.address("/1.png"))

    def test_threads_may_read_at_once(self, shop, all_of_it):
        images = DownloadedImages(all_of_it)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(images.read, map(shop.address, shop.pictures)))
        widths = [Image.open(BytesIO(data)).width for data in found]
        assert widths == [5 + n for n in range(250)]

    def test_a_picture_whose_source_changed_since_is_not_given(self, shop, all_of_it):
        images = DownloadedImages(all_of_it)
        link = shop.address("/0.png")
        assert images.read(link, shop.hash_of("/0.png"))
        assert images.read(link, shop.hash_of("/1.png")) is None

    def test_many_links_are_looked_up_at_once(self, shop, all_of_it):
        paths = [*shop.pictures, "/never.jpg"]
        links = [shop.address(path) for path in random.Random(1).sample(paths, len(paths))]
        images = DownloadedImages(all_of_it)
        together = images.look_all(pa.array(links)).to_pylist()
        assert [one["link"] for one in together] == links
        assert [(one["status"], one["sha256"]) for one in together] == [
            look(DownloadedImages(all_of_it), link) for link in links
        ]
        assert images.look_all(pa.array([], pa.string())).to_pylist() == []

    def test_a_link_is_found_in_whatever_piece_of_the_index(self, shop, fetch_all, monkeypatch):
        monkeypatch.setattr("aisle.images.download.index._GROUP_ROWS", 7)
        monkeypatch.setattr("aisle.images.downloaded._KEPT_PIECES", 2)
        monkeypatch.setattr("aisle.images.downloaded._REMEMBERED", 20)
        images = DownloadedImages(fetch_all(*map(shop.address, shop.pictures)))
        for path in random.Random(2).sample(sorted(shop.pictures), 60):
            assert look(images, shop.address(path)) == ("ok", shop.hash_of(path))
        links = pa.array(map(shop.address, shop.pictures))
        assert {ref["status"] for ref in images.look_all(links).to_pylist()} == {"ok"}


class TestReadingMany:
    def test_the_order_is_that_of_shards_and_rows(self, shop, all_of_it):
        images = DownloadedImages(all_of_it)
        paths = random.Random(3).sample(sorted(shop.pictures), 250)
        links = [*map(shop.address, paths), shop.address("/never.jpg")]
        order = images.order(links)
        assert sorted(order) == list(range(251))
        assert [links[i] for i in order if i < 250] == sorted(links[:250])

    def test_in_that_order_every_row_group_is_read_once(self, shop, all_of_it, monkeypatch):
        monkeypatch.setattr("aisle.images.downloaded._KEPT_GROUPS", 1)
        images = DownloadedImages(all_of_it)
        read = []
        monkeypatch.setattr(images._groups, "_make", lambda key: read.append(key) or images._read_group(key))
        links = [shop.address(path) for path in random.Random(4).sample(sorted(shop.pictures), 250)]
        for i in images.order(links):
            assert images.read(links[i])
        assert len(read) == len(set(read)) == 3


class TestKey:
    def test_tells_a_small_picture_from_its_source_and_from_other_sizes(self, shop, all_of_it):
        images = DownloadedImages(all_of_it)
        link, source = shop.address("/0.png"), shop.hash_of("/0.png")
        assert images.key(link, source) not in ("", source)
        assert len(bytes.fromhex(images.key(link, source))) == 32
        assert images.key(link, source) == images.key(link, source) != images.key(link, "0" * 64)


class TestPlaceholders:
    def test_give_nothing(self, shop, all_of_it, tmp_path):
        folder = tmp_path / "copy"
        shutil.copytree(all_of_it, folder)
        marker = folder / "runs/0001.json"
        summary = json.loads(marker.read_text())
        summary["placeholders"] = [{"sha256": shop.hash_of("/7.png")}]
        marker.write_text(json.dumps(summary))
        images = DownloadedImages(str(folder))
        link = shop.address("/7.png")
        assert images.look_all(pa.array([link])).to_pylist() == [
            {"link": link, "sha256": "", "status": "placeholder"}
        ]
        assert images.read(link) is None


class TestDamage:
    """One line that names the file, whatever is wrong with the folder."""

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("images.json", b"{"),
            ("images.json", b'{"format": 99}'),
            ("images.json", b'{"format": 1, "quality": "good"}'),
            ("runs/0001.json", b"{"),
            ("runs/0001.json", b"{}"),
            ("runs/0001.json", b'{"placeholders": [1]}'),
            ("index/0001.parquet", None),
            ("index/0001.parquet", b""),
            ("index/0001.parquet", b"PAR1 and so on PAR1"),
        ],
    )
    def test_is_told_when_the_folder_is_opened(self, all_of_it, tmp_path, name, content):
        folder = tmp_path / "images"
        shutil.copytree(all_of_it, folder)
        if content is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(content)
        with pytest.raises(AisleError) as caught:
            DownloadedImages(str(folder))
        assert f"{folder}/{name}: " in str(caught.value)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("is_there", [True, False])
    def test_of_a_shard_is_told_when_it_is_read(self, shop, all_of_it, tmp_path, is_there):
        folder = tmp_path / "images"
        shutil.copytree(all_of_it, folder)
        for path in (folder / "records").iterdir():
            if is_there:
                path.write_bytes(path.read_bytes()[:500])
            else:
                path.unlink()
        images = DownloadedImages(str(folder))
        with pytest.raises(AisleError, match=r"records/.*: cannot be read .*; run `aisle download` again"):
            images.read(shop.address("/0.png"))

    def test_of_the_index_that_names_a_row_too_many(self, shop, all_of_it, tmp_path):
        folder = tmp_path / "images"
        shutil.copytree(all_of_it, folder)
        index = pq.read_table(folder / "index/0001.parquet")
        rows = pa.array([100_000] * len(index), pa.int32())
        pq.write_table(index.set_column(2, index.schema.field("row"), rows), folder / "index/0001.parquet")
        with pytest.raises(AisleError, match="it has no row 100000"):
            DownloadedImages(str(folder)).read(shop.address("/0.png"))


class TestTheFolder:
    def test_a_download_that_was_never_finished_is_an_error(self, tmp_path):
        (tmp_path / "images").mkdir()
        (tmp_path / "images/images.json").write_text('{"format": 1}')
        with pytest.raises(AisleError, match="no download was finished"):
            DownloadedImages(str(tmp_path / "images"))

    def test_another_folder_is_an_error(self, tmp_path):
        with pytest.raises(AisleError, match=r"holds no images\.json"):
            DownloadedImages(str(tmp_path))
