import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aisle.core.records import FIELDS, TEXT_FIELDS
from aisle.encoders.ngrams.encoder import build, merge, restore
from strategies import links, product_texts

SMALL = {"dim": 32, "buckets": 2**12}
ALL = 0xFF
WORDS = ["red", "blue", "shirt", "shoe", "été", "größe", "カメラ", "soft", "warm", "cup", "42", "xl", "new"]


def bit(field):
    return 1 << FIELDS.index(field)


def products_of(n, seed=0):
    """Products with random words; some fields are empty, and one product has none."""
    rng = np.random.default_rng(seed)

    def text(longest):
        return " ".join(rng.choice(WORDS, rng.integers(0, longest)))

    made = [
        {
            "title": text(8),
            "description": text(30),
            "brand": text(2),
            "merchant_category": text(4),
            "link": "http://shop.de/" + text(4).replace(" ", "-"),
        }
        for _ in range(n - 1)
    ]
    return [*made, {}]


def fitted(batch, rows=None, options=SMALL, seed=1):
    """An encoder with random weights, hashed features and weighed ones."""
    encoder = build(options)
    features = encoder.collect([batch])
    encoder.fit(features, np.arange(len(features)) if rows is None else rows)
    encoder.table[:] = np.random.default_rng(seed).normal(size=encoder.table.shape)
    return encoder, features, encoder.weigh(features)


def every(features):
    return np.arange(len(features)), np.full(len(features), ALL, np.uint8)


class TestWeigh:
    @settings(max_examples=40)
    @given(
        texts=st.lists(
            st.fixed_dictionaries(
                {"title": product_texts(), "description": product_texts(), "link": links()}
            ),
            min_size=2,
            max_size=6,
        ),
        n_fit=st.integers(1, 6),
        min_df=st.sampled_from([1, 2]),
        idf_power=st.sampled_from([0.0, 0.5, 1.0]),
    )
    def test_weights_are_those_of_the_slow_encoder(self, slow, batch_of, texts, n_fit, min_df, idf_power):
        texts = [t | {"link": t["link"].replace("%", "")} for t in texts]
        options = {"buckets": 2**16, "min_df": min_df, "idf_power": idf_power}
        encoder, _, weighed = fitted(batch_of(texts), np.arange(min(n_fit, len(texts))), options)
        reference = slow.encoder(encoder.settings())
        reference.fit(texts[:n_fit])
        keys = encoder.tensors()["keys"]
        for i, text in enumerate(texts):
            for b, right in enumerate(reference.weights(text)):
                at = slice(*weighed.block_ptr[i * 8 + b : i * 8 + b + 2])
                found = dict(zip(keys[weighed.key[at]].tolist(), weighed.weight[at].tolist(), strict=True))
                assert found == {key: pytest.approx(w, rel=1e-4) for key, w in right.items()}

    def test_each_block_of_a_known_product_is_as_long_as_its_weight(self, batch_of):
        _, _, weighed = fitted(batch_of([{"title": "a b a", "brand": "b"}]))
        blocks = np.split(weighed.weight, weighed.block_ptr[1:-1])
        lengths = [float(np.linalg.norm(weights)) for weights in blocks]
        assert lengths == pytest.approx([1.5, 1.5, 0, 0.5, 0, 0, 0, 0])

    def test_ngrams_that_training_did_not_see_have_no_row_but_shorten_the_others(self, batch_of):
        batch = batch_of([{"brand": "acme"}, {"brand": "acme"}, {"brand": "acme unheard"}])
        _, _, weighed = fitted(batch, np.arange(2))
        known, mixed = weighed.weight[[0, 2]]
        assert len(weighed.key) == 3
        assert known == pytest.approx(0.5)
        assert 0 < mixed < known

    def test_hashing_serves_two_fits(self, batch_of):
        batch = batch_of(products_of(20))
        encoder, features, first = fitted(batch, np.arange(10))
        encoder.fit(features, np.arange(20))
        second = encoder.weigh(features)
        assert len(second.key) > len(first.key)
        assert encoder.table.shape == (len(np.unique(second.key)), 32)
        assert not encoder.table.any()

    def test_files_hold_the_same_features_as_memory(self, batch_of, tmp_path):
        batch = batch_of(products_of(50))
        encoder, features, weighed = fitted(batch)
        in_files = encoder.collect([batch.slice(0, 20), batch.slice(20)], tmp_path)
        again = encoder.weigh(in_files, tmp_path)
        for one, other in ((features, in_files), (weighed, again)):
            assert np.array_equal(one.block_ptr, other.block_ptr)
            assert np.array_equal(one.key, other.key)
            assert np.array_equal(one.weight, other.weight)
        vectors = encoder.forward_rows(weighed, *every(weighed))
        assert np.array_equal(encoder.forward_rows(again, *every(again)), vectors)


