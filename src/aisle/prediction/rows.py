"""From a batch of answers to the rows that `aisle predict` writes."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aisle.core.offsets import arrow_offsets
from aisle.core.records import Answers
from aisle.model.silence import image_reasons, statuses
from aisle.taxonomy.tree import Taxonomy

_RUNNER_UP = pa.struct(
    [
        pa.field("category_id", pa.string()),
        pa.field("category_path", pa.string()),
        pa.field("probability", pa.float32()),
    ]
)


def row_schema(top: int) -> pa.Schema:
    """The columns of the output; `top` above 1 adds the runners-up, the most probable leaf first."""
    columns = [
        pa.field("id", pa.string()),
        pa.field("merchant", pa.string()),
        pa.field("category_id", pa.string()),
        pa.field("category_path", pa.string()),
        pa.field("probability", pa.float32()),
        pa.field("level_probabilities", pa.list_(pa.float32())),
        pa.field("status", pa.string()),
        pa.field("reason", pa.string()),
    ]
    if top > 1:
        columns.append(pa.field("top", pa.list_(_RUNNER_UP)))
    return pa.schema(columns)


class RowMaker:
    """Turns answers into rows, with the names of the tree's nodes laid out once.

    Args:
        tree: the tree of the answers.
        top: how many of the most probable leaves each row names.
    """

    def __init__(self, tree: Taxonomy, top: int) -> None:
        self._ids = pa.array(tree.ids, pa.string())
        self._paths = pa.array([tree.path_text(node) for node in range(tree.n_nodes)], pa.string())
        self._top = top
        self.schema = row_schema(top)

    def rows(self, products: pa.RecordBatch, answers: Answers) -> pa.RecordBatch:
        """One row for each product, in order (see `row_schema`).

        Args:
            products: as `model.silence.as_seen` gives them.
        """
        depth = (answers.path >= 0).sum(axis=1)
        leaf = np.take_along_axis(answers.path, depth[:, None] - 1, axis=1)[:, 0]
        leaf_p = np.take_along_axis(answers.path_p, depth[:, None] - 1, axis=1)[:, 0]
        nodes = pa.array(leaf)
        columns = [
            products.column("id"),
            products.column("merchant"),
            self._ids.take(nodes),
            self._paths.take(nodes),
            pa.array(leaf_p),
            _ragged(answers.path_p[answers.path >= 0], depth),
            statuses(answers),
            image_reasons(products),
        ]
        if self._top > 1:
            columns.append(self._runners_up(answers))
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _runners_up(self, answers: Answers) -> pa.Array:
        n, k = answers.top_leaves.shape
        nodes = pa.array(answers.top_leaves.reshape(-1))
        values = [self._ids.take(nodes), self._paths.take(nodes), pa.array(answers.top_p.reshape(-1))]
        entries = pa.StructArray.from_arrays(values, fields=list(_RUNNER_UP))
        return _ragged(entries, np.full(n, k))


def _ragged(values: object, lengths: NDArray[np.int64]) -> pa.Array:
    """Cut one array of values into a list for each row."""
    offsets = arrow_offsets(lengths)
    items = values if isinstance(values, pa.Array) else pa.array(values)
    return pa.ListArray.from_arrays(pa.array(offsets), items)
