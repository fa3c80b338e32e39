"""Products that are the same or nearly are grouped, whatever tells so; groups grow without changing sides."""

from collections import defaultdict
from pathlib import Path

import pytest

from aisle.catalogue.grouping import MAX_HOLDERS
from aisle.catalogue.splits import SplitRatio, SplitRule


def row(product_id, title="", label="A", **more):
    return {"id": product_id, "title": title, "product_type": label, **more}


@pytest.fixture
def groups(ingested, products):
    """Ingest, and give the ids of each group of two or more."""

    def find(*feeds, **settings):
        found = defaultdict(set)
        for product in products(ingested(*feeds, **settings)).values():
            found[product["group"]].add(product["id"])
        return sorted(sorted(ids) for ids in found.values() if len(ids) > 1)

    return find


class TestKeys:
    def test_titles_link_without_regard_to_case_and_signs(self, feed, groups):
        titles = ["Blue Shirt", "blue-shirt!", "ＢＬＵＥ shirt", "Straße", "STRASSE", "red shirt"]
        rows = [row(str(i), title) for i, title in enumerate(titles)]
        assert groups(feed("a.tsv", rows)) == [["0", "1", "2"], ["3", "4"]]

    def test_titles_without_a_letter_or_digit_link_nothing(self, feed, groups):
        assert groups(feed("a.tsv", [row("1", "-"), row("2", "-"), row("3"), row("4")])) == []

    def test_vowel_signs_of_other_scripts_count(self, feed, groups):
        assert groups(feed("a.tsv", [row("1", "कि"), row("2", "का")])) == []

    def test_the_merchants_group_links_within_the_merchant(self, feed, groups):
        rows = [row(str(i), f"t{i}", item_group_id=group) for i, group in enumerate(["g", "g", "", ""])]
        other = [row("9", "t9", item_group_id="g")]
        assert groups(feed("a.tsv", rows), feed("b.tsv", other)) == [["0", "1"]]

    def test_images_link_by_their_bytes(self, feed, groups, tmp_path):
        (tmp_path / "images").mkdir()
        for name, data in (("1.jpg", b"x"), ("2.jpg", b"x"), ("3.jpg", b"y")):
            (tmp_path / "images" / name).write_bytes(data)
        first = feed("a.tsv", [row("1", "a", image_link="1.jpg"), row("3", "b", image_link="3.jpg")])
        second = feed("b.tsv", [row("2", "c", image_link="2.jpg")])
        assert groups(first, second, images=tmp_path / "images") == [["1", "2"]]

    def test_images_that_were_not_read_link_by_address(self, feed, groups):
        links = [("1", ""), ("2", "http://x.example/1"), ("3", "")]
        rows = [
            row(i, f"t{i}", image_link=f"http://x.example/{i}", additional_image_link=more)
            for i, more in links
        ]
        assert groups(feed("a.tsv", rows)) == [["1", "2"]]

    def test_relative_addresses_are_the_merchants_own(self, feed, groups):
        rows = [row("1", "a", image_link="1.jpg"), row("2", "b", image_link="1.jpg")]
        other = [row("3", "c", image_link="1.jpg")]
        assert groups(feed("a.tsv", rows), feed("b.tsv", other)) == [["1", "2"]]

    def test_refused_addresses_link_nothing(self, feed, groups):
        rows = [row(str(i), f"t{i}", image_link="../../etc/passwd") for i in range(2)]
        assert groups(feed("a.tsv", rows)) == []

    def test_a_picture_that_stands_for_no_image_links_nothing(
        self, feed, groups, picture_shop, fetch, tmp_path
    ):
        """All products show it at one address, and their titles differ."""
        titles = [
            f"{first} {second}" for first in ("red", "blue", "grey") for second in ("mug", "hat", "lamp")
        ]
        rows = [
            row(str(i), title, image_link=picture_shop.address("/0.png")) for i, title in enumerate(titles)
        ]
        source = feed("a.tsv", rows)
        fetch(Path(source), tmp_path / "images", placeholder_titles=9)
        assert groups(source, images=tmp_path / "images") == []
        fetch(Path(source), tmp_path / "more", placeholder_titles=10)
        assert len(groups(source, images=tmp_path / "more")[0]) == 9

    def test_links_go_on_from_product_to_product(self, feed, groups):
        rows = [
            row("1", "a"),
            row("2", "a", item_group_id="g"),
            row("3", "b", item_group_id="g"),
            row("4", "b"),
        ]
        rows = [{"item_group_id": "", **one} for one in rows]
        assert groups(feed("a.tsv", rows)) == [["1", "2", "3", "4"]]

    @pytest.mark.parametrize(("n", "linked"), [(MAX_HOLDERS, True), (MAX_HOLDERS + 1, False)])
    def test_what_too_many_products_hold_links_nothing(self, feed, groups, n, linked):
        found = groups(feed("a.tsv", [row(str(i), "gift") for i in range(n)]))
        assert [len(ids) for ids in found] == ([n] if linked else [])

    def test_doubles_that_were_put_aside_link_nothing(self, feed, groups):
        assert groups(feed("a.tsv", [row("1", "a"), row("1", "b"), row("2", "a")])) == []


