"""The arguments of the Python interface: what is not as it must be is refused by name."""

from collections.abc import Iterable
from operator import index
from pathlib import Path
from typing import SupportsIndex

from aisle.core.errors import AisleError
from aisle.core.records import Product


def listed_products(products: Iterable[Product]) -> list[Product]:
    """The products, which may come from a generator.

    Raises:
        AisleError: they are none; the message names the place of the first that is none.
    """
    if isinstance(products, Product) or not isinstance(products, Iterable):
        raise AisleError(
            f"products is of type {type(products).__name__}; it must be a list of products: "
            "of a single one, write predict([product])"
        )
    listed = list(products)
    for at, product in enumerate(listed):
        if not isinstance(product, Product):
            raise AisleError(
                f"products[{at}] is of type {type(product).__name__}; "
                "it must be a product: write aisle.Product(title=..., ...)"
            )
    return listed


def whole_number_from_1(name: str, value: object) -> int:
    """The value of an argument that counts something.

    Raises:
        AisleError: it is no whole number, or below 1.
    """
    number = index(value) if isinstance(value, SupportsIndex) and not isinstance(value, bool) else 0
    if number < 1:
        raise AisleError(f"{name} is {value!r}; it must be a whole number from 1")
    return number


def check_folders(**folders: object) -> None:
    """Refuse what cannot be the path of a folder.

    Raises:
        AisleError: it names the argument.
    """
    for name, folder in folders.items():
        if not isinstance(folder, str | Path):
            raise AisleError(f"{name} is {folder!r}; it must be the path of a folder")
