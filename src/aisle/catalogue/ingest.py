"""From feeds to a catalogue: read, drop doubles, resolve labels, group, split, write."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TextIO

from aisle.catalogue import extending, meanings
from aisle.catalogue.catalogue import Catalogue, open_catalogue
from aisle.catalogue.checking import tree_hashes
from aisle.catalogue.columns import check_fields, find_columns
from aisle.catalogue.counting import describe
from aisle.catalogue.doubles import find_products
from aisle.catalogue.labels import DEFAULT_COLUMNS
from aisle.catalogue.placing import place
from aisle.catalogue.reading import Reader, Reading, ReadingRules
from aisle.catalogue.settings import FROM_LABELS, IngestSettings
from aisle.catalogue.splits import SplitRule, split_of_file, words_shown
from aisle.catalogue.staging import Stage, staged_wide
from aisle.catalogue.tables import open_tables, scalar
from aisle.catalogue.tree import cut_to_products, tree_of_labels
from aisle.catalogue.writing import write_products
from aisle.core.addresses import expand_addresses
from aisle.core.errors import AisleError
from aisle.core.manifest import MANIFEST_FILE, Manifest
from aisle.core.paths import check_inputs_stay, check_output, new_directory
from aisle.core.rejected import REJECTED_FILE
from aisle.core.tables import Tables
from aisle.feeds import some_of
from aisle.images import open_root
from aisle.taxonomy.labels import LabelTree
from aisle.taxonomy.readers import read_taxonomy
from aisle.taxonomy.tree import Taxonomy

_WORK = "work"
_N_WORDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inputs:
    """What an ingest starts from, all of it found and checked.

    Args:
        files: the feeds' addresses.
        old: the catalogue that is extended.
        full: the taxonomy; None where the tree is made of the labels or comes from the old catalogue.
    """

    files: list[str]
    settings: IngestSettings
    old: Catalogue | None
    full: Taxonomy | None


def ingest(addresses: Sequence[str], settings: IngestSettings, out: Path) -> Manifest:
    """Make a catalogue of feeds, or extend one.

    What does not fit into memory lies in the folder that becomes the catalogue, and is gone when it is done.

    Args:
        addresses: paths, globs or fsspec addresses of feeds.
        out: the folder to make. It appears when all is well, and not before.

    Raises:
        AisleError: an input, an option or the output is not as it must be; nothing is left behind.
    """
    check_output(out, overwrite=settings.overwrite, marker=MANIFEST_FILE)
    inputs = _find_inputs(addresses, settings, out)
    with new_directory(out, overwrite=settings.overwrite, marker=MANIFEST_FILE) as folder:
        work = folder / _WORK
        work.mkdir()
        with open_tables(work, memory_mb=settings.memory_mb, n_threads=settings.n_threads) as tables:
            manifest = _make(inputs, tables, work, folder)
        shutil.rmtree(work)
        manifest.write(folder)
    return manifest


def _find_inputs(addresses: Sequence[str], settings: IngestSettings, out: Path) -> _Inputs:
    files = expand_addresses(list(addresses))
    _check_inputs_stay(out, files, settings)
    old = open_catalogue(settings.extend) if settings.extend else None
    settings = extending.settings_of(old, settings) if old else _with_columns(settings, files)
    check_fields(settings.fields, settings.label_columns or DEFAULT_COLUMNS, files, settings.encoding)
    if settings.split_rule.kind == "file":
        for file in files:
            split_of_file(file)
    is_read = old is None and settings.taxonomy not in (None, FROM_LABELS)
    full = read_taxonomy(str(settings.taxonomy)) if is_read else None
    return _Inputs(files=files, settings=settings, old=old, full=full)


def _check_inputs_stay(out: Path, files: Sequence[str], settings: IngestSettings) -> None:
    """Refuse an output that holds an input; but a catalogue may replace the one that it extends."""
    tree = None if settings.taxonomy == FROM_LABELS else settings.taxonomy
    old = settings.extend
    replaced = old is not None and old.resolve() == out.resolve()
    check_inputs_stay(out, [*files, tree, settings.images, None if replaced else old])


def _with_columns(settings: IngestSettings, files: Sequence[str]) -> IngestSettings:
    """The settings, with the columns they name as the feeds spell them."""
    rule = settings.split_rule
    options = settings.feed_options
    labels = find_columns("--label-column", settings.label_columns, files, options)
    split = find_columns("--split", (rule.column,) if rule.column else (), files, options)
    named = SplitRule(rule.kind, split[0]) if split else settings.split
    return replace(settings, label_columns=labels, split=named)


def _make(inputs: _Inputs, tables: Tables, work: Path, out: Path) -> Manifest:
    """Write everything but the manifest, and return that."""
    old = inputs.old
    if old is not None:
        _bring_rejected_along(old, out)
    with (out / REJECTED_FILE).open("a", encoding="utf-8") as rejected:
        with Stage(work, tables) as stage:
            reading = _read(inputs, stage, out, rejected)
        if old is None:
            _check_some_train(tables, inputs, reading)
        columns = _label_columns(tables, inputs.settings)
        settings = replace(inputs.settings, label_columns=columns)
        use_other = not inputs.settings.label_columns and columns == DEFAULT_COLUMNS[1:]
        find_products(tables, use_other_labels=use_other)
        labels = _resolve(tables, replace(inputs, settings=settings), tuple(reading.own_columns))
        place(tables, settings.split_rule, settings.ratio, settings.max_per_leaf)
        old_rows = extending.old_wide(old) if old is not None else iter(())
        rows = chain(old_rows, staged_wide(work, use_other_category=use_other))
        written = write_products(tables, rows, out, rejected)
    meanings.write_unresolved(tables, out)
    labels.write(out)
    return replace(describe(tables, settings, labels, reading, written, old), trees=tree_hashes(out))


def _bring_rejected_along(old: Catalogue, out: Path) -> None:
    """Begin with the rows that the old catalogue put aside.

    Raises:
        AisleError: their file is missing.
    """
    try:
        shutil.copyfile(old.path / REJECTED_FILE, out / REJECTED_FILE)
    except FileNotFoundError as error:
        raise AisleError(
            f"{old.path / REJECTED_FILE}: is missing from the catalogue; copy the catalogue again, or ingest "
            "all feeds anew"
        ) from error


def _read(inputs: _Inputs, stage: Stage, out: Path, rejected: TextIO) -> Reading:
    """The first pass: the old catalogue, then the feeds."""
    settings = inputs.settings
    has_own_images = False
    if inputs.old is not None:
        extending.stage_old(inputs.old, stage)
        has_own_images = extending.keep_own_images(inputs.old, out)
    rules = ReadingRules(
        label_columns=settings.label_columns,
        feeds=settings.feed_options,
        split=settings.split_rule,
        images=open_root(settings.images) if settings.images else None,
    )
    reader = Reader(rules, stage, out, rejected)
    reader.read(inputs.files)
    reader.reading.has_own_images |= has_own_images
    return reader.reading


def _check_some_train(tables: Tables, inputs: _Inputs, reading: Reading) -> None:
    """Refuse a column that should tell the split and says train nowhere, but words that we do not know.

    Raises:
        AisleError: it names the column and the most frequent of these words.
    """
    is_any = "SELECT EXISTS (SELECT 1 FROM staged_rows WHERE given_split = 'train')"
    if not reading.unknown_splits or scalar(tables, is_any):
        return
    shown = words_shown(reading.unknown_splits.most_common(_N_WORDS))
    column = inputs.settings.split_rule.column
    raise AisleError(
        f"{some_of(inputs.files)}: no product is to train on, the values of '{column}' (--split) are {shown}"
        "; write train, val and test there, or name another column"
    )


def _label_columns(tables: Tables, settings: IngestSettings) -> tuple[str, ...]:
    """The columns named, else the first default column that any row has a label in."""
    if settings.label_columns:
        return settings.label_columns
    has_first = scalar(tables, "SELECT EXISTS (SELECT 1 FROM staged_rows WHERE label_text <> '')")
    return DEFAULT_COLUMNS[:1] if has_first else DEFAULT_COLUMNS[1:]


def _resolve(tables: Tables, inputs: _Inputs, own_columns: Sequence[str]) -> LabelTree:
    """Make the tree, if there is none yet, and find out what every label means in it."""
    meanings.count_labels(tables)
    labels = inputs.old.labels if inputs.old is not None else _new_tree(tables, inputs, own_columns)
    meanings.resolve_all(tables, labels)
    return labels


def _new_tree(tables: Tables, inputs: _Inputs, own_columns: Sequence[str]) -> LabelTree:
    settings = inputs.settings
    counts = partial(meanings.label_counts, tables)
    looked_at = DEFAULT_COLUMNS if settings.label_columns == DEFAULT_COLUMNS[1:] else settings.label_columns
    meanings.check_some_labelled(tables, inputs.files, looked_at, own_columns)
    if inputs.full is not None:
        meanings.check_some_match(tables, inputs.full, str(settings.taxonomy), settings.label_columns)
    return cut_to_products(
        inputs.full or tree_of_labels(counts),
        counts,
        max_depth=settings.max_depth,
        min_products=settings.min_products,
        other_leaves=settings.inner_labels == "other",
    )
