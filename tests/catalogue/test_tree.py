"""Laws of cutting a tree to what the products can fill."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.catalogue.labels import nodes_of_label
from aisle.catalogue.tree import cut_to_products, tree_of_labels
from aisle.core.errors import AisleError
from aisle.taxonomy.cut import uncut
from aisle.taxonomy.labels import label_tree
from strategies import taxonomies


@st.composite
def labelled_trees(draw):
    """A small tree, and how many products, not many, have each label; most labels are two nodes."""
    tree = draw(taxonomies(max_nodes=7))
    ids = st.sampled_from(tree.ids[1:])
    texts = st.lists(ids, min_size=1, max_size=3, unique=True).map("\n".join)
    counts = draw(st.dictionaries(texts, st.integers(1, 2), min_size=1, max_size=3))
    return tree, counts


def n_below(labels, counts, node):
    """Products with a label at the node or below it, each counted once."""
    tree = labels.tree
    return sum(
        n
        for text, n in counts.items()
        if any(node in tree.ancestors(at) for at in nodes_of_label(labels, text))
    )


class TestCutToProducts:
    @given(labelled_trees(), st.integers(1, 4), st.one_of(st.none(), st.integers(1, 3)))
    def test_every_category_that_is_left_has_enough_products_and_is_not_too_deep(
        self, labelled, min_products, max_depth
    ):
        full, counts = labelled
        try:
            labels = cut_to_products(
                full,
                counts.items,
                max_depth=max_depth,
                min_products=min_products,
                other_leaves=False,
            )
        except AisleError:
            whole = label_tree(full, uncut(full))
            assert all(n_below(whole, counts, node) < min_products for node in range(1, full.n_nodes))
            return
        assert labels.tree.max_depth <= (max_depth or full.max_depth)
        for node in range(1, labels.tree.n_nodes):
            assert n_below(labels, counts, node) >= min_products

    @given(labelled_trees())
    def test_with_other_leaves_every_label_ends_at_a_leaf(self, labelled):
        full, counts = labelled
        labels = cut_to_products(full, counts.items, max_depth=None, min_products=None, other_leaves=True)
        for text in counts:
            nodes = nodes_of_label(labels, text)
            assert nodes
            assert labels.tree.is_leaf[nodes].all()

    @given(labelled_trees())
    def test_nothing_asked_for_is_nothing_cut(self, labelled):
        full, counts = labelled
        labels = cut_to_products(full, counts.items, max_depth=None, min_products=None, other_leaves=False)
        assert labels.tree.ids == full.ids

    def test_a_product_with_two_labels_below_a_category_is_one_product_there(self):
        counts = {"A > B\nA > C": 1}
        tree = tree_of_labels(counts.items)
        with pytest.raises(AisleError, match="no category has 2 products"):
            cut_to_products(tree, counts.items, max_depth=None, min_products=2, other_leaves=False)

    def test_a_tree_without_any_category_of_that_size_is_refused(self):
        counts = {"A > B": 2, "C": 1}
        tree = tree_of_labels(counts.items)
        with pytest.raises(AisleError, match="3 products"):
            cut_to_products(tree, counts.items, max_depth=None, min_products=3, other_leaves=False)


names = st.text(st.sampled_from("abAé"), min_size=1, max_size=2)
paths = st.lists(names, min_size=1, max_size=3).map(" > ".join)


@given(st.lists(paths, min_size=1, max_size=8, unique=True), st.data())
def test_the_tree_of_labels_hangs_neither_on_their_order_nor_on_their_counts(texts, data):
    mixed = data.draw(st.permutations(texts))
    tree = tree_of_labels(lambda: [(text, 1) for text in texts])
    assert tree.ids == tree_of_labels(lambda: [(text, i + 1) for i, text in enumerate(mixed)]).ids
    assert set(texts) <= set(tree.path_texts())
