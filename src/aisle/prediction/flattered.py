"""Why figures may flatter a model: it was trained on what is scored, or was chosen by it."""

from collections.abc import Mapping
from typing import Any

from aisle.model.directory import Model


def note(model: Model, split: str | None, n_trained_on: int, n_scored: int, *, is_own: bool) -> str:
    """Why figures of some products may flatter the model, in a sentence, or "".

    Args:
        split: of a catalogue; None for a feed.
        n_trained_on: how many of the scored products the model was trained on.
        is_own: the split is of the very catalogue that the model was trained on.
    """
    which = "" if is_own else ", if it comes from this catalogue"
    if n_trained_on:
        number = f"all {n_scored:,}" if n_trained_on == n_scored else f"{n_trained_on:,} of the {n_scored:,}"
        return f"The model was trained on {number} products scored: it does worse on others."
    if split == "val" and _chosen_by_val(model.provenance):
        what = "The model's epochs and temperatures were chosen on these products"
        return f"{what}{which}: others may fare worse."
    return ""


def _chosen_by_val(provenance: Mapping[str, Any]) -> bool:
    training = provenance.get("recipe_tables", {}).get("training", {})
    return bool(training.get("validation") == "val")
