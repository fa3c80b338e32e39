"""Lets `import timm` work where torchvision's compiled operators cannot be loaded.

timm imports torchvision, which on import describes its operators `nms` and `qnms` to torch. Beside another
build of torch (the CPU build, say) the operators are missing, and so is what it wants to describe.
"""

import importlib.util
from functools import lru_cache
from pathlib import Path

import torch

_SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}


@lru_cache(maxsize=1)
def define_missing_operators() -> tuple[torch.library.Library, ...]:
    """Define the two operators' schemas, unless torchvision's own can be loaded. Later calls do nothing.

    Returns:
        What keeps the schemas alive; empty where nothing was missing.
    """
    _load_torchvisions_own()
    missing = [name for name in _SCHEMAS if not hasattr(torch.ops.torchvision, name)]
    if not missing:
        return ()
    library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for name in missing:
        library.define(_SCHEMAS[name])  # type: ignore[no-untyped-call]
    return (library,)


def _load_torchvisions_own() -> None:
    """Load torchvision's compiled operators, as its import would, without importing it."""
    spec = importlib.util.find_spec("torchvision")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for path in sorted(Path(folder).glob("_C*.so")) + sorted(Path(folder).glob("_C*.pyd")):
            try:
                torch.ops.load_library(path)  # type: ignore[no-untyped-call]
            except OSError:
                continue
