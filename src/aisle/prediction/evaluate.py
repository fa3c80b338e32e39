"""Scoring a model on labelled products: a split of a catalogue, or a labelled feed."""
