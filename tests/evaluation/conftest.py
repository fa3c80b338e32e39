"""A small shop's tree, and answers and labels for it in words."""

from dataclasses import replace

import numpy as np
import pytest

from aisle.evaluation.peer import answers_of_nodes
from aisle.evaluation.scored import score
from aisle.evaluation.truth import Names, TrainingCounts, Truth
from aisle.taxonomy.building import from_paths


@pytest.fixture
def tree():
    """Leaves at levels 1, 2 and 3; `Belts > Leather` is a chain with a single leaf."""
    return from_paths(
        [
            ("Shoes", "Boots", "Winter"),
            ("Shoes", "Boots", "Rain"),
            ("Shoes", "Sandals"),
            ("Hats",),
            ("Belts", "Leather"),
        ]
    )


@pytest.fixture
def judged(tree):
    """Make answers, truth and training counts of (answer, label) pairs of last names.

    A label may be several names, None for a product without one, or a number: the levels of a label outside
    of the tree. Training saw one product of every node, unless `unseen` names it.
    """

    def make(*pairs, p=0.9, top=None, group=None, merchant=None, unseen=()):
        given = np.array([0 if answer is None else tree.find(answer) for answer, _ in pairs], np.int32)
        answers = answers_of_nodes(tree, given)
        probability = np.broadcast_to(np.asarray(p, np.float32).T, answers.path.T.shape).T
        answers = replace(answers, path_p=np.where(answers.path >= 0, probability, np.nan).astype(np.float32))
        if top is not None:
            answers = replace(
                answers, top_leaves=np.array([[tree.find(t) for t in row] for row in top], np.int32)
            )
        labels = [label if isinstance(label, tuple) else (label,) for _, label in pairs]
        nodes = [[tree.find(name) for name in of_one if isinstance(name, str)] for of_one in labels]
        truth = Truth(
            ptr=np.cumsum([0] + [len(of_one) for of_one in nodes]),
            node=np.array([node for of_one in nodes for node in of_one], np.int32),
            outside=np.array([label if isinstance(label, int) else 0 for _, label in pairs], np.int32),
            merchant=Names.of(merchant or ["m"] * len(pairs)),
            group=np.arange(len(pairs)) if group is None else np.array(group),
            split=Names.of(["test"] * len(pairs)),
        )
        own = np.ones(tree.n_nodes, np.int64)
        own[[tree.find(name) for name in unseen]] = 0
        return answers, truth, tree, TrainingCounts(own, tree)

    return make


@pytest.fixture
def scored(judged):
    """What every metric reads, of the same pairs; products in the order given, if groups are."""

    def make(*pairs, **how):
        return score(*judged(*pairs, **how))[0]

    return make