class TestSplit:
    def test_a_group_lies_on_one_side(self, feed, ingested, products):
        rows = [row(str(i), f"title {i // 5}") for i in range(400)]
        catalogue = ingested(feed("a.tsv", rows))
        sides = defaultdict(set)
        for product in products(catalogue).values():
            sides[product["group"]].add(product["split"])
        assert len(sides) == 80
        assert {len(splits) for splits in sides.values()} == {1}
        assert catalogue.manifest.links_across_splits == {"keys": 0, "val": 0, "test": 0}
        assert all(catalogue.count(split) > 20 for split in ("train", "val", "test"))

    def test_it_does_not_hang_on_the_order_of_rows(self, feed, ingested, products):
        rows = [row(str(i), f"title {i // 3}") for i in range(90)]
        one = products(ingested(feed("a.tsv", rows)))
        other = products(ingested(feed("a.tsv", rows[::-1])))
        assert {i: (p["group"], p["split"]) for i, p in one.items()} == {
            i: (p["group"], p["split"]) for i, p in other.items()
        }

    def test_a_share_of_none_stays_empty(self, feed, ingested):
        catalogue = ingested(
            feed("a.tsv", [row(str(i), f"t{i}") for i in range(200)]), split_ratio=SplitRatio(85, 0, 15)
        )
        assert catalogue.count("val") == 0
        assert catalogue.count("train") > catalogue.count("test") > 10

    def test_products_without_a_label_are_in_none(self, feed, ingested, products):
        found = products(ingested(feed("a.tsv", [row("1"), row("2", label="")])))
        assert found["2"]["split"] == "unlabelled"

    def test_a_split_by_merchant_keeps_each_on_one_side_and_fills_each_share(self, feed, ingested, products):
        feeds = [feed(f"m{m}.tsv", [row(f"{m}-{i}", f"t{i}") for i in range(3)]) for m in range(3)]
        catalogue = ingested(*feeds, split=SplitRule("merchant"))
        sides = defaultdict(set)
        for product in products(catalogue).values():
            sides[product["merchant"]].add(product["split"])
        assert sorted(split for splits in sides.values() for split in splits) == ["test", "train", "val"]
        assert catalogue.manifest.links_across_splits == {"keys": 3, "val": 3, "test": 3}

    def test_merchants_without_labels_take_no_others_place(self, feed, ingested):
        labelled = [feed(f"m{m}.tsv", [row(f"{m}", f"t{m}")]) for m in range(3)]
        others = [feed(f"u{m}.tsv", [row(f"{m}", f"u{m}", label="")]) for m in range(9)]
        catalogue = ingested(*labelled, *others, split=SplitRule("merchant"))
        assert [catalogue.count(split) for split in ("train", "val", "test", "unlabelled")] == [1, 1, 1, 9]

    def test_a_split_by_file_is_that_of_its_name_and_links_across_are_counted(self, feed, ingested, products):
        train = feed("train.tsv", [row("1", "a"), row("2", "b")])
        test = feed("shop_test.tsv", [row("3", "a")])
        catalogue = ingested(train, test, split=SplitRule("file"))
        found = products(catalogue)
        assert {i: p["split"] for i, p in found.items()} == {"1": "train", "2": "train", "3": "test"}
        assert found["1"]["group"] == found["3"]["group"]
        assert catalogue.manifest.links_across_splits == {"keys": 1, "val": 0, "test": 1}

    def test_a_split_by_column_is_what_it_says(self, feed, ingested, products):
        folds = ["train", "dev", "test", "holdout", ""]
        rows = [row(str(i), f"t{i}", fold=fold) for i, fold in enumerate(folds)]
        found = products(ingested(feed("a.tsv", rows), split=SplitRule("column", "fold")))
        assert [p["split"] for p in found.values()] == ["train", "val", "test", "other", "other"]
