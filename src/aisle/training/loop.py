"""The training loop, which exists once: batches, copies, steps, scores."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aisle.core.records import FIELDS
from aisle.heads.base import Head, head_kind, restore_head
from aisle.taxonomy.label_sets import LabelSets
from aisle.training.copies import take_away
from aisle.training.evidence import Evidence
from aisle.training.loss import set_valued_loss
from aisle.training.settings import TrainingSettings
from aisle.training.smoothing import TreeSmoothing

if TYPE_CHECKING:
    import torch

_CHUNK = 1024  # products scored at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Products of one step.

    Args:
        rows: (products,) their places in the training data.
        fields: (products,) mask of the fields that may speak.
        n_complete: how many of them, from the first, are complete; the others are copies.
    """

    rows: NDArray[np.int64]
    fields: NDArray[np.uint8]
    n_complete: int


class Learner:
    """The weights of one model while it is trained: a head and its encoders' evidence.

    Args:
        evidence: by an encoder's name, fitted on the training rows.
        n_steps: steps of the whole training, which the schedule of rates needs.
    """

    def __init__(
        self,
        head_table: Mapping[str, Any],
        evidence: Mapping[str, Evidence],
        n_leaves: int,
        settings: TrainingSettings,
        seed: int,
        n_steps: int,
    ) -> None:
        import torch

        self.evidence = dict(evidence)
        self.settings = settings
        self.n_steps = n_steps
        self.step = 0
        self._head_name = str(head_table["head"])
        first = head_kind(self._head_name).build(
            {k: v for k, v in head_table.items() if k != "head"},
            {name: e.n_dims for name, e in evidence.items()},
            n_leaves,
            np.random.default_rng(seed),
            {name: settings.rates[name].init for name in evidence},
        )
        self.parameters = {k: torch.nn.Parameter(torch.from_numpy(v)) for k, v in first.parameters().items()}
        self.head: Head = restore_head(self._head_name, first.settings(), self.parameters)
        self._absent = torch.nn.Parameter(torch.zeros(len(FIELDS)))
        self.optimizer = torch.optim.AdamW(self._groups(), betas=(0.9, 0.99))
        self._full_rates = [group["lr"] for group in self.optimizer.param_groups]

    def _groups(self) -> list[dict[str, Any]]:
        """One group for each weight, at the rate of its encoder; what belongs to none goes with the first."""
        rates = self.settings.rates
        first = next(iter(self.evidence))
        groups = []
        named = [(key.removeprefix("weight."), parameter) for key, parameter in self.parameters.items()]
        for name, parameter in [*named, ("", self._absent)]:
            mine = rates[name if name in self.evidence else first]
            decay = mine.decay if name in self.evidence else 0.0
            groups.append({"params": [parameter], "lr": mine.head_rate(self.n_steps), "weight_decay": decay})
        return groups

    def learn(self, batch: Batch, labels: LabelSets, targets: NDArray[np.float32]) -> float:
        """Take one step down the mean loss, and return it.

        The sum over complete products and weighted copies is divided by the number of complete ones, so
        that copies add to a step and take nothing from the complete products.

        Args:
            labels: of the batch's products.
            targets: (products, leaves) where label smoothing would have their mass.
        """
        factor = self._schedule()
        for group, rate in zip(self.optimizer.param_groups, self._full_rates, strict=True):
            group["lr"] = rate * factor
        vectors = self._tensors(batch)
        scores = self.head.scores(vectors) / self._temperatures(batch.fields)[:, None]
        losses = set_valued_loss(scores, labels, self.settings.label_smoothing, targets)
        complete, copies = losses[: batch.n_complete], losses[batch.n_complete :]
        loss = (complete.sum() + self.settings.copy_weight * copies.sum()) / batch.n_complete
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        for name, evidence in self.evidence.items():
            gradient = vectors[name].grad
            if gradient is not None:
                evidence.update(
                    batch.rows, batch.fields, gradient.numpy(), self.settings.rates[name].table * factor
                )
        self.step += 1
        return float(complete.detach().mean())

    def _temperatures(self, fields: NDArray[np.uint8]) -> "torch.Tensor":
        """The temperature of each product: log T is the sum of a learned number over its absent fields.

        A title alone may then say what it says beside other fields, and need not shout it. Without this,
        copies teach each field to carry a product by itself, and where all speak they outshout each other.
        """
        import torch

        absent = (fields[:, None] >> np.arange(len(FIELDS)) & 1) == 0
        return torch.exp(torch.from_numpy(absent.astype(np.float32)) @ self._absent)

    def _tensors(self, batch: Batch) -> "dict[str, torch.Tensor]":
        import torch

        return {
            name: torch.from_numpy(e.vectors(batch.rows, batch.fields)).requires_grad_(bool(e.weights()))
            for name, e in self.evidence.items()
        }

    def _schedule(self) -> float:
        """The share of the full rates at this step: up in a line, then down in a line to 0."""
        n_warmup = max(1, round(self.settings.warmup * self.n_steps))
        if self.step < n_warmup:
            return (self.step + 1) / n_warmup
        return (self.n_steps - self.step) / max(1, self.n_steps - n_warmup)

    def scores(self, rows: NDArray[np.int64], fields: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Score products from the fields given: (products, leaves)."""
        head = restore_head(self._head_name, self.head.settings(), self.head_weights())
        parts = []
        for at in range(0, len(rows), _CHUNK):
            part = slice(at, at + _CHUNK)
            vectors = {name: e.vectors(rows[part], fields[part]) for name, e in self.evidence.items()}
            parts.append(head.scores(vectors))
        return np.concatenate(parts)

    def head_weights(self) -> dict[str, NDArray[Any]]:
        """The head's weights as NumPy arrays that share memory with the tensors."""
        return {k: p.detach().numpy() for k, p in self.parameters.items()}

    def state(self) -> dict[str, NDArray[Any]]:
        """All that changes while training, by name; views, not copies."""
        found = {f"head/{k}": v for k, v in self.head_weights().items()}
        found["absent"] = self._absent.detach().numpy()
        for name, evidence in self.evidence.items():
            found |= {f"evidence/{name}/{k}": v for k, v in evidence.weights().items()}
        for i, moments in self.optimizer.state_dict()["state"].items():
            found |= {f"adam/{i}/{k}": v.numpy() for k, v in moments.items()}
        found["step"] = np.array([self.step])
        return found

    def load_state(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over what `state` gave."""
        import torch

        for key, weights in self.head_weights().items():
            weights[...] = state[f"head/{key}"]
        self._absent.detach().numpy()[...] = state["absent"]
        for name, evidence in self.evidence.items():
            for key, weights in evidence.weights().items():
                weights[...] = state[f"evidence/{name}/{key}"]
        moments: dict[int, dict[str, torch.Tensor]] = {}
        for key, value in state.items():
            if key.startswith("adam/"):
                _, i, k = key.split("/")
                moments.setdefault(int(i), {})[k] = torch.from_numpy(value.copy())
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": moments})
        self.step = int(state["step"][0])


def epoch_batches(
    rows: NDArray[np.int64], fields: NDArray[np.uint8], settings: TrainingSettings, seed: tuple[int, ...]
) -> Iterator[Batch]:
    """Cut the products, in an order drawn by `seed`, into batches and add copies to each.

    Args:
        rows: (n,) the products to train on.
        fields: (all products,) mask of the fields that each has.
    """
    generator = np.random.default_rng(seed)
    order = generator.permutation(rows)
    n_copies = round(settings.copies * settings.batch)
    for at in range(0, len(order), settings.batch):
        mine = order[at : at + settings.batch]
        copied = generator.choice(rows, size=n_copies * len(mine) // settings.batch)
        yield Batch(
            rows=np.concatenate([mine, copied]),
            fields=np.concatenate([fields[mine], take_away(fields[copied], generator)]),
            n_complete=len(mine),
        )


def n_batches(n_rows: int, settings: TrainingSettings) -> int:
    """How many batches an epoch has."""
    return -(-n_rows // settings.batch)


def run_epoch(
    learner: Learner,
    batches: Iterator[Batch],
    labels: LabelSets,
    smoothing: TreeSmoothing,
    advance: Callable[[int], None],
) -> float:
    """Learn from every batch once, and return the mean loss over complete products.

    Args:
        labels: of all products.
        smoothing: of all products.
        advance: told the number of complete products of each batch.
    """
    total, n = 0.0, 0
    for batch in batches:
        loss = learner.learn(batch, labels.take(batch.rows), smoothing.targets(batch.rows))
        total += loss * batch.n_complete
        n += batch.n_complete
        advance(batch.n_complete)
    return total / max(1, n)
