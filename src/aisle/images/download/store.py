"""A folder of downloaded images: told by its manifest, which carries the version of its format."""

import json

from aisle.core.errors import AisleError
from aisle.execution.commit import ShardStore

MANIFEST_FILE = "images.json"
FORMAT = 1


def open_images(root: str, *, create: bool = False) -> ShardStore:
    """Open a folder of downloaded images.

    Raises:
        AisleError: there is none, or it is of a newer format.
    """
    store = ShardStore(root)
    path = store.path(MANIFEST_FILE)
    if not store.filesystem.exists(path):
        if not create:
            raise AisleError(f"{root}: holds no {MANIFEST_FILE}, so it is no folder of downloaded images")
        if store.filesystem.exists(store.root) and store.names(""):
            raise AisleError(f"{root}: is not empty and holds no {MANIFEST_FILE}; name a folder of its own")
        store.create(MANIFEST_FILE, json.dumps({"format": FORMAT}).encode())
    found = json.loads(store.filesystem.cat_file(path)).get("format")
    if found != FORMAT:
        raise AisleError(
            f"{root}/{MANIFEST_FILE}: format {found}; this version of Aisle reads format {FORMAT}"
        )
    return store
