"""The published trees, whole. `pytest -m data` with AISLE_DATA naming the folder of data sets."""

import csv
import gzip
from itertools import pairwise

import numpy as np
import pytest

from aisle.taxonomy.building import from_paths
from aisle.taxonomy.cut import prune, truncate
from aisle.taxonomy.names import split_path
from aisle.taxonomy.readers import read_taxonomy

pytestmark = pytest.mark.data

LOCALES = ["de-DE.2015-02-19", "es-ES.2015-02-19", "fr-FR.2015-02-19"]


@pytest.fixture(scope="module")
def read(data_folder):
    return lambda name: read_taxonomy(str(data_folder / "taxonomies" / name))


@pytest.mark.parametrize(
    ("name", "n_categories", "n_leaves", "max_depth", "n_top"),
    [
        ("taxonomy-with-ids.en-US.txt", 5595, 4719, 7, 21),
        ("taxonomy.en-US.txt", 5595, 4719, 7, 21),
        ("shopify-categories.en.txt.gz", 10281, 8251, 8, 25),
        ("cdiscount_category_names.csv", 49 + 486 + 5270, 5270, 3, 49),
    ],
)
def test_sizes(read, name, n_categories, n_leaves, max_depth, n_top):
    tree = read(name)
    assert (tree.n_nodes - 1, tree.n_leaves, tree.max_depth) == (n_categories, n_leaves, max_depth)
    assert len(tree.children(0)) == n_top


def test_google_cut_at_level_4(read):
    tree = truncate(read("taxonomy-with-ids.en-US.txt"), 4).tree
    assert (tree.n_nodes - 1, tree.n_leaves) == (3765, 3270)


@pytest.mark.parametrize("locale", LOCALES)
def test_an_id_of_google_is_the_same_node_in_every_language(read, locale):
    english, other = read("taxonomy-with-ids.en-US.txt"), read(f"taxonomy-with-ids.{locale}.txt")
    assert other.n_nodes - 1 == 5427
    assert set(other.ids) <= set(english.ids)
    levels = np.array([english.depth[english.node_of_id(node_id)] for node_id in other.ids[1:]])
    assert (levels == other.depth[1:]).mean() > 0.95


def test_google_with_and_without_ids_are_the_same_tree(read):
    with_ids, without = read("taxonomy-with-ids.en-US.txt"), read("taxonomy.en-US.txt")
    assert with_ids.path_texts() == without.path_texts()
    assert with_ids.start.tolist() == without.start.tolist()


@pytest.mark.parametrize(
    "name", ["taxonomy-with-ids.en-US.txt", "shopify-categories.en.txt.gz", "cdiscount_category_names.csv"]
)
def test_every_category_is_found_by_id_and_by_path(read, name):
    tree = read(name)
    for node, path in enumerate(tree.path_texts()[1:], start=1):
        assert tree.find(tree.ids[node]) == tree.find(path) == tree.find(path.upper()) == node


def test_neighbouring_leaves_of_cdiscount_lie_under_neighbouring_names(read):
    tree = read("cdiscount_category_names.csv")
    tops = [int(tree.ancestors(leaf)[-1]) for leaf in tree.leaf_nodes]
    assert sum(first != second for first, second in pairwise(tops)) == 48


def test_pruning_the_paths_of_flipkart(data_folder):
    """Names that differ only in case are one node; taken as they stand, there would be 1,077 and 708."""
    with gzip.open(
        data_folder / "flipkart" / "flipkart.csv.gz", "rt", encoding="utf-8", newline=""
    ) as stream:
        labels = [row["product_type"] for row in csv.DictReader(stream) if row["product_type"]]
    tree = from_paths(split_path(text) for text in labels)
    counts = np.bincount([tree.find(text) for text in labels], minlength=tree.n_nodes)
    cut = prune(tree, counts, 5)
    assert (cut.tree.n_nodes - 1, cut.tree.n_leaves) == (1083, 714)
