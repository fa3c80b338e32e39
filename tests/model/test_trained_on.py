"""Training products are known again by merchant and id."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from aisle.model.trained_on import product_keys, were_trained_on

names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=3)


def keys_of(*pairs):
    columns = [pa.array([pair[i] for pair in pairs], pa.string()) for i in (0, 1)]
    return product_keys(pa.RecordBatch.from_arrays(columns, names=["merchant", "id"]))


@given(st.lists(st.tuples(names, names), unique=True, max_size=20), st.integers(0, 20))
def test_those_that_were_there_are_known_and_no_others(pairs, n):
    known = were_trained_on(keys_of(*pairs), np.sort(keys_of(*pairs[:n])))
    assert known.tolist() == [i < n for i in range(len(pairs))]


def test_where_the_merchant_ends_and_the_id_begins_matters():
    assert len(set(keys_of(("a", "b1"), ("ab", "1"), ("", "ab1")).tolist())) == 3


def test_keys_are_the_same_on_every_machine():
    assert keys_of(("nordlicht", "N-1")).tolist() == [7071977910672195387]
