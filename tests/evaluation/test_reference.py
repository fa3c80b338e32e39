"""Figures against plain ones: loops over products that follow the definitions, and scikit-learn's own."""

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.core.records import Answers
from aisle.evaluation.metrics import METRICS
from aisle.evaluation.scored import score
from aisle.evaluation.truth import Names, TrainingCounts, Truth
from strategies import taxonomies


@st.composite
def leaves_for_leaves(draw, max_products=30):
    """Products labelled with a leaf and answered with one; training saw every leaf."""
    tree = draw(taxonomies())
    n = draw(st.integers(1, max_products))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    label = rng.choice(tree.leaf_nodes, n).astype(np.int32)
    answer = np.where(rng.random(n) < 0.5, label, rng.choice(tree.leaf_nodes, n)).astype(np.int32)
    path = tree.path_nodes()[answer]
    p = np.round(np.sort(rng.random(path.shape), axis=1)[:, ::-1], 2)
    top = np.array([rng.permutation(tree.leaf_nodes)[:5] for _ in range(n)], np.int32)
    answers = Answers(
        path=path,
        path_p=np.where(path >= 0, p, np.nan).astype(np.float32),
        top_leaves=top,
        top_p=np.zeros(top.shape, np.float32),
        mask=np.ones(n, np.uint8),
    )
    truth = Truth(
        ptr=np.arange(n + 1),
        node=label,
        outside=np.zeros(n, np.int32),
        merchant=Names.of(["m"] * n),
        group=np.arange(n),
        split=Names.of(["test"] * n),
    )
    return answers, truth, tree, TrainingCounts(np.ones(tree.n_nodes, np.int64), tree)


def names_by_level(tree, node):
    """The node at every level; beyond a leaf the leaf itself."""
    path = [int(n) for n in tree.path_nodes()[node] if n >= 0]
    return path + path[-1:] * (tree.max_depth - len(path))


def found(metric, case):
    return METRICS.get(metric)(score(*case)[0])


def pairs_by_level(case):
    """For each level the (label, answer, probability) of every product."""
    answers, truth, tree, _ = case
    for level in range(tree.max_depth):
        rows = []
        for i in range(len(truth)):
            label = names_by_level(tree, truth.node[i])[level]
            ends = int((answers.path[i] >= 0).sum())
            place = min(level, ends - 1)
            rows.append((label, int(answers.path[i, place]), float(answers.path_p[i, place])))
        yield rows


@given(case=leaves_for_leaves())
def test_accuracy(case):
    for figures, rows in zip(found("accuracy", case)["levels"], pairs_by_level(case), strict=True):
        assert figures["micro"]["value"] == pytest.approx(sum(a == b for a, b, _ in rows) / len(rows))
        of_classes = [
            Fraction(sum(a == b == name for a, b, _ in rows), sum(a == name for a, _, _ in rows))
            for name in {a for a, _, _ in rows}
        ]
        assert figures["macro"]["value"] == pytest.approx(float(sum(of_classes) / len(of_classes)))
        assert figures["n_classes"] == len(of_classes)


@given(case=leaves_for_leaves())
def test_f1(case):
    means = {"macro": [], "weighted": []}
    for figures, rows in zip(found("f1", case)["levels"], pairs_by_level(case), strict=True):
        labels, answers = Counter(a for a, _, _ in rows), Counter(b for _, b, _ in rows)
        both = Counter(a for a, b, _ in rows if a == b)
        of_class = {}
        for name in labels:
            precision = both[name] / answers[name] if answers[name] else 0.0
            recall = both[name] / labels[name]
            of_class[name] = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        means["macro"].append(sum(of_class.values()) / len(of_class))
        means["weighted"].append(sum(of_class[name] * n for name, n in labels.items()) / len(rows))
        assert figures["macro"] == pytest.approx(means["macro"][-1])
        assert figures["weighted"] == pytest.approx(means["weighted"][-1])
    for name, values in means.items():
        assert found("f1", case)["mean_of_levels"][name] == pytest.approx(sum(values) / len(values))


@given(case=leaves_for_leaves())
def test_hierarchical(case):
    """Ancestors in common, pooled over the products, as MLPerf's product catalogue counts them."""
    answers, truth, tree, _ = case
    n_common = n_answer = n_true = 0
    for i in range(len(truth)):
        of_label = {int(n) for n in tree.ancestors(int(truth.node[i]))}
        of_answer = {int(n) for n in answers.path[i] if n >= 0}
        n_common += len(of_label & of_answer)
        n_answer += len(of_answer)
        n_true += len(of_label)
    figures = found("hierarchical", case)
    assert (figures["n_common"], figures["n_answer"], figures["n_true"]) == (n_common, n_answer, n_true)
    precision, recall = n_common / n_answer, n_common / n_true
    assert figures["precision"] == pytest.approx(precision)
    assert figures["recall"] == pytest.approx(recall)
    expected = 2 * precision * recall / (precision + recall) if n_common else 0.0
    assert figures["f1"] == pytest.approx(expected)


@given(case=leaves_for_leaves())
def test_top_k(case):
    answers, truth, _, _ = case
    figures = found("top_k", case)
    for k in (1, 3, 5):
        hits = [truth.node[i] in answers.top_leaves[i, :k] for i in range(len(truth))]
        assert figures[f"top_{k}"]["value"] == pytest.approx(sum(hits) / len(hits))


@given(case=leaves_for_leaves())
def test_ece(case):
    for figures, rows in zip(found("ece", case)["levels"], pairs_by_level(case), strict=True):
        bins = {}
        for label, answer, p in rows:
            edges = [np.float32(i / 15) for i in range(16)]
            place = max([i for i in range(15) if np.float32(p) > edges[i]], default=0)
            bins.setdefault(place, []).append((p, label == answer))
        gaps = [abs(sum(p for p, _ in some) - sum(right for _, right in some)) for some in bins.values()]
        assert figures["ece"] == pytest.approx(sum(gaps) / len(rows), abs=1e-6)


@given(case=leaves_for_leaves())
def test_coverage(case):
    figures = found("coverage", case)
    for of_level, rows in zip(figures["levels"], pairs_by_level(case), strict=True):
        for i, threshold in enumerate(figures["thresholds"]):
            kept = [a == b for a, b, p in rows if np.float32(p) >= np.float32(threshold)]
            assert of_level["n_answered"][i] == len(kept)
            assert of_level["coverage"][i] == pytest.approx(len(kept) / len(rows))
            assert of_level["precision"][i] == (pytest.approx(sum(kept) / len(kept)) if kept else None)


@pytest.mark.long  # scikit-learn is there with the benches alone
@given(case=leaves_for_leaves())
def test_scikit_learn_says_the_same(case):
    from sklearn.metrics import accuracy_score, f1_score, recall_score

    levels = zip(found("accuracy", case)["levels"], found("f1", case)["levels"], strict=True)
    for (accuracy, f1), rows in zip(levels, pairs_by_level(case), strict=True):
        labels, answers = [a for a, _, _ in rows], [b for _, b, _ in rows]
        classes = sorted(set(labels))
        how = {"labels": classes, "zero_division": 0.0}
        assert accuracy["micro"]["value"] == pytest.approx(accuracy_score(labels, answers))
        assert accuracy["macro"]["value"] == pytest.approx(
            recall_score(labels, answers, average="macro", **how)
        )
        for average in ("macro", "weighted"):
            assert f1[average] == pytest.approx(f1_score(labels, answers, average=average, **how))
