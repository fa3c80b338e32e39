"""A catalogue's files held against the hashes in its manifest, so that what was changed is not trained on."""

from pathlib import Path

from aisle.catalogue.manifest import MANIFEST_FILE, Manifest
from aisle.core.hashes import check_sha256, sha256_of
from aisle.taxonomy.labels import LABELS_FILE, TREE_FILE

_REMEDY = "ingest the feeds again, or copy the catalogue again"


def tree_hashes(folder: Path) -> dict[str, str]:
    """The hashes of the files that hold the tree, by name, as the manifest keeps them."""
    return {name: sha256_of(folder / name) for name in (TREE_FILE, LABELS_FILE)}


def check_file(path: Path, wanted: str) -> None:
    """Hold a file against its hash.

    Raises:
        AisleError: it is missing or changed, or cannot be read.
    """
    check_sha256(path, wanted, whole="catalogue", list_name=MANIFEST_FILE, remedy=_REMEDY)


def check_tree(folder: Path, manifest: Manifest) -> None:
    """Hold the files of the tree against their hashes.

    Raises:
        AisleError: as `check_file`.
    """
    for name, wanted in manifest.trees.items():
        check_file(folder / name, wanted)
