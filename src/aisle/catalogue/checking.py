"""A catalogue's files held against the hashes in its manifest, so that what was changed is not trained on."""

from pathlib import Path

from aisle.core.hashes import sha256_of
from aisle.core.manifest import Manifest, check_file
from aisle.taxonomy.labels import LABELS_FILE, TREE_FILE


def tree_hashes(folder: Path) -> dict[str, str]:
    """The hashes of the files that hold the tree, by name, as the manifest keeps them."""
    return {name: sha256_of(folder / name) for name in (TREE_FILE, LABELS_FILE)}


def check_tree(folder: Path, manifest: Manifest) -> None:
    """Hold the files of the tree against their hashes.

    Raises:
        AisleError: as `check_file`.
    """
    for name, wanted in manifest.trees.items():
        check_file(folder / name, wanted)
