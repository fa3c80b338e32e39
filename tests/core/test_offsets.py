"""From lengths to the places where things begin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.core.offsets import arrow_offsets, offsets_of


@given(st.lists(st.integers(0, 1000)))
def test_the_first_begins_at_nothing_and_each_ends_where_the_next_begins(lengths):
    offsets = offsets_of(lengths)
    assert offsets[0] == 0
    assert np.diff(offsets).tolist() == lengths
    assert arrow_offsets(lengths).tolist() == offsets.tolist()
    assert (offsets.dtype, arrow_offsets(lengths).dtype) == (np.int64, np.int32)


def test_what_arrow_cannot_hold_is_refused():
    with pytest.raises(OverflowError, match="4,000,000,000"):
        arrow_offsets([2_000_000_000, 2_000_000_000])
