"""Aisle puts every product of every merchant into one category tree."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aisle.core.errors import AisleError
    from aisle.core.records import Product
    from aisle.model.predictor import Predictor

__version__ = "0.1.0"
__all__ = ["AisleError", "Product", "__version__", "load"]

_HOMES = {"AisleError": "aisle.core.errors", "Product": "aisle.core.records"}


def __getattr__(name: str) -> Any:
    """Import what is asked for: the program, which asks for neither, starts the sooner without numpy."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]


def load(path: str | Path, cache: str | Path | None = None, images: str | Path | None = None) -> "Predictor":
    """Load a model directory, after checking it, as something that can `predict`.

    Args:
        cache: a folder that keeps the vectors of images, so that none is encoded twice; None for none. The
            commands keep theirs in ~/.cache/aisle.
        images: the folder that products' images are looked up in, as with `--images`: what `aisle download`
            wrote, whose images are named by their addresses, or files that relative paths start from. None:
            a product names files by paths from the current folder, or absolute ones.

    Raises:
        AisleError: the directory is missing, incomplete, changed, or of a newer format; or there is no such
            folder of images.
    """
    from aisle.model.predictor import load

    return load(path, cache, images)
