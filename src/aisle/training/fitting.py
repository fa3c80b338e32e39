"""One run of the training loop: epoch after epoch, watched by held-out products, with checkpoints."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aisle.core.progress import progress
from aisle.core.words import percent
from aisle.training.category_names import names_of_an_epoch
from aisle.training.checkpoints import Checkpoints
from aisle.training.copies import take_away
from aisle.training.data import TrainingData
from aisle.training.evidence import Evidence
from aisle.training.loop import Learner, epoch_batches, n_batches, run_epoch
from aisle.training.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """The products that choose the best epoch and the temperatures, each complete and with fields taken away.

    Args:
        rows: (2 x held-out products,) their places in the training data; the complete ones first.
        fields: (2 x held-out products,) mask of the fields that may speak.
    """

    rows: NDArray[np.int64]
    fields: NDArray[np.uint8]

    @property
    def n_complete(self) -> int:
        """How many are complete."""
        return len(self.rows) // 2


def held_out_products(data: TrainingData, seed: int) -> HeldOut:
    """The held-out products and one copy of each with fields taken away, drawn by `seed`."""
    fields = data.fields[data.held_out]
    copies = take_away(fields, np.random.default_rng((seed, len(fields))))
    return HeldOut(rows=np.tile(data.held_out, 2), fields=np.concatenate([fields, copies]))


@dataclass(slots=True, kw_only=True)
class Progressed:
    """How far the training of a member came.

    Args:
        epoch: epochs that are done.
        best_epoch: the epoch, from 1, that is taken (see `_look`); without held-out products, the last.
        accuracy: the best share so far of complete held-out products whose most probable leaf was right.
        error: its standard error.
        scores: (held-out products and copies, leaves) at the best epoch; empty where nothing is held out.
        weights: the state of the learner at the best epoch, where it is kept.
    """

    epoch: int = 0
    best_epoch: int = 0
    accuracy: float = -1.0
    error: float = 0.0
    scores: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), np.float32))
    weights: dict[str, NDArray[Any]] | None = None

    def bundle(self, learner: Learner) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """All that a checkpoint keeps: arrays, and what JSON can write."""
        arrays = {"scores": self.scores} | {f"now/{k}": v for k, v in learner.state().items()}
        arrays |= {f"best/{k}": v for k, v in (self.weights or {}).items()}
        names = ("epoch", "best_epoch", "accuracy", "error")
        return arrays, {name: getattr(self, name) for name in names}

    @classmethod
    def unbundle(
        cls, learner: Learner, arrays: dict[str, NDArray[Any]], info: dict[str, Any]
    ) -> "Progressed":
        """Put the learner where a checkpoint was taken."""
        learner.load_state({k.removeprefix("now/"): v for k, v in arrays.items() if k.startswith("now/")})
        best = {k.removeprefix("best/"): v for k, v in arrays.items() if k.startswith("best/")}
        return cls(**info, scores=arrays["scores"], weights=best or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of the loop: on which products, for how long, watched by which others.

    Args:
        name: of its checkpoints.
        title: of its bar.
        rows: the products to learn from.
        epochs: passes; fewer where patience ends them.
        held_out: products that choose the best epoch and, with patience, when to stop; None takes the last.
        keep_best: whether to end with the weights of the best epoch, not those of the last.
    """

    name: str
    title: str = "Training"
    rows: NDArray[np.int64]
    epochs: int
    held_out: HeldOut | None
    keep_best: bool


def fit(
    run: Run,
    data: TrainingData,
    recipe: Recipe,
    evidence: Mapping[str, Evidence],
    seed: int,
    checkpoints: Checkpoints,
) -> tuple[Learner, Progressed]:
    """Run the loop, going on from its checkpoint where there is one."""
    settings = recipe.training
    for part in evidence.values():
        part.fit(np.concatenate([run.rows, data.names if settings.category_names else data.names[:0]]))

    def rows_of(epoch: int) -> NDArray[np.int64]:
        names = names_of_an_epoch(data.names, settings.category_names, len(run.rows), (seed, epoch, 1))
        return np.concatenate([run.rows, names])

    n_rows = len(rows_of(0))
    n_steps = run.epochs * n_batches(n_rows, settings)
    learner = Learner(recipe.head, evidence, data.n_leaves, settings, seed, n_steps)
    found = checkpoints.load(run.name)
    done = Progressed.unbundle(learner, *found) if found else Progressed()
    saved = monotonic()
    total = (run.epochs - done.epoch) * n_rows
    with progress(run.title, total) as advance:
        while done.epoch < run.epochs and not _is_enough(done, settings.patience):
            batches = epoch_batches(rows_of(done.epoch), data.fields, settings, (seed, done.epoch))
            loss = run_epoch(learner, batches, data.labels, data.smoothing, advance)
            done.epoch += 1
            _look(run, data, learner, done)
            right = f"right {percent(done.accuracy)}, " if run.held_out else ""
            advance(0, note=f"{right}epoch {done.epoch}/{run.epochs}, loss {loss:.3f}")
            if monotonic() - saved >= settings.checkpoint_s:
                checkpoints.save(run.name, *done.bundle(learner))
                saved = monotonic()
    if done.weights is not None:
        learner.load_state(done.weights)
    return learner, done


def _is_enough(done: Progressed, patience: int) -> bool:
    return patience > 0 and done.best_epoch > 0 and done.epoch - done.best_epoch >= patience


def _look(run: Run, data: TrainingData, learner: Learner, done: Progressed) -> None:
    """Score the held-out products after an epoch, and keep what is best; of equals, the later.

    Accuracy decides, not the loss: on real feeds the loss of products that are told wrong soon grows, while
    more and more products are told right. An epoch within one standard error of the best is as good, and
    the last of them is taken: rates have fallen furthest there, and a few held-out products decide nothing.
    """
    if run.held_out is None:
        done.best_epoch = done.epoch
        return
    scores = learner.scores(run.held_out.rows, run.held_out.fields)
    right = told_right(run.held_out, data, scores)
    accuracy = float(right.mean())
    if accuracy >= done.accuracy - done.error:
        done.best_epoch, done.scores = done.epoch, scores
        if run.keep_best:
            done.weights = {k: v.copy() for k, v in learner.state().items()}
    if accuracy > done.accuracy:
        done.accuracy, done.error = accuracy, standard_error(right, data.held_out_groups)


def told_right(held_out: HeldOut, data: TrainingData, scores: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(complete held-out products,) whether the most probable leaf of each is one that its label allows.

    Args:
        scores: (held-out products and copies, leaves).
    """
    n = held_out.n_complete
    labels = data.labels.take(held_out.rows[:n])
    return labels.contains(scores[:n].argmax(axis=1)[:, None])[:, 0]


def standard_error(right: NDArray[np.bool_], groups: NDArray[np.int64]) -> float:
    """How far the share of products that are right is from the truth by chance, which draws whole groups.

    Near-duplicates are right or wrong together: taken for independent, they would make it look too sure.

    Args:
        right: (products,) whether each is.
        groups: (products,) the number of each one's group. Of a single group nothing is known: 1.

    Source: the variance of a ratio, right products of a group to its products, by its linearisation; Cochran,
    Sampling Techniques, 3rd edition, chapter 6.
    """
    n_groups = len(np.unique(groups))
    if n_groups < 2:
        return 1.0
    beyond = np.bincount(groups, right - right.mean())
    return float(np.sqrt((beyond**2).sum() * n_groups / (n_groups - 1)) / len(right))
