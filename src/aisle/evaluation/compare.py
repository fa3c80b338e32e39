"""Is one set of answers better than another? McNemar's test and a paired bootstrap, on the same products."""

from dataclasses import asdict, dataclass
from math import comb, erfc, sqrt
from typing import Any

from aisle.core.records import Answers
from aisle.evaluation.accuracy import values, with_interval
from aisle.evaluation.levels import by_level
from aisle.evaluation.resampling import Resampling, resampled_accuracies
from aisle.evaluation.scored import score
from aisle.evaluation.truth import TrainingCounts, Truth
from aisle.taxonomy.tree import Taxonomy

KINDS = ("micro", "macro")

MOST_EXACT = 1000
"""Up to so many products on which only one side is right, the binomial tail is summed exactly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class McNemar:
    """McNemar's test: are the products on which only one side is right shared out evenly?

    Args:
        n_only_first: products that only the first answers are right on.
        n_only_second: products that only the second answers are right on.
        p_value: two-sided; how often so uneven a share would come by chance, were both equally good.
        method: `exact` (binomial), or `chi2` (with continuity correction) above 1,000 such products.
    """

    n_only_first: int
    n_only_second: int
    p_value: float
    method: str


def mcnemar(n_only_first: int, n_only_second: int) -> McNemar:
    """Test the numbers of products on which only one of two sides is right."""
    n, fewer = n_only_first + n_only_second, min(n_only_first, n_only_second)
    if n <= MOST_EXACT:
        tail = sum(comb(n, k) for k in range(fewer + 1))
        p_value, method = min(1.0, 2 * tail / 2**n), "exact"
    else:
        apart = max(0, abs(n_only_first - n_only_second) - 1)
        p_value, method = erfc(sqrt(apart**2 / n / 2)), "chi2"
    return McNemar(n_only_first=n_only_first, n_only_second=n_only_second, p_value=p_value, method=method)


def compare(
    first: Answers,
    second: Answers,
    truth: Truth,
    tree: Taxonomy,
    training: TrainingCounts,
    resampling: Resampling | None = None,
) -> dict[str, Any]:
    """Compare two sets of answers for the same products, at the leaf and at every level.

    Args:
        first: answers, in the order of `truth`.
        second: likewise.
        training: what both were trained on.

    Returns:
        Ready for JSON: `n_products`, `n_groups`; `leaf` and each of `levels` have

        - `first` and `second`: `micro` and `macro` accuracy (shares);
        - `difference`: first minus second, `micro` and `macro`, each with `value` and, of the paired
          bootstrap by group, `low` and `high` (in shares; null as in `accuracy`);
        - `mcnemar`: `n_only_first`, `n_only_second`, `p_value`, `method`.

    Raises:
        ValueError: answers and truth differ in their number of products, or paths are deeper than the tree.
    """
    scored = [score(answers, truth, tree, training, resampling)[0] for answers in (first, second)]
    resampled = [resampled_accuracies(s.true, s.right, s.group, s.resampling) for s in scored]
    figures = []
    for level in range(tree.max_depth):
        found = [dict(zip(KINDS, values(side, level), strict=True)) for side in scored]
        only_first = scored[0].right[level] & ~scored[1].right[level]
        only_second = scored[1].right[level] & ~scored[0].right[level]
        test = mcnemar(int(only_first.sum()), int(only_second.sum()))
        figures.append(
            {
                "first": found[0],
                "second": found[1],
                "difference": {
                    kind: with_interval(
                        _minus(found[0][kind], found[1][kind]),
                        resampled[0][i][level] - resampled[1][i][level],
                        scored[0],
                    )
                    for i, kind in enumerate(KINDS)
                },
                "mcnemar": asdict(test),
            }
        )
    return {"n_products": len(scored[0]), "n_groups": scored[0].n_groups, **by_level(figures)}


def _minus(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first - second
