"""Products of the Python interface: the same answers as `aisle predict` gives a feed with the same texts."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

import aisle
from aisle import AisleError, Product
from aisle.core.records import TEXT_FIELDS
from aisle.images import ImageFiles, open_root
from aisle.model.products import table_of_products
from aisle.prediction import PredictSettings, predict
from strategies import merchants_products


@pytest.fixture(scope="module")
def predictor(model, shop):
    return aisle.load(model, images=shop)


def told_by_command(model, shop, products):
    """What `aisle predict --images` writes of a feed of JSON lines, with no cache, in order."""
    with TemporaryDirectory() as folder:
        feed, out = Path(folder, "feed.jsonl"), Path(folder, "out.parquet")
        rows = [{"id": str(i), **product} for i, product in enumerate(products)]
        feed.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        predict(model, [str(feed)], out, PredictSettings(images=shop, top=3))
        return pq.read_table(out).to_pylist()


@given(products=merchants_products())
@settings(max_examples=15)
def test_the_python_interface_answers_as_the_command_does(model, shop, predictor, products):
    expected = told_by_command(model, shop, products)
    given_products = [
        Product(
            **{name: product[name] for name in TEXT_FIELDS}, images=[i.strip() for i in product["image_link"]]
        )
        for product in products
    ]
    for one, row in zip(predictor.predict(given_products, top=3), expected, strict=True):
        assert (one.status, one.reason) == (row["status"], row["reason"])
        assert one.level_probabilities == pytest.approx(row["level_probabilities"], abs=1e-6)
        probable = [entry["probability"] for entry in row["top"]]
        assert [p for _, _, p in one.top] == pytest.approx(probable, abs=1e-6)
        if probable[0] - probable[1] > 1e-5:
            assert one.category_id == row["category_id"]


@pytest.mark.parametrize(
    ("marked", "plain"),
    [("Fu&szlig;ball", "Fußball"), ("Blue<br/>mug", "Blue mug"), ("<b></b>", ""), (" a \t kite ", "a kite")],
)
def test_markup_is_dropped_and_entities_are_unescaped_as_in_a_feed(marked, plain):
    table, _ = table_of_products([Product(title=marked, merchant_category=marked)], ImageFiles())
    assert table.column("title").to_pylist() == table.column("merchant_category").to_pylist() == [plain]


class TestImages:
    def statuses(self, images, root=None):
        table, _ = table_of_products([Product(images=images)], root or ImageFiles())
        return [image["status"] for image in table.column("images").to_pylist()[0]]

    def test_each_has_the_status_that_the_page_on_feeds_tells(self, tmp_path):
        (tmp_path / "empty.png").touch()
        images = [
            tmp_path / "gone.png",
            "",
            "http://shop.example/a.png",
            "s3://bucket/a.png",
            tmp_path,
            tmp_path / "empty.png",
            b"",
            b"bytes",
        ]
        wanted = ["missing", "missing", "remote", "remote", "unreadable", "unreadable", "unreadable", "ok"]
        assert self.statuses(images) == wanted

    def test_a_path_may_lead_anywhere_where_no_folder_was_named(self, shop, monkeypatch):
        monkeypatch.chdir(shop / "images")
        assert self.statuses([shop / "images/1.png", "1.png", "../images/1.png"]) == ["ok"] * 3

    def test_with_a_folder_links_start_from_it_and_do_not_leave_it(self, shop):
        links = ["images/1.png", str(shop / "images/1.png"), "../1.png", b"bytes"]
        assert self.statuses(links, open_root(shop)) == ["ok", "outside", "outside", "ok"]

    def test_paths_and_bytes_of_one_product_keep_their_order(self, shop):
        named, data = shop / "images/1.png", (shop / "images/2.png").read_bytes()
        table, source = table_of_products([Product(images=[data, named, b""])], ImageFiles())
        images = table.column("images").to_pylist()[0]
        assert [image["link"] for image in images] == ["", str(named), ""]
        assert [source.read(i["link"], i["sha256"]) for i in images[:2]] == [data, named.read_bytes()]


@pytest.mark.parametrize(
    ("product", "message"),
    [
        (Product(title="a\0b"), r"products\[1\]: 'title' has a NUL byte"),
        (
            Product(brand="x" * 1_000_001),
            r"products\[1\]: 'brand' has 1,000,001 bytes; the most is 1,000,000",
        ),
        (Product(link="\ud800"), r"products\[1\]: 'link' .* not UTF-8"),
        (Product(images=["\udcff.png"]), r"products\[1\]: images\[0\] .* not UTF-8; give its bytes"),
    ],
)
def test_what_no_feed_may_hold_is_refused_by_name(product, message):
    with pytest.raises(AisleError, match=message):
        table_of_products([Product(), product], ImageFiles())
