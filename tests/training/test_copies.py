"""Copies with fields taken away."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.core.records import FIELDS
from aisle.training.copies import take_away

TITLE, IMAGE = 1, 1 << FIELDS.index("image")


@given(st.lists(st.integers(0, 63), min_size=1, max_size=50), st.integers(0, 2**32))
def test_a_copy_has_some_of_the_products_fields_and_never_others(masks, seed):
    fields = np.array(masks, np.uint8)
    kept = take_away(fields, np.random.default_rng(seed))
    assert (kept & ~fields == 0).all()
    assert ((kept > 0) == (fields > 0)).all()


def test_most_keep_one_field_alone_the_title_twice_as_often_as_the_image():
    kept = take_away(np.full(40_000, TITLE | 2 | IMAGE, np.uint8), np.random.default_rng(1))
    share = {mask: (kept == mask).mean() for mask in range(64)}
    assert share[TITLE] == pytest.approx(2 / 3 * (3 / 4 + 1 / 16), abs=0.01)
    assert share[IMAGE] == pytest.approx(1 / 3 * (3 / 4 + 1 / 16), abs=0.01)
    assert share[TITLE | 2 | IMAGE] == pytest.approx(1 / 16, abs=0.01)


def test_a_field_is_never_left_without_the_title_or_the_image_of_a_product_that_has_one():
    kept = take_away(np.full(4_000, TITLE | 2 | 8, np.uint8), np.random.default_rng(1))
    assert (kept & TITLE).all()


def test_a_product_without_a_title_keeps_one_of_what_it_has():
    kept = take_away(np.full(1000, IMAGE, np.uint8), np.random.default_rng(1))
    assert (kept == IMAGE).all()


def test_the_same_seed_takes_away_the_same():
    fields = np.full(100, 63, np.uint8)
    first, second = (take_away(fields, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
