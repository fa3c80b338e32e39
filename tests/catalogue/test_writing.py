"""Two streams of rows are read side by side, however each is cut into batches."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.catalogue.writing import aligned


def batches(sizes):
    start = 0
    for size in sizes:
        yield pa.record_batch({"row": pa.array(range(start, start + size), pa.int64())})
        start += size


cuts = st.lists(st.integers(0, 9), max_size=8)


@given(cuts, cuts)
def test_rows_stand_beside_their_own_in_batches_of_the_first(left, right):
    missing = sum(left) - sum(right)
    left, right = [*left, max(0, -missing)], [*right, max(0, missing)]
    pairs = list(aligned(batches(left), batches(right)))
    assert [len(a) for a, _ in pairs] == [size for size in left if size]
    assert all(a.equals(b) for a, b in pairs)


@pytest.mark.parametrize(
    ("left", "right", "words"), [([3], [2], "the second stream ends 1 rows"), ([2], [3], "the first")]
)
def test_a_stream_that_ends_early_is_a_bug_that_is_told(left, right, words):
    with pytest.raises(ValueError, match=words):
        list(aligned(batches(left), batches(right)))
