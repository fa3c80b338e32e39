"""Whose products a feed holds."""

import pytest

from aisle.feeds.formats import ENDINGS, PACKED_ENDINGS
from aisle.feeds.merchant import file_merchant


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_ending_of_a_format_is_left_out(ending):
    assert {file_merchant(f"acme{ending}{packed}") for packed in ("", *PACKED_ENDINGS)} == {"acme"}


@pytest.mark.parametrize(
    ("address", "merchant"),
    [
        ("acme.tsv", "acme"),
        ("shops/acme.tsv.gz", "acme"),
        ("s3://bucket/shops/Acme.JSONL.zst", "Acme"),
        ("acme.com.csv", "acme.com"),
        ("acme.v2.xml", "acme.v2"),
        ("acme", "acme"),
        (".csv", ".csv"),
        ("/data/acme.parquet", "acme"),
    ],
)
def test_the_files_name_without_endings_of_formats_and_compression(address, merchant):
    assert file_merchant(address) == merchant
