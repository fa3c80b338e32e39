import numpy as np
import pytest

from aisle.core.errors import AisleError
from aisle.encoders.ngrams.settings import NgramSettings
from aisle.encoders.ngrams.tensors import from_tensors, to_tensors
from aisle.encoders.ngrams.vocabulary import make_vocabulary

SETTINGS = NgramSettings(dim=16, buckets=2**8)


def tensors(**changes):
    vocabulary = make_vocabulary(
        np.array([7, 3, 900], np.uint32), np.array([1, 2, 3], np.float32), np.float32(4), SETTINGS.n_keys
    )
    table = np.random.default_rng(0).normal(size=(3, 16)).astype(np.float32)
    made = to_tensors(vocabulary, table) | changes
    return {name: tensor for name, tensor in made.items() if tensor is not None}


class TestFromTensors:
    def test_gives_back_what_to_tensors_was_given(self):
        stored = tensors()
        again = to_tensors(*from_tensors(SETTINGS, stored))
        assert again.keys() == stored.keys()
        assert all(np.array_equal(again[name], stored[name]) for name in stored)

    def test_keys_find_their_rows_again(self):
        vocabulary, _ = from_tensors(SETTINGS, tensors())
        assert vocabulary.slot_of[[7, 3, 900, 4]].tolist() == [0, 1, 2, -1]

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"keys": None}, "there is no tensor 'keys'"),
            ({"unseen_idf": None, "idf": None}, "there is no tensor 'idf'; there is no tensor 'unseen_idf'"),
            ({"table": np.zeros((3, 32), np.float16)}, "'table' is float16 (3, 32), not float16 (3, 16)"),
            ({"table": np.zeros((3, 16), np.float32)}, "'table' is float32 (3, 16), not float16 (3, 16)"),
            ({"idf": np.zeros(2, np.float32)}, "'idf' is float32 (2,), not float32 (3,)"),
            (
                {"keys": np.array([1, 2, 2048], np.uint32)},
                "'keys' holds 2048; the settings allow for less than 2048",
            ),
        ],
    )
    def test_tensors_that_do_not_fit_are_refused(self, changes, message):
        with pytest.raises(AisleError) as error:
            from_tensors(SETTINGS, tensors(**changes))
        assert message in str(error.value)
