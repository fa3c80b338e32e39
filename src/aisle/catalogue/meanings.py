"""What each distinct label text of the products means, kept beside them as a table."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from aisle.catalogue.labels import find_label, nodes_of_label, several
from aisle.catalogue.tables import append, scalar
from aisle.core.errors import AisleError
from aisle.core.tables import Tables, stream
from aisle.feeds import on_one_line, some_of
from aisle.taxonomy.labels import LabelTree
from aisle.taxonomy.tree import Taxonomy

UNRESOLVED_FILE = "unresolved.tsv"

_MEANING_SCHEMA = pa.schema(
    [("label_text", pa.string()), ("label", pa.list_(pa.string())), ("outcome", pa.string())]
)
_MOST_FREQUENT_FIRST = "ORDER BY n_products DESC, label_text"
_N_EXAMPLES = 3


def count_labels(tables: Tables) -> None:
    """Make `label_counts`: each distinct label text and how many products have it."""
    tables.execute(
        """
        CREATE TABLE label_counts AS
        SELECT label_text, count(*) AS n_products FROM products WHERE label_text <> '' GROUP BY label_text
        """
    )


def label_counts(tables: Tables) -> Iterator[tuple[str, int]]:
    """Each distinct label text and how many products have it, the most frequent first."""
    for batch in stream(tables, f"SELECT label_text, n_products FROM label_counts {_MOST_FREQUENT_FIRST}"):
        yield from zip(batch["label_text"].to_pylist(), batch["n_products"].to_pylist(), strict=True)


def resolve_all(tables: Tables, labels: LabelTree) -> None:
    """Make `meanings`: for each label text the ids of its nodes (`label`) and its outcome; see Manifest."""
    append(tables, "meanings", _MEANING_SCHEMA.empty_table())
    for batch in stream(tables, "SELECT label_text FROM label_counts"):
        texts = batch["label_text"].to_pylist()
        nodes = [nodes_of_label(labels, text) for text in texts]
        ids = [[labels.tree.ids[node] for node in found] for found in nodes]
        outcomes = [_outcome(labels, text, found) for text, found in zip(texts, nodes, strict=True)]
        append(tables, "meanings", pa.table([texts, ids, outcomes], schema=_MEANING_SCHEMA))


def _outcome(labels: LabelTree, text: str, nodes: list[int]) -> str:
    if nodes:
        return "resolved"
    return (
        "pruned" if any(find_label(labels.full, part) is not None for part in several(text)) else "unresolved"
    )


def check_some_match(tables: Tables, full: Taxonomy, taxonomy: str, columns: Sequence[str]) -> None:
    """Refuse a taxonomy that knows none of the labels.

    Args:
        full: the taxonomy; `taxonomy` is its address.
        columns: where the labels stand.

    Raises:
        AisleError: it names the taxonomy, the columns and some labels.
    """
    examples: list[str] = []
    for text, _ in label_counts(tables):
        if any(find_label(full, part) is not None for part in several(text)):
            return
        if len(examples) < _N_EXAMPLES:
            examples.append(f"'{shown(text)}'")
    raise AisleError(
        f"{taxonomy}: knows none of the labels in {', '.join(columns)}, such as {', '.join(examples)}; "
        "name the taxonomy that the labels come from, or another column with --label-column"
    )


def check_some_labelled(
    tables: Tables, feeds: Sequence[str], columns: Sequence[str], own_columns: Sequence[str]
) -> None:
    """Refuse feeds without any label.

    Args:
        columns: where labels were looked for.
        own_columns: others that the feeds have.

    Raises:
        AisleError: it names the columns that were looked at, and the others.
    """
    if next(label_counts(tables), None) is None:
        n_lost = scalar(tables, "SELECT count(*) FROM read_rows WHERE label_text <> ''")
        if n_lost:
            raise AisleError(
                f"{some_of(feeds)}: {n_lost:,} rows have a label in {', '.join(columns)}, but each product "
                "has several rows, and the last, which wins, has none; bring each product to one row first"
            )
        names = [on_one_line(name) for name in own_columns if name not in columns]
        others = f"; other columns: {', '.join(names)}" if names else ""
        raise AisleError(
            f"{some_of(feeds)}: no product has a label in {', '.join(columns)}; "
            f"name the column that holds the category with --label-column{others}"
        )


def write_unresolved(tables: Tables, folder: Path) -> None:
    """Write `unresolved.tsv`: how many products have each label text that the tree does not know."""
    query = f"""
        SELECT n_products, label_text FROM label_counts JOIN meanings USING (label_text)
        WHERE outcome = 'unresolved' {_MOST_FREQUENT_FIRST}
    """
    with (folder / UNRESOLVED_FILE).open("w", encoding="utf-8") as file:
        file.write("products\tlabel\n")
        for batch in stream(tables, query):
            for n_products, text in zip(batch[0].to_pylist(), batch[1].to_pylist(), strict=True):
                file.write(f"{n_products}\t{shown(text)}\n")


def shown(label_text: str) -> str:
    """A label text on one line."""
    return " | ".join(several(label_text))
