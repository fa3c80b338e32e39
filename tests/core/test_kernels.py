import numpy as np

from aisle.core.kernels import kernel


@kernel()
def add_up(numbers):
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
