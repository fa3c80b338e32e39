"""The batch job: feeds in, one row for each readable record out, in order, in flat memory."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import pyarrow as pa

from aisle.catalogue import check_fields, image_counts, in_status_order
from aisle.core.addresses import expand_addresses
from aisle.core.errors import AisleError
from aisle.core.paths import (
    check_inputs_stay,
    check_output,
    check_outside,
    full_disk_told,
    new_file,
    was_killed_before,
    write_through,
)
from aisle.core.progress import progress
from aisle.core.rejected import REJECTED_FILE, is_rejected_list, write_rejected
from aisle.feeds import FeedBatch, FeedNotes, FeedOptions, read_feeds
from aisle.images import ImageRoot, open_root
from aisle.model.predictor import Predictor, load
from aisle.model.silence import as_seen
from aisle.prediction.answering import in_order, n_workers, products_of, sees_images
from aisle.prediction.output import OUTPUTS, ending_of
from aisle.prediction.rows import RowMaker


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictSettings:
    """What `aisle predict` was asked for.

    Args:
        images: the folder of images, see `images.open_root`, or None.
        top: how many of the most probable leaves each row names.
        merchant, encoding, fields: as feeds.FeedOptions.
        overwrite: whether an output that exists may be replaced.
        cache: the folder of vectors that were made before, or None for none.
    """

    images: Path | str | None = None
    top: int = 1
    merchant: str = ""
    encoding: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    overwrite: bool = False
    cache: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictSummary:
    """What the job did: `n_rows` + `n_rejected` records were read.

    Args:
        rejected: the file that names the records put aside, or None where there were none.
        images: how many images there were of each of core.schemas.IMAGE_STATUSES, if the model looks at them.
        seconds: reading, answering and writing, without loading the model.
        notes: what a user should be told of the feeds, a sentence each.
    """

    n_rows: int
    n_rejected: int
    rejected: Path | None
    images: Mapping[str, int]
    seconds: float
    notes: Sequence[str] = ()


def rejected_path(out: Path) -> Path:
    """Where the records that could not be read are named."""
    return out.with_name(f"{out.name}.{REJECTED_FILE}")


def predict(model: Path, feeds: Sequence[str], out: Path, settings: PredictSettings) -> PredictSummary:
    """Give every product of the feeds its category.

    Raises:
        AisleError: the model, a feed, the image folder or the output is not as it must be.
    """
    ending = ending_of(out)
    rejected = rejected_path(out)
    check_output(out, overwrite=settings.overwrite)
    replaces = settings.overwrite or _is_leftover(rejected, out)
    check_output(rejected, overwrite=replaces)
    if settings.top < 1:
        raise AisleError(f"--top is {settings.top}; it must be at least 1")
    options = FeedOptions(merchant=settings.merchant, encoding=settings.encoding, fields=settings.fields)
    images = open_root(settings.images) if settings.images else None
    # Before the model is read, which takes longer. A pipe is read once, and --field wants a look beforehand.
    files = expand_addresses(list(feeds), pipes=not settings.fields)
    check_outside(out, model)
    for path in (out, rejected):
        check_inputs_stay(path, [*files, model, settings.images, settings.cache])
    predictor = load(model, settings.cache)
    check_fields(settings.fields, predictor.model.label_columns, files, settings.encoding)
    started = perf_counter()
    notes = FeedNotes()
    batches = read_feeds(files, options)
    with new_file(out, overwrite=settings.overwrite) as partial:
        with new_file(rejected, overwrite=replaces) as put_aside, full_disk_told(out):
            n_rows, n_rejected, seen = _write_rows(
                predictor, _noted(batches, notes), images, (partial, ending), put_aside, settings
            )
            write_through(partial)  # so that the two appear together, but for an instant
        if not n_rejected:
            rejected.unlink()
    return PredictSummary(
        n_rows=n_rows,
        n_rejected=n_rejected,
        rejected=rejected if n_rejected else None,
        images=in_status_order(seen),
        seconds=perf_counter() - started,
        notes=notes.lines(),
    )


def _noted(batches: Iterator[FeedBatch], notes: FeedNotes) -> Iterator[FeedBatch]:
    """Hand batches on, and have `notes` look at them."""
    for batch in batches:
        notes.add(batch)
        yield batch


def _is_leftover(rejected: Path, out: Path) -> bool:
    """Whether a run was killed after its list of rejected records was in place and before its rows were."""
    return not out.exists() and was_killed_before(out) and is_rejected_list(rejected)


def _write_rows(
    predictor: Predictor,
    batches: Iterator[FeedBatch],
    images: ImageRoot | None,
    out: tuple[Path, str],
    rejected: Path,
    settings: PredictSettings,
) -> tuple[int, int, Counter[str]]:
    """Write all rows and all rejected records; return how many of each, and the images by status.

    Args:
        out: the file to write rows to, and the name of its format.
    """
    maker = RowMaker(predictor.tree, settings.top)
    label_columns = predictor.model.label_columns

    def answer(batch: FeedBatch) -> tuple[FeedBatch, pa.RecordBatch, Counter[str]]:
        products, source = products_of(batch.rows, label_columns, images)
        answers = predictor.answer(products, source, top=settings.top)
        products = as_seen(products, answers)
        counts = image_counts(products) if sees_images(predictor) else Counter()
        return batch, maker.rows(products, answers), counts

    n_rows = n_rejected = 0
    seen: Counter[str] = Counter()
    with (
        OUTPUTS.get(out[1])(out[0], maker.schema) as write,
        rejected.open("w", encoding="utf-8") as put_aside,
        progress("Predicting") as advance,
    ):
        for batch, rows, images_of_batch in in_order(answer, batches, n_workers(predictor)):
            write(rows)
            write_rejected(put_aside, batch.rejected)
            n_rows += rows.num_rows
            n_rejected += len(batch.rejected)
            seen += images_of_batch
            advance(rows.num_rows)
    return n_rows, n_rejected, seen
