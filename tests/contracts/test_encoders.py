"""What every encoder in the table must do."""

import json
from io import BytesIO

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from aisle.core.errors import AisleError
from aisle.core.records import FIELDS
from aisle.core.schemas import PRODUCT_SCHEMA
from aisle.encoders.base import ENCODERS, build_encoder, fields_of, merge_encoders, restore_encoder
from aisle.encoders.product_vectors import product_vectors
from aisle.images.hashes import hash_of
from aisle.images.source import InlineImages

SETTINGS = {
    "ngrams": {"dim": 16, "buckets": 2**12},
    "timm": {"architecture": "test_resnet", "weights": "none", "size": 32},
}
"""Small settings for each encoder; a new encoder adds a line here."""


def picture(shade):
    file = BytesIO()
    Image.new("RGB", (40, 30), (shade, 255 - shade, 90)).save(file, "PNG")
    return file.getvalue()


PICTURES = {hash_of(data): data for data in map(picture, (0, 100, 200))}
SOURCE = InlineImages(PICTURES)


def product(i):
    texts = {
        "title": f"Red shirt {i}",
        "description": "Warm and soft, été 漢字" * (i % 3),
        "brand": "acme",
        "merchant_category": "Clothing > Shirts",
        "link": f"http://shop.example/redShirt/{i}",
    }
    sha256 = list(PICTURES)[i % len(PICTURES)]
    images = [{"link": "", "sha256": sha256, "status": "ok"}]
    return {"merchant": "m", "id": str(i), **texts, "images": images}


NOTHING = dict.fromkeys(PRODUCT_SCHEMA.names, "") | {"images": []}


def batch(*products):
    return pa.RecordBatch.from_pylist(list(products), PRODUCT_SCHEMA)


def vectors_of(encoder, products):
    return product_vectors(encoder, products, SOURCE, None)


def trained(name, seed=1):
    """An encoder that is ready to answer."""
    encoder = build_encoder(name, SETTINGS[name])
    if encoder.trained:
        features = encoder.collect([batch(*map(product, range(6)))])
        encoder.fit(features, np.arange(6))
        encoder.table[:] = np.random.default_rng(seed).normal(size=encoder.table.shape)
        encoder.quantise()
    else:
        encoder.fit_standardiser(*some_vectors(encoder.n_dims))
    return encoder


def some_vectors(n_dims):
    """Vectors of training products as a cache gives them, and which products have one."""
    return np.random.default_rng(1).normal(3, 2, (20, n_dims)).astype(np.float16), np.arange(20) % 4 > 0


def test_every_encoder_is_tried():
    assert sorted(SETTINGS) == ENCODERS.names()


@pytest.mark.parametrize("name", ENCODERS.names())
class TestEveryEncoder:
    def test_fields_are_known_ones_and_told_without_building(self, name):
        encoder = build_encoder(name, SETTINGS[name])
        assert encoder.fields == fields_of(name, SETTINGS[name])
        assert set(encoder.fields) <= set(FIELDS)

    def test_each_product_has_one_vector(self, name):
        encoder = trained(name)
        vectors, present = vectors_of(encoder, batch(*map(product, range(5))))
        assert vectors.shape == (5, encoder.n_dims)
        assert vectors.dtype == np.float32
        assert present.dtype == np.bool_
        assert present.all()
        assert vectors.any(axis=1).all()

    def test_a_product_without_its_fields_is_absent_and_has_zeros(self, name):
        vectors, present = vectors_of(trained(name), batch(product(1), NOTHING, product(2)))
        assert present.tolist() == [True, False, True]
        assert not vectors[1].any()

    def test_no_products_have_no_vectors(self, name):
        encoder = trained(name)
        vectors, present = vectors_of(encoder, batch())
        assert vectors.shape == (0, encoder.n_dims)
        assert present.shape == (0,)

    def test_an_encoder_that_was_not_trained_answers_too(self, name):
        encoder = build_encoder(name, SETTINGS[name])
        vectors, present = vectors_of(encoder, batch(product(1), NOTHING))
        assert vectors.shape == (2, encoder.n_dims)
        assert not present[1]

    def test_the_products_beside_it_do_not_change_a_vector(self, name):
        encoder = trained(name)
        products = batch(*map(product, range(5)))
        together, _ = vectors_of(encoder, products)
        alone = np.concatenate([vectors_of(encoder, products.slice(i, 1))[0] for i in range(5)])
        near = 1e-5 if encoder.trained else 1e-3  # frozen ones' vectors are kept in half precision
        np.testing.assert_allclose(together, alone, rtol=10 * near, atol=near)

    def test_further_columns_make_no_difference(self, name):
        encoder = trained(name)
        products = batch(*map(product, range(3)))
        wider = products.append_column("price", pa.array(["1", "2", "3"]))
        assert np.array_equal(vectors_of(encoder, products)[0], vectors_of(encoder, wider)[0])

    def test_restored_of_json_and_tensors_it_is_the_same_to_the_last_bit(self, name):
        encoder = trained(name)
        settings = json.loads(json.dumps(encoder.settings(), sort_keys=True))
        tensors = {key: np.array(tensor) for key, tensor in encoder.tensors().items()}
        again = restore_encoder(name, settings, tensors)
        products = batch(*map(product, range(4)), NOTHING)
        for one, other in zip(vectors_of(encoder, products), vectors_of(again, products), strict=True):
            assert np.array_equal(one, other)
        assert again.settings() == encoder.settings()
        assert again.fingerprint() == encoder.fingerprint()

    def test_settings_build_an_encoder_with_the_same_settings(self, name):
        settings = build_encoder(name, SETTINGS[name]).settings()
        assert build_encoder(name, settings).settings() == settings

    def test_the_fingerprint_is_hex_and_alike_for_alike_encoders(self, name):
        fingerprint = trained(name).fingerprint()
        assert int(fingerprint, 16) > 0
        assert trained(name).fingerprint() == fingerprint

    def test_an_unknown_setting_is_refused_by_name(self, name):
        wrong = {**SETTINGS[name], "no_such_setting": 1}
        for refuse in (build_encoder, fields_of):
            with pytest.raises(AisleError, match="no_such_setting"):
                refuse(name, wrong)


