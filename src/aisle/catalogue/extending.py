"""Growing a catalogue: what holds from the old one, and its products as the first rows of the new one."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from aisle.catalogue.catalogue import Catalogue
from aisle.catalogue.columns import extra_value
from aisle.catalogue.reading import OWN_IMAGES
from aisle.catalogue.settings import IngestSettings
from aisle.catalogue.splits import SplitRatio, SplitRule
from aisle.catalogue.staging import WIDE_SCHEMA, Stage
from aisle.core.errors import AisleError
from aisle.core.progress import progress

_OLD_ROWS = 8192
_WIDE_COLUMNS = [name for name in WIDE_SCHEMA.names if name != "other_category"]


def settings_of(old: Catalogue, asked: IngestSettings) -> IngestSettings:
    """The settings that the old catalogue was made with; what is asked for may repeat them, not differ.

    The merchant's name, the image folder and the cap may change.

    Raises:
        AisleError: an option conflicts with the old catalogue.
    """
    made = old.manifest
    ratio = SplitRatio.parse(made.split_ratio) if made.split_ratio else None
    held: dict[str, Any] = {
        "taxonomy": made.taxonomy,
        "max_depth": made.max_depth,
        "min_products": made.min_products,
        "label_columns": tuple(made.label_columns),
        "inner_labels": made.inner_labels,
        "split": SplitRule.parse(made.split),
        "split_ratio": ratio,
    }
    for name, value in held.items():
        wanted = getattr(asked, name)
        if wanted not in (None, (), value):
            option = "--label-column" if name == "label_columns" else f"--{name.replace('_', '-')}"
            raise AisleError(
                f"{old.path}: was made with {option} {_written(value)}, not {_written(wanted)}; "
                f"leave {option} out, or ingest all feeds anew"
            )
    return replace(asked, **held, max_per_leaf=asked.max_per_leaf or made.max_per_leaf)


def _written(value: object) -> str:
    return ",".join(value) if isinstance(value, tuple) else "left out" if value is None else str(value)


def stage_old(old: Catalogue, stage: Stage) -> None:
    """Put the old catalogue's products first, without reading any feed again."""
    with progress("Reading the old catalogue", old.manifest.products) as advance:
        for batch in old.batches(batch_rows=_OLD_ROWS):
            columns = {
                "label_text": batch["label_text"],
                "other_label_text": batch["label_text"],
                "given_split": batch["split"],
                "old_group": batch["group"],
                "old_split": batch["split"],
            }
            stage.add_old(batch, columns, extra_value(batch["extra"], "item_group_id"))
            advance(len(batch))


def old_wide(old: Catalogue) -> Iterator[pa.RecordBatch]:
    """The old catalogue's products, as `writing.write_products` wants wide rows."""
    yield from old.batches(columns=_WIDE_COLUMNS, batch_rows=_OLD_ROWS)


def keep_own_images(old: Catalogue, out: Path) -> bool:
    """Bring the old catalogue's own images along, by hard links where these can be; False: it has none."""
    folder = old.path / OWN_IMAGES
    if not folder.is_dir():
        return False
    shutil.copytree(folder, out / OWN_IMAGES, copy_function=_link_or_copy, dirs_exist_ok=True)
    return True


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
