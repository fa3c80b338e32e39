"""The training loop: what batches hold, and that a learner goes on from its state as if never stopped."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.heads.base import HEADS, HeadKind
from aisle.heads.flat import FlatHead, merge
from aisle.taxonomy.building import from_paths
from aisle.taxonomy.label_sets import LabelSets
from aisle.training.loop import Learner, epoch_batches, n_batches, run_epoch
from aisle.training.settings import Rates, TrainingSettings
from aisle.training.smoothing import TreeSmoothing

TREE = from_paths([("A", "x"), ("A", "y"), ("B",)])
N_PRODUCTS, N_DIMS = 60, 4


class TestBatches:
    @given(
        fields=st.lists(st.integers(0, 63), min_size=1, max_size=90),
        batch=st.integers(1, 40),
        copies=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
        seed=st.integers(0, 9),
    )
    def test_an_epoch_shows_each_product_once_and_copies_with_fewer_fields(self, fields, batch, copies, seed):
        masks = np.array([*fields, 0], np.uint8)  # the last is not trained on
        rows = np.arange(len(fields))
        settings = TrainingSettings(batch=batch, copies=copies)
        found = list(epoch_batches(rows, masks, settings, (seed, 1)))
        assert len(found) == n_batches(len(rows), settings)
        assert Counter(row for one in found for row in one.rows[: one.n_complete]) == Counter(rows.tolist())
        for one in found:
            n = one.n_complete
            assert np.array_equal(one.fields[:n], masks[one.rows[:n]])
            assert not (one.fields[n:] & ~masks[one.rows[n:]]).any()
            assert len(one.rows) - n == round(copies * batch) * n // batch

    def test_seeds_alone_draw_the_order(self):
        settings = TrainingSettings(batch=8)
        masks = np.full(N_PRODUCTS, 63, np.uint8)
        first, same, other = (
            [one.rows.tolist() for one in epoch_batches(np.arange(N_PRODUCTS), masks, settings, seed)]
            for seed in ((1, 0), (1, 0), (1, 1))
        )
        assert first == same != other


class PlainEvidence:
    """Vectors that a training changes."""

    n_dims = N_DIMS
    images_seen = None
    n_undecodable = 0

    def __init__(self):
        self.table = np.random.default_rng(3).normal(size=(N_PRODUCTS, N_DIMS)).astype(np.float32)

    def vectors(self, rows, fields):
        return self.table[rows] * (fields[:, None] > 0)

    def update(self, rows, fields, gradient, rate):
        np.add.at(self.table, rows, (-rate * gradient * (fields[:, None] > 0)).astype(np.float32))

    def weights(self):
        return {"table": self.table}


class StrictHead(FlatHead):
    """A head with a weight that it calls `absent`; it takes its own weights and no others."""

    def __init__(self, absent, **weights):
        super().__init__(weights["bias"], {"plain": weights["plain"]})
        self.absent = absent

    def parameters(self):
        return {"bias": self.bias, "plain": self.weights["plain"], "absent": self.absent}

    def scores(self, vectors):
        return super().scores(vectors) + self.absent


def build_strict(settings, dims, n_leaves, generator, init):
    weights = np.zeros((n_leaves, dims["plain"]), np.float32)
    return StrictHead(np.ones(n_leaves, np.float32), bias=np.zeros(n_leaves, np.float32), plain=weights)


STRICT = HeadKind(build=build_strict, restore=lambda _, parameters: StrictHead(**parameters), merge=merge)


class TestLearner:
    @pytest.fixture
    def learner(self):
        """A learner of 40 steps, and what its epochs need."""

        def make():
            rates = {"plain": Rates(table=10.0, head=0.05)}
            settings = TrainingSettings(batch=12, copies=0.5, label_smoothing=0, rates=rates)
            return Learner({"head": "flat"}, {"plain": PlainEvidence()}, TREE.n_leaves, settings, 1, 40)

        return make

    def epochs(self, learner, numbers):
        """Run these epochs; the mean loss of each."""
        leaf = np.arange(N_PRODUCTS) % TREE.n_leaves
        labels = LabelSets(np.arange(N_PRODUCTS + 1), leaf.astype(np.int32), (leaf + 1).astype(np.int32))
        smoothing = TreeSmoothing.of(TREE, labels)
        rows, fields = np.arange(N_PRODUCTS), np.full(N_PRODUCTS, 63, np.uint8)
        return [
            run_epoch(
                learner,
                epoch_batches(rows, fields, learner.settings, (1, n)),
                labels,
                smoothing,
                lambda _: None,
            )
            for n in numbers
        ]

    def test_the_loss_falls(self, learner):
        losses = self.epochs(learner(), range(8))
        assert losses[-1] < 0.8 * losses[0]

    def test_a_learner_that_is_put_where_another_was_goes_on_like_it(self, learner):
        whole, stopped, resumed = learner(), learner(), learner()
        losses = self.epochs(whole, range(6))
        assert self.epochs(stopped, range(3)) == losses[:3]
        resumed.load_state({name: array.copy() for name, array in stopped.state().items()})
        assert self.epochs(resumed, range(3, 6)) == losses[3:]
        states = whole.state(), resumed.state()
        assert states[0].keys() == states[1].keys()
        assert all(np.array_equal(states[0][name], states[1][name]) for name in states[0])

    def test_a_head_is_given_its_own_weights_alone_whatever_they_are_called(self, monkeypatch):
        monkeypatch.setitem(HEADS.table, "strict", f"{__name__}:STRICT")
        settings = TrainingSettings(batch=12, rates={"plain": Rates()})
        learner = Learner({"head": "strict"}, {"plain": PlainEvidence()}, TREE.n_leaves, settings, 1, 40)
        assert learner.head_weights()["absent"].tolist() == [1.0] * TREE.n_leaves
        self.epochs(learner, [0])
        assert learner.scores(np.arange(2), np.full(2, 63, np.uint8)).shape == (2, TREE.n_leaves)
        assert learner.head_weights().keys() == {"bias", "plain", "absent"}

    def test_rates_rise_from_the_first_step_and_fall_to_nothing_at_the_last(self, learner):
        one = learner()
        rates = []
        for _ in range(8):
            self.epochs(one, [0])
            rates.append(one.optimizer.param_groups[0]["lr"])
        assert one.step == one.n_steps
        assert rates == sorted(rates, reverse=True)
        assert rates[-1] < 0.05 * one.settings.rates["plain"].head
