"""What merchants write as labels means nodes of the tree, as a set."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.catalogue.labels import label_texts, nodes_of_label, path_of_label, resolve_labels
from aisle.catalogue.tree import cut_to_products, tree_of_labels
from aisle.taxonomy.building import from_paths
from aisle.taxonomy.cut import add_other_leaves, uncut
from aisle.taxonomy.labels import label_tree

TREE = from_paths([("A", "B", "C"), ("A", "D"), ("E",)])


def batch(**columns):
    return pa.RecordBatch.from_pydict(columns)


class TestTexts:
    def test_one_column_is_taken_as_it_stands_but_for_spaces_and_entities(self):
        assert label_texts(batch(c=[" A  > B ", "C &amp; D", ""]), ["c"]).to_pylist() == [
            "A > B",
            "C & D",
            "",
        ]

    def test_repeated_values_stand_on_lines_of_their_own(self):
        lists = pa.array([["A", " ", "B\nC"], [], ["D"]], pa.list_(pa.string()))
        assert label_texts(batch(c=lists), ["c"]).to_pylist() == ["A\nB C", "", "D"]

    def test_slices_of_a_batch_are_read_in_place(self):
        lists = pa.array([["A"], ["B", "C"], [], ["D"]], pa.list_(pa.string()))
        assert label_texts(batch(c=lists).slice(1, 2), ["c"]).to_pylist() == ["B\nC", ""]

    def test_several_columns_make_a_path_of_what_is_filled(self):
        columns = batch(a=["A", "", "A"], b=["B", "B", ""], c=["C", "", ""])
        assert label_texts(columns, ["a", "b", "c"]).to_pylist() == ["A > B > C", "B", "A"]

    def test_a_column_that_is_not_there_is_empty(self):
        assert label_texts(batch(a=["A"]), ["b"]).to_pylist() == [""]


class TestNodes:
    LABELS = label_tree(TREE, uncut(TREE))

    @pytest.mark.parametrize(
        ("text", "ids"),
        [
            ("A > B", ["A > B"]),
            ("A\nE", ["A", "E"]),
            ("A\nA > B > C\nA > B", ["A > B > C"]),
            ("A > D\nA > B > C", ["A > B > C", "A > D"]),
            ("nonsense\nE", ["E"]),
            ("nonsense", []),
            ("", []),
            ("A>B", ["A > B"]),
            ("> A > B >", ["A > B"]),
        ],
    )
    def test_of_a_node_and_its_ancestor_the_deeper_says_all(self, text, ids):
        assert [TREE.ids[node] for node in nodes_of_label(self.LABELS, text)] == ids

    def test_an_ancestor_that_is_named_too_does_not_become_its_other_leaf(self):
        labels = label_tree(TREE, add_other_leaves(TREE, [TREE.node_of_id("A")]))
        found = nodes_of_label(labels, "A\nA > D")
        assert [labels.tree.ids[node] for node in found] == ["A > D"]
        assert [labels.tree.ids[node] for node in nodes_of_label(labels, "A")] == ["A/(other)"]

    def test_raw_rows_are_resolved_as_the_catalogue_does(self):
        rows = batch(c=["E", "A\nA > D", "x", "E"])
        assert resolve_labels(batch(c=rows["c"]), self.LABELS, ["c"]).to_pylist() == [["E"], [], [], ["E"]]
        lists = pa.array([["A", "A > D"], []], pa.list_(pa.string()))
        assert resolve_labels(batch(c=lists), self.LABELS, ["c"]).to_pylist() == [["A > D"], []]


names = st.sampled_from(["A", "a", "B", "b", "TV >32 inch", "x>y", "C & D", "1", "é", "e\u0301"])
written = st.lists(names, min_size=1, max_size=4).flatmap(
    lambda path: st.sampled_from([" > ", ">", " >", "  >  "]).map(lambda sep: sep.join(path))
)


@given(st.lists(written, min_size=1, max_size=12))
def test_every_label_that_makes_a_tree_means_its_own_node(texts):
    counts = lambda: [(text, 1) for text in texts]  # noqa: E731
    full = tree_of_labels(counts)
    labels = cut_to_products(full, counts, max_depth=None, min_products=None, other_leaves=False)
    for text in texts:
        nodes = nodes_of_label(labels, text)
        assert [labels.tree.path(node) for node in nodes] == [path_of_label(text)]


@given(st.lists(st.tuples(written, st.integers(1, 4)), min_size=1, max_size=12), st.integers(1, 6))
def test_after_pruning_every_category_has_so_many_products(weighted, min_products):
    if sum(n for _, n in weighted) < min_products * 10:
        weighted = [(text, n * min_products * 10) for text, n in weighted]
    full = tree_of_labels(lambda: weighted)
    labels = cut_to_products(
        full, lambda: weighted, max_depth=None, min_products=min_products, other_leaves=False
    )
    below = np.zeros(labels.tree.n_nodes, dtype=int)
    for text, n in weighted:
        for node in nodes_of_label(labels, text):
            below[labels.tree.ancestors(node)] += n
    assert (below[1:] >= min_products).all()
