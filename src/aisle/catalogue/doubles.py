"""Two rows with one id in one merchant: the last wins, the others are put aside."""

from aisle.catalogue.tables import scalar
from aisle.core.tables import Tables


def find_products(tables: Tables, *, use_other_labels: bool) -> None:
    """Make the tables that all later steps start from.

    `doubles`: a row that lost, the `winner`, and where that stands. `products`: a row for each product, its
    `key` (a hash of merchant and id, which is the product's name whatever the order of rows), and, where it
    stands in the catalogue that is extended or replaces a row of it, the `old_group` and the `old_split`; one
    that brings no label keeps the one that it had there (`keeps_label`).
    `keys`: the hashed keys of products, each once.

    Args:
        tables: with the stage's rows.
        use_other_labels: labels are read from the second of the columns where they are looked for.
    """
    label = "other_label_text" if use_other_labels else "label_text"
    tables.execute(f"CREATE VIEW read_rows AS SELECT * REPLACE ({label} AS label_text) FROM staged_rows")
    tables.execute(
        """
        CREATE TABLE doubles AS
        WITH several AS (
            SELECT merchant, id, max(row) AS winner FROM read_rows GROUP BY merchant, id HAVING count(*) > 1
        )
        SELECT loser.row, winner, winner_row.source_file AS winner_file, winner_row.source_line AS winner_line
        FROM read_rows AS loser JOIN several USING (merchant, id)
        JOIN read_rows AS winner_row ON winner_row.row = winner
        WHERE loser.row <> winner
        """
    )
    tables.execute(
        """
        CREATE TABLE products AS
        WITH replaced AS (
            SELECT winner AS row, old_group, old_split, label_text AS old_label
            FROM doubles JOIN read_rows USING (row) WHERE old_group IS NOT NULL
        )
        SELECT row, merchant, given_split,
               CASE WHEN label_text = '' THEN coalesce(old_label, '') ELSE label_text END AS label_text,
               label_text = '' AND coalesce(old_label, '') <> '' AS keeps_label,
               left(md5('product ' || merchant || chr(31) || id), 16) AS key,
               coalesce(read_rows.old_group, replaced.old_group) AS old_group,
               coalesce(read_rows.old_split, replaced.old_split) AS old_split
        FROM read_rows LEFT JOIN replaced USING (row)
        WHERE row NOT IN (SELECT row FROM doubles)
        """
    )
    tables.execute(
        """
        CREATE TABLE keys AS
        SELECT DISTINCT row, md5_number(key) AS key FROM staged_keys
        WHERE row NOT IN (SELECT row FROM doubles)
        """
    )


def count_kept_labels(tables: Tables) -> int:
    """How many products keep the label of the catalogue that is extended, since their new row brings none."""
    return int(scalar(tables, "SELECT count(*) FROM products WHERE keeps_label"))


def count_poorer(tables: Tables) -> dict[str, int]:
    """How many products lack a title, a label or an image that an earlier row of the same feeds held.

    Returns:
        `title`, `label`, `image`, and `any` of them; a label that a product keeps is none that it lacks.
    """
    one = tables.execute(
        """
        WITH lost AS (
            SELECT bool_or(loser.has_title) AND NOT any_value(kept.has_title) AS title,
                   bool_or(loser.has_image) AND NOT any_value(kept.has_image) AS image,
                   bool_or(loser.label_text <> '') AND any_value(products.label_text) = '' AS label
            FROM doubles JOIN read_rows AS loser ON loser.row = doubles.row AND loser.old_group IS NULL
            JOIN read_rows AS kept ON kept.row = winner JOIN products ON products.row = winner
            GROUP BY winner
        )
        SELECT count(*) FILTER (WHERE title), count(*) FILTER (WHERE label), count(*) FILTER (WHERE image),
               count(*) FILTER (WHERE title OR label OR image)
        FROM lost
        """
    ).fetchone()
    return dict(zip(("title", "label", "image", "any"), one or (0, 0, 0, 0), strict=True))
