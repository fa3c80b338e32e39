"""Groups of products that are the same or nearly, and how they grow without anyone changing sides."""

from aisle.catalogue.components import connect
from aisle.catalogue.splits import SETTLED, SETTLED_AS, SplitRatio
from aisle.core.tables import Tables

MAX_HOLDERS = 200
"""A key that more products hold is no sign of likeness: a generic title, the picture that stands for none."""


def group_products(tables: Tables) -> None:
    """Find the connected components over the keys that products share.

    Reads `products` and `keys`; makes `links` (row, key: what joins products) and `groups` (row, group). A
    component is called by its smallest product, or by the smallest name that one of its products had before.
    """
    _make_links(tables)
    tables.execute("CREATE VIEW free AS SELECT row, key, old_group FROM products")
    _free_components(tables)
    tables.execute('CREATE TABLE groups AS SELECT row, root_name AS "group" FROM components')


def group_and_draw(tables: Tables, ratio: SplitRatio) -> None:
    """Find groups as `group_products` does, but around those that are settled, and draw each group's split.

    `groups` gets the column `drawn`: the split of the group. Products that were given a split before keep it
    and their group, settled groups of one split may be joined by new products, and new products that would
    join settled groups of different splits are drawn `conflict`, each a group of its own.
    """
    _make_links(tables)
    _find_settled(tables)
    _free_components(tables)
    _find_touched(tables)
    _name_groups(tables, ratio)


def _make_links(tables: Tables) -> None:
    tables.execute(
        f"""
        CREATE TABLE links AS
        WITH useful AS (
            SELECT key FROM keys GROUP BY key HAVING count(*) BETWEEN 2 AND {MAX_HOLDERS}
        )
        SELECT row, key FROM keys JOIN useful USING (key)
        """
    )


def _find_settled(tables: Tables) -> None:
    """Make `settled` (each old group that has a split), `anchored` (its products) and `free` (the others).

    A product that was in conflict stays so and links nothing.
    """
    tables.execute(
        f"""
        CREATE TABLE settled AS
        SELECT old_group AS "group",
               min({SETTLED_AS}) AS split
        FROM products WHERE old_split IN {SETTLED} GROUP BY old_group
        """
    )
    tables.execute(
        """
        CREATE TABLE anchored AS
        SELECT row, "group" FROM products JOIN settled ON old_group = "group" WHERE old_split <> 'conflict'
        """
    )
    tables.execute(
        """
        CREATE TABLE free AS
        SELECT row, key, old_group FROM products
        WHERE old_split IS DISTINCT FROM 'conflict' AND row NOT IN (SELECT row FROM anchored)
        """
    )


def _free_components(tables: Tables) -> None:
    """`components`: for each free product the root of its component, and the component's name."""
    tables.execute(
        """
        CREATE VIEW free_edges AS
        SELECT row AS a, min(row) OVER (PARTITION BY key) AS b FROM links WHERE row IN (SELECT row FROM free)
        UNION ALL
        SELECT row, min(row) OVER (PARTITION BY old_group) FROM free WHERE old_group IS NOT NULL
        """
    )
    connect(tables, "free_edges", "connected")
    tables.execute(
        """
        CREATE TABLE components AS
        SELECT row, key, old_group, coalesce(root, row) AS root,
               min(coalesce(old_group, key)) OVER (PARTITION BY coalesce(root, row)) AS root_name
        FROM free LEFT JOIN connected ON node = row
        """
    )


def _find_touched(tables: Tables) -> None:
    """Find where free components meet settled groups.

    Makes `touched` (the settled groups that each component shares a key with), `torn` (components that touch
    several splits) and `joined` (for settled groups and components that are not torn, where they touch, the
    name and the split that all who are joined have from now on).
    """
    tables.execute(
        """
        CREATE TABLE touched AS
        SELECT DISTINCT root, "group"
        FROM (SELECT DISTINCT root, links.key FROM components JOIN links USING (row)) AS of_free
        JOIN (SELECT DISTINCT "group", key FROM anchored JOIN links USING (row)) AS of_settled USING (key)
        """
    )
    tables.execute(
        """
        CREATE TABLE torn AS
        SELECT root FROM touched JOIN settled USING ("group") GROUP BY root HAVING count(DISTINCT split) > 1
        """
    )
    tables.execute(
        """
        CREATE TABLE numbered AS
        SELECT "group", split, -row_number() OVER (ORDER BY "group") AS node FROM settled
        """
    )
    tables.execute(
        """
        CREATE VIEW settled_edges AS
        SELECT root AS a, node AS b FROM touched JOIN numbered USING ("group") WHERE root NOT IN (FROM torn)
        """
    )
    connect(tables, "settled_edges", "connected_settled")
    tables.execute(
        """
        CREATE TABLE joined AS
        SELECT node, min("group") OVER (PARTITION BY root) AS name,
               min(split) OVER (PARTITION BY root) AS split
        FROM connected_settled LEFT JOIN numbered USING (node)
        """
    )


def _name_groups(tables: Tables, ratio: SplitRatio) -> None:
    tables.execute(
        f"""
        CREATE TABLE groups AS
        SELECT row, coalesce(joined.name, anchored."group") AS "group", settled.split AS drawn
        FROM anchored JOIN settled USING ("group") JOIN numbered USING ("group") LEFT JOIN joined USING (node)
        UNION ALL
        SELECT row, coalesce(joined.name, root_name), coalesce(joined.split, {ratio.sql("root_name")})
        FROM components LEFT JOIN joined ON node = root WHERE root NOT IN (FROM torn)
        UNION ALL
        SELECT row, coalesce(old_group, key), 'conflict' FROM components WHERE root IN (FROM torn)
        UNION ALL
        SELECT row, old_group, 'conflict' FROM products WHERE old_split = 'conflict'
        """
    )
