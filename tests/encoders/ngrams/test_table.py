import numpy as np
import pytest

from aisle.core.errors import AisleError
from aisle.encoders.ngrams.table import as_kernels_read, empty_table, halved


class TestEmptyTable:
    @pytest.mark.parametrize("kind", [np.float32, np.float16])
    @pytest.mark.parametrize("n_slots", [0, 1, 1000])
    def test_rows_start_at_cache_lines_and_hold_zeros(self, kind, n_slots):
        table = empty_table(n_slots, 32, kind)
        assert table.shape == (n_slots, 32)
        assert n_slots == 0 or table.ctypes.data % 64 == 0
        assert not table.any()


class TestHalved:
    def test_values_are_rounded_to_float16(self):
        table = np.random.default_rng(0).normal(size=(100_000, 16)).astype(np.float32)
        half = halved(table)
        assert half.dtype == np.float16
        large = np.abs(table) > 1e-3
        assert np.array_equal(half[large], table.astype(np.float16)[large])

    def test_values_below_the_normal_float16_become_zero(self):
        assert not halved(np.full((1, 16), 6e-5, np.float32)).any()
        assert halved(np.full((1, 16), -7e-5, np.float32)).all()

    @pytest.mark.parametrize("value", [np.nan, np.inf, -1e6])
    def test_values_that_float16_cannot_hold_are_an_error_that_names_the_learning_rate(self, value):
        with pytest.raises(AisleError, match="lower the learning rate"):
            halved(np.full((2, 16), value, np.float32))

    def test_halving_twice_is_halving_once(self):
        half = halved(np.random.default_rng(0).normal(size=(50, 16)).astype(np.float32))
        assert np.array_equal(halved(half), half)


class TestAsKernelsRead:
    def test_a_float16_table_is_read_as_whole_numbers_and_lifted(self):
        read, lift = as_kernels_read(empty_table(3, 16, np.float16))
        assert (read.dtype, lift) == (np.int16, 2.0**112)

    def test_a_float32_table_is_read_as_it_is(self):
        read, lift = as_kernels_read(empty_table(3, 16, np.float32))
        assert (read.dtype, lift) == (np.float32, 1)
