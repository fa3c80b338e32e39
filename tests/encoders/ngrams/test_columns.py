from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from aisle.core.records import TEXT_FIELDS
from aisle.encoders.ngrams.columns import text_columns

TEXTS = ["", "one", "zwei", "trøis", ""]


def texts_of(columns, field):
    i = TEXT_FIELDS.index(field)
    edges = columns.offsets[i]
    return [bytes(columns.data[i][a:b]).decode() for a, b in pairwise(edges)]


def batch(titles):
    empty = pa.array([""] * len(titles))
    return pa.RecordBatch.from_pydict({name: titles if name == "title" else empty for name in TEXT_FIELDS})


class TestTextColumns:
    @pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
    def test_any_arrow_text_is_read(self, kind):
        assert texts_of(text_columns(batch(pa.array(TEXTS, kind)), ("title",)), "title") == TEXTS

    @pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
    def test_a_slice_has_its_own_texts(self, kind):
        sliced = batch(pa.array(TEXTS, kind)).slice(2, 2)
        assert texts_of(text_columns(sliced, ("title",)), "title") == TEXTS[2:4]

    def test_dictionaries_are_read(self):
        titles = pa.array(TEXTS).dictionary_encode()
        assert texts_of(text_columns(batch(titles), ("title",)), "title") == TEXTS

    def test_a_null_is_an_empty_text(self):
        assert texts_of(text_columns(batch(pa.array(["a", None])), ("title",)), "title") == ["a", ""]

    def test_a_field_that_nobody_reads_is_empty(self):
        assert texts_of(text_columns(batch(pa.array(TEXTS)), ("link",)), "title") == [""] * 5

    @pytest.mark.parametrize("titles", [pa.array([], pa.string()), pa.array(["", ""])])
    def test_no_rows_and_no_bytes_are_no_trouble(self, titles):
        columns = text_columns(batch(titles), TEXT_FIELDS)
        assert columns.offsets.shape == (len(TEXT_FIELDS), len(titles) + 1)
        assert columns.longest == 0

    def test_the_longest_text_is_known(self):
        assert text_columns(batch(pa.array(TEXTS)), ("title",)).longest == len("trøis".encode())

    def test_bytes_are_not_copied_and_not_writable(self):
        titles = pa.array(TEXTS)
        data = text_columns(batch(titles), ("title",)).data[0]
        assert data.ctypes.data == titles.buffers()[2].address
        assert not data.flags.writeable
        assert data.dtype == np.uint8
