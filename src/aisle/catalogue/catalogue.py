"""Reading a catalogue: its manifest, its tree, its products in batches, its images."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from aisle.catalogue.checking import check_tree
from aisle.core.errors import AisleError, known_names
from aisle.core.manifest import MANIFEST_FILE, PRODUCTS_FOLDER, Manifest, check_file, read_manifest
from aisle.core.offsets import arrow_offsets
from aisle.core.schemas import CATALOGUE_SCHEMA, SPLITS
from aisle.images import ImageRoot, ImageRoots, ImageSource, open_root
from aisle.images.source import image_structs
from aisle.taxonomy.labels import LabelTree, read_label_tree

_FOUND = pa.array(["ok", "placeholder"])
_NOT_SOUGHT = pa.array(["remote", "no_root"])


class Catalogue:
    """A catalogue on disk; open one with `open_catalogue`.

    Args:
        path: its folder.
        manifest: what its manifest says.
        named: images that were named beside it, in which the links are looked up anew.
    """

    def __init__(self, path: Path, manifest: Manifest, named: ImageRoot | None = None) -> None:
        self.path = path
        self.manifest = manifest
        self._checked: set[str] = set()
        self._named = named

    @cached_property
    def labels(self) -> LabelTree:
        """The tree that a model of this catalogue predicts, and what labels mean in it.

        Raises:
            AisleError: its files are missing or damaged.
        """
        check_tree(self.path, self.manifest)
        return read_label_tree(self.path)

    @property
    def label_columns(self) -> tuple[str, ...]:
        """The columns of the feeds that labels were read from."""
        return tuple(self.manifest.label_columns)

    def count(self, split: str) -> int:
        """How many products a split has."""
        return self.manifest.splits.get(split, 0)

    def fingerprint(self) -> str:
        """A hash, in hex, that changes when anything in the catalogue does."""
        return hashlib.sha256((self.path / MANIFEST_FILE).read_bytes()).hexdigest()

    def batches(
        self,
        splits: Collection[str] | None = None,
        columns: Sequence[str] | None = None,
        batch_rows: int = 4096,
    ) -> Iterator[pa.RecordBatch]:
        """The products of some splits, in the catalogue's order.

        What is known of their images is what the catalogue says, and, where images were named beside it, what
        is known of them there.

        Args:
            splits: None for all.
            columns: of CATALOGUE_SCHEMA; None for all.
            batch_rows: rows of each batch but the last.

        Raises:
            AisleError: there is no such split, or a file is missing or damaged.
        """
        for split in splits or ():
            if split not in SPLITS:
                raise AisleError(f"no split is called '{split}'; {known_names(split, SPLITS)}")
        names = list(columns) if columns is not None else CATALOGUE_SCHEMA.names
        schema = pa.schema([CATALOGUE_SCHEMA.field(name) for name in names])
        waiting: list[pa.RecordBatch] = []
        n_waiting = 0
        for batch in self._rows(splits, names, schema, batch_rows):
            waiting.append(batch)
            n_waiting += len(batch)
            if n_waiting >= batch_rows:
                joined = pa.concat_batches(waiting)
                waiting, n_waiting = [joined.slice(batch_rows)], n_waiting - batch_rows
                yield joined.slice(0, batch_rows)
        if n_waiting:
            yield pa.concat_batches(waiting)

    def _rows(
        self, splits: Collection[str] | None, names: list[str], schema: pa.Schema, batch_rows: int
    ) -> Iterator[pa.RecordBatch]:
        """Batches of at most `batch_rows` rows, some of them shorter, none empty."""
        wanted = None if splits is None else pa.array(sorted(splits), pa.string())
        read = names if wanted is None or "split" in names else [*names, "split"]
        for file in self.manifest.files:
            with self._open(file["name"], file["sha256"]) as parquet:
                for batch in parquet.iter_batches(batch_rows, columns=read, use_threads=False):
                    rows = batch if wanted is None else batch.filter(pc.is_in(batch["split"], wanted))
                    if len(rows):
                        columns = [
                            self._looked_up(rows[name]) if name == "images" else rows[name] for name in names
                        ]
                        yield pa.RecordBatch.from_arrays(columns, schema=schema)

    def _looked_up(self, images: pa.ListArray) -> pa.ListArray:
        """Each product's images as the named ones tell, where they know more than the catalogue did."""
        if self._named is None:
            return images
        each = pc.list_flatten(images)
        fresh = self._named.look_all(pc.struct_field(each, "link"))
        is_found = pc.is_in(pc.struct_field(fresh, "status"), _FOUND)
        was_not_sought = pc.is_in(pc.struct_field(each, "status"), _NOT_SOUGHT)
        taken = pc.or_(is_found, was_not_sought)
        columns = [
            pc.if_else(taken, pc.struct_field(fresh, name), pc.struct_field(each, name))
            for name in ("link", "sha256", "status")
        ]
        lengths = pc.list_value_length(images).to_numpy(zero_copy_only=False)
        offsets = arrow_offsets(lengths)
        return pa.ListArray.from_arrays(pa.array(offsets), image_structs(*columns), type=images.type)

    def _open(self, name: str, sha256: str) -> pq.ParquetFile:
        """Open a file of products; the first time, it is held against its hash."""
        path = self.path / PRODUCTS_FOLDER / name
        if name not in self._checked:
            check_file(path, sha256)
            self._checked.add(name)
        try:
            return pq.ParquetFile(path)
        except (OSError, pa.ArrowInvalid) as error:
            raise AisleError(f"{path}: cannot be read ({error}); ingest the feeds again") from error

    @property
    def image_roots(self) -> list[Path]:
        """The folders that image links start from, in the order in which they are tried."""
        return [self.path / root for root in self.manifest.image_roots]

    @property
    def image_form(self) -> str:
        """In what form the images that were named beside it are; see `ImageSource.form`."""
        return "" if self._named is None else self._named.form

    def images(self) -> ImageSource | None:
        """Where the products' images lie; None where no image folder belongs to the catalogue.

        Raises:
            AisleError: an image folder is no longer there, and none was named in its place.
        """
        if self._named is None:
            roots = [open_root(root) for root in self.image_roots]
        else:
            roots = [self._named, *(open_root(root) for root in self.image_roots if root.is_dir())]
        return roots[0] if len(roots) == 1 else ImageRoots(roots) if roots else None


def open_catalogue(path: Path | str, images: Path | str | None = None) -> Catalogue:
    """Open a catalogue.

    Args:
        images: a folder of images in which its products' links are looked up anew, see `images.open_root`:
            those that were downloaded since, for example.

    Raises:
        AisleError: the folder is no catalogue, or one of another version, or the images are none.
    """
    folder = Path(path)
    return Catalogue(folder, read_manifest(folder), open_root(images) if images else None)
