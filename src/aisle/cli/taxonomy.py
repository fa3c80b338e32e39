"""`aisle taxonomy`: a look at a category tree."""

import click

_UNBOUNDED = 100_000
"""The width of a file or a pipe in characters, so that no name there is broken in two."""


@click.group(name="taxonomy")
def command() -> None:
    """Look at a category tree."""


@command.command()
@click.argument("tree")
@click.option(
    "--max-depth",
    type=click.IntRange(min=1),
    help="The last level to draw.  [default: all of a branch, 1 without one]",
)
@click.option("--branch", help="Draw what lies below this category: a path, an id, or a name of one only.")
def show(tree: str, max_depth: int | None, branch: str | None) -> None:
    """Count the nodes and leaves at each level of TREE, and draw a branch of it.

    TREE is a file with a taxonomy: Google's or Shopify's list, a table with the columns id, parent and name
    or with one for each level, or one path a line. Any of them may be packed with gzip.

    Example: aisle taxonomy show taxonomy-with-ids.en-US.txt --max-depth 3 --branch "Animals & Pet Supplies"
    """
    from rich.console import Console

    from aisle.taxonomy.drawing import draw_branch, find_branch, level_table
    from aisle.taxonomy.readers import read_taxonomy
    from aisle.taxonomy.tree import ROOT

    taxonomy = read_taxonomy(tree)
    node = ROOT if branch is None else find_branch(taxonomy, branch)
    last_level = max_depth or (1 if branch is None else taxonomy.max_depth)
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _UNBOUNDED
    console.print(level_table(taxonomy, max_depth))
    console.print()
    console.print(draw_branch(taxonomy, node, last_level))
