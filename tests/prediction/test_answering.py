"""Work in threads, results in order, each worker's matrices multiplied on its own core."""

import threading
import time

import pytest
from threadpoolctl import threadpool_info

from aisle.prediction.answering import in_order


def blas_threads():
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


@pytest.mark.parametrize("n_workers", [1, 2, 5])
def test_results_come_in_the_order_of_the_items(n_workers):
    def slow_at_first(n):
        time.sleep(0.02 if n == 0 else 0)
        return n * n

    assert list(in_order(slow_at_first, range(20), n_workers)) == [n * n for n in range(20)]


def test_two_items_a_worker_are_taken_at_most_before_a_result_is_asked_for():
    taken = []

    def items():
        for n in range(50):
            taken.append(n)
            yield n

    results = in_order(lambda n: n, items(), 2)
    assert next(results) == 0
    assert len(taken) == 4
    results.close()


def test_a_fault_in_the_work_comes_out_and_ends_it():
    def work(n):
        if n == 3:
            raise ValueError("three")
        return n

    results = in_order(work, range(10), 2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(results)


def test_several_workers_multiply_matrices_on_a_core_each_until_the_work_is_done():
    before = blas_threads()
    barrier = threading.Barrier(2, timeout=30)

    def work(_):
        barrier.wait()
        return blas_threads()

    assert all(set(found) <= {1} for found in in_order(work, range(2), 2))
    assert blas_threads() == before


def test_one_worker_has_every_core_for_its_matrices():
    before = blas_threads()
    assert list(in_order(lambda _: blas_threads(), range(2), 1)) == [before, before]
