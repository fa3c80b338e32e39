"""Raw rows as products: clean texts, the merchant's own category, and what is known of each image."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aisle.catalogue.clean import clean
from aisle.catalogue.columns import SEVERAL, text_column
from aisle.core.offsets import arrow_offsets
from aisle.core.schemas import IMAGE_STATUSES, PRODUCT_SCHEMA
from aisle.feeds import find_column
from aisle.images import ImageFolder, ImageRoot
from aisle.images.hashes import hash_of
from aisle.images.source import image_structs

CATEGORY_COLUMNS = ("product_type", "product_type_merchant", "merchant_category")
"""Where the merchant's own category stands: the first that a row has and that is no label."""


def to_products(
    raw: pa.RecordBatch, label_columns: Collection[str], images: ImageRoot | None = None
) -> pa.RecordBatch:
    """Make products of raw rows; the same for a catalogue and for prediction.

    Args:
        raw: RAW_SCHEMA and the feed's other columns.
        label_columns: columns that hold the label, and so are never the merchant's own category.
        images: where the links lead, see `images.open_root`; None: no folder was named, and no link is looked
            at.

    Returns:
        PRODUCT_SCHEMA, a row for each raw row. An image that lies in the feed itself has the link
        `<first 2 digits of its hash>/<hash>`.
    """
    columns = {
        "merchant": raw["merchant"],
        "id": raw["id"],
        "title": clean(raw["title"]),
        "description": clean(raw["description"]),
        "brand": clean(raw["brand"]),
        "merchant_category": merchant_category(raw, label_columns),
        "link": raw["link"],
        "images": _images(raw, images),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in PRODUCT_SCHEMA.names], schema=PRODUCT_SCHEMA)


def merchant_category(raw: pa.RecordBatch, label_columns: Collection[str]) -> pa.StringArray:
    """The merchant's own category of each row; empty where there is none."""
    found = pa.repeat(pa.scalar("", pa.string()), len(raw))
    columns = (find_column(name, raw.schema.names) for name in CATEGORY_COLUMNS)
    for name in columns:
        if name is None or find_column(name, list(label_columns)) is not None:
            continue
        found = pc.if_else(pc.equal(found, ""), text_column(raw, name), found)
    return clean(pc.replace_substring(found, SEVERAL, " | "))


def image_counts(products: pa.RecordBatch) -> Counter[str]:
    """How many images of the products there are of each of core.schemas.IMAGE_STATUSES."""
    counted = pc.value_counts(pc.struct_field(pc.list_flatten(products["images"]), "status"))
    return Counter({one["values"].as_py(): one["counts"].as_py() for one in counted})


def in_status_order(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts by status in the order in which statuses are told, without those that have none."""
    return {status: counts[status] for status in IMAGE_STATUSES if counts.get(status)}


def inline_images(raw: pa.RecordBatch) -> dict[str, bytes]:
    """The images that lie in the feed itself, by the hash of their bytes."""
    found = (data for data in pc.list_flatten(raw["image_bytes"]).to_pylist() if data)
    return {hash_of(data): data for data in found}


def inline_link(digest: str) -> str:
    """The link of an image that lay in the feed itself, below the catalogue's own image folder."""
    return f"{digest[:2]}/{digest}"


def _images(raw: pa.RecordBatch, root: ImageRoot | None) -> pa.ListArray:
    """What is known of each row's images: those it links to, then those that lie in the feed itself."""
    linked, lists = raw["image_link"], raw["image_bytes"]
    refs = (root or ImageFolder(None)).look_all(pc.list_flatten(linked))
    counts = pc.list_value_length(linked).to_numpy(zero_copy_only=False)
    own = pc.list_value_length(lists).to_numpy(zero_copy_only=False)
    if own.any():
        refs = pa.concat_arrays([refs, _inline(pc.list_flatten(lists).to_pylist())])
        rows = np.concatenate([np.repeat(np.arange(len(raw)), counts), np.repeat(np.arange(len(raw)), own)])
        refs = refs.take(pa.array(np.argsort(rows, kind="stable")))
        counts = counts + own
    offsets = arrow_offsets(counts)
    return pa.ListArray.from_arrays(pa.array(offsets), refs, type=PRODUCT_SCHEMA.field("images").type)


def _inline(images: Sequence[bytes]) -> pa.StructArray:
    digests = [hash_of(data) if data else "" for data in images]
    return image_structs(
        [inline_link(digest) if digest else "" for digest in digests],
        digests,
        ["ok" if digest else "unreadable" for digest in digests],
    )
