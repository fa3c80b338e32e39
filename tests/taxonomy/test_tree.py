import pickle

import numpy as np
import pytest
from hypothesis import given

from aisle.taxonomy.building import from_paths
from aisle.taxonomy.tree import ROOT
from strategies import taxonomies

SHOP = from_paths(
    [
        ("Clothing", "Men", "Shirts"),
        ("Clothing", "Men", "Trousers"),
        ("Clothing", "Women", "Shirts"),
        ("Gift cards",),
        ("Media", "Books", "Novels", "Crime"),
    ]
)
"""Uneven depth (1 to 4), one name under two parents, and a chain of only children."""


class TestShape:
    def test_counts(self):
        assert (SHOP.n_nodes, SHOP.n_leaves, SHOP.max_depth) == (12, 5, 4)

    def test_repr_says_how_large_it_is(self):
        assert repr(SHOP) == "Taxonomy(11 categories, 5 leaves, 4 levels)"

    @given(taxonomies())
    def test_every_node_is_the_interval_of_the_leaves_below_it(self, tree):
        for node in range(tree.n_nodes):
            below = [leaf for leaf, at in enumerate(tree.leaf_nodes) if node in [ROOT, *tree.ancestors(at)]]
            assert below == list(range(tree.start[node], tree.stop[node]))

    @given(taxonomies())
    def test_every_node_comes_after_its_parent_and_its_subtree_is_a_run(self, tree):
        for node in range(1, tree.n_nodes):
            assert tree.parent[node] < node < tree.end[node] <= tree.end[tree.parent[node]]
            assert tree.depth[node] == tree.depth[tree.parent[node]] + 1 == len(tree.path(node))

    @given(taxonomies())
    def test_children_are_the_nodes_that_name_the_parent(self, tree):
        for node in range(tree.n_nodes):
            assert tree.children(node).tolist() == np.flatnonzero(tree.parent == node).tolist()
            assert tree.is_leaf[node] == (not len(tree.children(node)))

    def test_arrays_cannot_be_changed(self):
        with pytest.raises(ValueError, match="read-only"):
            SHOP.start[0] = 1

    def test_a_tree_survives_pickling(self):
        again = pickle.loads(pickle.dumps(SHOP))
        assert (again.ids, again.find("Crime")) == (SHOP.ids, SHOP.find("Crime"))


class TestWaysUp:
    def test_a_path_runs_from_level_1_to_the_node(self):
        assert SHOP.path(SHOP.node_of_id("Media > Books > Novels")) == ("Media", "Books", "Novels")

    def test_the_root_has_no_path_and_no_ancestors(self):
        assert SHOP.path(ROOT) == ()
        assert SHOP.path_text(ROOT) == ""
        assert SHOP.ancestors(ROOT).tolist() == []

    def test_ancestors_begin_with_the_node_and_leave_out_the_root(self):
        node = SHOP.node_of_id("Clothing > Men > Shirts")
        assert [SHOP.names[step] for step in SHOP.ancestors(node)] == ["Shirts", "Men", "Clothing"]

    @pytest.mark.parametrize(
        ("first", "second", "common"),
        [
            ("Clothing > Men > Shirts", "Clothing > Women > Shirts", "Clothing"),
            ("Clothing > Men > Shirts", "Clothing > Men", "Clothing > Men"),
            ("Gift cards", "Gift cards", "Gift cards"),
            ("Gift cards", "Media > Books", ""),
        ],
    )
    def test_lowest_common_ancestor(self, first, second, common):
        nodes = [SHOP.find(first), SHOP.find(second)]
        assert SHOP.ids[SHOP.lowest_common_ancestor(*nodes)] == common
        assert SHOP.ids[SHOP.lowest_common_ancestor(*nodes[::-1])] == common

    @given(taxonomies())
    def test_path_nodes_hold_the_path_of_every_node(self, tree):
        table = tree.path_nodes()
        assert table.shape == (tree.n_nodes, tree.max_depth)
        for node in range(tree.n_nodes):
            assert [at for at in table[node] if at >= 0] == tree.ancestors(node)[::-1].tolist()
            assert (table[node, tree.depth[node] :] == -1).all()


class TestFind:
    TREE = from_paths(
        [("Animals & Pet Supplies", "Live Animals"), ("Men", "Shirts"), ("Women", "Shirts"), ("Sizes", "1")],
        {("Animals & Pet Supplies",): "1", ("Animals & Pet Supplies", "Live Animals"): "2"},
    )

    @pytest.mark.parametrize(
        ("text", "path"),
        [
            ("1", "Animals & Pet Supplies"),
            (" 2 ", "Animals & Pet Supplies > Live Animals"),
            ("Animals & Pet Supplies > Live Animals", "Animals & Pet Supplies > Live Animals"),
            ("animals & pet supplies  >  LIVE animals ", "Animals & Pet Supplies > Live Animals"),
            ("Animals &amp; Pet Supplies > Live Animals", "Animals & Pet Supplies > Live Animals"),
            ("Animals & Pet Supplies>Live Animals", "Animals & Pet Supplies > Live Animals"),
            ("live animals", "Animals & Pet Supplies > Live Animals"),
            ("women > shirts", "Women > Shirts"),
        ],
    )
    def test_what_is_found(self, text, path):
        assert self.TREE.path_text(self.TREE.find(text)) == path

    @pytest.mark.parametrize(
        "text", ["", " ", ">", "3", "Shirts", "Trousers", "Men > Trousers", "Kids > Shirts"]
    )
    def test_what_means_nothing_or_more_than_one_node(self, text):
        assert self.TREE.find(text) is None

    @given(taxonomies())
    def test_every_node_is_found_by_its_id_and_by_its_path_if_no_other_has_it(self, tree):
        paths = tree.path_texts()
        for node in range(1, tree.n_nodes):
            assert tree.find(tree.ids[node]) == tree.node_of_id(tree.ids[node]) == node
            assert tree.find(paths[node]) == (node if paths.count(paths[node]) == 1 else None)

    def test_an_unknown_id_is_named(self):
        with pytest.raises(ValueError, match="no category has the id '77'"):
            self.TREE.node_of_id("77")
