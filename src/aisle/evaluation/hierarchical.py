"""Hierarchical precision, recall and F1: how much of the paths agrees, pooled over all products.

The lengths of the common prefix, of the answered path and of the true path are summed over the products;
level 1 counts, the root above it does not. Precision and recall are ratios of these sums.
"""

from typing import Any

from aisle.evaluation.levels import share
from aisle.evaluation.scored import Scored


def hierarchical(scored: Scored) -> dict[str, Any]:
    """Precision, recall and F1 of the pooled path lengths.

    Returns:
        `precision`, `recall`, `f1` (shares), and the sums behind them, in levels: `n_common`, `n_answer`,
        `n_true`.
    """
    n_common, n_answer, n_true = (
        int(lengths.sum()) for lengths in (scored.n_common, scored.n_answer, scored.n_true)
    )
    return {
        "precision": share(n_common, n_answer),
        "recall": share(n_common, n_true),
        "f1": share(2 * n_common, n_answer + n_true),
        "n_common": n_common,
        "n_answer": n_answer,
        "n_true": n_true,
    }
