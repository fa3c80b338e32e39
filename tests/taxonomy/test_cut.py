import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.core.errors import AisleError
from aisle.taxonomy.building import from_paths
from aisle.taxonomy.cut import add_other_leaves, prune, truncate, uncut
from strategies import taxonomies

SHOP = from_paths(
    [
        ("Clothing", "Men", "Shirts"),
        ("Clothing", "Men", "Trousers"),
        ("Clothing", "Women", "Shirts"),
        ("Gifts",),
    ]
)


def meanings(tree, cut):
    """From each old path to the path that it means now; None where it means nothing."""
    new = cut.tree.path_texts()
    return {
        path: None if node < 0 else new[node]
        for path, node in zip(tree.path_texts()[1:], cut.new_of_old[1:], strict=True)
    }


def counts(tree, **products):
    array = np.zeros(tree.n_nodes, dtype=np.int64)
    for path, n in products.items():
        array[tree.find(path)] = n
    return array


class TestTruncate:
    def test_a_leaf_below_the_cut_becomes_its_ancestor_at_the_cut(self):
        assert meanings(SHOP, truncate(SHOP, 2))["Clothing > Men > Shirts"] == "Clothing > Men"

    def test_a_leaf_above_the_cut_stays(self):
        assert meanings(SHOP, truncate(SHOP, 2))["Gifts"] == "Gifts"

    def test_a_cut_below_the_deepest_leaf_changes_nothing(self):
        cut = truncate(SHOP, 9)
        assert cut.tree.ids == SHOP.ids
        assert cut.new_of_old.tolist() == list(range(SHOP.n_nodes))

    def test_a_cut_above_level_1_is_refused(self):
        with pytest.raises(ValueError, match="depth is 0"):
            truncate(SHOP, 0)

    @given(taxonomies(), st.integers(1, 5))
    def test_every_old_node_means_its_deepest_ancestor_that_is_left(self, tree, depth):
        cut = truncate(tree, depth)
        for node in range(1, tree.n_nodes):
            kept = next(at for at in tree.ancestors(node) if tree.depth[at] <= depth)
            assert cut.tree.ids[cut.new_of_old[node]] == tree.ids[kept]

    @given(taxonomies(), st.integers(1, 5))
    def test_leaves_left_are_the_leaves_above_the_cut_and_the_nodes_at_it(self, tree, depth):
        expected = (tree.is_leaf & (tree.depth < depth)) | (tree.depth == depth)
        assert truncate(tree, depth).tree.n_leaves == expected.sum()


class TestPrune:
    def test_a_node_with_too_few_products_becomes_the_nearest_that_has_enough(self):
        cut = prune(
            SHOP, counts(SHOP, **{"Clothing > Men > Shirts": 4, "Trousers": 5, "Clothing > Women": 1}), 5
        )
        assert meanings(SHOP, cut) == {
            "Clothing": "Clothing",
            "Clothing > Men": "Clothing > Men",
            "Clothing > Men > Shirts": "Clothing > Men",
            "Clothing > Men > Trousers": "Clothing > Men > Trousers",
            "Clothing > Women": "Clothing",
            "Clothing > Women > Shirts": "Clothing",
            "Gifts": None,
        }

    def test_products_of_an_inner_node_count_for_it(self):
        assert prune(SHOP, counts(SHOP, Men=3), 3).tree.path_texts()[1:] == ["Clothing", "Clothing > Men"]

    def test_no_category_with_so_many_products_is_an_error(self):
        with pytest.raises(AisleError, match=r"no category has 9 products \(the largest has 3\)"):
            prune(SHOP, counts(SHOP, Men=3), 9)

    def test_counts_of_another_tree_are_refused(self):
        with pytest.raises(ValueError, match="counts has the shape"):
            prune(SHOP, np.zeros(3, dtype=np.int64), 1)

    @given(taxonomies(), st.integers(1, 4), st.integers(0, 2**32 - 1))
    def test_every_node_left_has_enough_and_no_product_is_lost_but_those_above_level_1(
        self, tree, least, seed
    ):
        own = np.random.default_rng(seed).integers(0, 4, tree.n_nodes)
        own[-1] += least
        cut = prune(tree, own, least)
        moved = np.bincount(cut.new_of_old[1:][cut.new_of_old[1:] > 0], own[1:][cut.new_of_old[1:] > 0])
        moved = np.pad(moved, (0, cut.tree.n_nodes - len(moved)))
        below = [moved[node : cut.tree.end[node]].sum() for node in range(1, cut.tree.n_nodes)]
        assert min(below) >= least
        top = [node for node in tree.children(0) if cut.new_of_old[node] > 0]
        assert sum(below[node - 1] for node in cut.tree.children(0)) == sum(
            own[node : tree.end[node]].sum() for node in top
        )


