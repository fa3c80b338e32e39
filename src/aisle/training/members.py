"""A model's members: each trained by itself, then averaged into one model that says where it comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aisle import __version__
from aisle.calibration import fit_calibration
from aisle.catalogue import Catalogue
from aisle.encoders.base import Encoder, merge_encoders
from aisle.heads.base import merge_heads, restore_head
from aisle.model.directory import Model
from aisle.training.checkpoints import Checkpoints
from aisle.training.data import TrainingData
from aisle.training.evidence import Evidence
from aisle.training.fitting import HeldOut, Run, fit
from aisle.training.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One trained member: what it scored the held-out products, and its weights."""

    epochs: int
    accuracy: float
    scores: NDArray[np.float32]
    head: Mapping[str, NDArray[np.float32]]
    head_settings: Mapping[str, Any]
    encoders: Mapping[str, Encoder]


def train_member(
    recipe: Recipe,
    data: TrainingData,
    evidence: Mapping[str, Evidence],
    held_out: HeldOut,
    number: int,
    checkpoints: Checkpoints,
) -> Member:
    """Select a member's epochs on the held-out products, and train it for good."""
    settings = recipe.training
    seed = settings.seed + number - 1
    is_final = settings.validation == "val"
    name = f"member {number} of {settings.members}"
    title = "Training" + (f" {number}/{settings.members}" if settings.members > 1 else "")
    selecting = Run(
        name=f"{name}, selecting",
        title=title,
        rows=data.fit,
        epochs=settings.n_epochs(len(data.fit)),
        held_out=held_out,
        keep_best=is_final,
    )
    learner, done = fit(selecting, data, recipe, evidence, seed, checkpoints)
    if not is_final:
        final = Run(
            name=f"{name}, on all",
            title=f"{title} on all",
            rows=data.train,
            epochs=done.best_epoch,
            held_out=None,
            keep_best=False,
        )
        learner, _ = fit(final, data, recipe, evidence, seed, checkpoints)
    return Member(
        epochs=done.best_epoch,
        accuracy=done.accuracy,
        scores=done.scores,
        head={k: v.copy() for k, v in learner.head_weights().items()},
        head_settings=learner.head.settings(),
        encoders={k: e.finish() for k, e in evidence.items()},
    )


def assemble(
    recipe: Recipe,
    data: TrainingData,
    catalogue: Catalogue,
    members: Sequence[Member],
    held_out: HeldOut,
    scores: NDArray[np.float32],
) -> Model:
    """Average the members into one model and calibrate it by its scores of the held-out products.

    The average of the members' scores is a model of the same kind: their vectors side by side, their heads
    joined. So the directory knows nothing of members.
    """
    head_name = str(recipe.head["head"])
    heads = [restore_head(head_name, m.head_settings, m.head) for m in members]
    joined = [name for name, encoder in members[0].encoders.items() if encoder.trained]
    encoders = {
        name: merge_encoders(recipe.encoders[name]["encoder"], [m.encoders[name] for m in members])
        if name in joined and len(members) > 1
        else encoder
        for name, encoder in members[0].encoders.items()
    }
    calibration = fit_calibration(
        catalogue.labels.tree, scores, data.labels.take(held_out.rows), held_out.fields
    )
    return Model(
        encoders=encoders,
        kinds={name: str(recipe.encoders[name]["encoder"]) for name in encoders},
        head_name=head_name,
        head=merge_heads(head_name, heads, joined) if len(heads) > 1 else heads[0],
        calibration=calibration,
        labels=catalogue.labels,
        label_columns=tuple(catalogue.label_columns),
        training_counts=data.label_counts,
        trained_on=data.keys,
        provenance=_provenance(recipe, data, catalogue, members),
    )


def _provenance(
    recipe: Recipe, data: TrainingData, catalogue: Catalogue, members: Sequence[Member]
) -> dict[str, Any]:
    """Where a model comes from, with nothing that differs from run to run."""
    return {
        "aisle": __version__,
        "recipe": recipe.name,
        "recipe_tables": {**recipe.encoders, "head": recipe.head, "training": asdict(recipe.training)},
        "catalogue": catalogue.fingerprint(),
        "images": dict(data.images),
        "training_products": len(data.train),
        "held_out_products": len(data.held_out),
        "epochs": [m.epochs for m in members],
        "held_out_accuracy": [m.accuracy for m in members],
        "versions": {name: version(name) for name in ("numba", "numpy", "torch")},
    }
