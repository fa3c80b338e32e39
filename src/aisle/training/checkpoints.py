"""Checkpoints of a training: named bundles of arrays in a folder, each written whole or not at all.

`training.txt` holds what the training is made of, `NAME.safetensors` a bundle, and `work/` what is
computed once, such as features, and is made again by the next run.
"""

import json
import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from aisle.core.errors import AisleError
from aisle.core.locks import LOCK_FILE, alone_in
from aisle.core.paths import new_file
from aisle.core.tensors import write_tensors

STARTS_FROM = "first weights of "
"""How the name begins of the hash of what an encoder starts from, which differs when a setting of it does."""


def made_of(parts: Mapping[str, Any]) -> dict[str, Any]:
    """All that decides a training's weights, each value under a dotted name, as JSON reads it back."""
    flat: dict[str, Any] = {}
    for name, value in parts.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{inner}": v for inner, v in made_of(value).items()}
        else:
            flat[name] = json.loads(json.dumps(value, default=str))
    return flat


class Checkpoints:
    """The checkpoints of one training.

    Args:
        folder: where they lie; `alone` makes it, and `clear` removes it.
        training: what the training is made of, see `made_of`; checkpoints of another one are refused.
    """

    def __init__(self, folder: Path, training: Mapping[str, Any]) -> None:
        self.folder = folder
        self._training = training

    def alone(self) -> AbstractContextManager[None]:
        """Be the only training in the folder while a block runs; the others need that.

        Raises:
            AisleError: another one is at work there.
        """
        return alone_in(self.folder)

    def start(self, *, resume: bool) -> bool:
        """Go on from what is in the folder if `resume`, or else empty it.

        Returns:
            Whether there is anything to go on from.

        Raises:
            AisleError: what lies there is of a training with other settings or another catalogue.
        """
        mark = self.folder / "training.txt"
        found = resume and self.has_bundles()
        if found and (other := self._differing(mark)):
            raise AisleError(
                f"{self.folder}: checkpoints of a training with another {other}; "
                "train with the same ones to resume, or without --resume to start again"
            )
        if not found:
            self._empty()
            with new_file(mark) as partial:
                partial.write_text(json.dumps(self._training, indent=1))
        self.work.mkdir(exist_ok=True)
        return found

    def _differing(self, mark: Path) -> str:
        """What distinguishes the training that a file tells of from this one; "" where nothing does."""
        try:
            theirs = json.loads(mark.read_text())
        except (FileNotFoundError, ValueError):
            theirs = None
        if not isinstance(theirs, dict):
            return "recipe, setting, catalogue or version"
        names = sorted({*theirs, *self._training})
        differing = [name for name in names if theirs.get(name, names) != self._training.get(name, names)]
        settings = [name for name in differing if not name.startswith(STARTS_FROM)]
        return ", ".join(settings or differing)

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

    def _empty(self) -> None:
        for path in self.folder.iterdir():
            if path.name == LOCK_FILE:
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def clear(self) -> None:
        """Remove the folder and all in it."""
        if self.folder.exists():
            shutil.rmtree(self.folder)
