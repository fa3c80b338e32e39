"""`aisle train --resume`: a killed training goes on as if nothing had happened, and only where it may."""

import random
import shlex
import shutil

import pytest

from aisle.cli.main import run
from aisle.training.loop import Learner

pytestmark = pytest.mark.slow

MEMBERS = "--recipe text_best --set training.members=2 --set training.validation=0.2"
BEST_KEPT = "--recipe text_small"
BOTH = "--recipe multimodal"
SELECTING, ON_ALL = "member 1 of 2, selecting.safetensors", "member 1 of 2, on all.safetensors"
SECOND = "member 2 of 2, selecting.safetensors"


@pytest.fixture(scope="session")
def words(catalogue, quick):
    """The command of a quick training, with more options."""
    settings = [change for change in quick if change.startswith("training") and "rates" not in change]

    def make(options, model="model"):
        changes = quick if BOTH in options else settings
        return (
            shlex.join(
                ["train", str(catalogue), *(word for c in changes for word in ("--set", c)), "--out", model]
            )
            + f" {options}"
        )

    return make


@pytest.fixture(scope="session")
def trained(words, tmp_path_factory):
    """Train without a break: what the model's files hold, by name."""
    made = {}

    def train(options):
        if options not in made:
            folder = tmp_path_factory.mktemp("trained")
            assert run([*shlex.split(words(options, f"{folder}/model")), "--cache", f"{folder}/vectors"]) == 0
            made[options] = contents(folder / "model")
        return made[options]

    return train


