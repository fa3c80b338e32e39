"""A picture behind many titles of one merchant stands for "no image"; one of many sizes does not."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aisle.core.schemas import CATALOGUE_SCHEMA
from aisle.images.download.run import download

NAMES = ["Lamp", "Sofa", "Table", "Chair", "Rug", "Vase", "Mirror", "Clock"]


@pytest.fixture
def catalogue(tmp_path):
    """Write a catalogue of (merchant, title, links)."""

    def write(products):
        folder = tmp_path / "catalogue/products"
        folder.mkdir(parents=True)
        rows = []
        for number, (merchant, title, links) in enumerate(products):
            row = {field.name: [] if pa.types.is_nested(field.type) else "" for field in CATALOGUE_SCHEMA}
            images = [
                {"link": link, "sha256": "", "status": "remote" if "://" in link else "no_root"}
                for link in links
            ]
            rows.append(
                {
                    **row,
                    "merchant": merchant,
                    "id": str(number),
                    "title": title,
                    "images": images,
                    "source_line": 1,
                }
            )
        pq.write_table(pa.Table.from_pylist(rows, CATALOGUE_SCHEMA), folder / "part-0.parquet")
        return folder.parent

    return write


class TestPlaceholders:
    def test_same_bytes_behind_many_titles_are_found(self, shop, run_settings, catalogue, images, draw):
        """The shop serves its 'no image' picture at an address of its own for each product."""
        nothing, real = draw(90, 90), [draw(100, 90 + n) for n in range(8)]
        shop.site.pictures |= {f"/none-{n}.jpg": nothing for n in range(8)}
        shop.site.pictures |= {f"/real-{n}.jpg": data for n, data in enumerate(real)}
        products = [("m", name, [shop.address(f"/none-{n}.jpg")]) for n, name in enumerate(NAMES)]
        products += [
            ("m", f"{name} deluxe", [shop.address(f"/real-{n}.jpg")]) for n, name in enumerate(NAMES)
        ]
        summary = download(catalogue(products), images, run_settings(placeholder_titles=8))
        (found,) = summary.placeholders
        assert (found.merchant, found.n_titles, found.n_products) == ("m", 8, 8)

    @pytest.mark.parametrize(
        "products",
        [
            pytest.param(
                [("m", f"Shirt, size {n}", ["/x.jpg"]) for n in range(30)], id="sizes of one article"
            ),
            pytest.param([(f"m{n}", name, ["/x.jpg"]) for n, name in enumerate(NAMES)], id="many merchants"),
            pytest.param([("m", name, ["/x.jpg"]) for name in NAMES[:7]], id="too few titles"),
        ],
    )
    def test_a_picture_that_is_only_shared_is_none(self, shop, run_settings, catalogue, images, products):
        products = [
            (merchant, title, [shop.address(link) for link in links]) for merchant, title, links in products
        ]
        shop.site.pictures["/x.jpg"] = shop.site.pictures["/a.jpg"]
        summary = download(catalogue(products), images, run_settings(placeholder_titles=8))
        assert summary.by_status == {"ok": 1}
        assert summary.placeholders == []


class TestLaterRuns:
    @pytest.fixture
    def found_once(self, shop, run_settings, catalogue, images):
        """A folder in which one run found a placeholder with eight titles; gives its hash."""
        shop.site.pictures["/x.jpg"] = shop.site.pictures["/a.jpg"]
        products = [("m", name, [shop.address("/x.jpg")]) for name in NAMES]
        (found,) = download(catalogue(products), images, run_settings(placeholder_titles=8)).placeholders
        return found.sha256

    def test_what_was_found_holds_for_a_feed_that_is_downloaded_next(
        self, shop, run_settings, images, tmp_path, found_once
    ):
        feed = tmp_path / "new.csv"
        feed.write_text(f"id,title,image_link\n1,Lamp,{shop.address('/x.jpg')}\n")
        summary = download(feed, images, run_settings(placeholder_titles=8))
        assert [(one.sha256, one.n_titles) for one in summary.placeholders] == [(found_once, 8)]

    def test_a_higher_threshold_lets_go_of_it(self, run_settings, images, tmp_path, found_once):
        source = tmp_path / "catalogue"
        assert download(source, images, run_settings(placeholder_titles=9)).placeholders == []
        assert len(download(source, images, run_settings(placeholder_titles=8)).placeholders) == 1


class TestCatalogue:
    def test_every_image_of_every_product_is_downloaded(self, shop, run_settings, catalogue, images, records):
        links = [shop.address(f"/{n}/a.jpg") for n in range(4)]
        shop.site.pictures |= {f"/{n}/a.jpg": shop.site.pictures["/a.jpg"] for n in range(4)}
        products = [
            ("m", "A", links[:2]),
            ("m", "B", [links[1], links[2], "local/x.jpg"]),
            ("n", "C", []),
            ("n", "D", [links[3]]),
        ]
        download(catalogue(products), images, run_settings())
        assert sorted(records(images)) == links
