"""The account of a journey, for a console: a short table, a few answers, and where everything lies."""

from collections.abc import Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from aisle.core.image_records import image_statuses
from aisle.core.rejected import REJECTED_FILE
from aisle.core.words import percent
from aisle.demo.journey import Answer, Journey, examples
from aisle.prediction.evaluate import METRICS_FILE

_SURE = 0.9
_N_REASONS = 2
_REMARK = Text(
    "The network that looks at the images has random weights here, so that no hub had to be asked; trained "
    "ones see more. The commands above work on your own feeds too, whose images lie elsewhere: without "
    "--allow-private-addresses, and at a rate that the shops don't mind.",
    style="dim",
)

_Line = tuple[str, str, str | Text]


def console_account(journey: Journey) -> RenderableType:
    """What to print with rich at the end of a journey."""
    blocks = (_figures(journey), _answers(journey), _places(journey), _REMARK)
    return Group(*(part for block in blocks for part in (Text(), block)))


def _figures(journey: Journey) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True, style="bold")
    table.add_column(style="dim")
    for lines in (_products(journey), _images(journey), _accuracy(journey), _seconds(journey)):
        for line in lines:
            table.add_row(*line)
        table.add_section()
    return table


def _products(journey: Journey) -> Iterator[_Line]:
    made = journey.manifest
    yield "products in", f"{made.read:,}", f"rows of {len(made.ingests[0]['feeds'])} feeds"
    commonest = sorted(made.reasons.items(), key=lambda reason: -reason[1])[:_N_REASONS]
    for reason, count in commonest:
        yield "  put aside", f"{count:,}", reason
    if others := made.unreadable - sum(count for _, count in commonest):
        yield "  put aside", f"{others:,}", f"for other reasons: {REJECTED_FILE} tells"
    yield "  put aside", f"{made.doubles:,}", "same merchant and id as a later row"
    splits = ", ".join(f"{count:,} {split}" for split, count in made.splits.items() if count)
    yield "  in the catalogue", f"{made.products:,}", splits


def _images(journey: Journey) -> Iterator[_Line]:
    """Every address once, by what became of it, and the pictures among them that are no evidence."""
    came = journey.images
    yield "images", f"{came.n_addresses:,}", "addresses, each asked for once"
    for status, count in came.by_status.items():
        meaning, _, _ = image_statuses()[status].meaning.partition(":")
        yield f"  {status}", f"{count:,}", Text(meaning)
        if status == "ok":
            for found in came.placeholders:
                told = f"times {found.merchant}'s picture for 'no image'"
                yield "    among them", f"{found.n_products:,}", told


def _accuracy(journey: Journey) -> Iterator[_Line]:
    counts, metrics = journey.report.counts, journey.report.overall.metrics
    leaf = metrics["accuracy"]["leaf"]["micro"]
    interval = f" (95 %: {percent(leaf['low'])} to {percent(leaf['high'])})" if leaf["low"] else ""
    yield "leaf accuracy", percent(leaf["value"]), f"on {counts.n_scored:,} test products{interval}"
    for level, figures in enumerate(metrics["accuracy"]["levels"], start=1):
        yield f"  level {level}", percent(figures["micro"]["value"]), ""
    at = metrics["coverage"]["thresholds"].index(_SURE)
    coverage, precision = (metrics["coverage"]["leaf"][name][at] for name in ("coverage", "precision"))
    yield (
        "coverage",
        percent(coverage),
        f"have probability {_SURE} or more; {percent(precision)} of them right",
    )
    yield (
        "ECE",
        f"{metrics['ece']['leaf']['ece']:.3f}",
        "average gap between probability and outcome",
    )
    right = sum(answer.is_right for answer in journey.answers)
    told = f"leaf accuracy on {len(journey.answers):,} products of one never seen"
    yield "new merchant", percent(right / len(journey.answers)), told


def _seconds(journey: Journey) -> Iterator[_Line]:
    yield "seconds", f"{sum(journey.seconds.values()):.1f}", ""
    for stage, seconds in journey.seconds.items():
        yield f"  {stage}", f"{seconds:.1f}", ""


def _answers(journey: Journey) -> Table:
    """Products with, below each, its probability and its category."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right")
    table.add_column()
    for answer in examples(journey.answers):
        table.add_row("", Text(_title(answer), style="bold"))
        table.add_row(f"{answer.probability:.2f}", answer.path)
        if not answer.is_right:
            table.add_row("", Text(f"wrong, it is {answer.true_path}", style="red"))
    return table


def _title(answer: Answer) -> str:
    photos = "one photo" if answer.n_images == 1 else f"{answer.n_images} photos"
    return answer.title or f"(no text, {photos})"


def _places(journey: Journey) -> Table:
    places, rejected = journey.places, journey.predicted.rejected
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(style="dim")
    table.add_row(str(places.shop), "feeds, the servers' photos, truth, contact sheet")
    table.add_row(str(places.catalogue), "products, splits, rows put aside")
    table.add_row(str(places.images), "downloaded images, and what became of each address")
    table.add_row(str(places.model), "weights, taxonomy, calibration")
    table.add_row(str(places.scores / METRICS_FILE), "every figure")
    table.add_row(str(places.answers), "categories of the new merchant's feed")
    if rejected:
        table.add_row(str(rejected), f"{journey.predicted.n_rejected} rows put aside")
    return table
