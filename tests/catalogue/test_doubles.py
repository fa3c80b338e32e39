"""Two rows with one id in one merchant: a law on any rows."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from aisle.catalogue.doubles import find_products
from aisle.catalogue.keys import KEY_SCHEMA
from aisle.catalogue.staging import ROW_SCHEMA
from aisle.catalogue.tables import append, open_tables
from aisle.core.tables import stream

rows = st.lists(
    st.tuples(st.sampled_from("mn"), st.sampled_from("12"), st.sampled_from(["", "A", "B"])), max_size=7
)


def found(folder, given_rows, use_other_labels=False):
    """The products and the doubles of rows (merchant, id, label), each with a key of its own."""
    n = len(given_rows)
    known = {
        "row": pa.array(range(n), pa.int64()),
        "merchant": pa.array([row[0] for row in given_rows], pa.string()),
        "id": pa.array([row[1] for row in given_rows], pa.string()),
        "label_text": pa.array([row[2] for row in given_rows], pa.string()),
        "other_label_text": pa.array([f"other {row[2]}" for row in given_rows], pa.string()),
    }
    columns = [known.get(column.name, pa.nulls(n, column.type)) for column in ROW_SCHEMA]
    keys = pa.table([pa.array(range(n), pa.int64()), pa.array(map(str, range(n)), pa.string())], KEY_SCHEMA)
    with open_tables(folder, memory_mb=200, n_threads=1) as tables:
        append(tables, "staged_rows", pa.table(columns, schema=ROW_SCHEMA))
        append(tables, "staged_keys", keys)
        find_products(tables, use_other_labels=use_other_labels)
        return [
            [row for batch in stream(tables, query) for row in batch.to_pylist()]
            for query in ("FROM products ORDER BY row", "FROM doubles ORDER BY row", "FROM keys ORDER BY row")
        ]


@settings(max_examples=25)
@given(rows)
def test_of_rows_with_one_merchant_and_id_the_last_is_the_product_and_the_others_are_doubles(
    tmp_path_factory, given_rows
):
    last = {row[:2]: number for number, row in enumerate(given_rows)}
    products, doubles, keys = found(tmp_path_factory.getbasetemp(), given_rows)
    assert [one["row"] for one in products] == sorted(last.values())
    assert {(one["row"], one["winner"]) for one in doubles} == {
        (number, last[row[:2]]) for number, row in enumerate(given_rows) if number != last[row[:2]]
    }
    assert [one["label_text"] for one in products] == [given_rows[one["row"]][2] for one in products]
    assert {one["row"] for one in keys} == set(last.values())


def test_a_products_key_hangs_on_merchant_and_id_alone(tmp_path):
    first = found(tmp_path, [("m", "1", "A"), ("n", "1", "A"), ("m", "2", "")])[0]
    again = found(tmp_path, [("m", "2", "B"), ("m", "1", "")])[0]
    keys = {(one["merchant"], one["row"]): one["key"] for one in first}
    assert len(set(keys.values())) == 3
    assert [one["key"] for one in again] == [keys["m", 2], keys["m", 0]]


def test_labels_may_be_read_from_the_other_column(tmp_path):
    products, _, _ = found(tmp_path, [("m", "1", "A")], use_other_labels=True)
    assert products[0]["label_text"] == "other A"
