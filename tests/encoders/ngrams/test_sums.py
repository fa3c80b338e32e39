import numpy as np
import pytest

from aisle.encoders.ngrams.sums import step_rows, sum_rows
from aisle.encoders.ngrams.table import as_kernels_read, empty_table, halved

N_ROWS, N_SLOTS, DIM = 30, 50, 48
BITS = np.array([1, 2, 16], np.uint8)


@pytest.fixture
def ngrams():
    """Random features (block_ptr, slot, weight, blocks), some rows without n-grams, some with many."""
    rng = np.random.default_rng(1)
    sizes = rng.integers(0, 12, N_ROWS * len(BITS))
    sizes[:6] = 0
    block_ptr = np.concatenate([[0], np.cumsum(sizes)])
    slot = rng.integers(0, N_SLOTS, block_ptr[-1]).astype(np.int32)
    weight = rng.normal(size=len(slot)).astype(np.float32)
    for array in (block_ptr, slot, weight):
        array.setflags(write=False)
    return block_ptr, slot, weight, len(BITS)


@pytest.fixture
def table():
    table = empty_table(N_SLOTS, DIM, np.float32)
    table[:] = halved(np.random.default_rng(2).normal(size=table.shape).astype(np.float32))
    return table


def dense(ngrams, rows, keep):
    """The rows' weights as a matrix (rows, slots)."""
    block_ptr, slot, weight, n_blocks = ngrams
    matrix = np.zeros((len(rows), N_SLOTS))
    for i, row in enumerate(rows):
        for b in range(n_blocks):
            if keep[i] & BITS[b]:
                at = slice(block_ptr[row * n_blocks + b], block_ptr[row * n_blocks + b + 1])
                np.add.at(matrix[i], slot[at], weight[at])
    return matrix


ROWS = np.array([3, 29, 0, 3, 17, 8])
KEEP = np.array([0b10011, 0xFF, 0xFF, 1, 0, 0b10010], np.uint8)


class TestSumRows:
    @pytest.mark.parametrize("kind", [np.float32, np.float16])
    def test_vectors_are_weighted_sums_of_the_rows_of_kept_fields(self, ngrams, table, kind):
        read, lift = as_kernels_read(table if kind is np.float32 else halved(table))
        out = np.full((len(ROWS), DIM), np.nan, np.float32)
        sum_rows(*ngrams, ROWS, KEEP, BITS, read, lift, 0, len(ROWS), out)
        assert np.allclose(out, dense(ngrams, ROWS, KEEP) @ table, atol=1e-5)

    def test_both_precisions_give_the_same_bits(self, ngrams, table):
        single, half = np.zeros((2, len(ROWS), DIM), np.float32)
        sum_rows(*ngrams, ROWS, KEEP, BITS, *as_kernels_read(table), 0, len(ROWS), single)
        sum_rows(*ngrams, ROWS, KEEP, BITS, *as_kernels_read(halved(table)), 0, len(ROWS), half)
        assert np.array_equal(single, half)

    def test_rows_outside_the_slice_are_left_alone(self, ngrams, table):
        out = np.full((len(ROWS), DIM), 7, np.float32)
        sum_rows(*ngrams, ROWS, KEEP, BITS, *as_kernels_read(table), 1, 3, out)
        assert (out[[0, 3, 4, 5]] == 7).all()
        assert (out[2] == 0).all()


class TestStepRows:
    def test_each_row_of_the_table_moves_by_its_weights_times_the_steps(self, ngrams, table):
        step = np.random.default_rng(3).normal(size=(len(ROWS), DIM)).astype(np.float32)
        moved = table + dense(ngrams, ROWS, KEEP).T @ step
        step_rows(*ngrams, ROWS, KEEP, BITS, table, 0, DIM, step)
        assert np.allclose(table, moved, atol=1e-4)

    def test_columns_outside_the_slice_are_left_alone(self, ngrams, table):
        before = table.copy()
        step_rows(*ngrams, ROWS, KEEP, BITS, table, 16, 32, np.ones((len(ROWS), DIM), np.float32))
        assert np.array_equal(table[:, :16], before[:, :16])
        assert np.array_equal(table[:, 32:], before[:, 32:])
        assert not np.array_equal(table[:, 16:32], before[:, 16:32])
