"""Feeds become a catalogue: which rows stay, what their labels mean, and that nothing is lost on the way."""

import gzip
import json

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from aisle.catalogue.ingest import ingest
from aisle.catalogue.settings import IngestSettings
from aisle.catalogue.splits import SplitRule
from aisle.core.errors import AisleError
from aisle.core.schemas import CATALOGUE_SCHEMA


def row(product_id, label="A > B", title="", **more):
    return {"id": product_id, "title": title or f"thing {product_id}", "product_type": label, **more}


def rejected(catalogue):
    return [json.loads(line) for line in (catalogue.path / "rejected.jsonl").read_text().splitlines()]


def unresolved(catalogue):
    return (catalogue.path / "unresolved.tsv").read_text().splitlines()[1:]


class TestRows:
    def test_they_keep_their_order_and_their_place_in_the_feed(self, feed, ingested):
        first = feed("b.tsv", [row("3"), row("1")])
        second = feed("a.tsv", [row("2")])
        batch = next(ingested(first, second).batches())
        assert batch["id"].to_pylist() == ["3", "1", "2"]
        assert batch["source_line"].to_pylist() == [2, 3, 2]
        assert batch["source_file"].to_pylist() == [first, first, second]

    def test_all_columns_of_the_schema_are_there(self, feed, ingested):
        batch = next(ingested(feed("a.tsv", [row("1")])).batches())
        assert batch.schema.equals(CATALOGUE_SCHEMA)

    def test_columns_without_a_place_of_their_own_are_kept(self, feed, ingested, products):
        catalogue = ingested(
            feed("a.tsv", [row("1", item_group_id="g", price="3 EUR"), row("2", item_group_id="", price="")])
        )
        found = products(catalogue)
        assert dict(found["1"]["extra"]) == {"item_group_id": "g", "price": "3 EUR"}
        assert dict(found["2"]["extra"]) == {}

    def test_of_two_with_one_id_the_last_wins_and_the_other_says_where_it_is(self, feed, ingested, products):
        address = feed("a.tsv", [row("1", title="old"), row("2"), row("1", title="new")])
        catalogue = ingested(address)
        assert products(catalogue)["1"]["title"] == "new"
        assert catalogue.manifest.doubles == 1
        assert rejected(catalogue) == [
            {
                "file": address,
                "line": 2,
                "kind": "a double",
                "reason": f"double: {address}:4 has the same merchant and id, and the last row wins",
                "text": "a 1: old",
            }
        ]

    def test_what_the_last_of_several_lacks_is_told(self, feed, ingested):
        rows = [
            {"id": "1", "title": "cup", "image_link": "1.jpg", "product_type": "A"},
            {"id": "1", "title": "", "image_link": "2.jpg", "product_type": ""},
            {"id": "2", "title": "mug", "image_link": "3.jpg", "product_type": "A"},
            {"id": "2", "title": "mug", "image_link": "", "product_type": "A"},
            {"id": "3", "title": "old", "image_link": "", "product_type": "A"},
            {"id": "3", "title": "new", "image_link": "4.jpg", "product_type": "B"},
        ]
        assert ingested(feed("a.tsv", rows)).manifest.ingests[0]["notes"] == [
            "2 products have several rows, of which the last wins, and lost what an earlier one held (1 a "
            "title, 1 a label, 1 an image): bring each product to one row first, see 'Several rows a "
            "product' in docs/own-feed.md"
        ]
        assert ingested(feed("a.tsv", rows[2:3] + rows[4:])).manifest.ingests[0]["notes"] == []

    def test_no_label_in_the_last_of_several_is_no_column_without_labels(self, feed, ingested):
        rows = [row("1", "A"), row("1", ""), row("2", "A"), row("2", "")]
        said = "2 rows have a label in .*, but each product has several rows, and the last, which wins, has"
        with pytest.raises(AisleError, match=said):
            ingested(feed("a.tsv", rows))

    def test_one_id_at_two_merchants_is_two_products(self, feed, ingested):
        catalogue = ingested(feed("a.tsv", [row("1")]), feed("b.tsv", [row("1")]))
        assert catalogue.manifest.products == 2

    def test_one_merchant_may_have_several_feeds(self, feed, ingested):
        catalogue = ingested(feed("a.tsv", [row("1")]), feed("b.tsv", [row("1")]), merchant="shop")
        assert (catalogue.manifest.products, catalogue.manifest.doubles) == (1, 1)

    def test_the_merchant_may_stand_in_a_column(self, feed, ingested, products):
        catalogue = ingested(
            feed("a.tsv", [row("1", seller="x"), row("2", seller="y")]), merchant="column:seller"
        )
        assert {name: found["merchant"] for name, found in products(catalogue).items()} == {
            "1": "x",
            "2": "y",
        }

    def test_one_that_cannot_be_read_is_put_aside_with_its_reason(self, tmp_path, ingested):
        path = tmp_path / "a.tsv"
        path.write_bytes(b"id\ttitle\tproduct_type\n1\tx\tA\n2\tx\n\tno id\tA\n3\t\xff\xff\tA\n")
        catalogue = ingested(str(path))
        assert [line["line"] for line in rejected(catalogue)] == [3, 4, 5]
        made = catalogue.manifest
        assert (made.read, made.unreadable, made.products, sum(made.reasons.values())) == (4, 3, 1, 3)

    def test_their_images_are_counted_by_what_became_of_them(self, feed, ingested, tmp_path, products):
        (tmp_path / "images").mkdir()
        (tmp_path / "images/1.jpg").write_bytes(b"pixels")
        links = ["1.jpg", "gone.jpg", "../../etc/passwd", "http://shop.example/1.jpg", ""]
        address = feed("a.tsv", [row(str(i), image_link=link) for i, link in enumerate(links)])
        catalogue = ingested(address, images=tmp_path / "images")
        assert catalogue.manifest.images == {"missing": 1, "ok": 1, "outside": 1, "remote": 1}
        refused = products(catalogue)["2"]["images"]
        assert refused == [{"link": "../../etc/passwd", "sha256": "", "status": "outside"}]
        found = products(catalogue)["0"]["images"][0]
        assert catalogue.images().read(found["link"], found["sha256"]) == b"pixels"

    def test_without_an_image_folder_relative_links_are_not_looked_at(self, feed, ingested):
        catalogue = ingested(feed("a.tsv", [row("1", image_link="1.jpg"), row("2", image_link="../x")]))
        assert catalogue.manifest.images == {"no_root": 1, "outside": 1}
        assert catalogue.images() is None


