"""Which products a model was trained on: for each a hash of its merchant and id, eight bytes."""

from hashlib import blake2b

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_N_BYTES = 8


def product_keys(products: pa.RecordBatch) -> NDArray[np.uint64]:
    """(products,) a hash of each product's merchant and id.

    Args:
        products: with the columns `merchant` and `id`.
    """
    pairs = zip(products["merchant"].to_pylist(), products["id"].to_pylist(), strict=True)
    digests = (
        blake2b(f"{merchant}\0{key}".encode(), digest_size=_N_BYTES).digest() for merchant, key in pairs
    )
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64)


def were_trained_on(keys: NDArray[np.uint64], trained_on: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """(products,) whether each product is among those that a model was trained on.

    Args:
        keys: (products,) as `product_keys` gives them.
        trained_on: (training products,) the same of those, sorted.
    """
    if not len(trained_on):
        return np.zeros(len(keys), np.bool_)
    at = np.searchsorted(trained_on, keys)
    return np.asarray(trained_on[np.minimum(at, len(trained_on) - 1)] == keys)
