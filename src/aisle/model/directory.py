"""The model directory: what a model is on disk, how it is written, and how it is checked and read.

    aisle.json             format version, encoders, head, calibration, labels, provenance
    taxonomy.tsv           the tree that the model predicts
    labels.tsv             the full tree, and what each of its nodes means in the first
    training_counts.tsv    how many training products each node was the label of
    trained_on.safetensors which products it was trained on, by the hash of merchant and id
    head.safetensors       the head's weights; leaves in the order of taxonomy.tsv
    encoder.NAME.safetensors
    SHA256SUMS             of every other file

Reading it runs no code from it: it holds JSON, text and safetensors, and anything else is refused.
"""

import csv
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from aisle.calibration import Calibration
from aisle.core.errors import AisleError
from aisle.core.hashes import check_sha256, sha256_of
from aisle.core.paths import new_directory
from aisle.core.tensors import write_tensors
from aisle.encoders.base import Encoder, restore_encoder
from aisle.heads.base import Head, restore_head
from aisle.taxonomy.labels import LABELS_FILE, TREE_FILE, LabelTree, read_label_tree

FORMAT = 1
MARKER = "aisle.json"
_SUMS = "SHA256SUMS"
_REMEDY = "fetch or train the model again"
_COUNTS = "training_counts.tsv"
_TRAINED_ON = "trained_on.safetensors"
_HEAD = "head.safetensors"
_NEEDED = (MARKER, TREE_FILE, LABELS_FILE, _COUNTS, _TRAINED_ON, _HEAD)
_ALLOWED = re.compile("|".join([*map(re.escape, _NEEDED), r"encoder\.[\w-]+\.safetensors"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """All that answers need.

    Args:
        encoders: by name, in the order of the recipe.
        kinds: from an encoder's name to its name in ENCODERS.
        head_name: the head's name in HEADS.
        labels: the tree that is predicted, and what labels of the full tree mean in it.
        label_columns: the feed's columns that training took labels from; they never speak as evidence.
        training_counts: (nodes,) training products labelled with each node of `labels.tree`.
        trained_on: (training products,) `trained_on.product_keys` of them, sorted.
        provenance: recipe, settings, seeds, catalogue and versions, as JSON writes them.
    """

    encoders: Mapping[str, Encoder]
    kinds: Mapping[str, str]
    head_name: str
    head: Head
    calibration: Calibration
    labels: LabelTree
    label_columns: tuple[str, ...]
    training_counts: NDArray[np.int64]
    trained_on: NDArray[np.uint64]
    provenance: Mapping[str, Any]


def write_model(model: Model, target: Path, *, overwrite: bool = False) -> None:
    """Write the model directory, whole or not at all.

    Raises:
        AisleError: `target` exists and may not be overwritten.
    """
    with new_directory(target, overwrite=overwrite, marker=MARKER) as folder:
        model.labels.write(folder)
        _write_counts(folder / _COUNTS, model)
        write_tensors(folder / _TRAINED_ON, {"keys": model.trained_on})
        write_tensors(folder / _HEAD, model.head.parameters())
        for name, encoder in model.encoders.items():
            write_tensors(folder / f"encoder.{name}.safetensors", encoder.tensors())
        text = json.dumps(_about(model), indent=2, ensure_ascii=False, sort_keys=True)
        (folder / MARKER).write_text(text + "\n", encoding="utf-8")
        sums = [f"{sha256_of(path)}  {path.name}\n" for path in sorted(folder.iterdir())]
        (folder / _SUMS).write_text("".join(sums), encoding="utf-8")


def _about(model: Model) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "encoders": {
            name: {"encoder": model.kinds[name], "fingerprint": e.fingerprint(), "settings": e.settings()}
            for name, e in model.encoders.items()
        },
        "encoder_order": list(model.encoders),
        "head": {"head": model.head_name, "settings": model.head.settings()},
        "calibration": model.calibration.as_json(),
        "label_columns": list(model.label_columns),
        "provenance": dict(model.provenance),
    }


def _write_counts(path: Path, model: Model) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, delimiter="\t", lineterminator="\n")
        rows.writerow(["id", "products"])
        rows.writerows(
            (model.labels.tree.ids[i], model.training_counts[i]) for i in model.training_counts.nonzero()[0]
        )


def read_model(folder: Path) -> Model:
    """Check a model directory against its hashes and read it.

    Raises:
        AisleError: it is missing, incomplete, changed, of another format, or holds what is no part of it.
    """
    check_model(folder)
    try:
        return _read(folder)
    except (KeyError, TypeError, ValueError, SafetensorError) as error:
        raise AisleError(
            f"{folder}: is not as `aisle train` writes a model ({type(error).__name__}: {error}); "
            "fetch or train the model again"
        ) from error


def _read(folder: Path) -> Model:
    """Read a directory whose hashes are right."""
    about = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    labels = read_label_tree(folder)
    encoders = {
        name: restore_encoder(
            about["encoders"][name]["encoder"],
            about["encoders"][name]["settings"],
            load_file(folder / f"encoder.{name}.safetensors"),
        )
        for name in about["encoder_order"]
    }
    head = about["head"]
    return Model(
        encoders=encoders,
        kinds={name: entry["encoder"] for name, entry in about["encoders"].items()},
        head_name=head["head"],
        head=restore_head(head["head"], head["settings"], load_file(folder / _HEAD)),
        calibration=Calibration.from_json(about["calibration"]),
        labels=labels,
        label_columns=tuple(about["label_columns"]),
        training_counts=_read_counts(folder / _COUNTS, labels),
        trained_on=load_file(folder / _TRAINED_ON)["keys"],
        provenance=about["provenance"],
    )


def _read_counts(path: Path, labels: LabelTree) -> NDArray[np.int64]:
    counts = np.zeros(labels.tree.n_nodes, np.int64)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            counts[labels.tree.node_of_id(row["id"])] = int(row["products"])
    return counts


def check_model(folder: Path) -> None:
    """Hold every file of a model directory against its hash.

    Raises:
        AisleError: as `read_model`.
    """
    if not folder.is_dir():
        raise AisleError(
            f"{folder}: no such model directory; `aisle train CATALOGUE --out {folder}` makes one"
        )
    for needed in (MARKER, _SUMS):
        if not (folder / needed).is_file():
            raise AisleError(
                f"{folder}: no model directory, it has no {needed}; name one that `aisle train` wrote"
            )
    sums = _read_sums(folder / _SUMS)
    for path in sorted(folder.iterdir()):
        if path.name != _SUMS and (path.name not in sums or not path.is_file() or path.is_symlink()):
            raise AisleError(
                f"{path}: no part of the model, {_SUMS} does not list it; remove it, or get the model again"
            )
    for name, wanted in sums.items():
        check_sha256(folder / name, wanted, whole="model", list_name=_SUMS, remedy=_REMEDY)
    _check_format(folder / MARKER)


def _read_sums(path: Path) -> dict[str, str]:
    sums = {}
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        match = re.fullmatch(r"([0-9a-f]{64})  (\S+)", line)
        if not match:
            raise AisleError(
                f"{path}:{number}: '{line[:80]}' is not '<sha256>  <file>'; fetch the model again"
            )
        if not _ALLOWED.fullmatch(match[2]):
            raise AisleError(
                f"{path}:{number}: '{match[2]}' is no file that a model holds; fetch the model again"
            )
        sums[match[2]] = match[1]
    if missing := [name for name in _NEEDED if name not in sums]:
        raise AisleError(f"{path}: does not list {missing[0]}; fetch or train the model again")
    return sums


def _check_format(path: Path) -> None:
    try:
        found = json.loads(path.read_text(encoding="utf-8")).get("format")
    except (ValueError, AttributeError) as error:
        raise AisleError(f"{path}: tells no model format ({error}); fetch the model again") from error
    if found != FORMAT:
        raise AisleError(
            f"{path}: model format {found!r}, this version of Aisle reads {FORMAT}; "
            "use the version that wrote it, or train the model again"
        )
