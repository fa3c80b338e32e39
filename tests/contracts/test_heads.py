"""What every head in the table must do."""

import numpy as np
import pytest
import torch

from aisle.heads.base import HEADS, head_kind, merge_heads, restore_head

DIMS = {"text": 3, "image": 2}


def build(name, seed=1):
    return head_kind(name).build({}, DIMS, 6, np.random.default_rng(seed), dict.fromkeys(DIMS, 1.0))


def vectors(n=5, seed=2):
    generator = np.random.default_rng(seed)
    return {name: generator.standard_normal((n, d)).astype(np.float32) for name, d in DIMS.items()}


@pytest.mark.parametrize("name", HEADS.names())
class TestEveryHead:
    def test_every_leaf_has_a_score_whatever_is_missing(self, name):
        for missing in ([], ["text"], ["image"], ["text", "image"]):
            given = vectors()
            for one in missing:
                given[one][:] = 0
            scores = build(name).scores(given)
            assert scores.shape == (5, 6)
            assert np.isfinite(scores).all()

    def test_torch_and_numpy_give_the_same_scores(self, name):
        head = build(name)
        tensors = {k: torch.from_numpy(v.copy()) for k, v in head.parameters().items()}
        given = vectors()
        as_tensors = restore_head(name, head.settings(), tensors).scores(
            {k: torch.from_numpy(v) for k, v in given.items()}
        )
        np.testing.assert_allclose(as_tensors.numpy(), head.scores(given), rtol=1e-4, atol=1e-6)

    def test_restored_it_has_the_weights_that_it_had_and_no_others(self, name):
        head = build(name)
        again = restore_head(name, head.settings(), head.parameters()).parameters()
        assert again.keys() == head.parameters().keys()
        assert all(np.array_equal(again[key], weights) for key, weights in head.parameters().items())

    def test_every_weight_gets_a_gradient(self, name):
        head = build(name)
        tensors = {k: torch.from_numpy(v.copy()).requires_grad_() for k, v in head.parameters().items()}
        scores = restore_head(name, head.settings(), tensors).scores(
            {k: torch.from_numpy(v) for k, v in vectors().items()}
        )
        torch.log_softmax(scores, dim=1)[:, 0].sum().backward()
        assert all(t.grad is not None and t.grad.abs().sum() > 0 for t in tensors.values())

    def test_the_vectors_given_are_left_as_they_are(self, name):
        given = vectors()
        build(name).scores(given)
        for key, value in vectors().items():
            np.testing.assert_array_equal(given[key], value)

    def test_merging_a_head_with_itself_changes_nothing(self, name):
        head, given = build(name), vectors()
        doubled = {**given, "text": np.tile(given["text"], 2)}
        np.testing.assert_allclose(
            merge_heads(name, [head, head], joined=["text"]).scores(doubled),
            head.scores(given),
            rtol=1e-5,
            atol=1e-6,
        )
