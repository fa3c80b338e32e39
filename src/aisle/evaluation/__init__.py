"""Predictions and truth to figures."""

from aisle.evaluation.compare import compare
from aisle.evaluation.metrics import METRICS
from aisle.evaluation.peer import answers_of_nodes
from aisle.evaluation.report import Report, Settings, evaluate
from aisle.evaluation.resampling import Resampling
from aisle.evaluation.table import console_report
from aisle.evaluation.truth import Names, TrainingCounts, Truth

__all__ = [
    "METRICS",
    "Names",
    "Report",
    "Resampling",
    "Settings",
    "TrainingCounts",
    "Truth",
    "answers_of_nodes",
    "compare",
    "console_report",
    "evaluate",
]