class TestLabels:
    def test_the_taxonomy_is_asked_by_id_path_and_last_name(self, feed, tree, ingested, products):
        labels = ["2", "animals>  Cats", "Dogs", "Fish"]
        rows = [
            {"id": str(i), "title": "", "google_product_category": label} for i, label in enumerate(labels)
        ]
        catalogue = ingested(
            feed("a.tsv", rows), taxonomy=tree("Animals", "Animals > Cats", "Animals > Dogs")
        )
        found = products(catalogue).values()
        assert [p["label"] for p in found] == [["2"], ["2"], ["3"], []]
        assert [p["label_text"] for p in found] == ["2", "animals> Cats", "Dogs", "Fish"]
        assert unresolved(catalogue) == ["1\tFish"]
        assert catalogue.manifest.labels == {"resolved": 3, "none": 0, "unresolved": 1, "pruned": 0}

    def test_unresolved_ones_come_most_frequent_first(self, feed, tree, ingested):
        rows = [row(str(i), label) for i, label in enumerate(["A", "y", "x", "z", "x", "z"])]
        assert unresolved(ingested(feed("a.tsv", rows), taxonomy=tree("A"))) == ["2\tx", "2\tz", "1\ty"]

    def test_googles_column_counts_where_any_row_has_it_and_the_merchants_own_is_a_field(
        self, feed, ingested, products
    ):
        first = feed("a.tsv", [row("1", "shop's own", google_product_category="A")])
        second = feed("b.tsv", [row("2", "also own")])
        found = products(ingested(first, second))
        assert [(f["label_text"], f["merchant_category"]) for f in found.values()] == [
            ("A", "shop's own"),
            ("", "also own"),
        ]
        assert found["2"]["split"] == "unlabelled"

    def test_else_the_merchants_own_type_is_the_label_and_no_field(self, feed, ingested, products):
        catalogue = ingested(feed("a.tsv", [row("1", "A", merchant_category="my page")]))
        found = products(catalogue)["1"]
        assert (found["label_text"], found["merchant_category"]) == ("A", "my page")
        assert catalogue.label_columns == ("product_type",)

    def test_several_columns_make_one_path(self, feed, ingested, products):
        rows = [
            {"id": "1", "lvl1": "A", "lvl2": "B", "product_type": "own"},
            {"id": "2", "lvl1": "A", "lvl2": ""},
        ]
        found = products(ingested(feed("a.tsv", rows), label_columns=("lvl1", "lvl2")))
        assert [(f["label"], f["merchant_category"]) for f in found.values()] == [
            (["A > B"], "own"),
            (["A"], ""),
        ]

    def test_a_label_column_is_never_the_merchants_category(self, feed, ingested, products):
        rows = [{"id": "1", "merchant_category": "A", "product_type": ""}]
        found = products(ingested(feed("a.tsv", rows), label_columns=("merchant_category",)))
        assert found["1"]["merchant_category"] == ""

    def test_several_of_one_product_are_a_set_without_ancestors(self, tmp_path, ingested, products):
        path = tmp_path / "a.jsonl"
        path.write_text(
            json.dumps({"id": "1", "product_type": ["A", "A > B", "C", "A > B"]})
            + "\n"
            + json.dumps({"id": "2", "product_type": ["A", "nonsense > "]})
        )
        found = products(ingested(str(path)))
        assert found["1"]["label"] == ["A > B", "C"]
        assert found["1"]["label_text"] == "A\nA > B\nC\nA > B"

    def test_careless_separators_mean_the_same(self, feed, ingested):
        labels = ["A > B", "A>B", "A >  B > ", "> A > B", "A &gt; B"]
        catalogue = ingested(feed("a.tsv", [row(str(i), label) for i, label in enumerate(labels)]))
        assert catalogue.labels.tree.ids == ("", "A", "A > B")
        assert catalogue.manifest.labels["resolved"] == 5

    def test_numbers_and_lines_of_the_list_mean_what_id_and_path_agree_on(
        self, feed, tree, ingested, products
    ):
        labels = [
            "2.0",
            "2 - Toys > Dolls",
            "9 - Toys > Dolls",
            "2 - Spielzeug > Puppen",
            "1 - Toys > Dolls",
            "Best - Toys > Dolls",
            "3.5",
            "3.0",
        ]
        address = feed("a.tsv", [row(str(i), label) for i, label in enumerate(labels)])
        found = products(ingested(address, taxonomy=tree("Toys", "Toys > Dolls")))
        assert [p["label"] for p in found.values()] == [["2"]] * 3 + [[]] * 5

    def test_a_path_that_goes_on_below_a_leaf_means_the_leaf(self, feed, tree, ingested, products):
        labels = [
            "Toys > Dolls > Barbie > Ken",
            "toys>dolls>x",
            "Toys > Dry - food > Oats",
            "Toys > Cars",
            "X > Dolls",
        ]
        address = feed("a.tsv", [row(str(i), label) for i, label in enumerate(labels)])
        found = products(ingested(address, taxonomy=tree("Toys", "Toys > Dolls", "Toys > Dry - food")))
        assert [p["label"] for p in found.values()] == [["2"], ["2"], ["3"], [], []]

    @pytest.mark.parametrize("separator", ["/", " | "])
    def test_a_flat_tree_of_labels_that_look_like_paths_is_told(self, feed, ingested, separator):
        labels = [separator.join(("A", name)) for name in "BCDE"] + ["F"]
        rows = [row(str(i), label) for i, label in enumerate(labels)]
        [note] = ingested(feed("a.tsv", rows)).manifest.ingests[0]["notes"]
        assert note.startswith(f"the tree has one level, though most labels hold '{separator.strip()}'")
        rows.append(row("x", "A > B"))
        assert ingested(feed("b.tsv", rows)).manifest.ingests[0]["notes"] == []

    def test_no_row_with_a_label_is_an_error(self, feed, ingested):
        with pytest.raises(
            AisleError, match="no product has a label in google_product_category, product_type"
        ):
            ingested(feed("a.tsv", [row("1", "")]))

    def test_no_column_with_labels_is_an_error_that_lists_the_others(self, feed, ingested):
        rows = [{"id": "1", "title": "x", "kind": "A", "hue": "red"}]
        said = (
            "no product has a label in google_product_category, product_type; .*; other columns: kind, hue$"
        )
        with pytest.raises(AisleError, match=said):
            ingested(feed("a.tsv", rows))

    def test_a_taxonomy_that_knows_none_is_an_error_with_examples(self, feed, tree, ingested, tmp_path):
        address = tree("Animals")
        with pytest.raises(
            AisleError, match=r"tree\.txt: knows none of the labels in product_type, such as 'X', 'Y'"
        ):
            ingested(feed("a.tsv", [row("1", "X"), row("2", "Y"), row("3", "X")]), taxonomy=address)
        assert not (tmp_path / "catalogue").exists()


