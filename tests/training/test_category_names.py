"""The names of leaves as products."""

import itertools
from collections import Counter

import numpy as np

import aisle
from aisle import Product
from aisle.catalogue.ingest import ingest
from aisle.catalogue.settings import IngestSettings
from aisle.core.schemas import PRODUCT_SCHEMA
from aisle.taxonomy import from_paths
from aisle.taxonomy.cut import add_other_leaves
from aisle.training.category_names import category_name_products, names_of_an_epoch
from aisle.training.recipe import read_recipe
from aisle.training.run import TrainOptions, train

PATHS = [("Shoes", "Boots"), ("Shoes", "Sandals"), ("Books",)]

TREE = "id,parent,name\n1,,Toys\n2,1,Kite\n3,1,Skateboard\n4,,Garden\n5,4,Rake\n6,4,Spade\n"
PRODUCTS = [
    (f"{colour} {size}", thing, path)
    for colour, size, (thing, path) in itertools.product(
        ["red", "blue", "green", "grey", "pink"],
        ["small", "large", "new", "light"],
        [("kite", "Toys > Kite"), ("rake", "Garden > Rake"), ("spade", "Garden > Spade")],
    )
]


def titles(tree):
    return category_name_products(tree)["title"].to_pylist()


class TestCategoryNameProducts:
    def test_a_product_for_each_leaf_in_their_order(self):
        tree = from_paths(PATHS)
        assert titles(tree) == [tree.names[node] for node in tree.leaf_nodes]

    def test_the_leaf_for_the_rest_of_a_node_has_the_nodes_name(self):
        tree = from_paths(PATHS)
        with_rest = add_other_leaves(tree, [tree.find("Shoes")]).tree
        assert sorted(titles(with_rest)) == ["Books", "Boots", "Sandals", "Shoes"]

    def test_nothing_but_the_title_speaks(self):
        products = category_name_products(from_paths(PATHS))
        assert products.schema == PRODUCT_SCHEMA
        for name in PRODUCT_SCHEMA.names:
            if name != "title":
                assert not any(products[name].to_pylist())


class TestNamesOfAnEpoch:
    names = np.arange(100, 110)

    def test_each_comes_as_often_as_wanted(self):
        drawn = names_of_an_epoch(self.names, 3, 1000, (1, 0))
        assert Counter(drawn.tolist()) == dict.fromkeys(self.names.tolist(), 3)
        assert names_of_an_epoch(self.names, 0, 1000, (1, 0)).tolist() == []

    def test_there_are_no_more_of_them_than_products_and_in_time_all_come(self):
        drawn = [names_of_an_epoch(self.names, 3, 4, (1, epoch)).tolist() for epoch in range(20)]
        assert {len(set(of_one)) for of_one in drawn} == {4}
        assert {name for of_one in drawn for name in of_one} == set(self.names.tolist())


class TestTraining:
    def test_a_category_without_any_product_is_found_by_its_name(self, tmp_path):
        rows = [f"{n}\t{colour} {thing}\t{path}" for n, (colour, thing, path) in enumerate(PRODUCTS)]
        (tmp_path / "feed.tsv").write_text("\n".join(["id\ttitle\tproduct_type", *rows]) + "\n")
        (tmp_path / "tree.csv").write_text(TREE)
        catalogue = tmp_path / "catalogue"
        ingest(
            [str(tmp_path / "feed.tsv")],
            IngestSettings(taxonomy=str(tmp_path / "tree.csv")),
            catalogue,
        )
        found = {}
        for times in (0, 3):
            recipe = read_recipe("text_small", [f"training.category_names={times}"])
            train(catalogue, tmp_path / f"model-{times}", recipe, TrainOptions())
            predictor = aisle.load(tmp_path / f"model-{times}")
            found[times] = predictor.predict([Product(title="blue skateboard with lights")])[0].category_path
        assert found[3] == "Toys > Skateboard"
        assert found[0] != "Toys > Skateboard"
