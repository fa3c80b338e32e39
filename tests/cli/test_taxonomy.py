"""`aisle taxonomy show`."""

import pytest

from aisle.cli.main import run

TREE = """\
# Google_Product_Taxonomy_Version: 2021-09-21
1 - Clothing
2 - Clothing > Men
3 - Clothing > Men > Shirts
4 - Clothing > Men > Trousers
5 - Clothing > Women
6 - Clothing > Women > Shirts
7 - Gifts [new]
"""


@pytest.fixture
def tree(tmp_path):
    file = tmp_path / "tree.txt"
    file.write_text(TREE)
    return str(file)


def shown(capsys, *arguments):
    assert run(["taxonomy", "show", *arguments]) == 0
    return capsys.readouterr().out


def refused(capsys, *arguments):
    assert run(["taxonomy", "show", *arguments]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    return message


class TestBadInput:
    def test_no_such_file(self, capsys, tmp_path):
        assert "none.txt: no such file" in refused(capsys, str(tmp_path / "none.txt"))

    def test_a_malformed_line(self, capsys, tmp_path):
        (tmp_path / "t.txt").write_text("1 - A\n2x - B\n")
        assert "t.txt:2: id '2x' is not a number" in refused(capsys, str(tmp_path / "t.txt"))

    def test_a_branch_that_there_is_not_and_one_that_may_be_meant(self, capsys, tree):
        message = refused(capsys, tree, "--branch", "clothng > men")
        assert (
            "no category is called 'clothng > men'; did you mean 'Clothing > Men' or 'Clothing > Women"
            in message
        )

    def test_several_may_be_meant_and_those_that_end_alike_come_first(self, capsys, tmp_path):
        names = ["Pets", "Pets > Toy Accessories", "Accessories for Cars", "Shop Accessories", "Accesories"]
        (tmp_path / "t.txt").write_text("\n".join(names) + "\n")
        message = refused(capsys, str(tmp_path / "t.txt"), "--branch", "Accessories")
        assert "'Accessories'; did you mean 'Shop Accessories' or 'Pets > Toy Accessories'?" in message
        message = refused(capsys, str(tmp_path / "t.txt"), "--branch", "for")
        assert "did you mean 'Accessories for Cars'?" in message

    def test_a_branch_like_nothing_there_is(self, capsys, tree):
        message = refused(capsys, tree, "--branch", "zzz")
        assert "no category is called 'zzz'; top categories: Clothing, Gifts [new]" in message

    def test_a_branch_that_could_be_several(self, capsys, tree):
        message = refused(capsys, tree, "--branch", "shirts")
        assert (
            "'shirts' may be Clothing > Men > Shirts or Clothing > Women > Shirts; write the whole path"
            in message
        )

    def test_a_depth_below_1(self, capsys, tree):
        assert run(["taxonomy", "show", tree, "--max-depth", "0"]) == 2


class TestCounts:
    def test_a_line_for_each_level_with_what_cutting_there_would_leave(self, capsys, tree):
        rows = [line.split() for line in shown(capsys, tree).splitlines()]
        assert ["1", "2", "1", "2", "2"] in rows
        assert ["2", "2", "0", "4", "3"] in rows
        assert ["3", "3", "3", "7", "4"] in rows
        assert ["all", "7", "4"] in rows


class TestDrawing:
    def test_without_a_branch_the_top_categories_are_drawn(self, capsys, tree):
        out = shown(capsys, tree)
        assert "Clothing" in out
        assert "Gifts [new]" in out
        assert "Women" not in out

    def test_a_branch_is_drawn_whole(self, capsys, tree):
        out = shown(capsys, tree, "--branch", "clothing")
        assert [name in out for name in ("Men", "Trousers", "Women", "Gifts")] == [True, True, True, False]

    def test_a_branch_is_drawn_down_to_a_level(self, capsys, tree):
        out = shown(capsys, tree, "--branch", "Clothing", "--max-depth", "2")
        assert "Women" in out
        assert "Trousers" not in out

    def test_a_branch_below_the_level_is_drawn_by_itself(self, capsys, tree):
        out = shown(capsys, tree, "--branch", "Clothing > Men", "--max-depth", "1")
        assert "Clothing > Men" in out
        assert "Trousers" not in out

    def test_a_branch_may_be_an_id(self, capsys, tree):
        assert "Trousers" in shown(capsys, tree, "--branch", "2")

    def test_the_whole_tree_is_drawn_down_to_a_level(self, capsys, tree):
        out = shown(capsys, tree, "--max-depth", "2")
        assert [name in out for name in ("Men", "Women", "Gifts [new]", "Trousers")] == [
            True,
            True,
            True,
            False,
        ]

    def test_long_names_stay_on_one_line(self, capsys, tmp_path):
        (tmp_path / "t.txt").write_text("A\nA > " + "long " * 40 + "name\n")
        out = shown(capsys, str(tmp_path / "t.txt"), "--branch", "A")
        assert "long " * 40 + "name" in out
