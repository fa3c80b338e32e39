"""Connected components of a graph that may be larger than memory.

Large-star and small-star in turn (Kiveris, Lattanzi, Mirrokni, Rastogi, Vassilvitskii, "Connected components
in MapReduce and beyond", 2014): each step is a grouping and a join, and about log(nodes) squared of them
leave every node with one edge, to the smallest node of its component.
"""

from aisle.catalogue.tables import scalar
from aisle.core.tables import Tables


def connect(tables: Tables, edges: str, into: str) -> None:
    """Find each node's component.

    Args:
        edges: a table with the columns `a` and `b` (BIGINT), in any direction; loops and doubles are welcome.
        into: the table to make, with the columns `node` and `root`, the smallest node of its component.
            A node that no edge joins to another is not in it.
    """
    tables.execute(
        f"CREATE TEMP TABLE star AS "
        f"SELECT DISTINCT greatest(a, b) AS child, least(a, b) AS parent FROM {edges} WHERE a <> b"
    )
    while not _is_stars(tables):
        _step(tables, _LARGE_STAR)
        _step(tables, _SMALL_STAR)
    tables.execute(
        f"CREATE TABLE {into} AS SELECT child AS node, parent AS root FROM star "
        f"UNION ALL SELECT DISTINCT parent, parent FROM star"
    )
    tables.execute("DROP TABLE star")


_LARGE_STAR = """
    WITH both_ways AS (SELECT child AS a, parent AS b FROM star UNION ALL SELECT parent, child FROM star),
         smallest AS (SELECT a, least(a, min(b)) AS root FROM both_ways GROUP BY a)
    SELECT DISTINCT b AS child, root AS parent FROM both_ways JOIN smallest USING (a) WHERE b > a
"""
"""Every larger neighbour of a node is joined to the smallest of the node and its neighbours."""

_SMALL_STAR = """
    WITH smallest AS (SELECT child, min(parent) AS root FROM star GROUP BY child)
    SELECT child, root AS parent FROM smallest
    UNION SELECT parent, root FROM star JOIN smallest USING (child) WHERE parent <> root
"""
"""Every node and its smaller neighbours are joined to the smallest of them."""


def _step(tables: Tables, query: str) -> None:
    tables.execute(f"CREATE TEMP TABLE next_star AS {query}")
    tables.execute("DROP TABLE star")
    tables.execute("ALTER TABLE next_star RENAME TO star")


def _is_stars(tables: Tables) -> bool:
    """Whether each child has one parent, and no parent is a child."""
    return not scalar(
        tables,
        "SELECT EXISTS (SELECT 1 FROM star WHERE parent IN (SELECT child FROM star)) "
        "OR EXISTS (SELECT 1 FROM star GROUP BY child HAVING count(*) > 1)",
    )
