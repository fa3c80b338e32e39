import numpy as np
import pytest

from aisle.evaluation.coverage import THRESHOLDS, coverage

RIGHT, WRONG = ("Hats", "Hats"), ("Hats", "Leather")


def at(figures, threshold):
    i = THRESHOLDS.index(threshold)
    return figures["coverage"][i], figures["precision"][i], figures["n_answered"][i]


def test_thresholds_run_from_5_to_99_percent():
    assert (THRESHOLDS[0], THRESHOLDS[9], THRESHOLDS[-2], THRESHOLDS[-1]) == (0.05, 0.5, 0.95, 0.99)
    assert len(THRESHOLDS) == 20


def test_answers_at_or_above_the_threshold_are_given(scored):
    found = coverage(scored(RIGHT, WRONG, RIGHT, WRONG, p=[[0.95], [0.9], [0.6], [0.2]]))["leaf"]
    assert at(found, 0.05) == (1.0, 0.5, 4)
    assert at(found, 0.6) == (0.75, pytest.approx(2 / 3), 3)
    assert at(found, 0.9) == (0.5, 0.5, 2)
    assert at(found, 0.95) == (0.25, 1.0, 1)


def test_the_precision_of_no_answers_is_null(scored):
    assert at(coverage(scored(RIGHT, p=0.5))["leaf"], 0.99) == (0.0, None, 0)


def test_every_level_uses_its_own_probability(scored):
    levels = coverage(scored(("Rain", "Winter"), p=[[0.99, 0.8, 0.3]]))["levels"]
    assert [at(level, 0.5)[0] for level in levels] == [1.0, 1.0, 0.0]
    assert [at(level, 0.3)[1] for level in levels] == [1.0, 1.0, 0.0]


def test_coverage_never_grows_with_the_threshold(scored):
    p = np.random.default_rng(0).random((200, 1))
    found = coverage(scored(*[RIGHT, WRONG] * 100, p=p))["leaf"]["n_answered"]
    assert found == sorted(found, reverse=True)
    assert found == [int((p.astype(np.float32) >= np.float32(t)).sum()) for t in THRESHOLDS]
