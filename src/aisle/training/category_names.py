"""The name of each leaf as a product of its own: what the tree says of a category before merchants do."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aisle.core.schemas import PRODUCT_SCHEMA
from aisle.taxonomy.cut import OTHER
from aisle.taxonomy.tree import Taxonomy


def category_name_products(tree: Taxonomy) -> pa.RecordBatch:
    """A product for each leaf, in their order, whose title is the leaf's name and which has nothing else.

    The leaf `(other)` of a node has the node's name. So a leaf that no product is labelled with can be told
    from the others, and one that few are labelled with has more than their words.

    Returns:
        a batch of core.schemas.PRODUCT_SCHEMA.
    """
    titles = []
    for node in tree.leaf_nodes.tolist():
        names = tree.path(node)
        titles.append(names[-2] if names[-1] == OTHER and len(names) > 1 else names[-1])
    empty = {"images": pa.array([[]] * len(titles), PRODUCT_SCHEMA.field("images").type)}
    blank = pa.array([""] * len(titles), pa.string())
    columns = [
        pa.array(titles, pa.string()) if name == "title" else empty.get(name, blank)
        for name in PRODUCT_SCHEMA.names
    ]
    return pa.record_batch(columns, schema=PRODUCT_SCHEMA)


def names_of_an_epoch(
    names: NDArray[np.int64], times: int, n_products: int, seed: tuple[int, ...]
) -> NDArray[np.int64]:
    """Draw the names that an epoch shows: each so many times, but no more of them than there are products.

    The large tree of a small shop would drown its products otherwise. Where names are left out, every epoch
    draws others.

    Args:
        names: (leaves,) their places in the training data.
    """
    generator = np.random.default_rng(seed)
    drawn = [generator.permutation(names) for _ in range(times)]
    return np.concatenate([names[:0], *drawn])[:n_products]
