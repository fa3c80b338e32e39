"""Checkpoints of a training: named bundles of arrays in a folder, each written whole or not at all.

`training.txt` holds the fingerprint of the training, `NAME.safetensors` a bundle, and `work/` what is
computed once, such as features, and is made again by the next run.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from aisle.core.errors import AisleError
from aisle.core.paths import new_file
from aisle.core.tensors import write_tensors


def fingerprint(*parts: object) -> str:
    """Hex digits that tell one training from another, from all that decides its weights."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


class Checkpoints:
    """The checkpoints of one training.

    Args:
        folder: where they lie; `start` makes it, and `clear` removes it.
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
        mark = self.folder / "training.txt"
        found = resume and self.has_bundles()
        if found and not (mark.is_file() and mark.read_text() == self._training):
            raise AisleError(
                f"{self.folder}: checkpoints of a training with another recipe, setting, catalogue or "
                "version; train with the same ones to resume, or without --resume to start again"
            )
        if not found:
            self.clear()
            self.folder.mkdir()
            with new_file(mark) as partial:
                partial.write_text(self._training)
        self.work.mkdir(exist_ok=True)
        return found

    @property
    def work(self) -> Path:
        """A folder for what is computed once and can be made again."""
        return self.folder / "work"

    def has_bundles(self) -> bool:
        """Whether there is a checkpoint of any training."""
        return any(self.folder.glob("*.safetensors"))

    def save(self, name: str, arrays: Mapping[str, NDArray[Any]], info: Mapping[str, Any]) -> None:
        """Write a bundle, in place of an older one of the same name."""
        with new_file(self.folder / f"{name}.safetensors", overwrite=True) as partial:
            write_tensors(partial, arrays, {"info": json.dumps(info)})

    def load(self, name: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]] | None:
        """Read a bundle, or None where there is none of this name.

        Raises:
            AisleError: it is damaged.
        """
        path = self.folder / f"{name}.safetensors"
        if not path.exists():
            return None
        try:
            with safe_open(path, framework="numpy") as bundle:
                arrays = {key: bundle.get_tensor(key) for key in bundle.keys()}  # noqa: SIM118  not a mapping
                info = json.loads(bundle.metadata()["info"])
        except SafetensorError as error:
            raise AisleError(
                f"{path}: is damaged ({error}); train without --resume to start again"
            ) from error
        return arrays, info

    def tidy(self) -> bool:
        """Remove what can be made again, and the whole folder where there is nothing else.

        Returns:
            Whether bundles are left.
        """
        if not self.has_bundles():
            self.clear()
            return False
        shutil.rmtree(self.work, ignore_errors=True)
        return True

    def clear(self) -> None:
        """Remove the folder and all in it."""
        if self.folder.exists():
            shutil.rmtree(self.folder)
