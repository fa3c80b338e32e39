"""Laws of turning the spans of fields into columns of texts."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.feeds.scan import NO_QUOTE, room_for
from aisle.feeds.texts import copy_texts, text_offsets

rows_of_two_fields = st.lists(
    st.tuples(*[st.tuples(st.text('a"é,\n', max_size=6), st.booleans())] * 2), max_size=5
)
"""Each field's text, and whether it stands in quotes."""


def laid_out(rows):
    """The fields written one after the other, and their spans."""
    data, spans = b"", room_for(len(rows), 2)
    for row, fields in enumerate(rows):
        for field, (text, is_quoted) in enumerate(fields):
            written = (text.replace('"', '""') if is_quoted else text).encode()
            spans.starts[row, field] = len(data)
            spans.stops[row, field] = len(data) + len(written)
            spans.doubled[row, field] = is_quoted and '"' in text
            data += written + b"|"
    return np.frombuffer(data, np.uint8), spans


@given(rows_of_two_fields)
@pytest.mark.parametrize("field", [0, 1])
def test_each_text_is_what_it_was_before_its_quotes_were_doubled(field, rows):
    data, spans = laid_out(rows)
    offsets = np.empty(len(rows) + 1, np.int32)
    text_offsets(data, *spans, field, ord('"'), offsets)
    texts = np.empty(offsets[-1], np.uint8)
    copy_texts(data, *spans, field, ord('"'), len(rows), texts)
    found = [texts[a:b].tobytes().decode() for a, b in pairwise(offsets)]
    assert found == [fields[field][0] for fields in rows]


def test_without_quoting_every_text_stays_as_it_stands():
    data, spans = laid_out([(('""', False), ("", False))])
    offsets = np.empty(2, np.int32)
    text_offsets(data, *spans, 0, NO_QUOTE, offsets)
    texts = np.empty(offsets[-1], np.uint8)
    copy_texts(data, *spans, 0, NO_QUOTE, 1, texts)
    assert texts.tobytes() == b'""'
