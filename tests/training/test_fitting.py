"""The run of a training: held-out products say which epoch is taken, and when it is enough."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import aisle
from aisle import Product
from aisle.catalogue.ingest import ingest
from aisle.catalogue.settings import IngestSettings
from aisle.catalogue.splits import SplitRule
from aisle.training import TrainOptions, fitting, read_recipe, train
from aisle.training.fitting import standard_error

THINGS = {"Garden": "butterfly hammock garden", "Office": "mechanical keyboard desk"}
CODES = {"Garden": "zq", "Office": "xk"}
N_EPOCHS = 12


@pytest.fixture(scope="module")
def misleading(tmp_path_factory):
    """A catalogue on which epochs make it worse: what is learnt first holds, what is learnt last misleads.

    Of the products to learn from, the thing named is the label's on three of four, and a small code always
    is; the held-out ones have the right thing and the other label's code.
    """
    folder = tmp_path_factory.mktemp("misleading")
    generator = np.random.default_rng(0)
    for name, n in (("train", 400), ("val", 80)):
        rows = ["id\ttitle\tproduct_type"]
        for i in range(n):
            label, other = list(THINGS)[:: 1 if i % 2 else -1]
            thing = THINGS[other if name == "train" and generator.random() < 0.25 else label]
            code = CODES[label if name == "train" else other]
            rows.append(f"{name}-{i}\t{thing} {code} {generator.integers(1_000_000)}\t{label}")
        (folder / f"{name}.tsv").write_text("\n".join(rows) + "\n")
    feeds = [str(folder / f"{name}.tsv") for name in ("train", "val")]
    settings = IngestSettings(taxonomy="from-labels", split=SplitRule.parse("file"))
    ingest(feeds, settings, folder / "catalogue")
    return folder / "catalogue"


@pytest.fixture
def fitted(misleading, tmp_path, monkeypatch):
    """Train with some patience: what training says, how many epochs it ran, and the model."""
    whole = fitting.run_epoch

    def make(patience, *changes):
        n_run = 0

        def counted(*batches):
            nonlocal n_run
            n_run += 1
            return whole(*batches)

        monkeypatch.setattr(fitting, "run_epoch", counted)
        settings = {
            "epochs": N_EPOCHS,
            "patience": patience,
            "rates.text.table": 0.3,
            "category_names": 0,
            "copies": 0,
            "label_smoothing": 0,
        }
        recipe = read_recipe("text_small", [*(f"training.{k}={v}" for k, v in settings.items()), *changes])
        out = tmp_path / f"model-{patience}"
        return train(misleading, out, recipe, TrainOptions()), n_run, out

    return make


def weights(model):
    return {path.name: path.read_bytes() for path in model.glob("*.safetensors")}


class TestPatience:
    def test_training_stops_after_so_many_epochs_that_fall_short_of_the_best(self, fitted):
        for patience in (1, 3):
            summary, n_run, _ = fitted(patience)
            (best,) = summary.epochs
            assert n_run == best + patience < N_EPOCHS
            assert summary.held_out_accuracy == (1.0,)

    def test_the_model_is_that_of_the_best_epoch_as_if_none_had_followed(self, fitted):
        patient, n_run, model = fitted(2)
        endless, n_all, same = fitted(0)
        assert (n_run < N_EPOCHS, n_all) == (True, N_EPOCHS)
        assert patient.epochs == endless.epochs
        assert weights(model) == weights(same)
        found = aisle.load(model).predict([Product(title=f"{t} {c}") for t, c in _crossed()])
        assert [one.category_path for one in found] == list(THINGS)

    def test_trained_again_on_all_it_runs_to_the_best_epoch(self, fitted):
        summary, n_run, _ = fitted(2, "training.validation=0.2")
        (best,) = summary.epochs
        assert n_run == min(N_EPOCHS, best + 2) + best


def _crossed():
    """The things, each with the other label's code."""
    return zip(THINGS.values(), reversed(CODES.values()), strict=True)


RIGHT = st.lists(st.booleans(), min_size=2, max_size=50).map(np.array)


class TestStandardError:
    @given(RIGHT)
    def test_of_products_without_near_duplicates_it_is_the_usual_one(self, right):
        usual = np.std(right, ddof=1) / np.sqrt(len(right))
        assert standard_error(right, np.arange(len(right))) == pytest.approx(usual, abs=1e-12)

    def test_of_a_single_group_nothing_is_known(self):
        assert standard_error(np.array([True, True]), np.array([7, 7])) == 1.0

    @given(RIGHT, st.integers(1, 20))
    def test_copies_that_are_right_together_tell_nothing_more(self, right, n_copies):
        groups = np.arange(len(right))
        copied = standard_error(np.repeat(right, n_copies), np.repeat(groups, n_copies))
        assert copied == pytest.approx(standard_error(right, groups), abs=1e-12)

    def test_it_is_as_large_as_drawing_groups_anew_shows(self):
        generator = np.random.default_rng(0)
        sizes = generator.integers(1, 30, 300)
        groups = np.repeat(np.arange(300), sizes)
        right = (generator.random(300) < 0.8)[groups]
        shares = []
        for _ in range(2000):
            drawn = generator.integers(0, 300, 300)
            is_right = np.bincount(groups, right)[drawn]
            shares.append(is_right.sum() / sizes[drawn].sum())
        assert standard_error(right, groups) == pytest.approx(np.std(shares), rel=0.1)


class Told:
    """A learner whose scores say of each product whether it is told right: class 1 is."""

    def scores(self, rows, fields):
        return np.eye(2, dtype=np.float32)[self.right[rows].astype(int)]


class RightIsOne:
    """Labels by which class 1 is right of every product."""

    def take(self, rows):
        return self

    def contains(self, leaf_index):
        return leaf_index == 1


class TestBestEpoch:
    """Ten products of one group, told right and then wrong; ninety others, 45 and then 49 of them right."""

    EPOCHS = (
        np.concatenate([np.full(10, True), np.arange(90) < 45]),
        np.concatenate([np.full(10, False), np.arange(90) < 49]),
    )

    def taken(self, groups):
        every = np.arange(100)
        held_out = fitting.HeldOut(rows=np.tile(every, 2), fields=np.zeros(200, np.uint8))
        run = fitting.Run(name="", rows=every, epochs=2, held_out=held_out, keep_best=False)
        data = SimpleNamespace(labels=RightIsOne(), held_out_groups=groups)
        learner, done = Told(), fitting.Progressed()
        for learner.right in self.EPOCHS:
            done.epoch += 1
            fitting._look(run, data, learner, done)
        return done.best_epoch

    def test_an_epoch_that_one_group_makes_worse_is_as_good(self):
        assert self.taken(np.maximum(np.arange(100) - 9, 0)) == 2

    def test_one_that_as_many_single_products_make_worse_is_not(self):
        assert self.taken(np.arange(100)) == 1


def test_a_checkpoint_keeps_all_that_the_best_epoch_hangs_on():
    done = fitting.Progressed(epoch=5, best_epoch=3, accuracy=0.9, error=0.02)
    learner = SimpleNamespace(state=dict, load_state=lambda state: None)
    arrays, info = done.bundle(learner)
    again = fitting.Progressed.unbundle(learner, arrays, json.loads(json.dumps(info)))
    for name in ("epoch", "best_epoch", "accuracy", "error"):
        assert getattr(again, name) == getattr(done, name)
