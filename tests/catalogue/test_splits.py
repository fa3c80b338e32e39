import hashlib

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.catalogue.splits import SplitRatio, SplitRule, split_of_file, splits_of_values
from aisle.core.errors import AisleError


class TestRule:
    @pytest.mark.parametrize("text", ["group", "merchant", "file", "column:fold"])
    def test_is_written_as_it_was_read(self, text):
        assert str(SplitRule.parse(text)) == text

    @pytest.mark.parametrize("text", ["groups", "group:", "column", "column:", "file:x", ""])
    def test_another_word_is_refused_with_the_known_ones(self, text):
        with pytest.raises(AisleError, match="known: group, merchant, file, column:NAME"):
            SplitRule.parse(text)

    @pytest.mark.parametrize("parts", [("bogus",), ("column",), ("group", "fold"), ("column:fold",)])
    def test_none_can_be_made_that_could_not_be_read(self, parts):
        with pytest.raises(AisleError, match="known: group, merchant, file, column:NAME"):
            SplitRule(*parts)

    def test_only_a_file_or_a_column_gives_the_split(self):
        rules = [SplitRule.parse(text) for text in ("group", "merchant", "file", "column:fold")]
        assert [rule.is_given for rule in rules] == [False, False, True, True]


class TestRatio:
    @pytest.mark.parametrize("text", ["70/15/15", "85/0/15", "0/0/100", "33.4/33.3/33.3"])
    def test_is_written_as_it_was_read(self, text):
        assert str(SplitRatio.parse(text)) == text

    @pytest.mark.parametrize(
        "text", ["70/15", "70/15/16", "-10/10/100", "a/b/c", "nan/50/50", "70-15-15", ""]
    )
    def test_what_is_not_three_shares_of_100_is_refused(self, text):
        with pytest.raises(AisleError, match="such as 70/15/15"):
            SplitRatio.parse(text)

    @pytest.mark.parametrize("text", ["70/15/15", "85/0/15", "100/0/0", "0/100/0", "0/0/100"])
    def test_names_are_drawn_by_their_shares(self, text):
        ratio = SplitRatio.parse(text)
        names = pa.table({"name": [str(i) for i in range(20_000)]})
        drawn = dict(
            duckdb.sql(f"SELECT {ratio.sql('name')} AS split, count(*) FROM names GROUP BY split").fetchall()
        )
        assert len(names) == sum(drawn.values())
        assert {split: n / 200 for split, n in drawn.items()} == pytest.approx(ratio.shares(), abs=1.2)

    def test_the_draw_can_be_done_again_without_a_data_base(self):
        names = pa.table({"name": ["a", "b", "c"]})  # noqa: F841 (the query below reads it)
        shares = iter(
            int(hashlib.md5(f"split {name}".encode()).hexdigest()[:8], 16) / 2**32 for name in "abc"
        )
        expected = ["train" if u < 0.7 else "val" if u < 0.85 else "test" for u in shares]
        assert [
            row[0] for row in duckdb.sql(f"SELECT {SplitRatio().sql('name')} FROM names").fetchall()
        ] == expected

    @given(st.integers(0, 100).flatmap(lambda a: st.tuples(st.just(a), st.integers(0, 100 - a))))
    def test_thresholds_are_in_order(self, two):
        first, second = SplitRatio(two[0], two[1], 100 - sum(two)).thresholds
        assert 0 <= first <= second <= 2**32


class TestFile:
    @pytest.mark.parametrize(
        ("address", "split"),
        [
            ("train.jsonl.gz", "train"),
            ("data/mwpd_validation.tsv", "val"),
            ("s3://b/shop-dev.parquet", "val"),
            ("TEST-00001-of-3.csv", "test"),
            ("val2.csv", "val"),
        ],
    )
    def test_a_word_of_the_name_tells_the_split(self, address, split):
        assert split_of_file(address) == split

    @pytest.mark.parametrize("address", ["shop.csv", "train/shop.csv", "trainers.tsv", "contest.csv"])
    def test_a_name_without_such_a_word_is_refused_and_named(self, address):
        with pytest.raises(AisleError, match=f"^{address}: its name tells no split"):
            split_of_file(address)

    def test_a_name_with_two_such_words_is_refused(self):
        with pytest.raises(AisleError, match=r"^train_val\.csv: names two splits"):
            split_of_file("train_val.csv")


def test_values_of_a_column_are_read_as_splits_and_the_rest_is_other():
    values = pa.array(["train", " Validation", "dev", "TEST", "val", "", "holdout"])
    assert splits_of_values(values).to_pylist() == ["train", "val", "val", "test", "val", "other", "other"]
