"""From a recipe and a catalogue to a model directory."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from aisle import __version__
from aisle.calibration import Calibration
from aisle.catalogue import Catalogue, open_catalogue
from aisle.core.cores import n_cores
from aisle.core.errors import AisleError
from aisle.core.paths import check_inputs_stay, check_output, full_disk_told
from aisle.core.records import FIELDS
from aisle.encoders.base import Encoder
from aisle.model.directory import MARKER, write_model
from aisle.training.checkpoints import STARTS_FROM, Checkpoints, made_of
from aisle.training.collecting import Workplace, collect_evidence
from aisle.training.data import TrainingData, read_training_data
from aisle.training.evidence import Evidence
from aisle.training.fitting import held_out_products, told_right
from aisle.training.members import assemble, train_member
from aisle.training.recipe import Recipe

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOptions:
    """How to train, beside the recipe.

    Args:
        resume: go on from the checkpoints beside `out`, in `.NAME.checkpoints`, if there are any; without it
            they are removed.
        overwrite: whether a model that exists may be replaced.
        cache: the folder of vectors that were made before, or None for none.
        images: a folder in which the catalogue's image links are looked up anew, see `images.open_root`.
    """

    resume: bool = False
    overwrite: bool = False
    cache: Path | None = None
    images: Path | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSummary:
    """What training did.

    Args:
        epochs: of each member.
        most_epochs: that each member could have had.
        held_out_accuracy: of each member, the best that it reached.
        accuracy: the share of the held-out products of which the model's most probable leaf is right.
        images: how many images there were of each of core.schemas.IMAGE_STATUSES, if an encoder sees any.
        seconds: the whole training took.
    """

    n_products: int
    n_held_out: int
    encoders: tuple[str, ...]
    epochs: tuple[int, ...]
    most_epochs: int
    held_out_accuracy: tuple[float, ...]
    accuracy: float
    calibration: Calibration
    images: Mapping[str, int]
    seconds: float


def train(
    catalogue: Path, out: Path, recipe: Recipe, options: TrainOptions, tell: Tell = lambda _: None
) -> TrainSummary:
    """Train a model on a catalogue and write its directory.

    Args:
        tell: is given a line about what a user should know, such as evidence that is left out.

    A training that fails leaves no output, and of its checkpoints only those that `--resume` can go on from.

    Raises:
        AisleError: the recipe, the catalogue or the output is not as it must be, or the disk is full.
    """
    started = perf_counter()
    check_output(out, overwrite=options.overwrite, marker=MARKER)
    check_inputs_stay(out, [catalogue, recipe.file, options.images, options.cache])
    opened = open_catalogue(catalogue, options.images)
    with _one_torch_thread():
        data = read_training_data(opened, recipe.training.validation)
        encoders = _encoders_with_a_say(recipe, data, tell)
        checkpoints = Checkpoints(
            out.absolute().with_name(f".{out.name}.checkpoints"),
            _made_of(recipe, encoders, opened, data),
        )
        with (
            full_disk_told(out),
            checkpoints.alone(),
            _checkpoints_while(checkpoints, tell, resume=options.resume),
        ):
            place = Workplace(
                folder=checkpoints.work,
                cache=options.cache,
                threads=recipe.training.threads or n_cores(),
            )
            evidence = collect_evidence(encoders, opened, data.splits, place)
            seen = [one.images_seen for one in evidence.values() if one.images_seen is not None]
            read = [name for encoder in encoders.values() for name in encoder.fields]
            data = replace(data.as_seen(read, seen), images=_told(data.images, evidence.values()))
            held_out = held_out_products(data, recipe.training.seed)
            members = [
                train_member(recipe, data, evidence, held_out, number, checkpoints)
                for number in range(1, recipe.training.members + 1)
            ]
            scores = np.mean([m.scores for m in members], axis=0)
            model = assemble(recipe, data, opened, members, held_out, scores)
            write_model(model, out, overwrite=options.overwrite)
    return TrainSummary(
        n_products=len(data.train),
        n_held_out=held_out.n_complete,
        encoders=tuple(encoders),
        epochs=tuple(m.epochs for m in members),
        most_epochs=recipe.training.n_epochs(len(data.fit)),
        held_out_accuracy=tuple(m.accuracy for m in members),
        accuracy=float(told_right(held_out, data, scores).mean()),
        calibration=model.calibration,
        images=data.images if seen else {},
        seconds=perf_counter() - started,
    )


def _told(images: Mapping[str, int], evidence: Collection[Evidence]) -> Mapping[str, int]:
    """Images by status, of which those that no encoder could decode are `undecodable`, not `ok`."""
    n = max(one.n_undecodable for one in evidence)
    return {**images, "ok": images["ok"] - n, "undecodable": n} if n else images


def _made_of(
    recipe: Recipe, encoders: Mapping[str, Encoder], catalogue: Catalogue, data: TrainingData
) -> dict[str, Any]:
    """All that decides the weights: recipe, version, products, images, and weights that it starts from."""
    training = {name: value for name, value in asdict(recipe.training).items() if name != "checkpoint_s"}
    starts_from = {f"{STARTS_FROM}[{name}]": encoder.fingerprint() for name, encoder in encoders.items()}
    return made_of(
        {
            "version of Aisle": __version__,
            "training": training,
            "head": recipe.head,
            **recipe.encoders,
            **starts_from,
            "catalogue": catalogue.fingerprint(),
            "images": data.images_digest,
        }
    )


@contextmanager
def _checkpoints_while(checkpoints: Checkpoints, tell: Tell, *, resume: bool) -> Iterator[None]:
    """Open the checkpoints for a training, and remove them when it is done.

    Of a training that fails, those stay that another one can go on from.
    """
    if checkpoints.has_bundles() and not resume:
        tell(
            f"the checkpoints in {checkpoints.folder}, of a training that was broken off, are removed; "
            "with --resume it would have gone on"
        )
    if checkpoints.start(resume=resume):
        tell(f"going on from the checkpoints in {checkpoints.folder}")
    elif resume:
        tell("there is no checkpoint to go on from; training starts at the beginning")
    try:
        yield
    except BaseException:
        if checkpoints.tidy():
            tell(f"the checkpoints stay in {checkpoints.folder}; --resume goes on from them")
        raise
    checkpoints.clear()


@contextmanager
def _one_torch_thread() -> Iterator[None]:
    """Let torch compute on one core while the block runs.

    A batch's products with the head are small. Torch's threads wait for each other in a loop between them,
    which on a busy machine costs many times what they give; the table's kernels use the other cores.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _encoders_with_a_say(recipe: Recipe, data: TrainingData, tell: Tell) -> dict[str, Encoder]:
    """Make the recipe's encoders, but for those whose fields no product has.

    Raises:
        AisleError: no encoder is left, or the weights of one are not to be had.
    """
    fields = recipe.fields
    silent = [name for name in fields if not data.has(fields[name])]
    if len(silent) == len(fields):
        wanted = sorted({field for names in fields.values() for field in names}, key=FIELDS.index)
        raise AisleError(
            f"recipe {recipe.name}: no product of the catalogue has any of {', '.join(wanted)}; "
            "take a recipe that reads what there is (images are found with --images DIR)"
        )
    for name in silent:
        rest = " and ".join(other for other in fields if other not in silent)
        tell(f"no product has {' or '.join(fields[name])}: [{name}] is left out, training {rest} alone")
    return recipe.build_encoders(leave_out=silent)