class TestTree:
    ROWS = (("A > B > C", 3), ("A > B > D", 1), ("A > E", 2), ("F > G", 1), ("A > B", 1))

    @pytest.fixture
    def address(self, feed):
        labels = [label for label, n in self.ROWS for _ in range(n)]
        return feed("a.tsv", [row(str(i), label) for i, label in enumerate(labels)])

    def labels(self, catalogue):
        return [ids for batch in catalogue.batches(columns=["label"]) for ids in batch["label"].to_pylist()]

    def test_pruning_moves_labels_up_and_what_reaches_the_root_is_unlabelled(self, address, ingested):
        catalogue = ingested(address, min_products=2)
        assert catalogue.labels.tree.ids == ("", "A", "A > B", "A > B > C", "A > E")
        assert self.labels(catalogue) == [["A > B > C"]] * 3 + [["A > B"]] + [["A > E"]] * 2 + [[]] + [
            ["A > B"]
        ]
        assert catalogue.manifest.labels == {"resolved": 7, "none": 0, "unresolved": 0, "pruned": 1}

    def test_inner_labels_may_have_leaves_of_their_own(self, address, ingested):
        catalogue = ingested(address, min_products=2, inner_labels="other")
        assert self.labels(catalogue)[3] == ["A > B/(other)"]
        assert "A/(other)" not in catalogue.labels.tree.ids

    def test_a_depth_cuts_labels_too(self, address, ingested):
        catalogue = ingested(address, max_depth=1)
        assert self.labels(catalogue) == [["A"]] * 6 + [["F"]] + [["A"]]

    def test_a_product_with_two_labels_counts_once_above_both(self, tmp_path, ingested):
        path = tmp_path / "a.jsonl"
        path.write_text(
            json.dumps({"id": "1", "product_type": ["A > B", "A > C"]})
            + "\n"
            + '{"id": "2", "product_type": "D"}\n'
            + '{"id": "3", "product_type": "D"}\n'
        )
        assert ingested(str(path), min_products=2).labels.tree.ids == ("", "D")

    def test_no_category_with_so_many_products_is_an_error(self, address, ingested):
        with pytest.raises(AisleError, match="no category has 100 products"):
            ingested(address, min_products=100)


