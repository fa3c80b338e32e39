import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given

from aisle.evaluation.truth import Names, TrainingCounts, Truth, common_node
from strategies import answered_products


def products(**columns):
    n = len(next(iter(columns.values())))
    label = pa.array(columns.pop("label", [[]] * n), pa.list_(pa.string()))
    texts = {name: [""] * n for name in ("label_text", "merchant", "group", "split")} | columns
    return pa.table({"label": label} | {name: pa.array(text, pa.string()) for name, text in texts.items()})


class TestTruth:
    def test_label_ids_become_nodes(self, tree):
        truth = Truth.from_products(tree, products(label=[["Hats"], ["Shoes > Boots", "Hats"]]))
        assert truth.ptr.tolist() == [0, 1, 3]
        assert truth.node.tolist() == [tree.find("Hats"), tree.find("Boots"), tree.find("Hats")]

    def test_a_label_text_without_a_node_is_outside_of_the_tree_as_deep_as_it_is_written(self, tree):
        texts = ["", "Toys", "Toys > Cars > Red", "Hats", "Toys > Cars\nGarden"]
        truth = Truth.from_products(tree, products(label_text=texts, label=[[], [], [], ["Hats"], []]))
        assert truth.outside.tolist() == [0, 1, 3, 0, 2]
        assert truth.is_scored.tolist() == [False, True, True, True, True]

    def test_products_of_one_group_share_a_number_and_those_without_are_alone(self, tree):
        group = Truth.from_products(tree, products(group=["a", "", "b", "a", ""])).group
        assert group[0] == group[3]
        assert len(set(group.tolist())) == 4

    def test_merchants_and_splits_keep_their_names(self, tree):
        truth = Truth.from_products(tree, products(merchant=["x", "y", "x"], split=["val", "test", "test"]))
        assert [truth.merchant.names[c] for c in truth.merchant.code] == ["x", "y", "x"]
        assert [truth.split.names[c] for c in truth.split.code] == ["val", "test", "test"]

    def test_a_table_in_several_chunks_is_read_as_one(self, tree):
        one = products(label=[["Hats"]], merchant=["x"])
        truth = Truth.from_products(tree, pa.concat_tables([one, one]))
        assert (len(truth), truth.merchant.names) == (2, ("x",))

    def test_an_empty_table_is_an_empty_truth(self, tree):
        assert len(Truth.from_products(tree, products(label=[["Hats"]]).slice(0, 0))) == 0

    def test_an_id_of_another_tree_is_refused(self, tree):
        with pytest.raises(ValueError, match="'Toys'"):
            Truth.from_products(tree, products(label=[["Toys"]]))

    def test_columns_of_different_length_are_refused_with_their_lengths(self):
        two, three = Names.of(["a", "b"]), Names.of(["a", "b", "c"])
        with pytest.raises(ValueError, match=r"\[2, 3, 2, 2\] products; ptr has 2"):
            Truth(
                ptr=np.arange(3),
                node=np.ones(2, np.int32),
                outside=np.zeros(2, np.int32),
                merchant=three,
                group=np.arange(2),
                split=two,
            )

    def test_a_product_both_in_the_tree_and_outside_is_refused(self):
        with pytest.raises(ValueError, match="only be one"):
            Truth(
                ptr=np.arange(2),
                node=np.ones(1, np.int32),
                outside=np.ones(1, np.int32),
                merchant=Names.of(["m"]),
                group=np.arange(1),
                split=Names.of(["test"]),
            )


class TestTrainingCounts:
    def test_products_below_a_node_count_for_it(self, tree):
        own = np.zeros(tree.n_nodes, np.int64)
        own[[tree.find(name) for name in ("Winter", "Shoes", "Hats")]] = [5, 2, 1]
        below = TrainingCounts(own, tree).below
        names = ("Winter", "Rain", "Boots", "Shoes", "Hats", "Belts")
        assert [below[tree.find(name)] for name in names] == [5, 0, 5, 7, 1, 0]
        assert below[0] == 8

    @given(answered_products())
    def test_a_node_has_its_own_products_and_its_children_s(self, case):
        _, _, tree, training = case
        for node in range(tree.n_nodes):
            assert training.below[node] == training.own[node] + training.below[tree.children(node)].sum()

    def test_counts_of_another_tree_are_refused(self, tree):
        with pytest.raises(ValueError, match="own has 3 nodes; the tree has 9"):
            TrainingCounts(np.zeros(3, np.int64), tree)


@pytest.mark.parametrize(
    ("labels", "common"),
    [
        (["Winter"], "Winter"),
        (["Boots"], "Boots"),
        (["Winter", "Rain"], "Boots"),
        (["Sandals", "Winter"], "Shoes"),
        (["Winter", "Boots"], "Boots"),
        (["Winter", "Hats"], None),
        (["Belts"], "Leather"),
    ],
)
def test_the_common_node_of_labels_is_the_deepest_that_holds_all(tree, labels, common):
    nodes = np.array([tree.find(name) for name in labels], np.int32)
    found = common_node(tree, np.array([0, len(nodes)]), nodes)
    assert found.tolist() == [0 if common is None else tree.find(common)]
