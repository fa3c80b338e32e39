"""Importing timm beside a torch that torchvision's operators were not built for."""

import subprocess
import sys

DEFINE = """
from aisle.encoders.timm.torchvision_operators import define_missing_operators
kept = define_missing_operators()
assert define_missing_operators() is kept
import timm
import torch
assert torch.ops.torchvision.nms and torch.ops.torchvision.qnms
"""

THERE_ALREADY = """
import torch
real = torch.library.Library("torchvision", "DEF")
real.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
real.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
from aisle.encoders.timm import torchvision_operators
torchvision_operators._load_torchvisions_own = lambda: None
assert torchvision_operators.define_missing_operators() == ()
"""


def _runs(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh process: torch forgets no operator."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def test_timm_can_be_imported_and_a_second_call_changes_nothing() -> None:
    result = _runs(DEFINE)
    assert (result.returncode, result.stderr) == (0, "")


def test_operators_that_are_there_already_are_left_alone() -> None:
    result = _runs(THERE_ALREADY)
    assert (result.returncode, result.stderr) == (0, "")
