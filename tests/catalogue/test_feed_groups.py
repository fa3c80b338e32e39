"""The groups of a feed's rows."""

import pyarrow as pa
import pytest

from aisle.catalogue.feed_groups import FeedGroups
from aisle.core.schemas import PRODUCT_SCHEMA


def batch(*rows):
    """Products of (title, image's hash)."""
    products = [
        dict.fromkeys(PRODUCT_SCHEMA.names, "")
        | {
            "merchant": "m",
            "title": title,
            "images": [{"link": "x", "sha256": sha256, "status": "ok"}] if sha256 else [],
        }
        for title, sha256 in rows
    ]
    return pa.RecordBatch.from_pylist(products, PRODUCT_SCHEMA)


@pytest.mark.parametrize("n_at_once", [1, 6])
def test_rows_hang_together_by_title_image_and_item_group(n_at_once):
    rows = [("Red kite", ""), ("RED  Kite!", "a"), ("ball", "a"), ("rake", ""), ("jam", ""), ("", "")]
    item_groups = ["", "", "", "g", "g", ""]
    groups = FeedGroups()
    for first in range(0, len(rows), n_at_once):
        part = slice(first, first + n_at_once)
        groups.add(batch(*rows[part]), pa.array(item_groups[part], pa.string()))
    names = groups.names().to_pylist()
    assert names[0] == names[1] == names[2]
    assert names[3] == names[4]
    assert len(set(names)) == 3


def test_a_feed_without_rows_has_no_groups():
    assert FeedGroups().names().to_pylist() == []
