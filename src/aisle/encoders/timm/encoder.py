"""The encoder of images: a frozen network of timm, its vectors standardised."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from aisle.core.errors import AisleError
from aisle.encoders.base import EncoderKind
from aisle.encoders.timm.folding import folded
from aisle.encoders.timm.network import bare_network, network_with_weights, take_weights, weights_of
from aisle.encoders.timm.pixels import VERSION, square_pixels
from aisle.encoders.timm.settings import TimmSettings, checked_settings
from aisle.encoders.timm.standardiser import Standardiser, as_is, fit_standardiser
from aisle.encoders.timm.workers import SingleCoreWorkers

_NETWORK = "network."


class TimmEncoder:
    """Images to vectors. A product's vector is the mean over its present images, standardised.

    Args:
        settings: with mean and std filled in.
        network: in evaluation mode, without classifier.
        standardiser: fitted before, or None.

    Raises:
        AisleError: the network does not take images of this size, or gives no vector for one.
    """

    fields = ("image",)
    trained: Literal[False] = False

    def __init__(
        self, settings: TimmSettings, network: nn.Module, standardiser: Standardiser | None = None
    ) -> None:
        self._settings = settings
        self._weights = weights_of(network)
        example = torch.rand(2, 3, settings.size, settings.size, generator=torch.Generator().manual_seed(0))
        self._workers = SingleCoreWorkers()
        self.n_dims = self._workers.run(lambda: _length_of_vector(network, example, settings))
        self._network = self._workers.run(lambda: folded(network, example)).to(
            memory_format=torch.channels_last  # type: ignore[call-overload]
        )
        std = torch.tensor(settings.std).view(1, 3, 1, 1)
        self._factor = 1 / (255 * std)
        self._offset = torch.tensor(settings.mean).view(1, 3, 1, 1) / std
        self._standardiser = standardiser or as_is(self.n_dims)

    @cached_property
    def _fingerprint(self) -> str:
        settings = asdict(self._settings)
        for name in ("weights", "batch"):
            del settings[name]
        digest = hashlib.sha256(json.dumps([settings, VERSION], sort_keys=True).encode())
        for name, tensor in sorted(self._weights.items()):
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            digest.update(tensor.numpy().tobytes())
        return digest.hexdigest()

    def fingerprint(self) -> str:
        """Hex digits that change when an image's vector, before it is standardised, would."""
        return self._fingerprint

    def settings(self) -> dict[str, Any]:
        """See encoders.base.StoredEncoder. Of a weights file the name alone is kept."""
        settings = {
            **asdict(self._settings),
            "mean": list(self._settings.mean),
            "std": list(self._settings.std),
        }
        return settings | {"weights": Path(self._settings.weights).name}

    def tensors(self) -> dict[str, NDArray[Any]]:
        """See encoders.base.StoredEncoder: the network's weights, and the standardiser."""
        network = {_NETWORK + name: tensor.numpy() for name, tensor in self._weights.items()}
        fitted = {
            "standardiser.mean": self._standardiser.mean,
            "standardiser.scale": self._standardiser.scale,
        }
        return network | fitted

    def prepare_item(self, data: bytes) -> NDArray[np.uint8] | None:
        """Turn an image's bytes into the (size, size, 3) pixels that the network sees; None where broken."""
        settings = self._settings
        return square_pixels(data, size=settings.size, fit=settings.fit, interpolation=settings.interpolation)

    def forward_items(self, items: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Give the vectors of images, not standardised: (images, n_dims)."""
        size = self._settings.batch
        batches = [items[at : at + size] for at in range(0, len(items), size)]
        vectors = self._workers.map(self._forward_batch, batches)
        return np.concatenate([np.zeros((0, self.n_dims), np.float32), *vectors])

    def _forward_batch(self, items: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        with torch.inference_mode():
            pixels = torch.from_numpy(np.stack(items)).permute(0, 3, 1, 2)  # so it is channels_last
            vectors: torch.Tensor = self._network(pixels.float().mul_(self._factor).sub_(self._offset))
            return vectors.numpy()

    def fit_standardiser(self, vectors: NDArray[np.floating], present: NDArray[np.bool_]) -> None:
        """Take mean and deviation from the training products' vectors.

        Args:
            vectors: (products, n_dims) as `encode_products` gives them.
            present: (products,) which products have one.
        """
        self._standardiser = fit_standardiser(vectors, present)

    def standardise(self, vectors: NDArray[np.floating]) -> NDArray[np.float32]:
        """Bring vectors to mean 0 and deviation 1: (products, n_dims)."""
        return self._standardiser.apply(vectors)


def fields_of(settings: Mapping[str, Any], where: str = "image") -> tuple[str, ...]:
    """The fields that the encoder reads; messages call the settings' table `where`.

    Raises:
        AisleError: settings are unknown or out of range.
    """
    checked_settings(settings, where)
    return TimmEncoder.fields


def build(settings: Mapping[str, Any]) -> TimmEncoder:
    """Make an encoder from a table of a recipe.

    Raises:
        AisleError: settings are unknown or out of range, or the weights are not to be had or do not fit.
    """
    checked = checked_settings(settings)
    network = network_with_weights(checked)
    return TimmEncoder(_with_colours(checked, network), network)


def restore(settings: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> TimmEncoder:
    """Make an encoder again from its `settings()` and `tensors()`; no hub and no weights file is asked.

    Raises:
        AisleError: settings and tensors do not fit together.
    """
    checked = checked_settings(settings)
    network = bare_network(checked)
    weights = {
        name.removeprefix(_NETWORK): torch.from_numpy(np.array(tensor))
        for name, tensor in tensors.items()
        if name.startswith(_NETWORK)
    }
    take_weights(network, weights, "the model's image weights", checked)
    standardiser = Standardiser(tensors["standardiser.mean"], tensors["standardiser.scale"])
    return TimmEncoder(_with_colours(checked, network), network, standardiser)


def _with_colours(settings: TimmSettings, network: nn.Module) -> TimmSettings:
    """Fill in the mean and std that timm names for the network where the recipe names none."""
    known: Any = getattr(network, "pretrained_cfg", {})
    return replace(
        settings,
        model_args=dict(settings.model_args),
        mean=tuple(map(float, settings.mean or known.get("mean") or (0.5, 0.5, 0.5))),
        std=tuple(map(float, settings.std or known.get("std") or (0.5, 0.5, 0.5))),
    )


def _length_of_vector(network: nn.Module, example: torch.Tensor, settings: TimmSettings) -> int:
    """Try the network: how long is the vector of an image?"""
    try:
        with torch.no_grad():
            shape = network(example).shape
    except (AssertionError, RuntimeError, ValueError) as error:
        raise AisleError(
            f"{settings.architecture} does not take images of {settings.size} px ({error}); "
            "set image.size to what it takes, or image.model_args to suit"
        ) from error
    if len(shape) != 2 or not shape[1]:
        raise AisleError(f"{settings.architecture} gives no vector for an image; name another architecture")
    return int(shape[1])


KIND = EncoderKind(build=build, restore=restore, fields_of=fields_of)
