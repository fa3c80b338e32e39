from hypothesis import given

from aisle.taxonomy.building import from_parents
from aisle.taxonomy.node_table import read_nodes, read_nodes_and_means, write_nodes
from strategies import taxonomies


@given(taxonomies())
def test_any_tree_comes_back_node_for_node(tmp_path_factory, tree):
    file = tmp_path_factory.mktemp("nodes") / "tree.tsv"
    write_nodes(file, tree)
    again = read_nodes(file)
    assert (again.ids, again.names) == (tree.ids, tree.names)
    assert again.parent.tolist() == tree.parent.tolist()


def test_the_fourth_column_comes_back_for_every_node_whatever_the_order_of_lines(tmp_path):
    tree = from_parents(["1", "2", "3"], ["", "1", ""], ["A", "B", "C"])
    write_nodes(tmp_path / "tree.tsv", tree, ["", "x", "y", ""])
    header, *rows = (tmp_path / "tree.tsv").read_text().splitlines()
    (tmp_path / "tree.tsv").write_text("\n".join([header, *rows[::-1]]) + "\n")
    again, means = read_nodes_and_means(tmp_path / "tree.tsv")
    assert {again.ids[node]: means[node] for node in range(1, 4)} == {"1": "x", "2": "y", "3": ""}
