"""The report: every metric over all scored products and over each part of them, ready for JSON."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from aisle.core.errors import AisleError
from aisle.core.records import Answers
from aisle.evaluation.metrics import METRICS
from aisle.evaluation.resampling import LEAST_GROUPS, Resampling
from aisle.evaluation.scored import Scored, score
from aisle.evaluation.slices import Slice, by_evidence, by_frequency, by_label, by_name, by_seen
from aisle.evaluation.truth import TrainingCounts, Truth
from aisle.taxonomy.tree import Taxonomy

FORMAT = 1
"""Of `metrics.json`; grows when a key changes its meaning or goes away, not when one is added."""

UNITS = {
    "micro, macro, weighted, top_k, precision, recall, f1, coverage": "shares, from 0 to 1; null of nothing",
    "low, high": "ends of the bootstrap interval by group, at `confidence`; null of fewer than "
    f"{LEAST_GROUPS} groups, and where all answers are right or all wrong",
    "ece, mean_p, thresholds": "probabilities, from 0 to 1",
    "n_common, n_answer, n_true": "levels, summed over products",
    "n_*": "counts",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a report may be asked for.

    Args:
        n_merchants: how many merchants, the largest, are scored by themselves.
        resampling: how intervals are drawn.
    """

    n_merchants: int = 20
    resampling: Resampling = field(default_factory=Resampling)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What the products are.

    Args:
        n_products: products with an answer; `n_scored` + `n_unlabelled`.
        n_scored: products with a label: `n_leaf` + `n_inner` + `n_outside`.
        n_unlabelled: products without a label, left out of all figures.
        n_leaf: their label allows one leaf.
        n_inner: their label allows several leaves.
        n_outside: their label is outside of the tree; always wrong.
        n_unseen: training saw no product of their label's class; always wrong; `n_outside` among them.
        n_unseen_told: of these, how many were answered with the class of their label nevertheless.
        n_groups: groups that the scored products come from.
        n_unreadable: records beside these products that could not be read.
        images: how many images the products have of each of core.schemas.IMAGE_STATUSES, if the model looks
            at them.
    """

    n_products: int
    n_scored: int
    n_unlabelled: int
    n_leaf: int
    n_inner: int
    n_outside: int
    n_unseen: int
    n_unseen_told: int
    n_groups: int
    n_unreadable: int = 0
    images: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Every metric over some products.

    Args:
        name: which products.
        metrics: from the metric's name to its result.
    """

    name: str
    n_products: int
    n_groups: int
    metrics: Mapping[str, dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """The metrics beside the counts, in one object."""
        return {
            "name": self.name,
            "n_products": self.n_products,
            "n_groups": self.n_groups,
            **self.metrics,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What `evaluate` found.

    Args:
        n_levels: levels of the tree.
        n_leaves: leaves of the tree.
        overall: over all scored products.
        by: from `label`, `seen`, `merchant`, `evidence`, `training_frequency`, `split` to the figures of the
            parts, in the order in which they are shown.
        note: why the figures may flatter what was scored, in a sentence; "" where nothing is known.
        feed_notes: what to know of the feed that was scored, such as that it breaks off, a sentence each.
    """

    n_levels: int
    n_leaves: int
    settings: Settings
    counts: Counts
    overall: Figures
    by: Mapping[str, tuple[Figures, ...]]
    note: str = ""
    feed_notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Everything, as `metrics.json` holds it."""
        return {
            "format": FORMAT,
            "units": UNITS,
            "note": self.note,
            "feed_notes": list(self.feed_notes),
            "settings": {"n_merchants": self.settings.n_merchants, **self.settings.resampling.as_json()},
            "tree": {"n_levels": self.n_levels, "n_leaves": self.n_leaves},
            "counts": asdict(self.counts),
            "overall": self.overall.as_json(),
            "by": {kind: [part.as_json() for part in parts] for kind, parts in self.by.items()},
        }

    def write(self, path: Path, about: Mapping[str, Any] | None = None) -> None:
        """Write the report as strict JSON.

        Args:
            about: what else the file should say, before the figures: which model, which products.
        """
        document = {**(about or {}), **self.as_json()}
        path.write_text(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")


def evaluate(
    answers: Answers,
    truth: Truth,
    tree: Taxonomy,
    training: TrainingCounts,
    settings: Settings | None = None,
) -> Report:
    """Score answers against the truth with every metric, for all products and by parts.

    Args:
        answers: for the same products, in the same order, as `truth`.
        tree: the tree whose nodes answers and truth name.
        training: what the model was trained on.

    Raises:
        AisleError: no product has a label.
        ValueError: answers and truth differ in their number of products, or paths are deeper than the tree.
    """
    settings = settings or Settings()
    scored, rows = score(answers, truth, tree, training, settings.resampling)
    if len(scored) == 0:
        raise AisleError(
            f"none of the {len(truth)} products has a label, so nothing can be scored; label some"
        )
    n_allowed = np.append(tree.stop - tree.start, 0)[scored.true[-1]]
    n_training = np.append(training.below, 0)[scored.true[-1]]
    overall = _figures("all", scored)

    def parts(slices: Iterator[Slice]) -> tuple[Figures, ...]:
        return tuple(
            replace(overall, name=name) if chosen.all() else _figures(name, scored.take(chosen))
            for name, chosen in slices
        )

    return Report(
        n_levels=tree.max_depth,
        n_leaves=tree.n_leaves,
        settings=settings,
        counts=Counts(
            n_products=len(truth),
            n_scored=len(scored),
            n_unlabelled=len(truth) - len(scored),
            n_leaf=int((n_allowed == 1).sum()),
            n_inner=int((n_allowed > 1).sum()),
            n_outside=int((n_allowed == 0).sum()),
            n_unseen=int((n_training == 0).sum()),
            n_unseen_told=int(scored.told_unseen.sum()),
            n_groups=scored.n_groups,
        ),
        overall=overall,
        by={
            "label": parts(by_label(n_allowed)),
            "seen": parts(by_seen(n_training)),
            "training_frequency": parts(by_frequency(n_training, n_allowed)),
            "merchant": parts(by_name(truth.merchant, rows, settings.n_merchants)),
            "evidence": parts(by_evidence(answers.mask[rows])),
            "split": parts(by_name(truth.split, rows, len(truth.split.names))),
        },
    )


def _figures(name: str, scored: Scored) -> Figures:
    metrics = {metric: METRICS.get(metric)(scored) for metric in METRICS.names()}
    return Figures(name=name, n_products=len(scored), n_groups=scored.n_groups, metrics=metrics)
