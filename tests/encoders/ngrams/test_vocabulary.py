import numpy as np
import pytest

from aisle.encoders.ngrams.features import gather
from aisle.encoders.ngrams.vocabulary import empty_vocabulary, learn_vocabulary, make_vocabulary

N_KEYS = 100
ONE_BLOCK = np.ones(1, np.float32)


def features_of(*rows):
    """Features of one block, with weight 1 for each key of each row."""
    parts = (
        (np.array([0, len(row)]), np.array(row, np.uint32), np.ones(len(row), np.float32)) for row in rows
    )
    return gather(parts, 1, N_KEYS, weighed=False, folder=None)


class TestLearnVocabulary:
    def test_the_most_frequent_come_first_then_the_lower_key(self):
        learnt = learn_vocabulary(
            features_of([9, 5], [5, 30], [5, 9, 2]), np.arange(3), N_KEYS, min_df=1, idf_power=1.0
        )
        assert learnt.keys.tolist() == [5, 9, 2, 30]
        assert learnt.slot_of[[5, 9, 2, 30, 31]].tolist() == [0, 1, 2, 3, -1]

    def test_idf_is_smooth_and_to_the_power(self):
        learnt = learn_vocabulary(
            features_of([1, 2], [1], [1], [3]), np.arange(4), N_KEYS, min_df=1, idf_power=0.5
        )
        assert learnt.idf == pytest.approx(np.sqrt(np.log(5 / np.array([4, 2, 2])) + 1))
        assert learnt.unseen_idf == pytest.approx(np.sqrt(np.log(5) + 1))

    def test_only_the_rows_named_are_learnt_from(self):
        learnt = learn_vocabulary(
            features_of([1], [2], [3]), np.array([2, 0]), N_KEYS, min_df=1, idf_power=1.0
        )
        assert learnt.keys.tolist() == [1, 3]
        assert learnt.unseen_idf == pytest.approx(np.log(3) + 1)

    def test_rarer_ngrams_than_min_df_have_no_row(self):
        learnt = learn_vocabulary(
            features_of([1, 2], [1], [2, 3]), np.arange(3), N_KEYS, min_df=2, idf_power=1.0
        )
        assert learnt.keys.tolist() == [1, 2]


class TestWeigh:
    def test_a_row_is_a_slice_of_at_most_so_many_rows(self):
        features = features_of([1], [2], [], [1, 2], [7])
        vocabulary = make_vocabulary(
            np.array([2, 1], np.uint32), np.ones(2, np.float32), np.float32(1), N_KEYS
        )
        slices = [rows for rows, _ in vocabulary.weighed_parts(features, ONE_BLOCK, 2)]
        assert slices == [slice(0, 2), slice(2, 4), slice(4, 5)]

    def test_nothing_is_left_by_a_vocabulary_that_saw_nothing(self):
        weighed = empty_vocabulary(N_KEYS).weigh(features_of([1], [2, 3]), ONE_BLOCK, None)
        assert len(weighed) == 2
        assert len(weighed.key) == 0

    def test_what_was_hashed_stays_as_it_was(self):
        features = features_of([1, 2])
        learnt = learn_vocabulary(features, np.arange(1), N_KEYS, min_df=1, idf_power=1.0)
        learnt.weigh(features, ONE_BLOCK, None)
        assert features.key.tolist() == [1, 2]
        assert features.weight.tolist() == [1, 1]
