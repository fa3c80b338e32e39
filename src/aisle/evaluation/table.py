"""The report on a console: a page to read, where `metrics.json` holds everything."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from aisle.evaluation.report import Counts, Figures, Report

SHOWN_THRESHOLDS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99)
N_WORST = 5
LEAST_PRODUCTS = 20
"""A merchant with fewer products is not shown among the worst."""


def console_report(report: Report) -> RenderableType:
    """What to print with rich: the products, every level, thresholds, and the parts that fare worst."""
    blocks: list[RenderableType] = [
        _products(report.counts),
        _levels(report.overall),
        _whole_paths(report.overall),
    ]
    blocks.append(_thresholds(report.overall))
    for title, parts in _parts(report):
        blocks.append(_accuracy_table(title, parts))
    spaced: list[RenderableType] = []
    for block in blocks:
        spaced += [block, Text()]
    return Group(*spaced[:-1])


def _products(counts: Counts) -> Text:
    kinds = [
        (counts.n_leaf, "labelled with a leaf"),
        (counts.n_inner, "with several leaves to choose from"),
        (counts.n_outside, "with a label outside of the tree"),
        (counts.n_unseen, "of classes that training never saw"),
    ]
    said = ", ".join(f"{n:,} {kind}" for n, kind in kinds if n)
    left_out = f"; {counts.n_unlabelled:,} without a label left out" if counts.n_unlabelled else ""
    return Text.assemble((f"{counts.n_scored:,} products scored", "bold"), f": {said}{left_out}")


def _levels(overall: Figures) -> Table:
    table = _table("", "classes", "accuracy %", "95 % interval", "macro", "macro F1", "weighted F1", "ECE")
    metrics = overall.metrics
    n_levels = len(metrics["accuracy"]["levels"])
    for i in range(n_levels):
        accuracy, f1 = metrics["accuracy"]["levels"][i], metrics["f1"]["levels"][i]
        is_leaf = i == n_levels - 1
        table.add_row(
            "leaf" if is_leaf else f"level {i + 1}",
            f"{accuracy['n_classes']:,}",
            percent(accuracy["micro"]["value"]),
            _interval(accuracy["micro"]),
            percent(accuracy["macro"]["value"]),
            percent(f1["macro"]),
            percent(f1["weighted"]),
            _number(metrics["ece"]["levels"][i]["ece"]),
            style="bold" if is_leaf else "",
        )
    return table


def _whole_paths(overall: Figures) -> Text:
    top, paths = overall.metrics["top_k"], overall.metrics["hierarchical"]
    return Text(
        f"top 1 / 3 / 5        {' / '.join(percent(top[f'top_{k}']['value']) for k in (1, 3, 5))}\n"
        f"hierarchical P/R/F1  {' / '.join(percent(paths[k]) for k in ('precision', 'recall', 'f1'))}\n"
        f"mean weighted F1     {percent(overall.metrics['f1']['mean_of_levels']['weighted'])}"
        "  (over the levels)"
    )


def _thresholds(overall: Figures) -> Table:
    coverage = overall.metrics["coverage"]
    at = [coverage["thresholds"].index(threshold) for threshold in SHOWN_THRESHOLDS]
    table = _table("leaf, probability at least", *(f"{threshold:g}" for threshold in SHOWN_THRESHOLDS))
    table.add_row("coverage %", *(percent(coverage["leaf"]["coverage"][i]) for i in at))
    table.add_row("precision %", *(percent(coverage["leaf"]["precision"][i]) for i in at))
    return table


def _parts(report: Report) -> Iterator[tuple[str, Sequence[Figures]]]:
    """The tables of parts worth showing: those with more than one part, and the merchants that fare worst."""
    titles = {"label": "by label", "training_frequency": "by training products", "evidence": "by evidence"}
    for kind, title in titles.items():
        parts = [part for part in report.by[kind] if part.n_products]
        if len(parts) > 1:
            yield title, parts[:N_WORST]
    merchants = [part for part in report.by["merchant"] if part.n_products >= LEAST_PRODUCTS]
    if len(report.by["merchant"]) > 1 and merchants:
        yield "worst merchants", sorted(merchants, key=_leaf_accuracy)[:N_WORST]


def _leaf_accuracy(part: Figures) -> float:
    return float(part.metrics["accuracy"]["leaf"]["micro"]["value"])


def _accuracy_table(title: str, parts: Sequence[Figures]) -> Table:
    table = _table(title, "products", "leaf accuracy %", "95 % interval", "top 5 %")
    for part in parts:
        micro = part.metrics["accuracy"]["leaf"]["micro"]
        table.add_row(
            part.name,
            f"{part.n_products:,}",
            percent(micro["value"]),
            _interval(micro),
            percent(part.metrics["top_k"]["top_5"]["value"]),
        )
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(first, min_width=12, max_width=44, overflow="ellipsis", no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def percent(value: float | None) -> str:
    """A share in percent, with one decimal; a dash for None."""
    return "–" if value is None else f"{100 * value:.1f}"


def _interval(accuracy: Mapping[str, Any]) -> str:
    if accuracy["low"] is None:
        return "–"
    return f"{percent(accuracy['low'])}–{percent(accuracy['high'])}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
