"""What did not speak for a product, and why: the status of an answer, and the reason of its silent images."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aisle.core.records import Answers
from aisle.core.schemas import PRODUCT_SCHEMA

_AT_MOST = 200  # characters of a link


def statuses(answers: Answers) -> pa.StringArray:
    """`ok` for each product, or `no_evidence` where it has no field that the model reads."""
    return pa.array(np.where(answers.mask == 0, "no_evidence", "ok"), pa.string())


def as_seen(products: pa.RecordBatch, answers: Answers) -> pa.RecordBatch:
    """The products, but that an image that was found and gave no pixels is `undecodable`, not `ok`."""
    if not answers.undecodable.any():
        return products
    at = products.schema.get_field_index("images")
    lists = products.column(at)
    images = pc.list_flatten(lists)
    status = pc.if_else(pa.array(answers.undecodable), "undecodable", pc.struct_field(images, "status"))
    columns = [pc.struct_field(images, "link"), pc.struct_field(images, "sha256"), status]
    type_ = PRODUCT_SCHEMA.field("images").type
    seen = pa.StructArray.from_arrays(columns, fields=list(type_.value_type))
    offsets = pc.subtract(lists.offsets, lists.offsets[0])
    return products.set_column(
        at, PRODUCT_SCHEMA.field("images"), pa.ListArray.from_arrays(offsets, seen, type=type_)
    )


def image_reasons(products: pa.RecordBatch) -> pa.StringArray:
    """Why images of a product did not speak: `image STATUS: LINK`, the first of each product; else empty.

    Args:
        products: as `as_seen` gives them, so that an image that could not be decoded is among them.
    """
    images = products.column("images")
    reasons = np.full(products.num_rows, "", object)
    flat = pc.list_flatten(images)
    bad = pc.not_equal(pc.struct_field(flat, "status"), "ok").to_numpy(zero_copy_only=False)
    if bad.any():
        rows = pc.list_parent_indices(images).to_numpy()[bad][::-1]
        wrong = flat.filter(pa.array(bad))
        links = pc.utf8_slice_codeunits(pc.struct_field(wrong, "link"), 0, _AT_MOST)
        named = pc.if_else(pc.equal(links, ""), "", pc.binary_join_element_wise(": ", links, ""))
        texts = pc.binary_join_element_wise("image ", pc.struct_field(wrong, "status"), named, "")
        reasons[rows] = texts.to_numpy(zero_copy_only=False)[::-1]
    return pa.array(reasons, pa.string())
