"""A recipe and a catalogue to weights."""

from aisle.training.recipe import Recipe, read_recipe, recipe_names
from aisle.training.run import TrainOptions, TrainSummary, train

__all__ = ["Recipe", "TrainOptions", "TrainSummary", "read_recipe", "recipe_names", "train"]
