"""F1 over classes, macro and weighted, at the leaf and at every level."""

from typing import Any

import numpy as np

from aisle.evaluation.levels import by_level, mean, share
from aisle.evaluation.scored import Scored


def f1(scored: Scored) -> dict[str, Any]:
    """F1 of each class that the labels name, averaged plainly and by the class's number of products.

    Returns:
        `leaf` and each of `levels` have `macro` and `weighted`; `mean_of_levels` has the means of these over
        the levels (its `weighted` is the figure of the MWPD challenge).
    """
    figures = []
    for true, answer, right in zip(scored.true, scored.answer, scored.right, strict=True):
        n_true = np.bincount(true, minlength=scored.n_classes)
        n_answer = np.bincount(answer, minlength=scored.n_classes)
        n_both = np.bincount(true[right], minlength=scored.n_classes)
        present = n_true > 0
        of_class = 2 * n_both[present] / (n_true + n_answer)[present]
        figures.append(
            {
                "macro": mean(of_class),
                "weighted": share((of_class * n_true[present]).sum(), len(true)),
            }
        )
    means = {
        name: share(sum(of_level[name] or 0.0 for of_level in figures), scored.n_levels * bool(len(scored)))
        for name in ("macro", "weighted")
    }
    return {**by_level(figures), "mean_of_levels": means}
