"""The metrics by name. A metric is a function `metric(scored: Scored) -> dict`, its result ready for JSON.

Its keys are the same whatever the products, and null stands for what cannot be said (of no products, say).
Adding a metric is one file and one line here.
"""

from aisle.core.registry import Registry

METRICS = Registry(
    "metric",
    {
        "accuracy": "aisle.evaluation.accuracy:accuracy",
        "coverage": "aisle.evaluation.coverage:coverage",
        "ece": "aisle.evaluation.ece:ece",
        "f1": "aisle.evaluation.f1:f1",
        "hierarchical": "aisle.evaluation.hierarchical:hierarchical",
        "top_k": "aisle.evaluation.top_k:top_k",
    },
)
