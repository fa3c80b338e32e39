"""The manifest of a catalogue: how it was made, and counts that add up to the rows read."""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from aisle.core.errors import AisleError
from aisle.core.hashes import check_sha256

MANIFEST_FILE = "catalogue.json"
PRODUCTS_FOLDER = "products"
FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a catalogue is made of. It has no date, so the same feeds give the same manifest; addresses are as
    they were given, and folders of images as they lie on the machine that made it.

    Args:
        read: rows of all feeds, readable or not.
        unreadable: of these, rows put aside because they could not be read.
        doubles: of these, rows put aside because a later one has the same merchant and id.
        products: what is left; each of `labels` and `splits` adds up to it.
        labels: products whose label is `resolved`, `none`, `unresolved` (the tree does not know it) or
            `pruned` (its category was cut away up to the top).
        splits: products of each split; see core.schemas.SPLITS.
        reasons: unreadable rows by kind; see core.schemas.REJECTED_KINDS.
        fields: products that have each field; see core.records.FIELDS.
        images: images by status; see core.schemas.IMAGE_STATUSES.
        groups: how many groups there are.
        links_across_splits: `keys` that join products of different splits, and how many products of `val` and
            `test` share one with a train product.
        leaves: leaves of the tree; `leaves_trained`: of these, with a train product of their own label.
        nodes: nodes of the tree, the root not counted.
        n_labels: how many different labels the products have, in nodes of the tree.
        taxonomy: its address, or `from-labels`; with `max_depth`, `min_products` and `inner_labels` as asked.
        label_columns: where labels were read.
        category_columns: where the merchant's own category was read.
        merchant: the rule by which merchants are named, as asked for.
        split: the rule; with the `split_ratio` in percent where splits are drawn.
        unknown_splits: the most frequent values of the split's column that name no split, and the rows with
            each, which are in `other`.
        max_per_leaf: cap on train products of a label.
        image_roots: folders that image links start from, in the order in which they are tried; a relative one
            starts from the catalogue.
        ingests: for each run that added feeds, the feeds with their rows, the columns of other names that
            fields were read from, `labels_kept`: products that keep the label that they had in the catalogue
            that was extended, since their new row brings none, and `notes`: what a user should know of the
            feeds, such as one that breaks off, a sentence each.
        files: the files of products with their name, rows and sha256.
        trees: sha256 of the files that hold the tree, by name.
    """

    read: int
    unreadable: int
    doubles: int
    products: int
    labels: dict[str, int]
    splits: dict[str, int]
    reasons: dict[str, int]
    fields: dict[str, int]
    images: dict[str, int]
    groups: int
    links_across_splits: dict[str, int]
    leaves: int
    leaves_trained: int
    nodes: int
    n_labels: int
    taxonomy: str
    max_depth: int | None
    min_products: int | None
    inner_labels: str
    label_columns: list[str]
    category_columns: list[str]
    merchant: str
    split: str
    split_ratio: str | None
    max_per_leaf: int | None
    image_roots: list[str]
    ingests: list[dict[str, Any]]
    files: list[dict[str, Any]]
    trees: dict[str, str] = field(default_factory=dict)
    unknown_splits: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.read != self.unreadable + self.doubles + self.products:
            raise ValueError(
                f"{self.read} rows were read, but {self.unreadable} are unreadable, {self.doubles} doubles "
                f"and {self.products} products"
            )
        for name in ("labels", "splits"):
            total = sum(getattr(self, name).values())
            if total != self.products:
                raise ValueError(f"{name} add up to {total}, not to {self.products} products")
        if any(not {"name", "rows", "sha256"} <= file.keys() for file in self.files):
            raise ValueError("files without name, rows or sha256")

    def write(self, folder: Path) -> None:
        """Write `catalogue.json`."""
        content = {"format": FORMAT, **asdict(self)}
        text = json.dumps(content, indent=2, ensure_ascii=False)
        (folder / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Read `catalogue.json`.

    Raises:
        AisleError: the folder is no catalogue, or one of another version.
    """
    path = folder / MANIFEST_FILE
    if not path.is_file():
        wrong = f"holds no {MANIFEST_FILE}, so it is no catalogue" if folder.exists() else "no such catalogue"
        raise AisleError(f"{folder}: {wrong}; make one with aisle ingest")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found = content["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise AisleError(
            f"{path}: is not a catalogue's manifest ({error}); ingest the feeds again"
        ) from error
    if found != FORMAT:
        raise AisleError(
            f"{path}: catalogue format {found!r}, this version of Aisle reads {FORMAT}; "
            "ingest the feeds again"
        )
    known = {entry.name for entry in fields(Manifest)}
    try:
        return Manifest(**{name: value for name, value in content.items() if name in known})
    except (TypeError, ValueError, AttributeError) as error:
        raise AisleError(f"{path}: is damaged ({error}); ingest the feeds again") from error


def check_file(path: Path, wanted: str) -> None:
    """Hold a file of a catalogue against its hash in the manifest.

    Raises:
        AisleError: it is missing or changed, or cannot be read.
    """
    remedy = "ingest the feeds again, or copy the catalogue again"
    check_sha256(path, wanted, whole="catalogue", list_name=MANIFEST_FILE, remedy=remedy)
