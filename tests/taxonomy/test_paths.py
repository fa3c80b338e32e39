import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.taxonomy.building import from_paths
from aisle.taxonomy.paths import most_probable_paths
from strategies import leaf_probabilities, taxonomies

SHOP = from_paths(
    [
        ("Clothing", "Men", "Shirts"),
        ("Clothing", "Men", "Trousers"),
        ("Clothing", "Hats"),
        ("Gifts",),
        ("M", "B", "C"),
    ]
)


def walk(tree, node_p):
    """The path as its definition says, one product at a time."""
    path, node = [], 0
    while len(children := tree.children(node)):
        node = int(children[np.argmax(node_p[children])])
        path.append(node)
    return path


@given(taxonomies(), st.data(), st.integers(0, 4))
def test_the_path_takes_the_most_probable_child_at_each_step(tree, data, top):
    leaf_p = data.draw(leaf_probabilities(tree))
    path, path_p, _, _ = most_probable_paths(tree, leaf_p, top=top)
    spans = zip(tree.start, tree.stop, strict=True)
    node_p = np.stack([leaf_p[:, a:b].sum(axis=1, dtype=np.float64) for a, b in spans], axis=1).round(12)
    for row in range(len(leaf_p)):
        expected = walk(tree, node_p[row])
        assert path[row].tolist() == expected + [-1] * (tree.max_depth - len(expected))
        np.testing.assert_allclose(path_p[row, : len(expected)], node_p[row, expected], atol=1e-6)
        assert np.isnan(path_p[row, len(expected) :]).all()


@given(taxonomies(), st.data(), st.integers(0, 16))
def test_top_leaves_are_the_most_probable_ones_and_ties_go_to_the_lower(tree, data, top):
    leaf_p = data.draw(leaf_probabilities(tree))
    _, _, top_leaves, top_p = most_probable_paths(tree, leaf_p, top=top)
    order = np.argsort(-leaf_p, axis=1, kind="stable")[:, :top]
    assert top_leaves.tolist() == tree.leaf_nodes[order].tolist()
    assert top_p.tolist() == np.take_along_axis(leaf_p, order, axis=1).tolist()


def test_top_leaves_of_a_wide_tree():
    tree = from_paths((f"{i // 40}", f"{i}") for i in range(1000))
    leaf_p = np.random.default_rng(0).dirichlet(np.full(1000, 0.1), 50).astype(np.float32)
    _, _, top_leaves, _ = most_probable_paths(tree, leaf_p, top=5)
    assert top_leaves.tolist() == tree.leaf_nodes[np.argsort(-leaf_p, axis=1, kind="stable")[:, :5]].tolist()


def test_the_path_may_end_at_another_leaf_than_the_most_probable_one():
    leaf_p = np.array([[0.3, 0.25, 0.05, 0.4, 0.0]], dtype=np.float32)
    path, path_p, top_leaves, top_p = most_probable_paths(SHOP, leaf_p, top=1)
    assert [SHOP.names[node] for node in path[0]] == ["Clothing", "Men", "Shirts"]
    np.testing.assert_allclose(path_p[0], [0.6, 0.55, 0.3], atol=1e-6)
    assert SHOP.names[top_leaves[0, 0]] == "Gifts"
    assert top_p[0, 0] == np.float32(0.4)


def test_a_tie_goes_to_the_lower_node():
    leaf_p = np.array([[0.125, 0.125, 0.25, 0.5, 0.0]], dtype=np.float32)
    path, _, _, _ = most_probable_paths(SHOP, leaf_p, top=1)
    assert [SHOP.names[node] for node in path[0]] == ["Clothing", "Men", "Shirts"]


def test_an_only_child_has_its_parents_probability():
    leaf_p = np.array([[0.1, 0.1, 0.1, 0.1, 0.6]], dtype=np.float32)
    _, path_p, _, _ = most_probable_paths(SHOP, leaf_p, top=1)
    assert path_p[0].tolist() == [np.float32(0.6)] * 3


def test_many_small_probabilities_add_up():
    tree = from_paths([("Many", f"{i}") for i in range(200_000)] + [("One",)])
    leaf_p = np.full((1, 200_001), 3e-6, dtype=np.float32)
    leaf_p[0, -1] = 0.4
    path, path_p, _, _ = most_probable_paths(tree, leaf_p, top=1)
    assert (tree.names[path[0, 0]], tree.names[path[0, 1]]) == ("Many", "0")
    assert abs(path_p[0, 0] - 0.6) < 1e-6


def test_no_products():
    path, _, top_leaves, _ = most_probable_paths(SHOP, np.zeros((0, 5), dtype=np.float32), top=9)
    assert path.shape == (0, 3)
    assert top_leaves.shape == (0, 5)


@pytest.mark.parametrize(
    "layout", [np.asfortranarray, lambda a: a.astype(np.float64), lambda a: a.astype(np.float16)]
)
def test_other_layouts_and_types_give_the_same(layout):
    leaf_p = np.array([[0.5, 0.125, 0.125, 0.125, 0.125], [0.0, 0.25, 0.5, 0.25, 0.0]], dtype=np.float32)
    given_so, expected = (
        most_probable_paths(SHOP, layout(leaf_p), top=2),
        most_probable_paths(SHOP, leaf_p, top=2),
    )
    for found, wanted in zip(given_so, expected, strict=True):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_finite_number_is_refused(bad):
    leaf_p = np.full((3, 5), 0.2, dtype=np.float32)
    leaf_p[1, 2] = bad
    with pytest.raises(ValueError, match="row 1 of leaf_p"):
        most_probable_paths(SHOP, leaf_p, top=1)


def test_another_number_of_leaves_is_refused():
    with pytest.raises(ValueError, match=r"shape \(1, 4\); expected \(products, 5\)"):
        most_probable_paths(SHOP, np.ones((1, 4), dtype=np.float32), top=1)


def test_a_negative_top_is_refused():
    with pytest.raises(ValueError, match="top is -1"):
        most_probable_paths(SHOP, np.ones((1, 5), dtype=np.float32), top=-1)