class TestCap:
    def test_leaves_no_label_more_train_products_and_puts_the_others_aside(self, feed, ingested):
        rows = [row(str(i), label, fold="train") for i, label in enumerate("A" * 20 + "B" * 3)]
        catalogue = ingested(feed("a.tsv", rows), max_per_leaf=5, split=SplitRule("column", "fold"))
        assert catalogue.manifest.splits["train"] == 8
        assert catalogue.manifest.splits["capped"] == 15

    def test_its_choice_hangs_on_the_product_and_not_on_the_order(self, feed, ingested, products):
        rows = [row(str(i), "A", fold="train") for i in range(20)]
        given = {"max_per_leaf": 5, "split": SplitRule("column", "fold")}
        one = products(ingested(feed("a.tsv", rows), **given))
        other = products(ingested(feed("a.tsv", rows[::-1]), **given))
        assert {i for i, p in one.items() if p["split"] == "train"} == {
            i for i, p in other.items() if p["split"] == "train"
        }


def test_the_same_feeds_give_the_same_bytes(feed, ingested):
    rows = [row(str(i % 300), f"A > {i % 7}", title=f"thing {i % 90}") for i in range(500)]
    address = feed("a.tsv", rows)
    files = [
        {path.relative_to(c.path): path.read_bytes() for path in c.path.rglob("*") if path.is_file()}
        for c in (ingested(address, out=name) for name in ("one", "two"))
    ]
    assert files[0] == files[1]
    assert {str(name) for name in files[0]} == {
        "catalogue.json",
        "labels.tsv",
        "products/part-00000.parquet",
        "rejected.jsonl",
        "taxonomy.tsv",
        "unresolved.tsv",
    }


