"""What merchants wrote as labels, and the nodes of the tree that it means."""

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aisle.catalogue.clean import clean
from aisle.catalogue.columns import SEVERAL, text_column
from aisle.core.offsets import arrow_offsets
from aisle.feeds import find_column
from aisle.taxonomy.labels import LabelTree
from aisle.taxonomy.names import SEPARATOR, join_path, split_path, unescape_path
from aisle.taxonomy.tree import Taxonomy

GOOGLE = "google_product_category"
MERCHANTS_OWN = "product_type"
DEFAULT_COLUMNS = (GOOGLE, MERCHANTS_OWN)
"""Where labels are looked for when no column is named: the second only if no row has the first."""


_WITH_POINT = re.compile(r"(\d+)\.0+")
"""An id as spreadsheets and data frames write it where others in the column are blank."""

_LINE_OF_LIST = re.compile(r"(\S+)\s+[-:]\s+(.+)")
"""A line of Google's list or Shopify's: id and path."""


def label_texts(raw: pa.RecordBatch, columns: Sequence[str]) -> pa.StringArray:
    """What the merchant wrote as a label; empty where there is none.

    Args:
        columns: one, whose repeated values are labels of their own, with a line break between; or several
            that make one path together.
    """
    if len(columns) == 1:
        return _lines(raw, columns[0])
    parts = [clean(text_column(raw, name), markup=False) for name in columns]
    parts = [pc.if_else(pc.equal(part, ""), None, part) for part in parts]
    return pc.binary_join_element_wise(*parts, SEPARATOR, null_handling="skip")


def _lines(raw: pa.RecordBatch, name: str) -> pa.StringArray:
    """The column's values, each cleaned, one a line."""
    found = find_column(name, raw.schema.names)
    if found is None or not pa.types.is_list(raw.schema.field(found).type):
        return clean(text_column(raw, name), markup=False)
    lists = raw[found]
    values = clean(pc.list_flatten(lists), markup=False)
    filled = pc.not_equal(values, "").to_numpy(zero_copy_only=False)
    owner = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)[filled]
    offsets = arrow_offsets(np.bincount(owner, minlength=len(raw)))
    return pc.binary_join(
        pa.ListArray.from_arrays(pa.array(offsets), values.filter(pa.array(filled))), SEVERAL
    )


def several(label_text: str) -> list[str]:
    """The single labels in one label text."""
    return label_text.split(SEVERAL) if label_text else []


def path_of_label(text: str) -> tuple[str, ...]:
    """The names of a label's path; a '>' without spaces separates too, where none stands alone."""
    names = split_path(text)
    return split_path(unescape_path(text)) if len(names) == 1 else names


def find_label(full: Taxonomy, text: str) -> int | None:
    """The node of the full tree that a single label means; None where it means none."""
    return full.find(_as_spelled(full, text))


def _as_spelled(full: Taxonomy, text: str) -> str:
    """The label as the tree spells it, where the tree has it in any of the ways to write one; else as is."""
    names = path_of_label(text)
    path = join_path(names)
    if ">" in text and full.lookup.exact(path) is not None:
        return path
    if full.find(text) is not None:
        return text
    if (number := _WITH_POINT.fullmatch(text)) and number[1] in full.lookup.ids:
        return number[1]
    if line := _LINE_OF_LIST.fullmatch(text):
        listed = join_path(path_of_label(line[2]))
        if _agree(full, line[1], listed):
            return listed
    return _longest_leaf(full, names) or text


def _agree(full: Taxonomy, number: str, path: str) -> bool:
    """Whether a path is the tree's, and the number before it is no other node's.

    A merchant's own numbers look like ids, too.
    """
    node, numbered = full.lookup.exact(path), full.lookup.ids.get(number)
    return node is not None and (numbered == node or (numbered is None and number.isdigit()))


def _longest_leaf(full: Taxonomy, names: Sequence[str]) -> str:
    """The path of the leaf that these names lead to, or below; "" where they lead to none."""
    for n_names in range(len(names), 0, -1):
        path = join_path(tuple(names[:n_names]))
        node = full.lookup.exact(path)
        if node is not None:
            return path if n_names == len(names) or full.is_leaf[node] else ""
    return ""


def nodes_of_label(labels: LabelTree, label_text: str) -> list[int]:
    """The nodes of `labels.tree` that a label text means, sorted; none where it means none.

    Of a node and one of its ancestors, both named, the deeper one says all.
    """
    parts = several(label_text)
    if len(parts) > 1:
        parts = _without_ancestors(labels.full, parts)
    nodes = {node for part in parts if (node := labels.resolve(_as_spelled(labels.full, part))) is not None}
    return sorted(_deepest(labels.tree, nodes))


def _without_ancestors(full: Taxonomy, parts: list[str]) -> list[str]:
    """Leave out labels whose node lies above another's in the full tree: `(other)` leaves would part them."""
    nodes = {part: find_label(full, part) for part in parts}
    deepest = _deepest(full, {node for node in nodes.values() if node is not None})
    return [part for part, node in nodes.items() if node is None or node in deepest]


def _deepest(tree: Taxonomy, nodes: set[int]) -> set[int]:
    if len(nodes) < 2:
        return nodes
    above = {int(step) for node in nodes for step in tree.ancestors(node)[1:]}
    return nodes - above


def resolve_labels(raw: pa.RecordBatch, labels: LabelTree, columns: Sequence[str]) -> pa.ListArray:
    """The label sets of raw rows, as `evaluate` wants them of a labelled feed.

    Args:
        columns: where labels stand; see `label_texts`.

    Returns:
        (rows,) list<string> of node ids of `labels.tree`, as the catalogue's column `label`.
    """
    encoded = label_texts(raw, columns).dictionary_encode()
    ids = [
        [labels.tree.ids[node] for node in nodes_of_label(labels, text)]
        for text in encoded.dictionary.to_pylist()
    ]
    return pa.array(ids, pa.list_(pa.string())).take(encoded.indices)
