import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.core.errors import AisleError
from aisle.taxonomy.building import from_paths
from aisle.taxonomy.cut import add_other_leaves, prune, truncate
from aisle.taxonomy.labels import LABELS_FILE, TREE_FILE, LabelTree, label_tree, read_label_tree
from aisle.taxonomy.readers import read_taxonomy
from strategies import taxonomies

FULL = from_paths(
    [("Clothing", "Men", "Shirts"), ("Clothing", "Women"), ("Gifts",)],
    {("Clothing",): "1", ("Clothing", "Men"): "2", ("Clothing", "Men", "Shirts"): "3"},
)


def cut_labels():
    """Cut at level 2, without Gifts, and with an `(other)` leaf below Clothing."""
    first = truncate(FULL, 2)
    counts = np.zeros(first.tree.n_nodes, dtype=np.int64)
    counts[first.tree.find("2")] = counts[first.tree.find("Women")] = 3
    second = first.then(prune(first.tree, counts, 3))
    return label_tree(FULL, second.then(add_other_leaves(second.tree, [1])))


class TestResolve:
    @pytest.mark.parametrize(
        ("text", "path"),
        [
            ("3", "Clothing > Men"),
            ("Shirts", "Clothing > Men"),
            ("clothing > women", "Clothing > Women"),
            ("1", "Clothing > (other)"),
            ("Clothing", "Clothing > (other)"),
            ("Clothing > (other)", "Clothing > (other)"),
            ("1/(other)", "Clothing > (other)"),
        ],
    )
    def test_what_a_label_means(self, text, path):
        labels = cut_labels()
        assert labels.tree.path_text(labels.resolve(text)) == path
        assert labels.tree.path_text(labels.resolve(text)) == path, "the second time too"

    @pytest.mark.parametrize("text", ["", "Gifts", "Trousers", "(other)"])
    def test_what_means_nothing(self, text):
        assert cut_labels().resolve(text) is None

    def test_memory_stays_bounded(self, monkeypatch):
        monkeypatch.setattr("aisle.taxonomy.labels._MEMORY_SIZE", 3)
        labels = cut_labels()
        for text in ("a", "b", "c", "d", "3"):
            labels.resolve(text)
        assert len(labels._known) <= 3


class TestFiles:
    def test_both_trees_and_the_meaning_come_back(self, tmp_path):
        labels = cut_labels()
        labels.write(tmp_path)
        again = read_label_tree(tmp_path)
        assert (again.tree.ids, again.full.ids) == (labels.tree.ids, labels.full.ids)
        assert again.meaning.tolist() == labels.meaning.tolist()

    def test_the_files_say_what_each_label_means(self, tmp_path):
        cut_labels().write(tmp_path)
        assert (tmp_path / LABELS_FILE).read_text().splitlines() == [
            "id\tparent\tname\tmeans",
            "1\t\tClothing\t1/(other)",
            "2\t1\tMen\t2",
            "3\t2\tShirts\t2",
            "Clothing > Women\t1\tWomen\tClothing > Women",
            "Gifts\t\tGifts\t",
        ]

    def test_the_tree_can_be_read_as_any_taxonomy(self, tmp_path):
        labels = cut_labels()
        labels.write(tmp_path)
        assert read_taxonomy(str(tmp_path / TREE_FILE)).ids == labels.tree.ids

    @given(taxonomies(), st.integers(1, 4))
    def test_any_tree_comes_back(self, tmp_path_factory, tree, depth):
        folder = tmp_path_factory.mktemp("labels")
        labels = label_tree(tree, truncate(tree, depth))
        labels.write(folder)
        again = read_label_tree(folder)
        assert (again.full.ids, again.full.names) == (tree.ids, tree.names)
        assert again.full.end.tolist() == tree.end.tolist()
        assert again.meaning.tolist() == labels.meaning.tolist()

    def test_a_missing_file_is_an_error(self, tmp_path):
        with pytest.raises(AisleError, match=r"taxonomy\.tsv: cannot be read: "):
            read_label_tree(tmp_path)

    @pytest.mark.parametrize(
        ("file", "old", "new", "message"),
        [
            (LABELS_FILE, "id\tparent", "id\tabove", "labels.tsv: opens with "),
            (LABELS_FILE, "2\t1\tMen\t2", "2\t1\tMen", "labels.tsv:3: has 3 fields; expected 4"),
            (LABELS_FILE, "2\t1\tMen", "2\t7\tMen", "labels.tsv:3: the parent '7' of '2'"),
            (LABELS_FILE, "Shirts\t2", "Shirts\t7", "labels.tsv: '3' means '7', which taxonomy.tsv lacks"),
            (TREE_FILE, "2\t1\tMen", "1\t1\tMen", "taxonomy.tsv:3: the id '1' of 'Men'"),
        ],
    )
    def test_a_file_that_was_tampered_with_is_an_error(self, tmp_path, file, old, new, message):
        cut_labels().write(tmp_path)
        text = (tmp_path / file).read_text()
        assert old in text
        (tmp_path / file).write_text(text.replace(old, new))
        with pytest.raises(AisleError) as caught:
            read_label_tree(tmp_path)
        assert message in str(caught.value)

    @pytest.mark.parametrize("content", [b"", b"\xff\n", b'id\tparent\tname\n"1\t\tA\n'])
    def test_a_file_in_another_format_is_an_error(self, tmp_path, content):
        (tmp_path / TREE_FILE).write_bytes(content)
        with pytest.raises(AisleError, match=r"taxonomy\.tsv: "):
            read_label_tree(tmp_path)


class TestMisuse:
    def test_a_meaning_of_another_length_is_refused(self):
        with pytest.raises(ValueError, match="meaning has the shape"):
            LabelTree(FULL, FULL, np.zeros(2, dtype=np.int32))

    def test_a_meaning_outside_the_tree_is_refused(self):
        with pytest.raises(ValueError, match="meaning names node 99"):
            LabelTree(FULL, FULL, np.full(FULL.n_nodes, 99, dtype=np.int32))
