"""Shapes as text become outlines on a square of 100."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from aisle.demo.silhouettes import SIZE, cut_corners, read_shape

OUTLINES = arrays(np.float64, st.tuples(st.integers(3, 9), st.just(2)), elements=st.floats(0, SIZE))


class TestReadShape:
    def test_parts_come_in_the_order_in_which_they_are_drawn(self):
        parts = read_shape("\npoly body 0,0 9,0 9,9\nline trim 2 1,1 5,5\n")
        assert [(part.fill, part.width) for part in parts] == [("body", 0.0), ("trim", 2.0)]

    def test_a_polygon_keeps_its_corners(self):
        (part,) = read_shape("poly body 0,0 9,0 9,9")
        assert part.points.tolist() == [[0, 0], [9, 0], [9, 9]]

    def test_an_oval_lies_on_its_ellipse(self):
        (part,) = read_shape("oval body 50,40 20,10")
        assert np.allclose((((part.points - [50, 40]) / [20, 10]) ** 2).sum(axis=1), 1)

    def test_soft_corners_are_cut_and_edges_stay(self):
        (part,) = read_shape("soft body 0,0 40,0 40,40 0,40")
        assert not (part.points == 0).all(axis=1).any()
        assert part.points.min() == 0
        assert part.points.max() == 40

    def test_an_unknown_kind_is_refused_with_its_line(self):
        with pytest.raises(ValueError, match="'star body 1,2 3,4'"):
            read_shape("star body 1,2 3,4")

    def test_every_shape_of_the_shop_fills_a_good_part_of_the_square(self, tables):
        for shapes in tables.silhouettes.values():
            for text in shapes.values():
                points = np.concatenate([part.points for part in read_shape(text)])
                assert points.min() >= -1
                assert points.max() <= SIZE + 1
                assert np.ptp(points, axis=0).max() > SIZE / 2

    def test_every_fill_is_a_colour_or_a_part_of_the_products_own(self, tables):
        known = {"body", "deep", "pale", "trim", *tables.colours}
        for shapes in tables.silhouettes.values():
            for text in shapes.values():
                assert {part.fill for part in read_shape(text)} <= known


class TestCutCorners:
    @given(OUTLINES, st.integers(0, 3), st.booleans())
    def test_what_is_smooth_stays_within_the_bounds_of_what_was_not(self, points, times, closed):
        smooth = cut_corners(points, times, closed=closed)
        assert (smooth >= points.min(axis=0) - 1e-9).all()
        assert (smooth <= points.max(axis=0) + 1e-9).all()

    @given(OUTLINES, st.integers(0, 3))
    def test_a_stroke_keeps_its_ends(self, points, times):
        smooth = cut_corners(points, times, closed=False)
        assert np.array_equal(smooth[[0, -1]], points[[0, -1]])

    @given(OUTLINES, st.integers(0, 3))
    def test_a_closed_outline_doubles_its_points_each_time(self, points, times):
        assert len(cut_corners(points, times, closed=True)) == len(points) * 2**times
