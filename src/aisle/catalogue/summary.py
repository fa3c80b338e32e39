"""What an ingest tells at its end: a short table of what became of the rows, and what deserves a look."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from aisle.catalogue.meanings import UNRESOLVED_FILE
from aisle.catalogue.splits import DRAWN, words_shown
from aisle.core.manifest import MANIFEST_FILE, Manifest
from aisle.core.rejected import REJECTED_FILE
from aisle.core.schemas import SPLITS
from aisle.core.words import counted, note

_N_SHOWN = 3
_LABELS = {
    "none": "without a label",
    "unresolved": "label not in the taxonomy",
    "pruned": "category too small",
}


def summary_table(manifest: Manifest) -> Table:
    """Rows read, put aside by reason, products by label and by split."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right")
    table.add_column(style="dim")
    for name, count, remark in summary_lines(manifest):
        table.add_row(Text(name), f"{count:,}", Text(remark))
    return table


def summary_lines(made: Manifest) -> Iterator[tuple[str, int, str]]:
    """The table's lines: what, how many, and a word on it."""
    yield "rows read", made.read, f"{counted(sum(len(run['feeds']) for run in made.ingests), 'feed')}"
    if made.unreadable:
        yield from _unreadable_lines(made)
    if made.doubles:
        yield "  doubles", made.doubles, "same merchant and id as a later row"
    yield "products", made.products, f"in {counted(made.groups, 'group')}"
    if n_kept := made.ingests[-1].get("labels_kept", 0):
        yield "  keep their label", n_kept, "of the old catalogue; their new row brings none"
    for outcome, words in _LABELS.items():
        if made.labels[outcome]:
            yield f"  {words}", made.labels[outcome], ""
    for split, meaning in SPLITS.items():
        share = made.splits[split]
        if share or split == "train":
            yield f"  {split}", share, meaning
    yield (
        "leaves",
        made.leaves,
        f"{made.leaves_trained:,} with a train product; {counted(made.nodes, 'node')} in all",
    )
    if made.images:
        told = ", ".join(f"{n:,} {status}" for status, n in made.images.items() if status != "ok")
        yield "images read", made.images.get("ok", 0), told


def _unreadable_lines(made: Manifest) -> Iterator[tuple[str, int, str]]:
    yield "  unreadable", made.unreadable, ""
    shown = list(made.reasons.items())[:_N_SHOWN]
    for reason, n_rows in shown:
        yield "", n_rows, reason
    if n_others := made.unreadable - sum(n_rows for _, n_rows in shown):
        yield "", n_others, "for other reasons"


def remarks(manifest: Manifest, unresolved: list[tuple[int, str]]) -> Iterator[str]:
    """What a user may want to know or mend, a line each.

    Args:
        unresolved: some of the labels that the taxonomy does not know, with their products.
    """
    yield from manifest.ingests[-1].get("notes", ())
    if unresolved:
        shown = ", ".join(f"'{label}' ({n:,})" for n, label in unresolved)
        yield f"Most frequent labels that the taxonomy does not know: {shown}"
    if n_lost := manifest.images.get("no_root", 0):
        are = "is a relative path" if n_lost == 1 else "are relative paths"
        yield f"{counted(n_lost, 'image link')} {are}: name the folder to start from with --images DIR"
    if n_outside := manifest.images.get("outside", 0):
        were = "was" if n_outside == 1 else "were"
        yield f"{counted(n_outside, 'image link')} {were} refused, for leading out of the image folder"
    if manifest.unknown_splits:
        shown = words_shown(list(manifest.unknown_splits.items())[:_N_SHOWN])
        yield f"Values of {manifest.split} that name no split, whose products are in 'other': {shown}"
    links = manifest.links_across_splits
    if links["keys"]:
        sharing = [f"{links[split]:,} {split}" for split in DRAWN[1:] if links[split]]
        yield (
            f"Splits are linked: {links['keys']:,} titles, images or item groups lie in more than one"
            + (f"; {' and '.join(sharing)} products share one with a train product" if sharing else "")
        )
    if manifest.split_ratio:
        shares = zip(DRAWN, manifest.split_ratio.split("/"), strict=True)
        for split, share in shares:
            if float(share) > 0 and manifest.splits[split] == 0:
                yield f"No product is in '{split}': there are too few {manifest.split}s to share out"


def top_unresolved(catalogue: Path) -> list[tuple[int, str]]:
    """The most frequent labels that the taxonomy does not know, with their products."""
    found: list[tuple[int, str]] = []
    with (catalogue / UNRESOLVED_FILE).open(encoding="utf-8") as file:
        next(file)
        for line in file:
            count, _, label = line.rstrip("\n").partition("\t")
            found.append((int(count), label))
            if len(found) == _N_SHOWN:
                break
    return found


def written_paths(catalogue: Path, manifest: Manifest) -> Iterator[tuple[str, Path]]:
    """What lies where, of what a user may want to open."""
    yield "catalogue", catalogue
    yield "counts", catalogue / MANIFEST_FILE
    if manifest.unreadable or manifest.doubles:
        yield "rows put aside", catalogue / REJECTED_FILE
    if manifest.labels["unresolved"]:
        yield "unknown labels", catalogue / UNRESOLVED_FILE


def print_summary(manifest: Manifest, catalogue: Path) -> None:
    """Print all of the above to standard output."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(summary_table(manifest))
    for line in remarks(manifest, top_unresolved(catalogue)):
        console.print(note(line), markup=False)
    for name, path in written_paths(catalogue, manifest):
        console.print(f"{name}: {path}", markup=False)
