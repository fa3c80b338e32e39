"""Where a product's images lie, and how their bytes become pixels."""

from aisle.images.folder import ImageFolder
from aisle.images.root import ImageRoots, open_root
from aisle.images.source import ImageRef, ImageRoot, ImageSource, InlineImages

__all__ = [
    "ImageFolder",
    "ImageRef",
    "ImageRoot",
    "ImageRoots",
    "ImageSource",
    "InlineImages",
    "open_root",
]
