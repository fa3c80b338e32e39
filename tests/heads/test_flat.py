"""The flat head: evidence adds up."""

import numpy as np
import pytest

from aisle.heads import flat

GENERATOR = np.random.default_rng(1)


@pytest.fixture
def head():
    return flat.build({}, {"text": 3, "image": 2}, 4, np.random.default_rng(1), {"text": 1.0, "image": 1.0})


def test_scores_are_the_bias_and_the_sum_of_what_each_encoder_says(head):
    text, image = GENERATOR.random((5, 3), np.float32), GENERATOR.random((5, 2), np.float32)
    head.bias = np.arange(4, dtype=np.float32)
    apart = text @ head.weights["text"].T, image @ head.weights["image"].T
    np.testing.assert_allclose(
        head.scores({"text": text, "image": image}), head.bias + apart[0] + apart[1], rtol=1e-5
    )


def test_absent_evidence_adds_nothing(head):
    text = GENERATOR.random((5, 3), np.float32)
    alone = flat.FlatHead(head.bias, {"text": head.weights["text"]})
    with_none = head.scores({"text": text, "image": np.zeros((5, 2), np.float32)})
    np.testing.assert_array_equal(with_none, alone.scores({"text": text}))


def test_it_is_restored_from_its_parameters(head):
    again = flat.restore(head.settings(), head.parameters())
    vectors = {"text": np.ones((1, 3), np.float32), "image": np.ones((1, 2), np.float32)}
    np.testing.assert_array_equal(again.scores(vectors), head.scores(vectors))


def test_merged_heads_give_the_mean_of_their_scores():
    """Trained vectors stand side by side, frozen ones are shared."""
    dims, spread = {"text": 3, "image": 2}, {"text": 1.0, "image": 1.0}
    heads = [flat.build({}, dims, 4, np.random.default_rng(seed), spread) for seed in (1, 2)]
    texts = [GENERATOR.random((5, 3), np.float32) for _ in heads]
    image = GENERATOR.random((5, 2), np.float32)
    merged = flat.merge(heads, joined=["text"])
    scores = merged.scores({"text": np.concatenate(texts, axis=1), "image": image})
    apart = [h.scores({"text": t, "image": image}) for h, t in zip(heads, texts, strict=True)]
    np.testing.assert_allclose(scores, np.mean(apart, axis=0), rtol=1e-5, atol=1e-6)


def test_first_weights_have_the_spread_asked_for():
    head = flat.build({}, {"text": 400}, 500, np.random.default_rng(1), {"text": 0.5})
    assert head.weights["text"].std() == pytest.approx(0.5 / 20, rel=0.01)
