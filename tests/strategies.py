"""Hypothesis strategies that several tests share: what Aisle's inputs can look like."""

import numpy as np
from hypothesis import strategies as st

from aisle.calibration.temperatures import Temperatures
from aisle.core.records import FIELDS, Answers
from aisle.evaluation.truth import Names, TrainingCounts, Truth
from aisle.taxonomy.label_sets import LabelSets
from aisle.taxonomy.tree import from_parents


@st.composite
def labelled_scores(draw):
    """Scores of a few products over a few leaves, label sets (one leaf, a span, or two), and masks."""
    n, n_leaves = draw(st.integers(1, 12)), draw(st.integers(2, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scores = (draw(st.sampled_from([0.1, 1.0, 5.0])) * rng.normal(size=(n, n_leaves))).astype(np.float32)
    start = rng.integers(0, n_leaves, n)
    stop = np.minimum(start + rng.integers(1, 4, n), n_leaves)
    intervals = [
        [(a, b)] if b >= n_leaves or rng.random() < 0.8 else [(a, b), (n_leaves - 1, n_leaves)]
        for a, b in zip(start, stop, strict=True)
    ]
    ptr = np.cumsum([0] + [len(of_product) for of_product in intervals])
    flat = np.array([interval for of_product in intervals for interval in of_product], np.int32)
    mask = rng.choice([1, 33, 63], n).astype(np.uint8)
    return scores, LabelSets(ptr, flat[:, 0], flat[:, 1]), mask


@st.composite
def temperatures(draw):
    log_t = st.floats(-3, 3)
    return Temperatures(
        a=draw(log_t),
        b=tuple(draw(log_t) for _ in FIELDS),
        own=draw(st.dictionaries(st.integers(0, 2 ** len(FIELDS) - 1), st.floats(0.05, 20))),
    )


category_names = st.sampled_from(
    ["Boots", "boots", "Hats", "A & B", "I/O - B", "TV >32 inch", "Čaj", "茶", '"x"']
)
"""Few, so that a name comes under several parents; some differ in case alone."""


@st.composite
def taxonomies(draw, max_nodes=14):
    """Trees of any shape: chains, uneven depth, one name under several parents, rows in any order."""
    n = draw(st.integers(1, max_nodes))
    above = [draw(st.integers(-1, row - 1)) for row in range(n)]
    order = draw(st.permutations(range(n)))
    names = draw(st.lists(category_names, min_size=n, max_size=n))
    return from_parents(
        [f"id{row}" for row in order],
        [f"id{above[row]}" if above[row] >= 0 else "" for row in order],
        [names[row] for row in order],
    )


@st.composite
def leaf_probabilities(draw, tree, max_products=5):
    """(products, leaves) rows that sum to 1: spread out, or on one leaf, or the same on all."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (draw(st.integers(1, max_products)), tree.n_leaves)
    if draw(st.booleans()):
        return np.full(shape, 1 / tree.n_leaves, dtype=np.float32)
    scores = np.exp(draw(st.sampled_from([0.1, 1.0, 8.0])) * rng.normal(size=shape))
    return (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32)


@st.composite
def damaged(draw, data):
    """A file with bytes changed, cut out, put in or cut off; sometimes as it was."""
    data = bytearray(data)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        change = draw(st.sampled_from(["byte", "run", "cut out", "put in", "cut off"]))
        if change == "byte" and data:
            data[at] = draw(st.integers(0, 255))
        elif change == "run":
            run = draw(st.binary(min_size=1, max_size=8))
            data[at : at + len(run)] = run
        elif change == "cut out":
            del data[at : at + draw(st.integers(1, 30))]
        elif change == "put in":
            data[at:at] = draw(st.binary(min_size=1, max_size=30))
        else:
            del data[at:]
    return bytes(data)


@st.composite
def answered_products(draw, max_products=12):
    """Answers, truth, tree and training counts: labels at any node or at several, outside of the tree, or
    absent; answers that end anywhere; several products a group."""
    tree = draw(taxonomies())
    n = draw(st.integers(1, max_products))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_labels = rng.choice([0, 1, 1, 1, 1, 2, 3], n)
    ptr = np.concatenate([[0], np.cumsum(n_labels)])
    node = rng.integers(1, tree.n_nodes, ptr[-1]).astype(np.int32)
    end = np.where(rng.random(n) < 0.8, rng.choice(tree.leaf_nodes, n), rng.integers(0, tree.n_nodes, n))
    path = tree.path_nodes()[end]
    n_top = draw(st.integers(1, 5))
    answers = Answers(
        path=path,
        path_p=np.where(path >= 0, np.sort(rng.random(path.shape), axis=1)[:, ::-1], np.nan).astype(
            np.float32
        ),
        top_leaves=rng.choice(tree.leaf_nodes, (n, n_top)).astype(np.int32),
        top_p=np.sort(rng.random((n, n_top)), axis=1)[:, ::-1].astype(np.float32),
        mask=rng.integers(0, 2 ** len(FIELDS), n).astype(np.uint8),
    )
    truth = Truth(
        ptr=ptr,
        node=node,
        outside=np.where(n_labels == 0, rng.integers(0, 4, n), 0).astype(np.int32),
        merchant=Names.of([f"merchant {i}" for i in rng.integers(0, 3, n)]),
        group=rng.integers(0, n, n),
        split=Names.of(["test"] * n),
    )
    return answers, truth, tree, TrainingCounts(rng.integers(0, 3, tree.n_nodes), tree)
