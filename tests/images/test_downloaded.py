"""Downloaded pictures are found by their links, and those that stand for "no image" give nothing."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from PIL import Image

from aisle.core.errors import AisleError
from aisle.demo.server import Site, serve
from aisle.images.download.address import ANY_PORT
from aisle.images.download.limits import HostLimits, Limits
from aisle.images.download.run import RunSettings, download
from aisle.images.download.settings import DownloadSettings, FetchSettings
from aisle.images.downloaded import DownloadedImages
from aisle.images.source import hash_of


def plain(width, height):
    file = BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, "PNG")
    return file.getvalue()


PICTURES = {f"/{n}.png": plain(5 + n, 20) for n in range(250)}


@pytest.fixture(scope="module")
def shop():
    with serve(Site(PICTURES)) as server:
        yield server


@pytest.fixture
def fetch_all(tmp_path):
    settings = DownloadSettings(
        fetch=FetchSettings(allowed_networks=("127.0.0.0/8",), ports=ANY_PORT),
        limits=Limits(HostLimits(requests_per_s=5000, n_connections=8)),
        shard_rows=150,
    )

    def run(*addresses):
        source = tmp_path / "addresses.txt"
        source.write_text("\n".join(addresses))
        download(source, str(tmp_path / "images"), RunSettings(n_workers=0, download=settings))
        return str(tmp_path / "images")

    return run


class TestDownloadedImages:
    def test_every_picture_is_found_by_its_link(self, shop, fetch_all):
        images = DownloadedImages(fetch_all(*map(shop.address, PICTURES)))
        for path, source in PICTURES.items():
            link = shop.address(path)
            ref = images.look(link)
            assert (ref.status, ref.sha256) == ("ok", hash_of(source))
            assert Image.open(BytesIO(images.read(link, ref.sha256))).size == Image.open(BytesIO(source)).size

    def test_other_spellings_of_a_link_find_it_too(self, shop, fetch_all):
        images = DownloadedImages(fetch_all(shop.address("/0.png")))
        assert images.read(f" {shop.address('/0.png').replace('http', 'HTTP')}#top ", "")

    @pytest.mark.parametrize("path", ["/fault/404/x.jpg", "/never-listed.jpg", ""])
    def test_what_was_not_to_be_had_is_missing(self, shop, fetch_all, path):
        images = DownloadedImages(fetch_all(shop.address("/0.png"), shop.address("/fault/404/x.jpg")))
        assert images.look(shop.address(path)).status == "missing"
        assert images.read(shop.address(path)) is None

    def test_a_later_run_is_seen_with_the_earlier_ones(self, shop, fetch_all):
        fetch_all(shop.address("/0.png"))
        images = DownloadedImages(fetch_all(shop.address("/0.png"), shop.address("/1.png")))
        assert images.read(shop.address("/0.png"))
        assert images.read(shop.address("/1.png"))

    def test_threads_may_read_at_once(self, shop, fetch_all):
        images = DownloadedImages(fetch_all(*map(shop.address, PICTURES)))
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(images.read, map(shop.address, PICTURES)))
        assert all(found)

    def test_a_download_that_was_never_finished_is_an_error(self, tmp_path):
        (tmp_path / "images").mkdir()
        (tmp_path / "images/images.json").write_text('{"format": 1}')
        with pytest.raises(AisleError, match="no download was finished"):
            DownloadedImages(str(tmp_path / "images"))

    def test_another_folder_is_an_error(self, tmp_path):
        with pytest.raises(AisleError, match=r"holds no images\.json"):
            DownloadedImages(str(tmp_path))
