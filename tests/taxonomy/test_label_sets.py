import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.taxonomy.building import from_paths
from aisle.taxonomy.label_sets import LabelSets, nodes_from_ids
from strategies import taxonomies

TREE = from_paths([("A", "x"), ("A", "y"), ("B",), ("C", "z"), ("C", "w")])
STRINGS = pa.list_(pa.string())


def sets_of(tree, labels):
    """The label sets of products whose labels are lists of ids."""
    arrow = labels if isinstance(labels, pa.Array | pa.ChunkedArray) else pa.array(labels, STRINGS)
    return LabelSets.from_nodes(tree, *nodes_from_ids(tree, arrow))


def allowed(sets):
    """For each product the leaf indices that its label allows."""
    return [
        [
            leaf
            for at in range(sets.ptr[row], sets.ptr[row + 1])
            for leaf in range(sets.start[at], sets.stop[at])
        ]
        for row in range(len(sets))
    ]


@st.composite
def labelled(draw):
    """A tree, and for each of a few products a list of its nodes' ids, often nested, repeated or empty."""
    tree = draw(taxonomies())
    ids = st.sampled_from(tree.ids[1:])
    return tree, draw(st.lists(st.lists(ids, max_size=4), max_size=6))


class TestFromNodes:
    def test_a_node_is_the_interval_of_its_leaves(self):
        sets = sets_of(TREE, [["A"], ["B"], ["C > w", "A > x"]])
        assert allowed(sets) == [[0, 1], [2], [0, 4]]

    def test_no_label_is_no_interval(self):
        sets = sets_of(TREE, [[], ["B"], None])
        assert allowed(sets) == [[], [2], []]
        assert sets.is_labelled.tolist() == [False, True, False]

    def test_nested_and_repeated_nodes_are_joined(self):
        sets = sets_of(TREE, [["A > y", "A", "A", "A > x"]])
        assert (sets.start.tolist(), sets.stop.tolist()) == ([0], [2])

    def test_no_products(self):
        assert len(sets_of(TREE, [])) == 0

    def test_slices_and_chunks(self):
        labels = pa.array([["A"], ["B"], ["C"]], STRINGS)
        assert allowed(sets_of(TREE, labels.slice(1, 2))) == [[2], [3, 4]]
        assert allowed(sets_of(TREE, pa.chunked_array([labels[:1], labels[2:]]))) == [
            [0, 1],
            [3, 4],
        ]

    def test_an_unknown_id_is_named(self):
        with pytest.raises(ValueError, match="no category has the id 'Z'"):
            sets_of(TREE, [["A"], ["Z"]])

    @given(labelled())
    def test_the_leaves_are_those_below_any_of_the_nodes_sorted_and_once(self, tree_and_labels):
        tree, labels = tree_and_labels
        sets = sets_of(tree, labels)
        nodes = [[tree.node_of_id(node_id) for node_id in of_product] for of_product in labels]
        expected = [
            sorted({leaf for node in of_product for leaf in range(tree.start[node], tree.stop[node])})
            for of_product in nodes
        ]
        assert allowed(sets) == expected


def test_nodes_from_ids_keep_order_and_doubles():
    ptr, node = nodes_from_ids(TREE, pa.array([["C", "A"], [], ["C", "C"]], STRINGS))
    assert ptr.tolist() == [0, 2, 2, 4]
    assert [TREE.ids[at] for at in node] == ["C", "A", "C", "C"]


class TestTake:
    @given(labelled(), st.data())
    def test_the_rows_asked_for_in_the_order_asked_for(self, tree_and_labels, data):
        tree, labels = tree_and_labels
        sets = sets_of(tree, labels)
        rows = data.draw(st.lists(st.integers(0, len(labels) - 1))) if labels else []
        everything = allowed(sets)
        assert allowed(sets.take(np.array(rows, dtype=np.int64))) == [everything[row] for row in rows]


class TestContains:
    @given(labelled())
    def test_a_leaf_is_contained_if_an_interval_holds_it(self, tree_and_labels):
        tree, labels = tree_and_labels
        sets = sets_of(tree, labels)
        leaves = np.tile(np.arange(-1, tree.n_leaves + 1), (len(sets), 1))
        expected = [
            [leaf in of_product for leaf in row]
            for of_product, row in zip(allowed(sets), leaves, strict=True)
        ]
        assert sets.contains(leaves).tolist() == expected
