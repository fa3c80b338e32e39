"""Threads that each use one core."""

import threading

import torch

from aisle.encoders.timm.workers import SingleCoreWorkers


def test_results_come_in_order_and_each_thread_has_one_core_while_the_caller_keeps_its_own() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        seen = list(SingleCoreWorkers().map(lambda i: (i, torch.get_num_threads()), range(20)))
        assert seen == [(i, 1) for i in range(20)]
        assert torch.get_num_threads() == 3
        later: list[int] = []
        thread = threading.Thread(target=lambda: later.append(torch.get_num_threads()))
        thread.start()
        thread.join()
        assert later == [3]
    finally:
        torch.set_num_threads(before)


def test_with_one_core_the_caller_does_the_work() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        seen = SingleCoreWorkers().map(lambda _: threading.current_thread(), [1, 2])
        assert list(seen) == [threading.current_thread()] * 2
    finally:
        torch.set_num_threads(before)
