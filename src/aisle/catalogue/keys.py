"""What tells that two products are the same or nearly: merchant's group, image, title."""

import pyarrow as pa
import pyarrow.compute as pc

KEY_SCHEMA = pa.schema([pa.field("row", pa.int64()), pa.field("key", pa.string())])

_NO_WORD = r"[^\p{L}\p{M}\p{N}]+"


def link_keys(products: pa.RecordBatch, item_group_id: pa.StringArray, first_row: int) -> pa.Table:
    """The keys of each product; two products that hold one key belong together.

    Args:
        products: with the columns of PRODUCT_SCHEMA.
        item_group_id: (rows,) the merchant's word for variants of one product; empty where there is none.
        first_row: the number of the batch's first row.

    Returns:
        KEY_SCHEMA; no row for an empty key. An image that was read is known by its bytes, one that was not by
        its address: a relative one is the merchant's own, a refused one is nobody's, and so is a picture
        that stands for "no image".
    """
    merchants = products["merchant"]
    images = products["images"]
    owner = pc.list_parent_indices(images)
    image = pc.list_flatten(images)
    link, sha256, status = (pc.struct_field(image, name) for name in ("link", "sha256", "status"))
    address = pc.if_else(pc.equal(status, "remote"), link, _join(merchants.take(owner), link))
    image_key = pc.if_else(pc.not_equal(sha256, ""), _join("image", sha256), _join("address", address))
    speaks_for_nobody = pc.is_in(status, pa.array(["outside", "placeholder"]))
    has_image = pc.or_(
        pc.not_equal(sha256, ""), pc.and_(pc.not_equal(link, ""), pc.invert(speaks_for_nobody))
    )
    title = normalised(products["title"])
    rows = pa.array(range(first_row, first_row + len(products)), pa.int64())
    return pa.concat_tables(
        [
            _keys(rows, _join("group", _join(merchants, item_group_id)), pc.not_equal(item_group_id, "")),
            _keys(rows.take(owner), image_key, has_image),
            _keys(rows, _join("title", title), pc.not_equal(title, "")),
        ]
    )


def normalised(titles: pa.StringArray) -> pa.StringArray:
    """Titles without regard to case, and with one space for whatever is neither letter nor digit."""
    folded = pa.array([title.casefold() for title in titles.to_pylist()], pa.string())
    spaced = pc.replace_substring_regex(pc.utf8_normalize(folded, form="NFKC"), _NO_WORD, " ")
    return pc.utf8_trim(spaced, " ")


def _join(first: pa.StringArray | str, second: pa.StringArray) -> pa.StringArray:
    return pc.binary_join_element_wise(first, second, "\x1f")


def _keys(rows: pa.Int64Array, keys: pa.StringArray, is_key: pa.BooleanArray) -> pa.Table:
    return pa.table([rows.filter(is_key), keys.filter(is_key)], schema=KEY_SCHEMA)
