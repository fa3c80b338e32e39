"""The manifest of a finished ingest: what was counted on the way, and what the tables tell."""

from collections import Counter
from typing import Any

from aisle.catalogue.catalogue import Catalogue
from aisle.catalogue.doubles import count_kept_labels, count_poorer
from aisle.catalogue.placing import links_across_splits
from aisle.catalogue.products import CATEGORY_COLUMNS
from aisle.catalogue.reading import OWN_IMAGES, Reading
from aisle.catalogue.settings import FROM_LABELS, IngestSettings
from aisle.catalogue.tables import scalar
from aisle.catalogue.writing import Written
from aisle.core.manifest import Manifest
from aisle.core.schemas import SPLITS
from aisle.core.tables import Tables
from aisle.core.words import counted
from aisle.taxonomy.labels import LabelTree

_A = {"title": "a title", "label": "a label", "image": "an image"}
_N_UNKNOWN = 20
_OUTCOMES = ("resolved", "none", "unresolved", "pruned")


def describe(
    tables: Tables,
    settings: IngestSettings,
    labels: LabelTree,
    reading: Reading,
    written: Written,
    old: Catalogue | None,
) -> Manifest:
    """Put the manifest together.

    Args:
        tables: after `placing.place`.
        settings: with the label columns that were used.
        old: the catalogue that was extended: its rows are counted too, as they were.
    """
    before = old.manifest if old is not None else None
    rule = settings.split_rule
    feeds = reading.feeds
    reasons: Counter[str] = Counter(before.reasons if before else {})
    for feed in feeds:
        reasons.update(feed.unreadable)
    unknown = reading.unknown_splits + Counter(before.unknown_splits if before else {})
    return Manifest(
        read=sum(feed.rows for feed in feeds) + (before.read if before else 0),
        unreadable=sum(feed.n_unreadable for feed in feeds) + (before.unreadable if before else 0),
        doubles=written.doubles + (before.doubles if before else 0),
        products=scalar(tables, "SELECT count(*) FROM placed"),
        labels=dict.fromkeys(_OUTCOMES, 0) | _counts(tables, "outcome"),
        splits=dict.fromkeys(SPLITS, 0) | _counts(tables, "split"),
        reasons=dict(reasons.most_common()),
        fields=dict(written.fields),
        images=dict(sorted(written.images.items())),
        groups=scalar(tables, 'SELECT count(DISTINCT "group") FROM placed'),
        links_across_splits=links_across_splits(tables),
        leaves=labels.tree.n_leaves,
        leaves_trained=_leaves_trained(tables, labels),
        nodes=labels.tree.n_nodes - 1,
        n_labels=scalar(tables, "SELECT count(DISTINCT label) FROM placed WHERE len(label) > 0"),
        taxonomy=str(settings.taxonomy),
        max_depth=settings.max_depth,
        min_products=settings.min_products,
        inner_labels=settings.inner_labels or "set",
        label_columns=list(settings.label_columns),
        category_columns=[name for name in CATEGORY_COLUMNS if name not in settings.label_columns],
        merchant=settings.merchant,
        split=str(rule),
        split_ratio=None if rule.is_given else str(settings.ratio),
        unknown_splits=dict(unknown.most_common(_N_UNKNOWN)),
        max_per_leaf=settings.max_per_leaf,
        image_roots=_image_roots(settings, reading, before),
        ingests=[
            *(before.ingests if before else ()),
            _ingest(tables, reading, settings, labels if old is None else None),
        ],
        files=written.files,
    )


def _counts(tables: Tables, column: str) -> dict[str, int]:
    return dict(tables.execute(f"SELECT {column}, count(*) FROM placed GROUP BY {column}").fetchall())


def _leaves_trained(tables: Tables, labels: LabelTree) -> int:
    """How many leaves are the whole label of some train product."""
    ids = tables.execute(
        "SELECT DISTINCT label[1] FROM placed WHERE split = 'train' AND len(label) = 1"
    ).fetchall()
    is_leaf = labels.tree.is_leaf
    return sum(bool(is_leaf[labels.tree.node_of_id(node_id)]) for (node_id,) in ids)


def _image_roots(settings: IngestSettings, reading: Reading, before: Manifest | None) -> list[str]:
    roots = [OWN_IMAGES] if reading.has_own_images else []
    roots += before.image_roots if before else []
    roots += [str(settings.images.resolve())] if settings.images else []
    return list(dict.fromkeys(roots))


def _ingest(
    tables: Tables, reading: Reading, settings: IngestSettings, made: LabelTree | None
) -> dict[str, Any]:
    return {
        "fields": dict(settings.fields),
        "feeds": [
            {"address": feed.address, "rows": feed.rows, "unreadable": feed.n_unreadable}
            for feed in reading.feeds
        ],
        "labels_kept": count_kept_labels(tables),
        "notes": [
            *reading.notes.lines(),
            *_told_of_doubles(count_poorer(tables)),
            *(_told_of_tree(tables, made) if made and settings.taxonomy == FROM_LABELS else ()),
        ],
    }


def _told_of_doubles(poorer: dict[str, int]) -> list[str]:
    """That products lost something to the rule that the last row of an id wins, and what to do."""
    if not poorer["any"]:
        return []
    what = ", ".join(f"{n:,} {_A[name]}" for name, n in poorer.items() if n and name in _A)
    products = counted(poorer["any"], "product has", "products have")
    return [
        f"{products} several rows, of which the last wins, and lost what an earlier one held ({what}): bring "
        "each product to one row first, see 'Several rows a product' in docs/own-feed.md"
    ]


def _told_of_tree(tables: Tables, labels: LabelTree) -> list[str]:
    """That a tree of labels came out flat though most look like paths, and what to do."""
    if labels.full.max_depth > 1:
        return []
    most = "sum(n_products) FILTER (WHERE contains(label_text, '{}')) > sum(n_products) / 2"
    return [
        f"the tree has one level, though most labels hold '{sign}', which is a part of a name: write ' > ' "
        "between the names of a path, or have them in columns of their own (--label-column A,B)"
        for sign in "/|"
        if scalar(tables, f"SELECT {most.format(sign)} FROM label_counts")
    ][:1]