class TestForwardRows:
    def test_is_the_weighted_sum_of_rows_of_the_table(self, batch_of):
        encoder, _, weighed = fitted(batch_of(products_of(20)))
        vectors = encoder.forward_rows(weighed, *every(weighed))
        edges = weighed.block_ptr[::8]
        for i, vector in enumerate(vectors):
            at = slice(edges[i], edges[i + 1])
            assert np.allclose(vector, weighed.weight[at] @ encoder.table[weighed.key[at]], atol=1e-4)

    @pytest.mark.parametrize(
        "gone", [["title"], ["link"], ["title", "description", "link"], list(TEXT_FIELDS)]
    )
    def test_fields_taken_away_are_as_if_they_were_empty(self, batch_of, gone):
        products = products_of(30)
        encoder, _, weighed = fitted(batch_of(products))
        mask = np.full(30, ALL - sum(map(bit, gone)), np.uint8)
        without = [{k: v for k, v in p.items() if k not in gone} for p in products]
        emptied = encoder.weigh(encoder.collect([batch_of(without)]))
        masked = encoder.forward_rows(weighed, np.arange(30), mask)
        assert np.array_equal(masked, encoder.forward_rows(emptied, *every(emptied)))
        if gone == list(TEXT_FIELDS):
            assert not masked.any()

    @pytest.mark.parametrize("threads", [2, 3, 7])
    def test_the_number_of_threads_makes_no_difference(self, batch_of, threads):
        encoder, _, weighed = fitted(batch_of(products_of(64)))
        one = encoder.forward_rows(weighed, *every(weighed), threads=1)
        assert np.array_equal(encoder.forward_rows(weighed, *every(weighed), threads=threads), one)

    def test_a_row_may_be_asked_for_twice_and_none_not_at_all(self, batch_of):
        encoder, _, weighed = fitted(batch_of(products_of(5)))
        vectors = encoder.forward_rows(weighed, np.array([2, 2]), np.array([ALL, ALL], np.uint8))
        assert np.array_equal(vectors[0], vectors[1])
        assert encoder.forward_rows(weighed, np.array([], np.int64), np.array([], np.uint8)).shape == (0, 32)


class TestUpdateRows:
    @pytest.mark.parametrize("threads", [2, 3, 7])
    def test_the_number_of_threads_makes_no_difference(self, batch_of, threads):
        encoder, _, weighed = fitted(batch_of(products_of(64)), options=SMALL | {"dim": 96})
        gradient = np.random.default_rng(5).normal(size=(64, 96)).astype(np.float32)
        before = encoder.table.copy()
        encoder.update_rows(weighed, *every(weighed), gradient, 0.3, threads=1)
        one = encoder.table.copy()
        encoder.table[:] = before
        encoder.update_rows(weighed, *every(weighed), gradient, 0.3, threads=threads)
        assert np.array_equal(encoder.table, one)
        assert not np.array_equal(one, before)

    def test_is_a_step_of_plain_gradient_descent(self, batch_of):
        encoder, _, weighed = fitted(batch_of(products_of(20)))
        gradient = np.random.default_rng(5).normal(size=(20, 32)).astype(np.float32)
        expected = encoder.table.astype(np.float64)
        row = np.repeat(np.arange(20), np.diff(weighed.block_ptr[::8]))
        np.add.at(expected, weighed.key, -0.1 * weighed.weight[:, None] * gradient[row])
        encoder.update_rows(weighed, *every(weighed), gradient, 0.1)
        assert np.allclose(encoder.table, expected, atol=1e-4)

    def test_only_rows_of_kept_fields_move(self, batch_of):
        encoder, _, weighed = fitted(batch_of(products_of(20)))
        before = encoder.table.copy()
        only_title = np.full(20, bit("title"), np.uint8)
        encoder.update_rows(weighed, np.arange(20), only_title, np.ones((20, 32), np.float32), 1.0)
        moved = (encoder.table != before).any(axis=1)
        titles = encoder.tensors()["keys"] < 2 * SMALL["buckets"]
        assert np.array_equal(moved, titles)

    def test_gradients_of_any_layout_are_taken(self, batch_of):
        encoder, _, weighed = fitted(batch_of(products_of(4)))
        gradient = np.random.default_rng(5).normal(size=(32, 4)).astype(np.float64).T
        sibling = encoder.sibling()
        sibling.table[:] = encoder.table
        encoder.update_rows(weighed, *every(weighed), gradient, 0.1)
        sibling.update_rows(weighed, *every(weighed), np.ascontiguousarray(gradient, np.float32), 0.1)
        assert np.allclose(encoder.table, sibling.table, atol=1e-6)


