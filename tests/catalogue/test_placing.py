"""Laws of giving products their splits, on tables of any products."""

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aisle.catalogue.placing import place
from aisle.catalogue.splits import SplitRatio, SplitRule
from aisle.catalogue.tables import append, open_tables
from aisle.core.tables import stream

PRODUCTS = pa.schema(
    [
        ("row", pa.int64()),
        *((name, pa.string()) for name in ("merchant", "label_text", "given_split", "key")),
        *((name, pa.string()) for name in ("old_group", "old_split")),
    ]
)


@pytest.fixture(scope="module")
def placed(tmp_path_factory):
    """Place products (merchant, label, old split or None) that are not linked; give their rows."""
    folder = tmp_path_factory.mktemp("spill")

    def run(products, rule="merchant", ratio=(70, 15, 15), max_per_leaf=None):
        rows = [
            {
                "row": number,
                "merchant": merchant,
                "label_text": label,
                "given_split": "train",
                "key": f"k{number}",
                "old_group": old and f"g{number}",
                "old_split": old,
            }
            for number, (merchant, label, old) in enumerate(products)
        ]
        labels = sorted({label for _, label, _ in products} - {""})
        meanings = {
            "label_text": labels,
            "label": [[x] for x in labels],
            "outcome": ["resolved"] * len(labels),
        }
        kinds = {"label_text": pa.string(), "label": pa.list_(pa.string()), "outcome": pa.string()}
        with open_tables(folder, memory_mb=200, n_threads=1) as tables:
            append(tables, "products", pa.Table.from_pylist(rows, schema=PRODUCTS))
            append(
                tables, "keys", pa.table({"row": pa.array([], pa.int64()), "key": pa.array([], pa.int64())})
            )
            append(tables, "meanings", pa.table(meanings, schema=pa.schema(list(kinds.items()))))
            place(tables, SplitRule(rule), SplitRatio(*ratio), max_per_leaf)
            return [row for batch in stream(tables, "FROM placed ORDER BY row") for row in batch.to_pylist()]

    return run


ratios = st.sampled_from([(70, 15, 15), (34, 33, 33), (90, 0, 10), (100, 0, 0), (0, 50, 50)])


@settings(max_examples=25)
@given(st.sets(st.integers(0, 999), min_size=1, max_size=30), ratios)
def test_merchants_are_dealt_so_that_each_split_gets_its_share_and_one_at_least(placed, names, ratio):
    rows = placed([(f"m{name}", "A", None) for name in sorted(names)], ratio=ratio)
    counts = Counter(row["split"] for row in rows)
    n_shares = sum(share > 0 for share in ratio)
    for split, share in zip(("train", "val", "test"), ratio, strict=True):
        if share == 0:
            assert counts[split] == 0
        elif len(names) >= n_shares:
            assert counts[split] >= 1
            assert abs(counts[split] - len(names) * share / 100) < 2


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.sampled_from("mno"), st.sampled_from(["", "A", "B"]), st.none()), max_size=20),
    ratios,
)
def test_the_labelled_products_of_a_merchant_lie_in_one_split_and_the_others_in_none(placed, products, ratio):
    rows = placed(products, ratio=ratio)
    assert len(rows) == len(products)
    splits = {}
    for (merchant, label, _), row in zip(products, rows, strict=True):
        assert (row["split"] == "unlabelled") == (label == "")
        if label:
            splits.setdefault(merchant, set()).add(row["split"])
    assert all(len(found) == 1 for found in splits.values())


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.just("m"), st.sampled_from("AB"), st.sampled_from([None, None, "train", "test", "capped"])
        ),
        max_size=20,
    ),
    st.integers(1, 6),
)
def test_a_cap_leaves_a_label_so_many_train_products_and_takes_away_none_that_was_one(placed, products, cap):
    rows = placed(products, rule="group", ratio=(100, 0, 0), max_per_leaf=cap)
    for label in "AB":
        mine = [(old, row["split"]) for (_, at, old), row in zip(products, rows, strict=True) if at == label]
        n_before = sum(old == "train" for old, _ in mine)
        n_free = sum(old is None for old, _ in mine)
        assert Counter(split for _, split in mine)["train"] == max(n_before, min(cap, n_before + n_free))
        assert all(old == split for old, split in mine if old)