def test_little_memory_gives_the_same_bytes(feed, tmp_path):
    rows = [row(str(i), f"A > {i % 7}", title=f"thing {i % 9000}") for i in range(20_000)]
    address = feed("a.tsv", rows)
    made = [
        ingest(
            [address], IngestSettings(taxonomy="from-labels", memory_mb=mb, n_threads=n), tmp_path / str(mb)
        )
        for mb, n in ((64, 1), (1024, 4))
    ]
    assert made[0].files == made[1].files


def test_packed_feeds_and_patterns_will_do(tmp_path, ingested):
    for name in ("a", "b"):
        (tmp_path / f"{name}.tsv.gz").write_bytes(gzip.compress(b"id\ttitle\tproduct_type\n1\tx\tA\n"))
    assert ingested(f"{tmp_path}/*.tsv.gz").manifest.products == 2


cells = st.sampled_from(["", "1", "2", "A", "A > B", "B>", "x\xa0y", "Ⅷ", "-"])
records = st.lists(st.tuples(cells, cells, cells, cells), min_size=1, max_size=12)


@pytest.mark.slow
@hypothesis_settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(records, min_size=1, max_size=3), st.sampled_from(["group", "merchant", "column:fold"]))
def test_every_row_read_is_a_product_or_put_aside(tmp_path_factory, feeds, rule):
    folder = tmp_path_factory.mktemp("feeds")
    addresses = []
    ends = [("y", "y", "A", "train"), ("z", "z", "A", "dev")]
    for name, rows in enumerate(feeds):
        lines = ["\t".join(cells) for cells in [("id", "title", "product_type", "fold"), *rows, *ends]]
        (folder / f"{name}.tsv").write_text("\n".join([*lines, "too few"]), encoding="utf-8")
        addresses.append(str(folder / f"{name}.tsv"))
    made = ingest(
        addresses, IngestSettings(taxonomy="from-labels", split=SplitRule.parse(rule)), folder / "out"
    )
    n_rejected = len((folder / "out/rejected.jsonl").read_text().splitlines())
    assert made.read == sum(len(rows) + 3 for rows in feeds)
    assert made.read == made.products + made.unreadable + made.doubles
    assert n_rejected == made.unreadable + made.doubles
    assert sum(made.splits.values()) == sum(made.labels.values()) == made.products
    assert made.labels["unresolved"] == made.labels["pruned"] == 0
