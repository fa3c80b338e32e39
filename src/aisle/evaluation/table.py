"""The report on a console: a page to read, where `metrics.json` holds everything."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from aisle.core.records import FIELDS
from aisle.core.words import counted, percent
from aisle.evaluation.report import Counts, Figures, Report
from aisle.evaluation.slices import OTHERS

SHOWN_THRESHOLDS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99)
N_SHOWN = 5
LEAST_PRODUCTS = 20
"""A merchant with fewer products is shown only where all have fewer."""


def console_report(report: Report) -> RenderableType:
    """What to print with rich: the products, every level, thresholds, and how parts of the products fare."""
    blocks: list[RenderableType] = [
        _products(report.counts),
        *([Text(report.note, style="bold yellow")] if report.note else []),
        _levels(report.overall, _interval_name(report)),
        _whole_paths(report.overall),
        _thresholds(report.overall),
    ]
    if parts := list(_parts(report)):
        blocks.append(_parts_table(parts, _interval_name(report)))
    spaced: list[RenderableType] = [line for block in blocks for line in (block, Text())]
    return Group(*spaced)


def _products(counts: Counts) -> Text:
    kinds = [
        (counts.n_leaf, "labelled with a leaf"),
        (counts.n_inner, "with an inner node"),
        (counts.n_outside, "with a label outside of the tree"),
        (counts.n_unseen, f"of unseen classes{_told(counts)}"),
    ]
    said = ", ".join(f"{n:,} {kind}" for n, kind in kinds if n)
    left_out = f"; {counts.n_unlabelled:,} unlabelled left out" if counts.n_unlabelled else ""
    if counts.n_unreadable:
        left_out += f"; {counted(counts.n_unreadable, 'unreadable record')} put aside"
    return Text.assemble((f"{counted(counts.n_scored, 'product')} scored", "bold"), f": {said}{left_out}")


def _told(counts: Counts) -> str:
    if not counts.n_unseen_told:
        return ""
    return f" (wrong by rule, though {counts.n_unseen_told:,} were told by the class's name)"


def _levels(overall: Figures, interval_name: str) -> Table:
    table = _table("", "classes", "accuracy %", interval_name, "macro", "macro F1", "weighted F1", "ECE")
    metrics = overall.metrics
    n_levels = len(metrics["accuracy"]["levels"])
    for i in range(n_levels):
        accuracy, f1 = metrics["accuracy"]["levels"][i], metrics["f1"]["levels"][i]
        is_leaf = i == n_levels - 1
        table.add_row(
            "leaf" if is_leaf else f"level {i + 1}",
            f"{accuracy['n_classes']:,}",
            _percent(accuracy["micro"]["value"]),
            _interval(accuracy["micro"]),
            _percent(accuracy["macro"]["value"]),
            _percent(f1["macro"]),
            _percent(f1["weighted"]),
            _number(metrics["ece"]["levels"][i]["ece"]),
            style="bold" if is_leaf else "",
        )
    return table


def _whole_paths(overall: Figures) -> Text:
    top, paths = overall.metrics["top_k"], overall.metrics["hierarchical"]
    return Text(
        f"top 1 / 3 / 5        {' / '.join(_percent(top[f'top_{k}']['value']) for k in (1, 3, 5))}\n"
        f"hierarchical P/R/F1  {' / '.join(_percent(paths[k]) for k in ('precision', 'recall', 'f1'))}\n"
        f"mean weighted F1     {_percent(overall.metrics['f1']['mean_of_levels']['weighted'])}"
        "  (over the levels)"
    )


def _thresholds(overall: Figures) -> Table:
    coverage = overall.metrics["coverage"]
    at = [coverage["thresholds"].index(threshold) for threshold in SHOWN_THRESHOLDS]
    table = _table("leaf, probability at least", *(f"{threshold:g}" for threshold in SHOWN_THRESHOLDS))
    table.add_row("coverage %", *(_percent(coverage["leaf"]["coverage"][i]) for i in at))
    table.add_row("precision %", *(_percent(coverage["leaf"]["precision"][i]) for i in at))
    return table


def _parts(report: Report) -> Iterator[tuple[str, Sequence[tuple[str, Figures]]]]:
    """A title and named parts, where there is more than one part; of merchants those that fare worst."""
    titles = {"label": "by label", "training_frequency": "by training products", "evidence": "by evidence"}
    for kind, title in titles.items():
        parts = [part for part in report.by[kind] if part.n_products]
        if len(parts) > 1:
            naming = _short_evidence if kind == "evidence" else str
            yield title, [(naming(part.name), part) for part in parts[:N_SHOWN]]
    merchants = [part for part in report.by["merchant"] if part.name != OTHERS]
    if len(merchants) > 1:
        large = [part for part in merchants if part.n_products >= LEAST_PRODUCTS] or merchants
        yield "merchants, worst first", [(p.name, p) for p in sorted(large, key=_leaf_accuracy)[:N_SHOWN]]


def _leaf_accuracy(part: Figures) -> float:
    return float(part.metrics["accuracy"]["leaf"]["micro"]["value"])


def _short_evidence(name: str) -> str:
    absent = [field for field in FIELDS if field not in name.split("+")]
    if not absent:
        return "all fields"
    return f"all but {' and '.join(absent)}" if len(absent) <= 2 else name


def _parts_table(parts: Sequence[tuple[str, Sequence[tuple[str, Figures]]]], interval_name: str) -> Table:
    table = _table("", "products", "leaf accuracy %", interval_name, "top 5 %")
    for title, named in parts:
        table.add_row(Text(title, style="bold"))
        for name, part in named:
            micro = part.metrics["accuracy"]["leaf"]["micro"]
            table.add_row(
                f"  {name}",
                f"{part.n_products:,}",
                _percent(micro["value"]),
                _interval(micro),
                _percent(part.metrics["top_k"]["top_5"]["value"]),
            )
        table.add_section()
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(first, min_width=12, max_width=44, overflow="ellipsis", no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _percent(share: float | None) -> str:
    """Without the sign, which stands in the heading."""
    return percent(share, sign="")


def _interval_name(report: Report) -> str:
    return f"{100 * report.settings.resampling.confidence:g} % interval"


def _interval(accuracy: Mapping[str, Any]) -> str:
    if accuracy["low"] is None:
        return "–"
    return f"{_percent(accuracy['low'])}–{_percent(accuracy['high'])}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
