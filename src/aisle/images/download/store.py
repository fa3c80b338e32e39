"""A folder of downloaded images: told by its manifest, which carries the version of its format."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fsspec.implementations.local import LocalFileSystem

from aisle.core.errors import AisleError, system_refusal
from aisle.core.image_records import IMAGES_FILE
from aisle.execution.commit import ShardStore
from aisle.images.download.settings import PictureSettings

FORMAT = 1


def open_images(root: str, *, create: bool = False, pictures: PictureSettings | None = None) -> ShardStore:
    """Open a folder of downloaded images.

    Args:
        pictures: of what kind the pictures are to be; None takes them as they are, or as they usually are.

    Raises:
        AisleError: there is none, it is damaged or of a newer format, its pictures are of another kind, or
            its file system can't be reached.
    """
    if not root.strip():
        raise AisleError(f"'{root}': a folder of images wants a name")
    store = ShardStore(root)
    with _first_contact(store, root):
        if store.filesystem.isfile(store.root):
            raise AisleError(f"{root}: is a file; name a folder")
        is_there = store.filesystem.exists(store.path(IMAGES_FILE))
        is_empty = is_there or not store.names("")
    if not is_there:
        if not create:
            raise AisleError(f"{root}: holds no {IMAGES_FILE}, so it is no folder of downloaded images")
        if not is_empty:
            raise AisleError(f"{root}: is not empty and holds no {IMAGES_FILE}; name a folder of its own")
        manifest = {"format": FORMAT, **_kind(pictures or PictureSettings())}
        with _first_contact(store, root):
            store.create(IMAGES_FILE, json.dumps(manifest).encode())
    found = picture_kind(store)
    if pictures is not None and _kind(pictures) != found:
        raise AisleError(
            f"{root}: its pictures have a longest side of {found['longest_side']} pixels, not "
            f"{pictures.longest_side}, and a quality of {found['quality']}; keep to that, or name another "
            "folder"
        )
    return store


def picture_kind(store: ShardStore) -> dict[str, int]:
    """Of what kind a folder's pictures are: `longest_side` in pixels, and the `quality` of the JPEG.

    Raises:
        AisleError: the manifest is damaged, or of a newer format.
    """
    place = f"{store.root}/{IMAGES_FILE}"
    try:
        manifest: dict[str, Any] = json.loads(store.filesystem.cat_file(store.path(IMAGES_FILE)))
        found = manifest["format"]
        usual = _kind(PictureSettings())
        kind = {name: int(manifest.get(name, value)) for name, value in usual.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AisleError(f"{place}: is damaged ({error}); download into a new folder") from error
    if found != FORMAT:
        raise AisleError(f"{place}: format {found}; this version of Aisle reads format {FORMAT}")
    return kind


def last_run(store: ShardStore) -> tuple[int, dict[str, Any]] | None:
    """The number of the last finished run, and its summary as JSON holds it; None where none was finished.

    Raises:
        AisleError: the summary is damaged.
    """
    runs = [name for name in store.names("runs") if name.endswith(".json") and name[:-5].isdigit()]
    if not runs:
        return None
    name = max(runs, key=lambda name: int(name[:-5]))
    try:
        summary: dict[str, Any] = json.loads(store.filesystem.cat_file(store.path(f"runs/{name}")))
        if not all(isinstance(found["sha256"], str) for found in summary["placeholders"]):
            raise TypeError("a hash is no text")
    except (ValueError, KeyError, TypeError) as error:
        raise AisleError(
            f"{store.root}/runs/{name}: is damaged ({error}); remove it and run `aisle download` again"
        ) from error
    return int(name[:-5]), summary


@contextmanager
def _first_contact(store: ShardStore, root: str) -> Iterator[None]:
    """Say in one line why a file system elsewhere can't be used; each one's library has errors of its own.

    Raises:
        AisleError: see above.
    """
    try:
        yield
    except AisleError:
        raise
    except Exception as error:
        if isinstance(store.filesystem, LocalFileSystem):
            if not isinstance(error, OSError) or system_refusal(error) is not None:
                raise
            said = error.strerror or str(error)
            raise AisleError(f"{root}: cannot be a folder ({said}); name one that can be made") from error
        said = " ".join(str(error).split())[:300] or type(error).__name__
        raise AisleError(f"{root}: {said}; check the address, the account and the network") from error


def _kind(pictures: PictureSettings) -> dict[str, int]:
    return {"longest_side": pictures.longest_side, "quality": pictures.quality}
