"""Products of the Python interface as the batch that encoders read."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from aisle.core.records import TEXT_FIELDS, Product
from aisle.core.schemas import PRODUCT_SCHEMA
from aisle.images.source import InlineImages


def table_of_products(products: Sequence[Product]) -> tuple[pa.RecordBatch, InlineImages]:
    """Turn products into a batch (core.schemas.PRODUCT_SCHEMA) and the bytes of their images.

    An image that cannot be read has the status `unreadable`, and is absent evidence.
    """
    data: dict[str, bytes] = {}
    columns: dict[str, list[object]] = {
        name: [getattr(product, name) for product in products] for name in ("merchant", "id", *TEXT_FIELDS)
    }
    columns["images"] = [[_image(image, data) for image in product.images] for product in products]
    arrays = [pa.array(columns[field.name], field.type) for field in PRODUCT_SCHEMA]
    return pa.RecordBatch.from_arrays(arrays, schema=PRODUCT_SCHEMA), InlineImages(data)


def _image(image: str | Path | bytes, data: dict[str, bytes]) -> dict[str, str]:
    """Read one image into `data` and describe it as core.schemas.IMAGE_TYPE."""
    link = "" if isinstance(image, bytes) else str(image)
    try:
        content = image if isinstance(image, bytes) else Path(image).read_bytes()
    except OSError:
        return {"link": link, "sha256": "", "status": "unreadable"}
    sha256 = hashlib.sha256(content).hexdigest()
    data[sha256] = content
    return {"link": link, "sha256": sha256, "status": "ok"}
