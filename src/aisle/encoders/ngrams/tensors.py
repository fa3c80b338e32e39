"""The weights of an n-gram encoder as the model directory keeps them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aisle.core.errors import AisleError
from aisle.encoders.ngrams.settings import NgramSettings
from aisle.encoders.ngrams.table import empty_table, halved
from aisle.encoders.ngrams.vocabulary import Vocabulary, make_vocabulary


def to_tensors(vocabulary: Vocabulary, table: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """The tensors of an encoder.

    Returns:
        `keys` (slots,) uint32, the most frequent n-gram first; `idf` (slots,) float32;
        `unseen_idf` (1,) float32; `table` (slots, dim) float16.
    """
    return {
        "keys": vocabulary.keys,
        "idf": vocabulary.idf,
        "unseen_idf": np.array([vocabulary.unseen_idf], np.float32),
        "table": table if table.dtype == np.float16 else halved(table),
    }


def from_tensors(
    settings: NgramSettings, tensors: Mapping[str, NDArray[Any]]
) -> tuple[Vocabulary, NDArray[np.float16]]:
    """The vocabulary and the table of which `to_tensors` made the tensors.

    Raises:
        AisleError: the tensors do not fit the settings, or one another.
    """
    faults = _faults(settings, tensors)
    if faults:
        raise AisleError(f"the stored n-grams are no good: {'; '.join(faults)}; store the model again")
    vocabulary = make_vocabulary(
        np.array(tensors["keys"], np.uint32),
        np.array(tensors["idf"], np.float32),
        np.float32(tensors["unseen_idf"][0]),
        settings.n_keys,
    )
    table = empty_table(len(vocabulary), settings.dim, np.float16)
    table[:] = tensors["table"]
    return vocabulary, table


def _faults(settings: NgramSettings, tensors: Mapping[str, NDArray[Any]]) -> list[str]:
    n_slots = len(tensors["keys"]) if "keys" in tensors else 0
    wanted = {
        "keys": (np.uint32, (n_slots,)),
        "idf": (np.float32, (n_slots,)),
        "unseen_idf": (np.float32, (1,)),
        "table": (np.float16, (n_slots, settings.dim)),
    }
    found = []
    for name, (kind, shape) in wanted.items():
        if name not in tensors:
            found.append(f"there is no tensor '{name}'")
        elif tensors[name].dtype != kind or tensors[name].shape != shape:
            is_now = f"{tensors[name].dtype} {tensors[name].shape}"
            found.append(f"'{name}' is {is_now}, not {np.dtype(kind)} {shape}")
    if not found and n_slots and int(tensors["keys"].max()) >= settings.n_keys:
        found.append(
            f"'keys' holds {tensors['keys'].max()}; the settings allow for less than {settings.n_keys}"
        )
    return found
