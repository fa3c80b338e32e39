"""Checkpoints: read back as they were written, and never taken for those of another training."""

import numpy as np
import pytest

from aisle.core.errors import AisleError
from aisle.training.checkpoints import Checkpoints, made_of


@pytest.fixture
def folder(tmp_path):
    return tmp_path / ".model.checkpoints"


def started(folder, seed=1, *, resume=False, **others):
    checkpoints = Checkpoints(folder, made_of({"training": {"seed": seed, "rates": {"text": 1}}, **others}))
    folder.mkdir(exist_ok=True)
    return checkpoints, checkpoints.start(resume=resume)


def test_a_bundle_reads_back_as_it_was(folder):
    checkpoints, _ = started(folder)
    arrays = {"now/x": np.arange(3, dtype=np.float32), "step": np.array([7])}
    checkpoints.save("one", arrays, {"epoch": 2})
    found, info = checkpoints.load("one")
    assert info == {"epoch": 2}
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
    assert checkpoints.load("other") is None


def test_a_later_bundle_takes_the_place_of_an_earlier_one(folder):
    checkpoints, _ = started(folder)
    for epoch in (1, 2):
        checkpoints.save("one", {"x": np.array([epoch])}, {"epoch": epoch})
    assert checkpoints.load("one")[1] == {"epoch": 2}


def test_resumed_it_finds_what_was_saved_and_else_nothing(folder):
    assert started(folder, resume=True)[1] is False
    started(folder)[0].save("one", {"x": np.zeros(1)}, {})
    checkpoints, found = started(folder, resume=True)
    assert found
    assert checkpoints.load("one") is not None


def test_not_resumed_it_begins_with_nothing(folder):
    started(folder)[0].save("one", {"x": np.zeros(1)}, {})
    checkpoints, found = started(folder)
    assert not found
    assert checkpoints.load("one") is None


def test_those_of_another_training_are_refused_and_left_alone(folder):
    started(folder)[0].save("one", {"x": np.zeros(1)}, {})
    with pytest.raises(AisleError, match=r"of a training with another training\.seed; train with the same"):
        started(folder, 2, resume=True)
    assert started(folder, resume=True)[1]


def test_another_training_that_saved_nothing_is_no_obstacle(folder):
    started(folder)
    assert started(folder, 2, resume=True)[1] is False


def test_tidied_it_keeps_bundles_and_nothing_that_can_be_made_again(folder):
    checkpoints, _ = started(folder)
    (checkpoints.work / "features").write_text("x")
    checkpoints.save("one", {"x": np.zeros(1)}, {})
    assert checkpoints.tidy()
    assert sorted(path.name for path in folder.iterdir()) == ["one.safetensors", "training.txt"]


def test_tidied_without_bundles_it_is_gone(folder):
    checkpoints, _ = started(folder)
    assert not checkpoints.tidy()
    assert not folder.exists()


def test_each_thing_that_differs_is_named(folder):
    started(folder)[0].save("one", {"x": np.zeros(1)}, {})
    with pytest.raises(AisleError, match=r"with another catalogue, training\.seed; train"):
        started(folder, 2, resume=True, catalogue="c")


def test_those_that_do_not_say_whose_they_are_are_refused(folder):
    started(folder)[0].save("one", {"x": np.zeros(1)}, {})
    for content in ("0123abc", "[1]", ""):
        (folder / "training.txt").write_text(content)
        with pytest.raises(AisleError, match="another recipe, setting, catalogue or version"):
            started(folder, resume=True)


def test_what_a_training_is_made_of_has_a_dotted_name_for_each_value():
    assert made_of({"a": {"b": {"c": 1}, "d": (2, 3)}, "e": "x"}) == {"a.b.c": 1, "a.d": [2, 3], "e": "x"}


def test_two_trainings_at_once_are_refused_and_the_first_goes_on(folder):
    first, second = (Checkpoints(folder, {"seed": seed}) for seed in (1, 2))
    with first.alone():
        first.start(resume=False)
        first.save("one", {"x": np.zeros(1)}, {})
        with pytest.raises(AisleError, match="another run is at work in this folder"), second.alone():
            second.start(resume=False)
        assert first.load("one") is not None
        first.clear()
    assert not folder.exists()
    with second.alone():
        assert second.start(resume=True) is False