class TestForward:
    def test_is_forward_rows_of_all_fields_to_the_last_bit(self, batch_of):
        batch = batch_of(products_of(700))
        encoder, features, weighed = fitted(batch)
        for _ in range(2):
            vectors, present = encoder.forward(encoder.collect([batch]))
            assert np.array_equal(vectors, encoder.forward_rows(weighed, *every(weighed)))
            assert np.array_equal(present, np.diff(weighed.block_ptr[::8]) > 0)
            encoder.quantise()
        assert len(features) == 700

    def test_a_product_of_unseen_ngrams_alone_is_absent(self, batch_of):
        encoder, _, _ = fitted(batch_of([{"brand": "acme"}]))
        vectors, present = encoder.forward(encoder.collect([batch_of([{"brand": "zzz"}, {"brand": "acme"}])]))
        assert present.tolist() == [False, True]
        assert not vectors[0].any()

    def test_an_encoder_that_was_fitted_on_nothing_sees_nothing(self, batch_of):
        encoder, _, _ = fitted(batch_of([{}]))
        vectors, present = encoder.forward(encoder.collect([batch_of([{"title": "a"}])]))
        assert not present.any()
        assert not vectors.any()


class TestStoring:
    def test_quantising_changes_the_vectors_no_more_than_rounding_does(self, batch_of):
        encoder, _, weighed = fitted(batch_of(products_of(30)))
        before = encoder.forward_rows(weighed, *every(weighed))
        encoder.quantise()
        assert encoder.table.dtype == np.float16
        assert np.allclose(encoder.forward_rows(weighed, *every(weighed)), before, atol=0.02)

    def test_tensors_before_and_after_quantising_are_the_same(self, batch_of):
        encoder, _, _ = fitted(batch_of(products_of(30)))
        before = encoder.tensors()
        encoder.quantise()
        after = encoder.tensors()
        assert before.keys() == after.keys()
        assert all(np.array_equal(before[name], after[name]) for name in before)

    def test_the_most_frequent_ngrams_come_first(self, batch_of):
        encoder, _, _ = fitted(batch_of(products_of(30)))
        assert (np.diff(encoder.tensors()["idf"]) >= 0).all()

    def test_training_a_restored_encoder_is_refused(self, batch_of):
        encoder, _, weighed = fitted(batch_of(products_of(3)))
        again = restore(encoder.settings(), encoder.tensors())
        with pytest.raises(ValueError, match="call fit first"):
            again.update_rows(weighed, *every(weighed), np.zeros((3, 32), np.float32), 1.0)


class TestMerge:
    def test_encoders_of_different_fits_are_refused(self, batch_of):
        one, _, _ = fitted(batch_of(products_of(5)))
        other, _, _ = fitted(batch_of(products_of(6)))
        with pytest.raises(ValueError, match="different fits"):
            merge([one, other])

    def test_one_that_is_quantised_does_not_mix_with_one_that_is_not(self, batch_of):
        one, _, _ = fitted(batch_of(products_of(5)))
        other, _, _ = fitted(batch_of(products_of(5)))
        other.quantise()
        with pytest.raises(ValueError, match="precisions"):
            merge([one, other])


class TestMisuse:
    def test_features_of_another_fit_settings_or_stage_are_refused(self, batch_of):
        batch = batch_of(products_of(5))
        encoder, features, weighed = fitted(batch)
        other, other_features, other_weighed = fitted(
            batch_of(products_of(9)), options=SMALL | {"buckets": 2**13}
        )
        for refused in (features, other_weighed):
            with pytest.raises(ValueError, match="features"):
                encoder.forward_rows(refused, *every(refused))
        for refused in (weighed, other_features):
            with pytest.raises(ValueError, match="features"):
                encoder.forward(refused)
        assert other.n_dims == 32

    def test_rows_that_there_are_none_of_are_refused(self, batch_of):
        encoder, _, weighed = fitted(batch_of(products_of(5)))
        for rows in ([5], [-1]):
            with pytest.raises(IndexError, match="of 5"):
                encoder.forward_rows(weighed, np.array(rows), np.array([ALL], np.uint8))

    def test_a_gradient_of_another_shape_is_refused(self, batch_of):
        encoder, _, weighed = fitted(batch_of(products_of(5)))
        with pytest.raises(ValueError, match=r"must be \(5, 32\)"):
            encoder.update_rows(weighed, *every(weighed), np.zeros((5, 16), np.float32), 1.0)


def test_nothing_is_compiled_on_import():
    code = (
        "import aisle.encoders.ngrams.encoder\n"
        "from aisle.encoders.ngrams import hashing, sums, weighting\n"
        "kernels = [hashing.hash_rows, sums.sum_rows, sums.step_rows, weighting.weigh_rows]\n"
        "assert not any(kernel.signatures for kernel in kernels)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
