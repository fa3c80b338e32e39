"""The batch job: a feed in, its categories out; and the scoring of a model on labelled products."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aisle.prediction.evaluate import evaluate_model
    from aisle.prediction.job import PredictSettings, PredictSummary, predict
    from aisle.prediction.labelled import EvaluateOptions

__all__ = ["EvaluateOptions", "PredictSettings", "PredictSummary", "evaluate_model", "predict"]


def __getattr__(name: str) -> Any:
    """Import what is asked for: the batch job needs no metrics, and starts the sooner without them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module = {"evaluate_model": "evaluate", "EvaluateOptions": "labelled"}.get(name, "job")
    return getattr(import_module(f"{__name__}.{module}"), name)
