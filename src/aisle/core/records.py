"""Small frozen records that pass between rooms: a product, an image's whereabouts, answers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FIELDS = ("title", "description", "brand", "merchant_category", "link", "image")
"""What can speak for a product. Bit i of a mask is set when the product has FIELDS[i]."""

TEXT_FIELDS = FIELDS[:-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product as a caller holds it; every field but the id may be missing.

    Args:
        images: a tuple or list of paths of files, or of links into the folder that `aisle.load` was given, or
            of encoded bytes (JPEG, PNG, WebP, ...); all of them count.

    Raises:
        TypeError: a field is not what it must be; the message names it.
    """

    id: str = ""
    merchant: str = ""
    title: str = ""
    description: str = ""
    brand: str = ""
    merchant_category: str = ""
    link: str = ""
    images: Sequence[str | Path | bytes] = ()

    def __post_init__(self) -> None:
        for name in ("id", "merchant", *TEXT_FIELDS):
            if not isinstance(value := getattr(self, name), str):
                raise TypeError(f"{name} is {value!r}; it must be a text, empty where there is none")
        if not isinstance(self.images, tuple | list):
            raise TypeError(
                f"images is of type {type(self.images).__name__}; it must be a tuple or a list of images: "
                "of a single one, write images=(image,)"
            )
        for at, image in enumerate(self.images):
            if not isinstance(image, str | Path | bytes):
                raise TypeError(f"images[{at}] is {image!r}; it must be a path or bytes")
        object.__setattr__(self, "images", tuple(self.images))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Where a batch of products belongs: for each a path down the tree, and the runners-up.

    Node indices are those of the taxonomy that made the answers and are never stored on disk.

    Args:
        path: (products, levels) node index at level 1, 2, ...; -1 below the path's leaf.
        path_p: (products, levels) probability of that node; NaN below the path's leaf.
        top_leaves: (products, k) node indices of the k most probable leaves, the most probable first.
        top_p: (products, k) their probabilities.
        mask: (products,) which fields spoke; bit i stands for FIELDS[i].
        undecodable: (images,) of all images of the products, one product's after the other's: whether its
            bytes were found and gave no pixels. Empty where the model looks at no images.
    """

    path: NDArray[np.int32]
    path_p: NDArray[np.float32]
    top_leaves: NDArray[np.int32]
    top_p: NDArray[np.float32]
    mask: NDArray[np.uint8]
    undecodable: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))

    @staticmethod
    def joined(parts: "Sequence[Answers]") -> "Answers":
        """Set the answers of several batches one below the other."""
        whole = {name: np.concatenate([getattr(p, name) for p in parts]) for name in Answers.__slots__}
        return Answers(**whole)


def mask_name(mask: int) -> str:
    """Name a mask by the fields that speak, e.g. `title+image`; `none` where no field does."""
    return "+".join(name for i, name in enumerate(FIELDS) if mask >> i & 1) or "none"


def mask_of_fields(names: Iterable[str]) -> int:
    """The mask of a product that has these of FIELDS, in any order."""
    return sum(1 << FIELDS.index(name) for name in set(names))


def mask_of(name: str) -> int:
    """The mask of a name that `mask_name` gave.

    Raises:
        ValueError: the name holds a field that is not in FIELDS.
    """
    names = [] if name == "none" else name.split("+")
    if unknown := sorted(set(names) - set(FIELDS)):
        raise ValueError(f"no field is called '{unknown[0]}'; fields: {', '.join(FIELDS)}")
    return mask_of_fields(names)
