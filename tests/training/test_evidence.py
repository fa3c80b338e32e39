"""Evidence: vectors of any rows and fields, steps on what is trained, and none on what is frozen."""

import numpy as np
import pyarrow as pa
import pytest

from aisle.core.records import FIELDS
from aisle.core.schemas import PRODUCT_SCHEMA
from aisle.encoders.base import build_encoder
from aisle.training.evidence import FrozenEvidence, TrainedEvidence

TITLE, BRAND, IMAGE = (np.uint8(1 << FIELDS.index(name)) for name in ("title", "brand", "image"))
N = 6


class TestTrained:
    @pytest.fixture
    def evidence(self, tmp_path):
        words = ["red kite", "blue kite", "red ball", "blue ball", "green rake", ""]
        columns = {name: [""] * N for name in PRODUCT_SCHEMA.names} | {"images": [[]] * N}
        columns |= {"title": words, "brand": ["acme"] * N}
        blocks = {
            name: {"field": name, "kind": "words", "n": [1, 1], "weight": 1.0} for name in ("title", "brand")
        }
        encoder = build_encoder("ngrams", {"dim": 16, "buckets": 1024, "blocks": blocks})
        batch = pa.RecordBatch.from_pydict(columns, schema=PRODUCT_SCHEMA)
        found = TrainedEvidence(encoder, encoder.collect([batch], tmp_path), tmp_path, threads=1)
        found.fit(np.arange(N))
        return found

    def step(self, evidence, rows=(0, 1), times=1):
        """Steps that should turn the rows' vectors against ones; what they are then."""
        rows = np.array(rows)
        fields = np.full(len(rows), TITLE)
        for _ in range(times):
            evidence.update(rows, fields, np.ones((len(rows), 16), np.float32), 0.1)
        return evidence.vectors(rows, fields)

    def test_begins_with_nothing(self, evidence):
        assert not evidence.vectors(np.arange(N), np.full(N, TITLE | BRAND)).any()
        assert evidence.n_dims == 16
        assert (evidence.images_seen, evidence.n_undecodable) == (None, 0)

    def test_a_step_leads_down_the_gradient_and_reaches_products_with_the_same_words(self, evidence):
        assert (self.step(evidence) < 0).all()
        assert (evidence.vectors(np.array([2]), np.array([TITLE])) < 0).all()  # it is red too
        assert not evidence.vectors(np.array([4]), np.array([TITLE])).any()

    def test_a_field_that_may_not_speak_adds_nothing_and_takes_no_step(self, evidence):
        self.step(evidence)
        assert not evidence.vectors(np.array([0, 1]), np.array([BRAND, 0], np.uint8)).any()

    def test_its_weights_are_what_the_steps_change(self, evidence):
        table = evidence.weights()["table"]
        assert not table.any()
        self.step(evidence)
        assert table.any()

    def test_fitted_again_it_starts_afresh_with_the_same_words(self, evidence):
        first = self.step(evidence, times=3)
        evidence.fit(np.arange(N))
        assert not evidence.weights()["table"].any()
        np.testing.assert_array_equal(self.step(evidence, times=3), first)

    def test_it_knows_the_words_of_the_rows_that_it_was_fitted_on_alone(self, evidence):
        evidence.fit(np.array([0, 1]))
        self.step(evidence, rows=(0, 1, 2, 3, 4))
        known, unknown = evidence.vectors(np.array([0, 4]), np.full(2, TITLE))
        assert known.all()
        assert not unknown.any()

    def test_what_it_gave_as_finished_is_left_alone_by_later_steps(self, evidence):
        self.step(evidence)
        done = evidence.finish()
        before = {name: array.copy() for name, array in done.tensors().items()}
        evidence.fit(np.arange(N))
        self.step(evidence, times=5)
        for name, array in done.tensors().items():
            np.testing.assert_array_equal(array, before[name])


@pytest.fixture(scope="module")
def encoder():
    settings = {"architecture": "test_vit", "weights": "none", "size": 32, "model_args": {"img_size": 32}}
    return build_encoder("timm", settings)


class TestFrozen:
    @pytest.fixture
    def evidence(self, encoder):
        vectors = np.random.default_rng(1).normal(3, 2, (N, encoder.n_dims)).astype(np.float16)
        present = np.array([True] * (N - 1) + [False])
        found = FrozenEvidence(encoder, vectors * present[:, None], present, n_undecodable=1)
        found.fit(np.arange(4))
        return found

    def test_vectors_are_standardised_by_the_rows_that_it_was_fitted_on(self, evidence):
        fitted = evidence.vectors(np.arange(4), np.full(4, IMAGE))
        np.testing.assert_allclose(fitted.mean(axis=0), 0, atol=1e-3)
        np.testing.assert_allclose(fitted.std(axis=0), 1, atol=2e-2)
        assert np.abs(evidence.vectors(np.array([4]), np.array([IMAGE])).mean()) > 0

    def test_absent_and_taken_away_it_is_zeros(self, evidence):
        absent, taken_away, there = evidence.vectors(
            np.array([N - 1, 0, 0]), np.array([IMAGE, TITLE, IMAGE | TITLE])
        )
        assert not absent.any()
        assert not taken_away.any()
        assert there.all()

    def test_nothing_of_it_is_trained(self, evidence, encoder):
        rows, fields = np.arange(4), np.full(4, IMAGE)
        before = evidence.vectors(rows, fields)
        evidence.update(rows, fields, np.ones_like(before), 1.0)
        np.testing.assert_array_equal(evidence.vectors(rows, fields), before)
        assert evidence.weights() == {}
        assert evidence.finish() is encoder

    def test_it_tells_whose_images_it_saw_and_how_many_it_could_not_decode(self, evidence):
        assert evidence.images_seen.tolist() == [True] * (N - 1) + [False]
        assert evidence.n_undecodable == 1
