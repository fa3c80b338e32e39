from io import StringIO

from rich.console import Console

from aisle.taxonomy.building import from_paths
from aisle.taxonomy.drawing import draw_branch, level_table
from aisle.taxonomy.tree import ROOT

SHOP = from_paths(
    [("Clothing", "Men", "Shirts"), ("Clothing", "Men", "Trousers"), ("Clothing", "Hats"), ("Gifts [new]",)],
    {("Clothing", "Men"): "17"},
)


def lines(drawing):
    """What a console of 100 columns without colours shows, line by line."""
    console = Console(file=StringIO(), width=100, color_system=None)
    console.print(drawing)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_a_table_of_levels():
    assert lines(level_table(SHOP)) == [
        "level  nodes  leaves  nodes if cut here  leaves if cut here",
        "    1      2       1                  2                   2",
        "    2      2       1                  4                   3",
        "    3      2       2                  6                   4",
        "  all      6       4",
    ]


def test_a_branch_is_headed_by_its_path_and_ids_follow_the_names():
    assert lines(draw_branch(SHOP, SHOP.node_of_id("17"), 3)) == [
        "Clothing > Men  17",
        "├── Shirts",
        "└── Trousers",
    ]


def test_what_is_not_drawn_is_counted():
    assert lines(draw_branch(SHOP, ROOT, 2)) == [
        "all categories",
        "├── Clothing",
        "│   ├── Men  … 2 leaves below  17",
        "│   └── Hats",
        "└── Gifts [new]",
    ]
