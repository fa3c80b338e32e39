"""The loss: minus the log of the probability mass on a product's label set, with label smoothing."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from aisle.taxonomy.label_sets import LabelSets

if TYPE_CHECKING:
    import torch


def label_mask(labels: LabelSets, n_leaves: int) -> NDArray[np.bool_]:
    """The leaves that each product's label allows, as (products, leaves)."""
    n = len(labels.ptr) - 1
    edges = np.zeros((n, n_leaves + 1), np.int8)
    rows = np.repeat(np.arange(n), np.diff(labels.ptr))
    np.add.at(edges, (rows, labels.start), 1)
    np.add.at(edges, (rows, labels.stop), -1)
    return np.cumsum(edges, axis=1)[:, :-1] > 0


def set_valued_loss(
    scores: "torch.Tensor", labels: LabelSets, smoothing: float, targets: NDArray[np.float32]
) -> "torch.Tensor":
    """Each product's loss: (1 - smoothing) * -log p(label set) + smoothing * mean of -log p under `targets`.

    Args:
        scores: (products, leaves), log-probabilities but for a constant in each row.
        labels: for the same products, none of them empty.
        targets: (products, leaves) for each product a distribution over the leaves, see `TreeSmoothing`.

    Returns:
        (products,).
    """
    import torch

    log_p = torch.log_softmax(scores, dim=1)
    if np.array_equal(np.diff(labels.ptr), np.ones(len(scores))) and (labels.stop - labels.start == 1).all():
        on_label = log_p[torch.arange(len(scores)), torch.from_numpy(labels.start.astype(np.int64))]
    else:
        mask = torch.from_numpy(label_mask(labels, scores.shape[1]))
        on_label = torch.where(mask, log_p, -torch.inf).logsumexp(dim=1)
    return -(1 - smoothing) * on_label - smoothing * (torch.from_numpy(targets) * log_p).sum(dim=1)
