"""What training knows of the catalogue's products: labels, fields, groups and which of them are held out."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from aisle.catalogue import Catalogue, image_counts, in_status_order
from aisle.core.errors import AisleError
from aisle.core.records import TEXT_FIELDS, mask_of_fields
from aisle.images.source import images_found
from aisle.model.predictor import text_mask
from aisle.model.trained_on import product_keys
from aisle.taxonomy.label_sets import LabelSets, nodes_from_ids
from aisle.training.category_names import category_name_products
from aisle.training.smoothing import TreeSmoothing

MAX_HELD_OUT = 20_000
"""Products that choose the best epoch and the temperatures, at most: their scores are held in memory."""

_MIN_LEAVES = 2
_FEW = 20
_IMAGE = mask_of_fields(["image"])


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingData:
    """The products of a training, in the catalogue's order, and after them the names of the tree's leaves.

    Args:
        labels: the label set of each product.
        smoothing: where label smoothing would have a little of each product's mass.
        fields: (products,) mask of the fields that each has.
        train: (training products,) their places.
        fit: (fit products,) the places of those that are left when some are held out.
        held_out: (held-out products,) the places of those that choose the best epoch and the temperatures.
        held_out_groups: (held-out products,) the number of each one's group.
        names: (leaves,) the places of `category_name_products`, which are in none of the others; empty where
            no encoder reads them.
        keys: (training products,) `model.trained_on.product_keys` of them, sorted.
        label_counts: (nodes,) how many training products are labelled with each node of the tree.
        splits: the catalogue's splits that they are read from, in this order.
        images: how many images there are of each of core.schemas.IMAGE_STATUSES.
        images_digest: hex digits that change when what is known of any image does.
    """

    splits: tuple[str, ...]
    labels: LabelSets
    smoothing: TreeSmoothing
    fields: NDArray[np.uint8]
    train: NDArray[np.int64]
    fit: NDArray[np.int64]
    held_out: NDArray[np.int64]
    held_out_groups: NDArray[np.int64]
    names: NDArray[np.int64]
    keys: NDArray[np.uint64]
    label_counts: NDArray[np.int64]
    n_leaves: int
    images: Mapping[str, int]
    images_digest: str

    def has(self, names: Iterable[str]) -> bool:
        """Whether any training product has any of the fields."""
        return bool((self.fields[self.train] & mask_of_fields(names)).any())

    def as_seen(self, read: Iterable[str], images: Iterable[NDArray[np.bool_]]) -> "TrainingData":
        """The same, but that each product's mask says what really speaks for it, as a prediction's does.

        A file that was found may be no image after all; and what no encoder reads does not speak.

        Args:
            read: the fields that any encoder reads.
            images: (products,) for each encoder of images, which products it saw one of.
        """
        fields = self.fields & mask_of_fields({*read} - {"image"})
        for seen in images:
            fields |= seen.astype(np.uint8) * np.uint8(_IMAGE)
        names = self.names if fields[self.names].any() else self.names[:0]
        return replace(self, fields=fields.astype(np.uint8), names=names)


def read_training_data(catalogue: Catalogue, validation: float | str) -> TrainingData:
    """Read what training needs of every product, but for its fields' content.

    Args:
        validation: as in TrainingSettings.

    Raises:
        AisleError: there is nothing to train on, or nothing is held out.
    """
    _check_tree(catalogue)
    tree = catalogue.labels.tree
    products = _read_products(catalogue, validation)
    _check_held_out(catalogue, products.is_held, validation)
    every = np.arange(len(products.is_held))
    fit = every[~products.is_held]
    train = every if validation != "val" else fit
    names = category_name_products(tree)
    of_names = pa.array([[tree.ids[node]] for node in tree.leaf_nodes.tolist()])
    ptr, nodes = nodes_from_ids(tree, pa.chunked_array([*products.labels, of_names]).combine_chunks())
    places = np.arange(len(ptr) - 1)
    thinned = _thinned(np.arange(len(products.groups)))
    counted = nodes[np.repeat(np.isin(places, train), np.diff(ptr))]
    sets = LabelSets.from_nodes(tree, ptr, nodes)
    return TrainingData(
        splits=_splits(validation),
        labels=sets,
        smoothing=TreeSmoothing.of(tree, sets),
        fields=np.concatenate([products.fields, text_mask(names)]),
        train=train,
        fit=fit,
        held_out=every[products.is_held][thinned],
        held_out_groups=products.groups[thinned],
        names=places[len(every) :],
        keys=np.sort(products.keys[train]),
        label_counts=np.bincount(counted, minlength=tree.n_nodes),
        n_leaves=tree.n_leaves,
        images=products.images.counts,
        images_digest=products.images.digest,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Products:
    """What was read of every product, in the catalogue's order.

    Args:
        labels: lists of node ids, batch by batch.
        fields: (products,) mask of the fields that each has.
        keys: (products,) see `model.trained_on.product_keys`.
        is_held: (products,) which are held out.
        groups: (products that are held out,) the number of each one's group.
        images: what is known of their images.
    """

    labels: list[pa.Array]
    fields: NDArray[np.uint8]
    keys: NDArray[np.uint64]
    is_held: NDArray[np.bool_]
    groups: NDArray[np.int64]
    images: "_KnownImages"


def _splits(validation: float | str) -> tuple[str, ...]:
    return ("train", "val") if validation == "val" else ("train",)


def _read_products(catalogue: Catalogue, validation: float | str) -> _Products:
    labels, fields, keys, held, groups = [], [], [], [], []
    images = _KnownImages(catalogue.image_form)
    columns = ["merchant", "id", *TEXT_FIELDS, "images", "label", "group", "split"]
    for batch in catalogue.batches(_splits(validation), columns=columns):
        labels.append(batch.column("label"))
        fields.append(text_mask(batch) | image_mask(batch))
        keys.append(product_keys(batch))
        held.append(_held_out(batch, validation))
        groups.append(batch.column("group").filter(pa.array(held[-1])))
        images.add(batch)
    if not labels:
        raise AisleError(
            f"{catalogue.path}: no product is in the split 'train'; the counts are in its catalogue.json"
        )
    numbered = pa.chunked_array(groups).combine_chunks().dictionary_encode().indices
    return _Products(
        labels=labels,
        fields=np.concatenate(fields),
        keys=np.concatenate(keys),
        is_held=np.concatenate(held),
        groups=numbered.to_numpy().astype(np.int64),
        images=images,
    )


def _check_tree(catalogue: Catalogue) -> None:
    """Refuse a tree that leaves nothing to learn."""
    tree = catalogue.labels.tree
    if tree.n_leaves < _MIN_LEAVES:
        only = tree.path_text(int(tree.leaf_nodes[0]))
        raise AisleError(
            f"{catalogue.path}: its tree has one leaf, '{only}', so there is nothing to tell apart; ingest "
            "the feeds with a deeper tree, or a smaller --min-products"
        )


def _check_held_out(catalogue: Catalogue, is_held: NDArray[np.bool_], validation: float | str) -> None:
    """Refuse a share that holds out no product, or leaves none to train on."""
    if is_held.any() and not is_held.all():
        return
    what = "is left to train on" if is_held.any() else "is held out to choose the best epoch"
    remedy = _remedy(catalogue, validation, len(is_held), "smaller" if is_held.any() else "larger")
    raise AisleError(f"{catalogue.path}: no product {what}: {remedy}")


def _remedy(catalogue: Catalogue, validation: float | str, n_products: int, size: str) -> str:
    """What helps; with a few products no share does.

    Args:
        size: of the share that may help.
    """
    if validation == "val" and not catalogue.count("train"):
        return "its split 'train' is empty; ingest the feeds with another --split-ratio"
    if n_products < _FEW:
        return f"it has {n_products} for both, which are too few; ingest some dozens at least"
    if validation != "val":
        return (
            f"training.validation is {validation} of its groups, and products that hang together are one; "
            f"use a {size} share, or ingest more products"
        )
    return "its split 'val' is empty; hold out a share of 'train' with --set training.validation=0.1"


def image_mask(products: pa.RecordBatch) -> NDArray[np.uint8]:
    """The bit of the image field for each product that has an image whose bytes were found.

    Whether they are an image only the encoder tells: see `TrainingData.as_seen`.
    """
    _, owners = images_found(products.column("images"))
    mask = np.zeros(products.num_rows, np.uint8)
    mask[owners] = _IMAGE
    return mask


class _KnownImages:
    """Adds up what is known of the products' images."""

    def __init__(self, form: str) -> None:
        self._counts: Counter[str] = Counter()
        self._digest = hashlib.sha256(form.encode())

    def add(self, products: pa.RecordBatch) -> None:
        self._counts += image_counts(products)
        images = pc.list_flatten(products.column("images"))
        for name in ("status", "sha256"):
            column = pc.struct_field(images, name).to_pylist()
            self._digest.update("\n".join([*column, ""]).encode())

    @property
    def counts(self) -> dict[str, int]:
        return in_status_order(self._counts)

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()


def _held_out(batch: pa.RecordBatch, validation: float | str) -> NDArray[np.bool_]:
    """Which products are held out: those of the split `val`, or a share of the groups, drawn by hash."""
    if isinstance(validation, str):
        return np.asarray(pc.equal(batch.column("split"), validation).to_numpy(zero_copy_only=False))
    coded = batch.column("group").dictionary_encode()
    drawn = [_share_of(group) < validation for group in coded.dictionary.to_pylist()]
    return np.asarray(np.array(drawn, np.bool_)[coded.indices.to_numpy()])


def _share_of(group: str) -> float:
    """A number from 0 to 1 that a group draws, independent of the one that drew its split."""
    digest = hashlib.blake2b(group.encode(), digest_size=8, person=b"aisle hold-out").digest()
    return int.from_bytes(digest) / 2**64


def _thinned(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """At most MAX_HELD_OUT of the rows, evenly spread."""
    if len(rows) <= MAX_HELD_OUT:
        return rows
    return rows[np.linspace(0, len(rows) - 1, MAX_HELD_OUT).astype(np.int64)]
