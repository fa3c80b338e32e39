"""What a Spark task does on its worker, without Spark."""

from importlib.metadata import version

import pytest

from aisle.execution.commit import ShardStore
from aisle.execution.spark.channel import listening
from aisle.execution.spark.worker import Fault, Work, work_on
from shard_tasks import Part, break_down, complain, write_number


@pytest.fixture
def work_with(tmp_path):
    def run(task, wanted=""):
        heard = []
        with listening("127.0.0.1", heard.append) as ear:
            fault = work_on(
                Work(task=task, ear=ear, version=wanted or version("aisle")), Part(7, str(tmp_path))
            )
        return fault, heard

    return run


class TestWorkOn:
    def test_the_part_is_done_and_its_progress_told(self, work_with, tmp_path):
        assert work_with(write_number) == (None, [{"told": {"done": 1}}])
        assert ShardStore(str(tmp_path)).committed() == ["0007"]

    def test_a_users_error_is_given_and_told_at_once(self, work_with):
        fault = Fault("part 7 is not to my liking", is_users=True)
        assert work_with(complain) == (fault, [{"fault": {"text": fault.text, "is_users": True}}])

    def test_a_bug_is_given_with_its_trace(self, work_with):
        fault, _ = work_with(break_down)
        assert "ZeroDivisionError: in part 7" in fault.text
        assert not fault.is_users

    def test_another_version_of_aisle_does_nothing(self, work_with, tmp_path):
        fault, _ = work_with(write_number, wanted="0.0.1")
        assert "and this is 0.0.1; pack their environment anew" in fault.text
        assert ShardStore(str(tmp_path)).committed() == []