class TestAddOtherLeaves:
    def test_a_label_at_the_node_means_its_new_last_leaf(self):
        cut = add_other_leaves(SHOP, [SHOP.find("Men")])
        assert cut.tree.path_texts()[1:6] == [
            "Clothing",
            "Clothing > Men",
            "Clothing > Men > Shirts",
            "Clothing > Men > Trousers",
            "Clothing > Men > (other)",
        ]
        assert cut.tree.ids[5] == "Clothing > Men/(other)"
        changed = {old: new for old, new in meanings(SHOP, cut).items() if old != new}
        assert changed == {"Clothing > Men": "Clothing > Men > (other)"}

    def test_leaves_and_the_root_are_left_alone(self):
        assert add_other_leaves(SHOP, [0, SHOP.find("Gifts")]).tree.ids == SHOP.ids

    def test_a_node_that_has_the_leaf_gets_no_second_one(self):
        once = add_other_leaves(SHOP, [SHOP.find("Men")]).tree
        twice = add_other_leaves(once, [once.node_of_id("Clothing > Men")])
        assert twice.tree.ids == once.ids
        assert meanings(once, twice)["Clothing > Men"] == "Clothing > Men > (other)"

    def test_an_id_that_another_node_has_is_refused(self):
        tree = from_paths([("A", "B"), ("C",)], {("A",): "1", ("C",): "1/(other)"})
        with pytest.raises(AisleError, match=r"the id '1/\(other\)' of"):
            add_other_leaves(tree, [tree.find("1")])


class TestThen:
    def test_cuts_after_one_another_are_one_cut(self):
        first = truncate(SHOP, 2)
        second = prune(first.tree, counts(first.tree, **{"Clothing > Men": 5, "Clothing > Women": 1}), 2)
        third = add_other_leaves(second.tree, [second.tree.find("Clothing")])
        cut = first.then(second).then(third)
        assert cut.tree is third.tree
        assert meanings(SHOP, cut) == {
            "Clothing": "Clothing > (other)",
            "Clothing > Men": "Clothing > Men",
            "Clothing > Men > Shirts": "Clothing > Men",
            "Clothing > Men > Trousers": "Clothing > Men",
            "Clothing > Women": "Clothing > (other)",
            "Clothing > Women > Shirts": "Clothing > (other)",
            "Gifts": None,
        }

    def test_a_cut_of_another_tree_is_refused(self):
        with pytest.raises(ValueError, match="the second cut is of 8 nodes, the first leaves 3"):
            truncate(SHOP, 1).then(truncate(SHOP, 1))

    @given(taxonomies(), st.integers(1, 4), st.integers(1, 4))
    def test_two_truncations_are_the_shallower_one(self, tree, first, second):
        shallow = truncate(tree, first)
        both = shallow.then(truncate(shallow.tree, second))
        once = truncate(tree, min(first, second))
        assert both.tree.ids == once.tree.ids
        assert both.new_of_old.tolist() == once.new_of_old.tolist()

    @given(taxonomies())
    def test_no_cut_before_or_after_changes_nothing(self, tree):
        cut = truncate(tree, 2)
        for same in (uncut(tree).then(cut), cut.then(uncut(cut.tree))):
            assert same.tree.ids == cut.tree.ids
            assert same.new_of_old.tolist() == cut.new_of_old.tolist()
