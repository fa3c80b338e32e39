"""Where a product's images lie, and how their bytes become pixels."""

from aisle.images.folder import ImageFolder
from aisle.images.source import ImageRef, ImageSource, InlineImages

__all__ = ["ImageFolder", "ImageRef", "ImageSource", "InlineImages"]
