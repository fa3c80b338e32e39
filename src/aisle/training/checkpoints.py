"""Checkpoints of a training: named bundles of arrays in a folder, each written whole or not at all."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from aisle.core.errors import AisleError
from aisle.core.paths import new_file


def fingerprint(*parts: object) -> str:
    """Hex digits that tell one training from another, from all that decides its weights."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


class Checkpoints:
    """The checkpoints of one training.

    Args:
        folder: where they lie; it is made when needed, and `clear` removes it.
        training: the fingerprint of the training; checkpoints of another one are refused.
    """

    def __init__(self, folder: Path, training: str) -> None:
        self.folder = folder
        self._training = training

    def start(self, *, resume: bool) -> bool:
        """Open the folder: empty unless `resume`.

        Returns:
            Whether there is anything to go on from.

        Raises:
            AisleError: what lies there is of a training with other settings or another catalogue.
        """
        if not resume:
            self.clear()
        self.folder.mkdir(exist_ok=True)
        mark = self.folder / "training.txt"
        if mark.exists() and mark.read_text() != self._training:
            raise AisleError(
                f"{self.folder}: checkpoints of a training with another recipe, catalogue or version; "
                "train with the same ones to resume, or without --resume to start again"
            )
        found = any(self.folder.glob("*.safetensors"))
        with new_file(mark, overwrite=True) as partial:
            partial.write_text(self._training)
        return found

    def save(self, name: str, arrays: Mapping[str, NDArray[Any]], info: Mapping[str, Any]) -> None:
        """Write a bundle, in place of an older one of the same name."""
        with new_file(self.folder / f"{name}.safetensors", overwrite=True) as partial:
            whole = {k: np.ascontiguousarray(v) for k, v in arrays.items()}
            save_file(whole, partial, metadata={"info": json.dumps(info)})

    def load(self, name: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]] | None:
        """Read a bundle, or None where there is none of this name."""
        path = self.folder / f"{name}.safetensors"
        if not path.exists():
            return None
        with safe_open(path, framework="numpy") as bundle:
            arrays = {key: bundle.get_tensor(key) for key in bundle.keys()}  # noqa: SIM118  not a mapping
            info = json.loads(bundle.metadata()["info"])
        return arrays, info

    def drop(self, name: str) -> None:
        """Remove a bundle that is no longer needed."""
        (self.folder / f"{name}.safetensors").unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove the folder and all in it."""
        if self.folder.exists():
            shutil.rmtree(self.folder)
