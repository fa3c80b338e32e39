"""What a recipe may say about an encoder of images."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aisle.core.errors import AisleError, known_names
from aisle.core.settings import checked_record

FITS = {
    "squash": "the whole image, its sides stretched to a square",
    "crop": "the largest square in its middle",
}
INTERPOLATIONS = ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimmSettings:
    """An encoder of images by a network of timm.

    Args:
        architecture: timm's name of the network.
        weights: `hub` (downloaded, and kept by the hub's own cache), `none` (drawn at random, always alike),
            or the path of a safetensors file.
        model_args: further arguments of timm's `create_model`, such as `pad_type`.
        mean, std: of red, green and blue, from 0 to 1; empty for what timm names for the network.
        size: side in pixels of the square that the network sees.
        fit: one of FITS.
        interpolation: one of INTERPOLATIONS; how an image is resized.
        batch: images in one pass through the network, on one core; speed alone depends on it (two or so: what
            the layers pass on then stays near the core).
    """

    architecture: str = "mobilenetv2_100"
    weights: str = "hub"
    model_args: Mapping[str, Any] = field(default_factory=dict)
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    size: int = 224
    fit: str = "squash"
    interpolation: str = "bicubic"
    batch: int = 2


def checked_settings(values: Mapping[str, Any], where: str = "image") -> TimmSettings:
    """Check a table of a recipe, which messages call `where`.

    Raises:
        AisleError: settings are unknown or out of range; all of them in one message.
    """
    faults: list[str] = []
    settings = checked_record(TimmSettings, values, where, faults)
    faults += _faults(settings, where)
    if faults:
        raise AisleError("; ".join(faults))
    return settings


def _faults(settings: TimmSettings, where: str) -> list[str]:
    """Every value that cannot be right, each with the values that can."""
    faults = []
    for name, low, high in (("size", 8, 4096), ("batch", 1, 4096)):
        value = getattr(settings, name)
        if not low <= value <= high:
            faults.append(f"{where}.{name} is {value}; it must be from {low} to {high}")
    for name, known in (("fit", FITS), ("interpolation", INTERPOLATIONS)):
        value = getattr(settings, name)
        if value not in known:
            faults.append(f"{where}.{name} is '{value}'; {known_names(value, known)}")
    for name in ("mean", "std"):
        value = getattr(settings, name)
        if not _is_colour(value):
            faults.append(f"{where}.{name} is {value!r}; it must be three numbers such as [0.5, 0.5, 0.5]")
        elif name == "std" and any(part <= 0 for part in value):
            faults.append(f"{where}.std is {list(value)}; its numbers must be above 0")
    arguments: object = settings.model_args
    if not isinstance(arguments, Mapping):
        faults.append(f"{where}.model_args is {arguments!r}; it must be a table of arguments")
    return faults


def _is_colour(value: object) -> bool:
    """Whether `value` is a number each for red, green and blue, or empty."""
    if not isinstance(value, list | tuple) or len(value) not in (0, 3):
        return False
    return all(isinstance(part, int | float) and not isinstance(part, bool) for part in value)
