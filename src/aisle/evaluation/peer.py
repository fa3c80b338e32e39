"""Answers of a peer that names categories and nothing else, so that one function scores both."""

import numpy as np
from numpy.typing import NDArray

from aisle.core.records import Answers
from aisle.taxonomy.tree import Taxonomy


def answers_of_nodes(
    tree: Taxonomy, node: NDArray[np.int32], mask: NDArray[np.uint8] | None = None
) -> Answers:
    """Make answers, certain of themselves, of the node that a peer gave to each product.

    Args:
        node: (products,) a leaf or another node of `tree`; the root stands for no answer.
        mask: (products,) which fields spoke; none if not given.
    """
    path = tree.path_nodes()[node]
    leaf = np.where(tree.is_leaf[node], node, -1)[:, None]
    return Answers(
        path=path,
        path_p=np.where(path >= 0, 1.0, np.nan).astype(np.float32),
        top_leaves=leaf.astype(np.int32),
        top_p=np.where(leaf >= 0, 1.0, 0.0).astype(np.float32),
        mask=np.zeros(len(node), np.uint8) if mask is None else mask,
    )
