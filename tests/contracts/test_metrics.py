"""What every metric keeps to; it runs over every name in the registry."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from aisle.evaluation.metrics import METRICS
from aisle.evaluation.scored import Scored, score
from aisle.evaluation.truth import Names
from strategies import answered_products

pytestmark = pytest.mark.parametrize("name", METRICS.names())

SHARES = {"value", "low", "high", "macro", "weighted", "precision", "recall", "f1", "coverage", "accuracy"}
SHARES |= {"ece", "mean_p", "thresholds"}


def leaves(figures, path=()):
    """Every (path, value) of nested dicts and lists."""
    if isinstance(figures, dict):
        return [leaf for key, inner in figures.items() for leaf in leaves(inner, (*path, key))]
    if isinstance(figures, list):
        return [leaf for i, inner in enumerate(figures) for leaf in leaves(inner, (*path, i))]
    return [(path, figures)]


def shuffled(case, order):
    """The same products in another order."""
    answers, truth, tree, training = case
    arrays = ("path", "path_p", "top_leaves", "top_p", "mask")
    answers = replace(answers, **{array: getattr(answers, array)[order] for array in arrays})
    nodes = [truth.node[truth.ptr[i] : truth.ptr[i + 1]] for i in order]
    truth = replace(
        truth,
        ptr=np.cumsum([0] + [len(of_one) for of_one in nodes]),
        node=np.concatenate(nodes).astype(np.int32),
        outside=truth.outside[order],
        group=truth.group[order],
        merchant=Names(code=truth.merchant.code[order], names=truth.merchant.names),
        split=Names(code=truth.split.code[order], names=truth.split.names),
    )
    return answers, truth, tree, training


@given(case=answered_products())
def test_the_result_is_strict_json(name, case):
    figures = METRICS.get(name)(score(*case)[0])
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures


@given(case=answered_products())
def test_keys_are_the_same_for_no_products_at_all(name, case):
    some, _ = score(*case)
    none = some.take(np.zeros(len(some), bool))
    metric = METRICS.get(name)
    assert [path for path, _ in leaves(metric(some))] == [path for path, _ in leaves(metric(none))]


@given(case=answered_products())
def test_shares_lie_between_0_and_1_and_counts_are_whole(name, case):
    for path, value in leaves(METRICS.get(name)(score(*case)[0])):
        key = [step for step in path if isinstance(step, str)][-1]
        if key.startswith("n_") or key == "level":
            assert isinstance(value, int)
            assert value >= 0
        else:
            assert key in SHARES
            assert value is None or -1e-9 <= value <= 1 + 1e-9


@given(case=answered_products())
def test_the_order_of_the_products_does_not_matter(name, case):
    metric = METRICS.get(name)
    figures = leaves(metric(score(*case)[0]))
    turned = leaves(metric(score(*shuffled(case, np.arange(len(case[1]))[::-1]))[0]))
    assert dict(turned) == pytest.approx(dict(figures), nan_ok=False)


@given(case=answered_products())
def test_what_it_reads_is_left_as_it_was(name, case):
    some, _ = score(*case)
    arrays = [field for field in Scored.__slots__ if isinstance(getattr(some, field), np.ndarray)]
    before = {field: getattr(some, field).copy() for field in arrays}
    METRICS.get(name)(some)
    for field in arrays:
        assert np.array_equal(before[field], getattr(some, field))


def test_it_says_what_it_returns(name):
    assert "Returns:" in METRICS.get(name).__doc__
