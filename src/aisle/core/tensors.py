"""Arrays in safetensors files, written so that a full disk is told like any other."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import save_file


def write_tensors(
    path: Path, tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str] | None = None
) -> None:
    """Write arrays by name, in whatever order they lie in memory, to a file that may be read like any other.

    Raises:
        OSError: the system refused it, with its own number, whatever safetensors makes of it.
    """
    whole = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    path.touch()
    mode = path.stat().st_mode
    try:
        save_file(whole, path, metadata=dict(metadata) if metadata else None)
        path.chmod(mode)  # safetensors lets the owner alone read what it writes
    except SafetensorError as error:
        told = re.search(r"\(os error (\d+)\)", str(error))
        if told is None:
            raise
        raise OSError(int(told[1]), os.strerror(int(told[1])), str(path)) from error
