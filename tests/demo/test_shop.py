"""The whole shop on disk: what is written can be read back, and is the truth."""

import json
from collections import Counter

import pytest

from aisle.core.errors import AisleError
from aisle.demo.shop import MARKER, ShopSettings, make_shop
from aisle.demo.writers import FEEDS
from aisle.feeds import FeedOptions, read_feed

HOST = "http://img.test/"


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows_of(feed):
    batches = list(read_feed(str(feed), FeedOptions()))
    return (
        [row for batch in batches for row in batch.rows.to_pylist()],
        [row for batch in batches for row in batch.rejected],
    )


@pytest.fixture(params=list(FEEDS))
def merchant(request):
    return request.param


class TestFeeds:
    def test_every_listing_is_read_back_in_order(self, made, merchant):
        rows, _ = rows_of(made.shop.folder / FEEDS[merchant].file)
        assert [(row["merchant"], row["id"]) for row in rows] == [
            (row["merchant"], row["id"]) for row in made.truth if row["merchant"] == merchant
        ]

    def test_every_broken_row_is_put_aside_and_swallows_no_other(self, made, merchant):
        _, rejected = rows_of(made.shop.folder / FEEDS[merchant].file)
        assert len(rejected) == FEEDS[merchant].n_broken

    def test_labels_are_told_as_ids_or_paths_and_mean_what_the_truth_says(self, made, merchant, tree):
        rows, _ = rows_of(made.shop.folder / FEEDS[merchant].file)
        told = [row["google_product_category"] for row in rows]
        wanted = [row["label"] for row in made.truth if row["merchant"] == merchant]
        for text, node_id in zip(told, wanted, strict=True):
            node = tree.find(text) if text else None
            assert (tree.ids[node] if node else "") == (node_id if node_id in tree.ids else "")

    def test_the_new_merchant_tells_no_labels(self, made):
        rows, _ = rows_of(made.shop.new_feed)
        assert not any(row["google_product_category"] for row in rows)

    def test_photos_that_are_linked_are_there_but_for_the_lost_ones_and_the_one_outside(self, made, merchant):
        rows, _ = rows_of(made.shop.folder / FEEDS[merchant].file)
        troubles = [row["troubles"] for row in made.truth if row["merchant"] == merchant]
        for row, told in zip(rows, troubles, strict=True):
            paths = [made.shop.photos / link.removeprefix(HOST) for link in row["image_link"]]
            is_there = "photo lost" not in told and "photo outside" not in told
            assert all(path.is_file() == is_there for path in paths)


class TestTruth:
    def test_the_merchants_speak_all_four_languages(self, made):
        assert {row["language"] for row in made.truth} == {"en", "de", "fr", "es"}

    def test_the_counts_are_those_of_the_truth(self, made):
        counts = json.loads((made.shop.folder / MARKER).read_text())
        assert counts["rows"] == Counter(row["merchant"] for row in made.truth)
        assert counts["photos"] == sum(path.is_file() for path in made.shop.photos.rglob("*"))


class TestMakeShop:
    def test_the_same_seed_gives_the_same_bytes(self, made, plain_address, tmp_path):
        assert contents(make_shop(tmp_path / "shop", plain_address, made.settings).folder) == contents(
            made.shop.folder
        )

    def test_another_seed_gives_another_shop(self, made, plain_address, tmp_path):
        other = make_shop(tmp_path / "shop", plain_address, ShopSettings(n_products=50, n_new=10, seed=5))
        assert other.truth.read_text() != made.shop.truth.read_text()

    def test_a_shop_is_replaced(self, plain_address, tmp_path):
        few = ShopSettings(n_products=50, n_new=10)
        first = contents(make_shop(tmp_path / "shop", plain_address, few).folder)
        assert contents(make_shop(tmp_path / "shop", plain_address, few).folder) == first

    def test_a_folder_that_is_no_shop_is_left_alone(self, plain_address, tmp_path):
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "precious.txt").write_text("x")
        with pytest.raises(AisleError, match=r"mine: holds no shop\.json"):
            make_shop(tmp_path / "mine", plain_address)
        assert contents(tmp_path / "mine") == {"precious.txt": b"x"}

    def test_too_small_a_shop_is_refused(self):
        with pytest.raises(ValueError, match="49 and 150"):
            ShopSettings(n_products=49)
