import numpy as np
import pytest

from aisle.calibration.minimise import Slopes, minimise


def parabola(bottom):
    def slopes(values):
        way = values - bottom
        return Slopes(0.5 * way**2, way, np.ones_like(way))

    return slopes


def test_the_bottom_of_a_parabola_is_found():
    bottom = np.array([0.3, -2.0])
    assert minimise(parabola(bottom), np.eye(2), np.zeros(2), np.zeros(2)) == pytest.approx(bottom)


def test_a_pull_as_strong_as_the_loss_stops_half_way():
    found = minimise(parabola(np.array([2.0])), np.ones((1, 1)), np.zeros(1), np.ones(1))
    assert found == pytest.approx([1.0])


def test_a_parameter_that_nothing_depends_on_stays_where_it_was():
    design = np.array([[1.0, 0.0], [1.0, 0.0]])
    found = minimise(parabola(np.array([1.0, 3.0])), design, np.array([0.0, 0.7]), np.array([0.0, 1.0]))
    assert found == pytest.approx([2.0, 0.7])


def test_a_step_that_overshoots_is_taken_back():
    """The curvature is understated a hundredfold, so that full steps would run away."""

    def slopes(values):
        return Slopes(50 * values**2, 100 * values, np.ones_like(values))

    assert minimise(slopes, np.ones((1, 1)), np.array([3.0]), np.zeros(1)) == pytest.approx([0.0], abs=1e-3)


def test_a_loss_that_is_no_number_is_refused():
    def slopes(values):
        return Slopes(values * np.nan, values, values)

    with pytest.raises(ValueError, match="NaN"):
        minimise(slopes, np.ones((1, 1)), np.zeros(1), np.zeros(1))
