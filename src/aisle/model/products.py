"""Products of the Python interface as the batch that encoders read, cleaned as the rows of a feed are."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from aisle.catalogue import to_products
from aisle.core.errors import AisleError
from aisle.core.offsets import arrow_offsets
from aisle.core.records import TEXT_FIELDS, Product
from aisle.core.schemas import PRODUCT_SCHEMA, RAW_SCHEMA
from aisle.feeds.checks import find_faults
from aisle.images import ImageRoot, InlineImages
from aisle.images.hashes import hash_of
from aisle.images.source import image_structs

_TEXTS = ("merchant", "id", *TEXT_FIELDS)


def table_of_products(products: Sequence[Product], root: ImageRoot) -> tuple[pa.RecordBatch, InlineImages]:
    """Turn products into a batch (core.schemas.PRODUCT_SCHEMA), and say where their images are read.

    Args:
        root: where the images that are named by a path are looked up.

    Raises:
        AisleError: a text is none that a feed may hold; the message names the product and the field.
    """
    texts = {name: _texts(name, [getattr(product, name) for product in products]) for name in _TEXTS}
    for fault in find_faults(_TEXTS, [texts[name] for name in _TEXTS]):
        raise AisleError(f"products[{fault.row}]: {fault.reason}")
    table = to_products(_raw(texts, len(products)), label_columns=())
    images, data = _images(products, root)
    at = PRODUCT_SCHEMA.get_field_index("images")
    return table.set_column(at, PRODUCT_SCHEMA.field(at), images), InlineImages(data, root)


def _texts(name: str, texts: list[str]) -> pa.StringArray:
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError as error:
        row = next(i for i, text in enumerate(texts) if not _is_utf8(text))
        raise AisleError(
            f"products[{row}]: '{name}' has characters that are not UTF-8; decode it with the right encoding"
        ) from error


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _raw(texts: dict[str, pa.StringArray], n: int) -> pa.RecordBatch:
    """The texts as rows of a feed (core.schemas.RAW_SCHEMA) with a column `merchant_category`."""
    fields = [*RAW_SCHEMA, pa.field("merchant_category", pa.string(), nullable=False)]
    columns = [texts[f.name] if f.name in texts else _empty(f.type, n) for f in fields]
    return pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields))


def _empty(kind: pa.DataType, n: int) -> pa.Array:
    if pa.types.is_list(kind):
        return pa.ListArray.from_arrays(np.zeros(n + 1, np.int32), pa.array([], kind.value_type), type=kind)
    return pa.repeat(pa.scalar("" if pa.types.is_string(kind) else 0, kind), n)


def _images(products: Sequence[Product], root: ImageRoot) -> tuple[pa.ListArray, dict[str, bytes]]:
    """What is known of each product's images in their order, and the bytes of those that were given so."""
    images = [image for product in products for image in product.images]
    _check_names(products)
    is_named = np.array([not isinstance(image, bytes) for image in images], np.bool_)
    given = [image for image in images if isinstance(image, bytes)]
    digests = [hash_of(content) if content else "" for content in given]
    named = root.look_all(pa.array([str(i) for i in images if not isinstance(i, bytes)], pa.string()))
    inline = image_structs(
        [""] * len(given), digests, ["ok" if digest else "unreadable" for digest in digests]
    )
    order = np.argsort(np.argsort(~is_named, kind="stable"))  # all that are named come first
    offsets = pa.array(arrow_offsets([len(product.images) for product in products]))
    known = pa.concat_arrays([named, inline]).take(pa.array(order))
    kind = PRODUCT_SCHEMA.field("images").type
    data = {digest: content for digest, content in zip(digests, given, strict=True) if digest}
    return pa.ListArray.from_arrays(offsets, known, type=kind), data


def _check_names(products: Sequence[Product]) -> None:
    for row, product in enumerate(products):
        for at, image in enumerate(product.images):
            if not isinstance(image, bytes) and not _is_utf8(str(image)):
                raise AisleError(
                    f"products[{row}]: images[{at}] has a name that is not UTF-8; give its bytes instead"
                )
