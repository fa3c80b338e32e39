"""Top-k accuracy: is one of the k most probable leaves right?

The most probable leaf (k = 1) need not be where the path ends: the path goes to the most probable child at
each step, and many small leaves may make up a probable child.
"""

from typing import Any

import numpy as np

from aisle.evaluation.accuracy import with_interval
from aisle.evaluation.levels import share
from aisle.evaluation.resampling import resampled_accuracies
from aisle.evaluation.scored import TOP, Scored


def top_k(scored: Scored) -> dict[str, Any]:
    """Share of the products with a right leaf among the 1, 3, 5 most probable.

    Returns:
        `top_1`, `top_3`, `top_5`, each with `value`, `low`, `high` (shares); null where the answers name
        fewer leaves than that, and the tree has more.
    """
    together = np.zeros(scored.top_right.shape, np.int32)
    resampled, _ = resampled_accuracies(together, scored.top_right, scored.group, scored.resampling)
    return {
        f"top_{k}": with_interval(share(right.sum(), len(right)), resampled[i], scored)
        if scored.is_known_top(k)
        else {"value": None, "low": None, "high": None}
        for i, (k, right) in enumerate(zip(TOP, scored.top_right, strict=True))
    }
