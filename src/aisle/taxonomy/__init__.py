"""The category tree: reading, cutting, and probabilities of its nodes."""

from aisle.taxonomy.building import TreeError, from_parents, from_paths
from aisle.taxonomy.cut import Cut, add_other_leaves, prune, truncate, uncut
from aisle.taxonomy.labels import LabelTree, label_tree, read_label_tree
from aisle.taxonomy.readers import TAXONOMY_FORMATS, read_taxonomy
from aisle.taxonomy.tree import ROOT, Taxonomy

__all__ = [
    "ROOT",
    "TAXONOMY_FORMATS",
    "Cut",
    "LabelTree",
    "Taxonomy",
    "TreeError",
    "add_other_leaves",
    "from_parents",
    "from_paths",
    "label_tree",
    "prune",
    "read_label_tree",
    "read_taxonomy",
    "truncate",
    "uncut",
]
