"""Label smoothing along the tree."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aisle.taxonomy.building import from_paths
from aisle.taxonomy.label_sets import LabelSets
from aisle.training.smoothing import TreeSmoothing
from strategies import taxonomies

SHOP = from_paths(
    [("Clothing", "Shoes", "Boots"), ("Clothing", "Shoes", "Sandals"), ("Clothing", "Hats"), ("Toys",)]
)


def targets(tree, *labels):
    """The targets of products that are labelled with these nodes, given as paths."""
    ptr = np.cumsum([0, *map(len, labels)]).astype(np.int64)
    nodes = np.array([tree.find(text) for label in labels for text in label], np.int32)
    sets = LabelSets.from_nodes(tree, ptr, nodes)
    return TreeSmoothing.of(tree, sets).targets(np.arange(len(labels)))


def test_each_node_above_a_leaf_spreads_an_equal_share_over_its_leaves():
    boots, toys = targets(SHOP, ["Clothing > Shoes > Boots"], ["Toys"])
    expected = np.array([1 / 2 + 1 / 3 + 1 / 4, 1 / 2 + 1 / 3 + 1 / 4, 1 / 3 + 1 / 4, 1 / 4]) / 3
    np.testing.assert_allclose(boots, expected, rtol=1e-6)
    np.testing.assert_allclose(toys, 1 / 4, rtol=1e-6)


def test_a_label_at_an_inner_node_starts_above_it():
    (shoes,) = targets(SHOP, ["Clothing > Shoes"])
    np.testing.assert_allclose(shoes, np.array([7 / 12, 7 / 12, 7 / 12, 3 / 12]) / 2, rtol=1e-6)


def test_several_labels_count_as_the_lowest_node_above_them():
    both, clothing = targets(SHOP, ["Clothing > Shoes > Boots", "Clothing > Hats"], ["Clothing"])
    np.testing.assert_array_equal(both, clothing)
    np.testing.assert_allclose(both, 1 / 4)


def test_labels_of_all_leaves_spread_evenly():
    (everything,) = targets(SHOP, ["Clothing", "Toys"])
    np.testing.assert_allclose(everything, 1 / 4)


def test_an_only_child_adds_nothing_to_its_parent():
    chain = from_paths([("A", "B", "C"), ("D",)])
    (leaf,) = targets(chain, ["A > B > C"])
    np.testing.assert_allclose(leaf, 1 / 2)


def test_a_tree_of_one_leaf_has_one_target():
    np.testing.assert_array_equal(targets(from_paths([("A",)]), ["A"]), [[1]])


@given(taxonomies(), st.data())
def test_targets_are_distributions_that_fall_with_distance(tree, data):
    nodes = data.draw(st.lists(st.integers(1, tree.n_nodes - 1), min_size=1, max_size=5))
    sets = LabelSets.from_nodes(tree, np.arange(len(nodes) + 1), np.array(nodes, np.int32))
    found = TreeSmoothing.of(tree, sets).targets(np.arange(len(nodes)))
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-4)
    assert (found > -1e-7).all()
    for row, node in zip(found, nodes, strict=True):
        inside = row[tree.start[node] : tree.stop[node]]
        assert inside.min() >= row.max() - 1e-6
