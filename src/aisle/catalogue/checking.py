"""A catalogue's files held against the hashes in its manifest, so that what was changed is not trained on."""

import hashlib
from pathlib import Path

from aisle.catalogue.manifest import MANIFEST_FILE, Manifest
from aisle.core.errors import AisleError
from aisle.taxonomy.labels import LABELS_FILE, TREE_FILE

_REMEDY = "ingest the feeds again, or copy the catalogue again"


def sha256_of(path: Path) -> str:
    """The hash of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tree_hashes(folder: Path) -> dict[str, str]:
    """The hashes of the files that hold the tree, by name, as the manifest keeps them."""
    return {name: sha256_of(folder / name) for name in (TREE_FILE, LABELS_FILE)}


def check_file(path: Path, wanted: str) -> None:
    """Hold a file against its hash.

    Raises:
        AisleError: it is missing or changed, or cannot be read.
    """
    try:
        found = sha256_of(path)
    except FileNotFoundError as error:
        raise AisleError(f"{path}: is missing from the catalogue; {_REMEDY}") from error
    except OSError as error:
        raise AisleError(f"{path}: cannot be read ({error.strerror}); {_REMEDY}") from error
    if found != wanted:
        raise AisleError(
            f"{path}: was changed since the catalogue was written (sha256 {found[:12]}..., {MANIFEST_FILE} "
            f"says {wanted[:12]}...); {_REMEDY}"
        )


def check_tree(folder: Path, manifest: Manifest) -> None:
    """Hold the files of the tree against their hashes.

    Raises:
        AisleError: as `check_file`.
    """
    for name, wanted in manifest.trees.items():
        check_file(folder / name, wanted)
