"""Where a product's images lie, and how their bytes become pixels."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aisle.images.folder import ImageFiles, ImageFolder
    from aisle.images.root import ImageRoots, open_root
    from aisle.images.source import ImageRef, ImageRoot, ImageSource, InlineImages

__all__ = [
    "ImageFiles",
    "ImageFolder",
    "ImageRef",
    "ImageRoot",
    "ImageRoots",
    "ImageSource",
    "InlineImages",
    "open_root",
]

_FOLDER = ("ImageFiles", "ImageFolder")
_ROOT = ("ImageRoots", "open_root")


def __getattr__(name: str) -> Any:
    """Import what is asked for: the process that decodes needs no tables, and starts the sooner without."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module = "folder" if name in _FOLDER else "root" if name in _ROOT else "source"
    return getattr(import_module(f"{__name__}.{module}"), name)
