from pathlib import Path

import numpy as np
import pytest

import aisle
from aisle.core.kernels import kernel


@kernel()
def add_up(numbers):
    """The sum of an array."""
    total = 0.0
    for number in numbers:
        total += number
    return total


@kernel(regroup=True)
def add_up_regrouped(numbers):
    """The sum of an array."""
    total = 0.0
    for number in numbers:
        total += number
    return total


class TestKernel:
    def test_computes_what_the_function_says(self):
        numbers = np.arange(10.0)
        assert add_up(numbers) == add_up.py_func(numbers) == 45

    def test_keeps_name_and_docstring(self):
        assert add_up.__name__ == "add_up"
        assert add_up.__doc__ == "The sum of an array."

    def test_sums_may_be_regrouped_where_that_is_said(self):
        numbers = np.random.default_rng(1).random(1001)
        assert add_up_regrouped(numbers) == pytest.approx(add_up(numbers), rel=1e-12)

    def test_nothing_else_compiles(self):
        sources = Path(aisle.__file__).parent
        compiling = [
            file.name for file in sources.rglob("*.py") if "njit" in file.read_text(encoding="utf-8")
        ]
        assert compiling == ["kernels.py"]
