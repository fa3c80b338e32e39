"""What a recipe may say about training."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite

_FEWEST_EPOCHS, _MOST_EPOCHS, _SHOWN = 4, 16, 250_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How fast one encoder's evidence learns.

    Args:
        table: learning rate of the encoder's own weights (plain SGD on the mean loss of a batch); a frozen
            encoder has none.
        head: learning rate of the head's weights for this encoder (AdamW).
        travel: where above 0, it sets that rate: `travel` / steps of the training. AdamW moves a weight by
            about its rate in each step, so the weights come as far on ten thousand products as on a million;
            a rate that suits one number of products overfits the frozen vectors of the other.
        decay: weight decay of the head's weights for this encoder (AdamW, decoupled).
        init: standard deviation of the head's first weights, times 1 / sqrt(dimensions).
    """

    table: float = 5.0
    head: float = 0.005
    travel: float = 0.0
    decay: float = 0.0
    init: float = 0.5

    def head_rate(self, n_steps: int) -> float:
        """The head's full rate in a training of so many steps."""
        return self.travel / n_steps if self.travel else self.head

    def faults(self, where: str) -> list[str]:
        """Every value that cannot be right; `where` is the table's name."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return [
            f"{where}.{name} is {value}; it must be a number from 0"
            for name, value in values.items()
            if not (isfinite(value) and value >= 0)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSettings:
    """The numbers of one training.

    Args:
        epochs: passes over the products, at most; `auto` takes so many that they show about 250,000 products
            together, from 4 to 16: what one pass over a large catalogue teaches, a small one needs many for.
        batch: complete products in a batch.
        copies: copies with fields taken away that join a batch, as a share of `batch`.
        copy_weight: weight of a copy in the loss, where a complete product has 1.
        category_names: how often an epoch shows each leaf's name, as the title of a product of it; 0 never
            does. So a leaf that few products are labelled with, or none, is told by its name. No epoch shows
            more names than products.
        label_smoothing: weight in the loss of the mean of -log p over leaves near the label, see
            `TreeSmoothing`; below 1.
        warmup: share of the steps in which the rates rise from 0; then they fall to 0 in a line.
        patience: epochs that fall short of the best by more than its standard error, after which training
            stops; 0 never stops early: rates fall until the end, and the best often follows a worse while.
        validation: `val` (the catalogue's split) or a share of train's groups, such as 0.1, that is held out
            to choose the best epoch and the temperatures before the model is trained again on all of train.
        members: models of different seeds that are averaged into one.
        seed: of every random number.
        threads: processor cores for the encoders' tables; 0 for all.
        checkpoint_s: seconds between two checkpoints, at least.
        rates: for each encoder by its name in the recipe.
    """

    epochs: int | str = "auto"
    batch: int = 64
    copies: float = 0.1
    copy_weight: float = 1.0
    category_names: int = 3
    label_smoothing: float = 0.2
    warmup: float = 0.05
    patience: int = 0
    validation: float | str = "val"
    members: int = 1
    seed: int = 1
    threads: int = 0
    checkpoint_s: float = 30.0
    rates: Mapping[str, Rates] = field(default_factory=dict)

    def n_epochs(self, n_products: int) -> int:
        """How many passes a training on so many products makes, at most."""
        if not isinstance(self.epochs, str):
            return self.epochs
        return min(_MOST_EPOCHS, max(_FEWEST_EPOCHS, round(_SHOWN / max(1, n_products))))

    def faults(self) -> list[str]:
        """Every value that cannot be right, each with the values that can."""
        found = []
        if self.epochs != "auto" and (isinstance(self.epochs, str) or self.epochs < 1):
            found.append(f"training.epochs is {self.epochs!r}; it is 'auto' or a whole number from 1")
        for name in ("batch", "members"):
            if getattr(self, name) < 1:
                found.append(f"training.{name} is {getattr(self, name)}; it must be at least 1")
        for name in (
            "copies",
            "copy_weight",
            "category_names",
            "patience",
            "threads",
            "checkpoint_s",
            "seed",
        ):
            if not (isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                found.append(f"training.{name} is {getattr(self, name)}; it must be a number from 0")
        for name in ("label_smoothing", "warmup"):
            if not 0 <= getattr(self, name) < 1:
                found.append(f"training.{name} is {getattr(self, name)}; it must be from 0 to below 1")
        if isinstance(self.validation, str) and self.validation != "val":
            found.append(f"training.validation is '{self.validation}'; it is 'val' or a share such as 0.1")
        elif isinstance(self.validation, float) and not 0 < self.validation < 1:
            found.append(f"training.validation is {self.validation}; a share lies between 0 and 1")
        return found
