"""The batch job: a feed in, its categories out; and the scoring of a model on labelled products."""

from aisle.prediction.evaluate import EvaluateOptions, evaluate_model
from aisle.prediction.job import PredictSettings, PredictSummary, predict

__all__ = ["EvaluateOptions", "PredictSettings", "PredictSummary", "evaluate_model", "predict"]