TRAINED = [name for name in ENCODERS.names() if build_encoder(name, SETTINGS[name]).trained]


@pytest.mark.parametrize("name", [name for name in ENCODERS.names() if name not in TRAINED])
class TestEveryFrozenEncoder:
    def test_standardised_the_products_that_have_a_vector_have_mean_0_and_deviation_1(self, name):
        encoder = build_encoder(name, SETTINGS[name])
        vectors, present = some_vectors(encoder.n_dims)
        encoder.fit_standardiser(vectors, present)
        standardised = encoder.standardise(vectors)[present]
        assert standardised.dtype == np.float32
        np.testing.assert_allclose(standardised.mean(axis=0), 0, atol=1e-3)
        np.testing.assert_allclose(standardised.std(axis=0), 1, atol=0.05)

    def test_before_it_is_fitted_vectors_stay_as_they_are(self, name):
        encoder = build_encoder(name, SETTINGS[name])
        vectors, _ = some_vectors(encoder.n_dims)
        assert np.array_equal(encoder.standardise(vectors), vectors.astype(np.float32))

    def test_broken_bytes_are_no_item(self, name):
        encoder = build_encoder(name, SETTINGS[name])
        for data in (b"", b"broken", picture(0)[:50]):
            assert encoder.prepare_item(data) is None

    def test_no_items_have_no_vectors(self, name):
        encoder = build_encoder(name, SETTINGS[name])
        vectors = encoder.forward_items([])
        assert (vectors.shape, vectors.dtype) == ((0, encoder.n_dims), np.float32)

    def test_fitted_or_not_it_finds_the_vectors_that_were_kept_for_it(self, name):
        assert trained(name).fingerprint() == build_encoder(name, SETTINGS[name]).fingerprint()

    def test_fitted_to_products_without_a_vector_it_still_answers_in_numbers(self, name):
        encoder = build_encoder(name, SETTINGS[name])
        vectors, present = some_vectors(encoder.n_dims)
        encoder.fit_standardiser(vectors, np.zeros_like(present))
        assert np.isfinite(vectors_of(encoder, batch(product(1), NOTHING))[0]).all()


@pytest.mark.parametrize("name", TRAINED)
class TestEveryTrainedEncoder:
    def test_trained_otherwise_it_has_another_fingerprint(self, name):
        assert trained(name, seed=2).fingerprint() != trained(name).fingerprint()

    def test_encoders_of_one_fit_become_one_with_vectors_side_by_side(self, name):
        one, other = trained(name), trained(name, seed=2)
        products = batch(*map(product, range(3)), NOTHING)
        vectors, present = vectors_of(merge_encoders(name, [one, other]), products)
        assert np.array_equal(vectors[:, : one.n_dims], vectors_of(one, products)[0])
        assert np.array_equal(vectors[:, one.n_dims :], vectors_of(other, products)[0])
        assert present.tolist() == [True, True, True, False]

    def test_a_step_down_a_gradient_moves_the_vectors_down_it(self, name):
        encoder = build_encoder(name, SETTINGS[name])
        features = encoder.collect([batch(*map(product, range(6)))])
        encoder.fit(features, np.arange(6))
        weighed = encoder.weigh(features)
        rows, fields = np.array([2, 4]), np.full(2, 0xFF, np.uint8)
        gradient = np.random.default_rng(3).normal(size=(2, encoder.n_dims)).astype(np.float32)
        before = encoder.forward_rows(weighed, rows, fields)
        encoder.update_rows(weighed, rows, fields, gradient, 0.1)
        moved = encoder.forward_rows(weighed, rows, fields) - before
        assert (moved * gradient).sum() < 0

    def test_a_sibling_starts_from_zeros_and_takes_the_same_features(self, name):
        encoder = build_encoder(name, SETTINGS[name])
        features = encoder.collect([batch(*map(product, range(3)))])
        encoder.fit(features, np.arange(3))
        encoder.table[:] = 1
        sibling = encoder.sibling()
        vectors = sibling.forward_rows(encoder.weigh(features), np.arange(3), np.full(3, 0xFF, np.uint8))
        assert not vectors.any()
        assert sibling.table.shape == encoder.table.shape
