import numpy as np

from aisle.evaluation.levels import by_level, mean, share, shares


def test_the_last_level_is_the_leaf_and_levels_count_from_1():
    assert by_level([{"x": 5}, {"x": 7}]) == {
        "leaf": {"x": 7},
        "levels": [{"level": 1, "x": 5}, {"level": 2, "x": 7}],
    }


def test_a_share_of_nothing_is_null():
    assert share(0, 0) is None
    assert mean(np.zeros(0)) is None
    assert shares(np.array([1, 0]), np.array([2, 0])) == [0.5, None]
