"""Each product's split, from its label, its group, its merchant or what the data say; the cap on a label."""

from aisle.catalogue.grouping import group_and_draw, group_products
from aisle.catalogue.splits import DRAWN, SETTLED, SETTLED_AS, SplitRatio, SplitRule
from aisle.catalogue.tables import scalar
from aisle.core.tables import Tables

_DRAWN_BY = {
    "group": "groups.drawn",
    "merchant": "merchants.drawn",
    "file": "given_split",
    "column": "given_split",
}
"""From the kind of a rule to the column that holds the split it gives."""


def place(tables: Tables, rule: SplitRule, ratio: SplitRatio, max_per_leaf: int | None) -> None:
    """Give every product its group and its split.

    Reads `products`, `keys` and `meanings`; makes `placed` (row, label, label_text, outcome, group, split). A
    product without a label is `unlabelled`; one that was placed before stays where it is.
    """
    if rule.kind == "group":
        group_and_draw(tables, ratio)
    else:
        group_products(tables)
    _draw_merchants(tables, ratio)
    tables.execute(
        f"""
        CREATE TABLE placed AS
        SELECT row, key, coalesce(label, []) AS label, label_text, coalesce(outcome, 'none') AS outcome,
               "group",
               CASE WHEN len(coalesce(label, [])) = 0 THEN 'unlabelled'
                    WHEN old_split <> 'unlabelled' THEN old_split
                    ELSE {_DRAWN_BY[rule.kind]} END AS split,
               old_split
        FROM products JOIN groups USING (row) LEFT JOIN meanings USING (label_text)
             LEFT JOIN merchants USING (merchant)
        """
    )
    if max_per_leaf is not None:
        _cap(tables, max_per_leaf)


def _draw_merchants(tables: Tables, ratio: SplitRatio) -> None:
    """Make `merchants`: the split of each.

    In a new catalogue, merchants with labels are dealt out in the order of a hash of their names, so that
    each share gets its part, and at least one merchant where there are enough. In one that grows, those that
    were split before stay, and new ones are drawn by the hash alone.
    """
    tables.execute(
        f"""
        CREATE TABLE merchants AS
        WITH known AS (
            SELECT merchant, bool_or(len(label) > 0) AS has_label,
                   min({SETTLED_AS})
                   FILTER (WHERE old_split IN {SETTLED}) AS before
            FROM products LEFT JOIN meanings USING (label_text) GROUP BY merchant
        ), dealt AS (
            SELECT *, count(before) OVER () = 0 AND coalesce(has_label, false) AS is_dealt,
                   count(*) FILTER (WHERE has_label) OVER () AS n,
                   row_number() OVER (
                       PARTITION BY has_label ORDER BY md5('split ' || merchant), merchant
                   ) AS place
            FROM known
        )
        SELECT merchant,
               CASE WHEN is_dealt THEN {_dealt_sql(ratio)}
                    ELSE coalesce(before, {ratio.sql("merchant")}) END AS drawn
        FROM dealt
        """
    )


def _dealt_sql(ratio: SplitRatio) -> str:
    """An SQL expression for the split of the merchant with the number `place`, from 1, of `n` merchants."""
    shares = ratio.shares()
    cases = []
    reached = 0.0
    for number, (split, share) in enumerate(shares.items(), start=1):
        reached += share
        last = f"greatest({number}, least(round(n * {reached / 100}), n - {len(shares) - number}))"
        cases.append(f"WHEN place <= {last} THEN '{split}'")
    return f"CASE {' '.join(cases)} END"


def _cap(tables: Tables, max_per_leaf: int) -> None:
    """Leave each label so many train products: those placed before, then by a hash of merchant and id."""
    tables.execute(
        f"""
        CREATE TABLE capped AS
        SELECT row FROM (
            SELECT row, old_split,
                   row_number() OVER (
                       PARTITION BY label ORDER BY old_split IS DISTINCT FROM 'train', md5(key), row
                   ) AS place
            FROM placed WHERE split = 'train'
        ) WHERE place > {max_per_leaf} AND old_split IS DISTINCT FROM 'train'
        """
    )
    tables.execute("UPDATE placed SET split = 'capped' WHERE row IN (FROM capped)")


def links_across_splits(tables: Tables) -> dict[str, int]:
    """How far the splits are linked by keys that products of several of them share.

    Returns:
        `keys`: how many keys; `val`, `test`: how many products of that split share one with a train product.
    """
    tables.execute(
        f"""
        CREATE VIEW sided AS
        SELECT row, links.key AS key, split FROM links JOIN placed USING (row) WHERE split IN {DRAWN}
        """
    )
    counts = {
        "keys": scalar(
            tables,
            "SELECT count(*) FROM (SELECT key FROM sided GROUP BY key HAVING count(DISTINCT split) > 1)",
        )
    }
    for split in DRAWN[1:]:
        counts[split] = scalar(
            tables,
            f"""
            SELECT count(DISTINCT row) FROM sided
            WHERE split = '{split}' AND key IN (SELECT key FROM sided WHERE split = 'train')
            """,
        )
    return counts
