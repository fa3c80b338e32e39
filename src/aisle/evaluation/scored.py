"""Answers beside the truth, level by level: the one record that every metric reads.

Answers and truths are paths. At a level below the end of a path, its last node stands. So a leaf at level 2
that meets a path of 4 levels is still that leaf at levels 3 and 4, and wrong there. At the deepest level of
the tree every path that goes down to a leaf stands with its leaf: that level is 'the leaf'.

An answer is right at a level if its node there lies within the label's node there: it is that node, or the
label ends higher up and the answer lies below it. Where an answer is right, it counts as the label's own
class; so a label that allows several leaves is one class, and no metric needs to know. A class that training
never saw is never right, nor is a label outside of the tree.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aisle.core.records import Answers
from aisle.evaluation.resampling import Resampling
from aisle.evaluation.truth import TrainingCounts, Truth, common_node, down_to_leaf
from aisle.taxonomy.tree import ROOT, Taxonomy

TOP = (1, 3, 5)
"""How many of the most probable leaves are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scored:
    """Products with a label, sorted by group; levels run from 1 to the tree's deepest, which is the leaf.

    Args:
        n_classes: classes are numbered from 0 to n_classes - 1 at every level.
        true: (levels, products) class that the label names.
        answer: (levels, products) class that the answer counts as; where `right`, it is `true`.
        right: (levels, products) whether the answer meets the label.
        told_unseen: (products,) whether the answer's leaf meets the label though training saw no product of
            its class; it is not `right`.
        p: (levels, products) probability of the answer's node, 0 where there is none.
        top_right: (3, products) whether one of the 1, 3, 5 most probable leaves meets the label.
        n_top: the largest k for which `top_right` is known.
        n_common: (products,) levels that the answer's path shares with the label's.
        n_answer: (products,) levels of the answer's path, no more than the label's where it meets the label.
        n_true: (products,) levels of the label's path.
        group: (products,) ascending; products of one number are resampled together.
        resampling: how intervals are drawn.
    """

    n_classes: int
    true: NDArray[np.int32]
    answer: NDArray[np.int32]
    right: NDArray[np.bool_]
    told_unseen: NDArray[np.bool_]
    p: NDArray[np.float32]
    top_right: NDArray[np.bool_]
    n_top: int
    n_common: NDArray[np.int32]
    n_answer: NDArray[np.int32]
    n_true: NDArray[np.int32]
    group: NDArray[np.int64]
    resampling: Resampling

    def __len__(self) -> int:
        return len(self.group)

    @property
    def n_levels(self) -> int:
        """How many levels the tree has."""
        return len(self.true)

    @property
    def n_groups(self) -> int:
        """How many groups the products come from."""
        return int((np.diff(self.group) != 0).sum()) + 1 if len(self) else 0

    def is_known_top(self, k: int) -> bool:
        """Whether the answers name so many leaves, or all there are."""
        return k <= self.n_top

    def take(self, chosen: NDArray[np.bool_]) -> "Scored":
        """Some of the products, in the same order.

        Args:
            chosen: (products,) whether the product stays.
        """
        rows = np.flatnonzero(chosen)
        return Scored(
            n_classes=self.n_classes,
            true=self.true[:, rows],
            answer=self.answer[:, rows],
            right=self.right[:, rows],
            told_unseen=self.told_unseen[rows],
            p=self.p[:, rows],
            top_right=self.top_right[:, rows],
            n_top=self.n_top,
            n_common=self.n_common[rows],
            n_answer=self.n_answer[rows],
            n_true=self.n_true[rows],
            group=self.group[rows],
            resampling=self.resampling,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Labels:
    """The label nodes of the scored products, flat; products outside of the tree have none.

    Args:
        row: (labels,) place of the product.
        begin: (labelled products,) where the product's labels begin.
        product: (labelled products,) place of the product.
        node: (labels,)
    """

    row: NDArray[np.int64]
    begin: NDArray[np.int64]
    product: NDArray[np.int64]
    node: NDArray[np.int32]


def score(
    answers: Answers,
    truth: Truth,
    tree: Taxonomy,
    training: TrainingCounts,
    resampling: Resampling | None = None,
) -> tuple[Scored, NDArray[np.int64]]:
    """Set the answers beside the truth.

    Args:
        answers: for the same products, in the same order, as `truth`.
        training: what the model was trained on; a class without training products is never right.

    Returns:
        The scored products, and (scored products,) where each stands in `truth`.

    Raises:
        ValueError: answers and truth differ in their number of products, paths are deeper than the tree, or a
            node of a path has no probability.
    """
    if len(answers.path) != len(truth):
        raise ValueError(f"there are answers for {len(answers.path)} products and truth for {len(truth)}")
    if answers.path.shape[1] > tree.max_depth:
        raise ValueError(f"answers have {answers.path.shape[1]} levels; the tree has {tree.max_depth}")
    rows = np.flatnonzero(truth.is_scored)
    rows = rows[np.argsort(truth.group[rows], kind="stable")]
    labels = _labels_of(truth, tree, rows)
    label = np.full(len(rows), tree.n_nodes, np.int32)
    label[labels.product] = common_node(tree, np.append(labels.begin, len(labels.node)), labels.node)

    levels = _nodes_at_levels(tree)
    path, answer, p = _answers_at_levels(answers, rows, tree.max_depth)
    if not np.isfinite(p).all():
        raise ValueError("path_p is no number for a node of a path; only below a path's end it may be NaN")
    seen = np.append(training.below, 0) > 0
    true = levels[:, label]
    told = _is_right(answer, labels, levels, tree)
    right = told & seen[true]
    top_right = _is_top_right(answers.top_leaves[rows], labels, tree) & seen[label]
    n_common, n_answer, n_true = _path_lengths(path, labels, seen, tree)
    outside = truth.outside[rows]
    return Scored(
        n_classes=tree.n_nodes + 1,
        true=true,
        answer=np.where(right, true, answer),
        right=right,
        told_unseen=told[-1] & ~right[-1],
        p=p,
        top_right=top_right,
        n_top=_n_top(answers, tree),
        n_common=n_common,
        n_answer=n_answer,
        n_true=np.where(outside > 0, outside, n_true),
        group=truth.group[rows],
        resampling=resampling or Resampling(),
    ), rows


def _n_top(answers: Answers, tree: Taxonomy) -> int:
    n_named = answers.top_leaves.shape[1]
    return max(TOP) if n_named >= tree.n_leaves else n_named


def _labels_of(truth: Truth, tree: Taxonomy, rows: NDArray[np.int64]) -> _Labels:
    count = np.diff(truth.ptr)[rows]
    end = np.cumsum(count)
    begin = end - count
    flat = np.arange(end[-1] if len(end) else 0) + np.repeat(truth.ptr[:-1][rows] - begin, count)
    return _Labels(
        row=np.repeat(np.arange(len(rows)), count),
        begin=begin[count > 0],
        product=np.flatnonzero(count),
        node=down_to_leaf(tree, truth.node[flat]),
    )


def _nodes_at_levels(tree: Taxonomy) -> NDArray[np.int32]:
    """(levels, nodes + 1) what stands for each node at each level; the last node is outside of the tree."""
    levels = np.empty((tree.max_depth, tree.n_nodes + 1), np.int32)
    levels[-1] = np.arange(tree.n_nodes + 1)
    depth, parent = np.append(tree.depth, 0), np.append(tree.parent, ROOT)
    for level in range(tree.max_depth - 1, 0, -1):
        below = levels[level]
        levels[level - 1] = np.where(depth[below] > level, parent[below], below)
    return levels


def _answers_at_levels(
    answers: Answers, rows: NDArray[np.int64], n_levels: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """Three arrays (levels, products): path as it is, path with its last node carried on, its probability."""
    n_given = answers.path.shape[1]
    path = np.full((n_levels, len(rows)), -1, np.int32)
    path[:n_given] = answers.path[rows].T
    answer = path.copy()
    p = np.zeros((n_levels, len(rows)), np.float32)
    p[:n_given] = answers.path_p[rows].T
    answer[0][path[0] < 0] = ROOT
    p[0][path[0] < 0] = 0.0
    for level in range(1, n_levels):
        ended = path[level] < 0
        answer[level][ended] = answer[level - 1][ended]
        p[level][ended] = p[level - 1][ended]
    return path, answer, p


def _is_right(
    answer: NDArray[np.int32], labels: _Labels, levels: NDArray[np.int32], tree: Taxonomy
) -> NDArray[np.bool_]:
    """(levels, products) whether the answer's node lies within one of the label's nodes, at each level."""
    right = np.zeros(answer.shape, bool)
    for level, node in enumerate(levels):
        mine, given = node[labels.node], answer[level, labels.row]
        inside = (tree.start[mine] <= tree.start[given]) & (tree.stop[given] <= tree.stop[mine])
        right[level, labels.product] = _any_label(inside, labels)
    return right


def _is_top_right(top_leaves: NDArray[np.int32], labels: _Labels, tree: Taxonomy) -> NDArray[np.bool_]:
    """(3, products) whether one of the first 1, 3, 5 leaves lies within the label."""
    right = np.zeros((len(TOP), len(top_leaves)), bool)
    for place in range(min(max(TOP), top_leaves.shape[1])):
        given = top_leaves[labels.row, place]
        leaf = tree.start[given]
        inside = (tree.start[labels.node] <= leaf) & (leaf < tree.stop[labels.node]) & (given >= 0)
        among = np.array([place < k for k in TOP])
        right[np.ix_(among, labels.product)] |= _any_label(inside, labels)
    return right


def _any_label(holds: NDArray[np.bool_], labels: _Labels) -> NDArray[np.bool_]:
    if len(holds) == len(labels.begin):
        return holds
    return np.logical_or.reduceat(holds, labels.begin)


def _path_lengths(
    path: NDArray[np.int32], labels: _Labels, seen: NDArray[np.bool_], tree: Taxonomy
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """(products,) levels that both paths share, of the answer's path, of the label's path.

    Of several labels the one that the answer meets counts, else the one with the longest shared path, else
    the first. An answer below the label is cut to the label's depth. Levels of classes that training never
    saw are not shared.
    """
    paths = tree.path_nodes().T
    depth = tree.depth[labels.node]
    shared = np.ones(len(labels.node), bool)
    n_common, n_seen = np.zeros((2, len(labels.node)), np.int32)
    for level, nodes in enumerate(paths):
        mine = nodes[labels.node]
        shared &= (mine >= 0) & (mine == path[level, labels.row])
        n_common += shared
        n_seen += (mine >= 0) & seen[mine]
    is_met = n_common == depth
    n_answer = (path >= 0).sum(axis=0, dtype=np.int32)
    best = _best_label(is_met.astype(np.int64) * 2**16 + n_common, labels)
    found = np.zeros((3, path.shape[1]), np.int32)
    found[1] = n_answer
    found[0, labels.product] = np.minimum(n_common, n_seen)[best]
    found[1, labels.product] = np.where(is_met, depth, n_answer[labels.row])[best]
    found[2, labels.product] = depth[best]
    return found[0], found[1], found[2]


def _best_label(worth: NDArray[np.int64], labels: _Labels) -> NDArray[np.int64]:
    """(labelled products,) which of its labels is worth most; the first of equals."""
    if len(worth) == len(labels.begin):
        return np.arange(len(worth))
    place = np.arange(len(worth))
    keyed = worth * len(worth) + (len(worth) - 1 - place)
    return len(worth) - 1 - np.maximum.reduceat(keyed, labels.begin) % len(worth)
