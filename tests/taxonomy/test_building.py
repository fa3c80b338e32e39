import pytest

from aisle.taxonomy.building import TreeError, from_parents, from_paths


class TestFromPaths:
    def test_nothing_is_no_tree(self):
        with pytest.raises(TreeError, match="holds no category"):
            from_paths([])

    def test_a_name_of_white_space_is_refused(self):
        with pytest.raises(TreeError, match="empty name"):
            from_paths([("Clothing", " ")])

    def test_a_name_that_would_be_split_is_refused(self):
        with pytest.raises(TreeError, match="'Men > Shirts' holds a '>' of its own"):
            from_paths([("Clothing", "Men > Shirts")])

    def test_one_id_for_two_nodes_is_refused(self):
        with pytest.raises(TreeError, match="the id '1' of 'Hats' is that of 'Shoes' too"):
            from_paths([("Shoes",), ("Hats",)], {("Shoes",): "1", ("Hats",): "1"})

    def test_nodes_come_depth_first_and_siblings_as_they_first_appear(self):
        tree = from_paths([("B", "y"), ("A",), ("B", "x"), ("A", "z")])
        assert tree.path_texts() == ["", "B", "B > y", "B > x", "A", "A > z"]

    def test_a_parent_that_no_path_names_is_made(self):
        assert from_paths([("A", "B", "C")]).path_texts() == ["", "A", "A > B", "A > B > C"]

    def test_a_parent_may_come_after_its_child(self):
        assert from_paths([("A", "B"), ("A",)]).ids == ("", "A", "A > B")

    def test_doubles_and_empty_paths_change_nothing(self):
        assert from_paths([("A",), (), ("A",), ("A", "B")]).ids == ("", "A", "A > B")

    def test_without_ids_siblings_that_differ_in_case_are_one_node_spelled_as_it_first_was(self):
        tree = from_paths([("Shoes", "Boots"), ("SHOES", "boots"), ("shoes", "Clogs")])
        assert tree.path_texts()[1:] == ["Shoes", "Shoes > Boots", "Shoes > Clogs"]

    def test_with_ids_siblings_that_differ_in_case_are_two_nodes(self):
        assert from_paths([("Shoes",), ("SHOES",)], {("Shoes",): "1", ("SHOES",): "2"}).ids == ("", "1", "2")

    def test_a_node_without_an_id_has_its_path_for_one(self):
        assert from_paths([("A", "B")], {("A", "B"): "7"}).ids == ("", "A", "7")


class TestFromParents:
    @pytest.mark.parametrize(
        ("ids", "parents", "names", "row", "message"),
        [
            ([], [], [], -1, "holds no category"),
            (["1", "1"], ["", ""], ["A", "B"], 1, "the id '1' of 'B' is that of 'A' too"),
            (["1", ""], ["", ""], ["A", "B"], 1, "'B' has an empty id"),
            (["1", "2"], ["", "1"], ["A", ""], 1, "the category with the id '2' has an empty name"),
            (["1", "2"], ["", "3"], ["A", "B"], 1, "the parent '3' of '2' is no row's id"),
            (["1"], ["1"], ["A"], 0, "'1' lies below itself; mend its parent '1'"),
            (["1", "4", "2", "3"], ["", "3", "3", "2"], list("ABCD"), 3, "'3' lies below itself"),
        ],
    )
    def test_what_is_no_tree_is_refused_and_the_row_named(self, ids, parents, names, row, message):
        with pytest.raises(TreeError, match=message) as caught:
            from_parents(ids, parents, names)
        assert caught.value.row == row

    def test_rows_may_come_in_any_order(self):
        tree = from_parents(["3", "1", "2"], ["2", "", "1"], ["C", "A", "B"])
        assert tree.path_texts() == ["", "A", "A > B", "A > B > C"]

    def test_a_chain_of_thousands_is_no_trouble(self):
        rows = range(5000)
        tree = from_parents(
            [f"{i}" for i in rows], [f"{i - 1}" if i else "" for i in rows], ["x" for _ in rows]
        )
        assert (tree.max_depth, tree.n_leaves) == (5000, 1)