@pytest.fixture
def resume(tmp_path, monkeypatch, words):
    """Train with --resume in tmp_path; give the exit code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "vectors"))
    return lambda options: run([*shlex.split(words(options)), "--resume"])


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def bundles(folder):
    return sorted(path.name for path in (folder / ".model.checkpoints").glob("*.safetensors"))


class TestWeights:
    def test_two_trainings_are_the_same_to_the_bit_and_another_seed_is_another_model(
        self, words, trained, tmp_path
    ):
        for seed in (1, 2):
            command = shlex.split(words(f"{MEMBERS} --set training.seed={seed}", f"{tmp_path}/{seed}"))
            assert run([*command, "--cache", str(tmp_path / "vectors")]) == 0
        assert contents(tmp_path / "1") == trained(MEMBERS)
        weights = {"head.safetensors", "encoder.text.safetensors"}
        assert all(contents(tmp_path / "2")[name] != trained(MEMBERS)[name] for name in weights)

    @pytest.mark.parametrize(
        ("step", "left"),
        [
            (2, []),
            (8, [SELECTING]),
            (17, [ON_ALL, SELECTING]),
            (29, [ON_ALL, SELECTING, SECOND]),
        ],
        ids=["before any checkpoint", "within an epoch", "in the last run", "in the second member"],
    )
    def test_killed_and_resumed_it_is_the_model_that_it_would_have_been(
        self, words, trained, killed, resume, tmp_path, step, left, capsys
    ):
        assert killed(words(MEMBERS), moment="step", n=step) != 0
        assert not (tmp_path / "model").exists()
        assert bundles(tmp_path) == left
        assert resume(MEMBERS) == 0
        assert (
            "going on from the checkpoints" if left else "there is no checkpoint"
        ) in capsys.readouterr().out
        assert contents(tmp_path / "model") == trained(MEMBERS)
        assert not (tmp_path / ".model.checkpoints").exists()

    @pytest.mark.parametrize(
        ("moment", "last", "options"), [("step", 40, MEMBERS), ("change", 30, BEST_KEPT)]
    )
    def test_killed_at_any_moment(self, words, trained, killed, resume, tmp_path, moment, last, options):
        n = random.randrange(last)
        if killed(words(options), moment=moment, n=n) != 0 and not (tmp_path / "model").exists():
            assert resume(options) == 0
        assert contents(tmp_path / "model") == trained(options), f"killed at {moment} {n}"

    def test_interrupted_by_hand_it_says_how_to_go_on(
        self, words, trained, resume, tmp_path, monkeypatch, capsys
    ):
        n_steps = 0

        def learn(*batch):
            nonlocal n_steps
            n_steps += 1
            if n_steps > 7:
                raise KeyboardInterrupt
            return whole(*batch)

        whole = Learner.learn
        monkeypatch.setattr(Learner, "learn", learn)
        assert resume(BOTH) == 130
        told = capsys.readouterr()
        checkpoints = tmp_path / ".model.checkpoints"
        assert f"Note: the checkpoints stay in {checkpoints}; --resume goes on from them\n" in told.out
        assert told.err.strip() == "aisle: interrupted; no output was written"
        assert [path.name for path in checkpoints.iterdir() if path.is_dir()] == []
        monkeypatch.undo()
        assert (
            run([*shlex.split(words(BOTH, f"{tmp_path}/model")), "--resume", "--cache", f"{tmp_path}/v"]) == 0
        )
        assert contents(tmp_path / "model") == trained(BOTH)


@pytest.fixture(scope="session")
def half_trained(words, killed_once):
    """What a training leaves that was killed after its first checkpoints."""
    return killed_once(words(MEMBERS), 8)


class TestWhatMayGoOn:
    @pytest.fixture
    def left(self, half_trained, tmp_path):
        """The checkpoints of a killed training in tmp_path."""
        return shutil.copytree(half_trained / ".model.checkpoints", tmp_path / ".model.checkpoints")

    @pytest.mark.parametrize(
        "change",
        ["--set training.seed=7", "--set text.dim=32", "--set training.epochs=5", "--set text.idf_power=1"],
    )
    def test_another_recipe_or_setting_is_refused_and_the_checkpoints_stay(
        self, left, resume, listing, capsys, change
    ):
        before = listing(left)
        assert resume(f"{MEMBERS} {change}") == 2
        told = capsys.readouterr().err
        assert told == (
            f"aisle: {left}: checkpoints of a training with another {change.split()[1].partition('=')[0]}; "
            "train with the same ones to resume, or without --resume to start again\n"
        )
        assert listing(left) == before

    def test_checkpoints_may_be_taken_more_seldom(self, left, resume, trained, tmp_path, capsys):
        assert resume(f"{MEMBERS} --set training.checkpoint_s=9") == 0
        assert "going on from the checkpoints" in capsys.readouterr().out
        assert contents(tmp_path / "model")["head.safetensors"] == trained(MEMBERS)["head.safetensors"]

    def test_another_catalogue_is_refused(self, left, shop, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(tmp_path)
        feed, out = str(shop / "shop.tsv"), str(tmp_path / "other")
        assert run(["ingest", feed, "--taxonomy", "from-labels", "--merchant", "m", "--out", out]) == 0
        assert run(["train", out, "--resume", *shlex.split(MEMBERS), "--out", "model"]) == 2
        assert "of a training with another catalogue, " in capsys.readouterr().err

    def test_without_resume_the_checkpoints_go_and_it_starts_again(
        self, left, words, trained, tmp_path, monkeypatch, capsys
    ):
        monkeypatch.chdir(tmp_path)
        assert run(shlex.split(words(MEMBERS))) == 0
        said = (
            f"Note: the checkpoints in {left}, of a training that was broken off, are removed; with --resume"
        )
        assert capsys.readouterr().out.count(said) == 1
        assert contents(tmp_path / "model") == trained(MEMBERS)
        assert not left.exists()

    def test_with_nothing_to_go_on_from_it_says_so_and_starts(self, resume, trained, tmp_path, capsys):
        assert resume(MEMBERS) == 0
        assert (
            "there is no checkpoint to go on from; training starts at the beginning"
            in capsys.readouterr().out
        )
        assert contents(tmp_path / "model") == trained(MEMBERS)

    def test_a_model_that_is_done_is_not_trained_again(self, resume, tmp_path, model, capsys):
        shutil.copytree(model, tmp_path / "model")
        assert resume(MEMBERS) == 2
        assert "model: exists already; name another output, or add --overwrite" in capsys.readouterr().err

    def test_a_damaged_checkpoint_is_named(self, left, resume, capsys):
        bundle = left / SELECTING
        bundle.write_bytes(bundle.read_bytes()[:1000])
        assert resume(MEMBERS) == 2
        told = capsys.readouterr().err
        assert f"{bundle}: is damaged" in told
        assert told.count("\n") == 1

    def test_checkpoints_that_do_not_say_whose_they_are_are_refused(self, left, resume, capsys):
        (left / "training.txt").unlink()
        assert resume(MEMBERS) == 2
        assert "another recipe, setting, catalogue or version" in capsys.readouterr().err
