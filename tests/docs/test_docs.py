"""What README and docs say is so: commands run, snippets work, links lead somewhere, every part is named."""

import json
import re
import runpy
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from aisle.core.image_records import image_statuses
from aisle.core.records import TEXT_FIELDS
from aisle.core.schemas import IMAGE_STATUSES, SPLITS
from aisle.encoders.base import ENCODERS
from aisle.encoders.ngrams.settings import KINDS, NgramSettings
from aisle.encoders.timm.settings import FITS, TimmSettings
from aisle.evaluation.metrics import METRICS
from aisle.feeds import FEED_FORMATS
from aisle.heads.base import HEADS
from aisle.images.download.address import USUAL_PORTS
from aisle.images.download.limits import HostLimits
from aisle.images.download.placeholders import DEFAULT_TITLES
from aisle.images.download.politeness import Patience
from aisle.images.download.settings import DownloadSettings, FetchSettings, PictureSettings
from aisle.prediction.output import OUTPUTS
from aisle.prediction.rows import row_schema
from aisle.taxonomy.readers import TAXONOMY_FORMATS
from aisle.training import recipe_names
from aisle.training.settings import Rates, TrainingSettings

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", "CHANGELOG.md", *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md"))]
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def text_of(page):
    return (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.slow
class TestCommandsAndSnippets:
    def test_those_of_the_readme_lead_from_feeds_to_categories(self, after_readme):
        for name in (
            "catalogue/catalogue.json",
            "model/aisle.json",
            "scores/metrics.json",
            "categories.parquet",
        ):
            assert (after_readme / name).is_file()

    @pytest.mark.parametrize("page", [p for p in PAGES if p not in ("README.md", "docs/extending.md")])
    def test_those_of_the_other_pages_go_on_from_there(self, run_page_there, page):
        run_page_there(page)

    def test_every_key_of_metrics_json_is_explained(self, after_readme):
        def keys(part):
            if isinstance(part, dict):
                return set(part) | {key for inner in part.values() for key in keys(inner)}
            return {key for inner in part for key in keys(inner)} if isinstance(part, list) else set()

        report = json.loads((after_readme / "scores/metrics.json").read_text())
        del report["units"]
        page = text_of("docs/figures.md")
        assert {key for key in keys(report) if f"`{key}`" not in page} == set()


@pytest.mark.parametrize("page", PAGES)
def test_links_between_pages_resolve(page):
    for link in _LINK.findall(text_of(page)):
        if "://" not in link:
            assert (ROOT / page).parent.joinpath(link.partition("#")[0]).exists(), link


@pytest.mark.parametrize("page", PAGES)
def test_nothing_but_console_blocks_holds_commands(page):
    for kind, body in re.findall(r"^```(\w*)\n(.*?)^```$", text_of(page), re.MULTILINE | re.DOTALL):
        assert kind in ("console", "sh", "python", "toml", "mermaid", "text", "")
        assert kind in ("console", "sh") or not re.search(r"^(\$ )?aisle ", body, re.MULTILINE)


def test_the_list_of_commands_is_what_help_says():
    made = runpy.run_path(str(ROOT / "docs/make_cli_page.py"))["page"]()
    assert text_of("docs/cli.md") == made, "run: python docs/make_cli_page.py"


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("docs/recipes.md", [*recipe_names(), *ENCODERS.names(), *HEADS.names(), *KINDS, *FITS]),
        ("docs/own-feed.md", [*FEED_FORMATS.names(), *TAXONOMY_FORMATS.names(), *OUTPUTS.names()]),
        ("docs/own-feed.md", [*SPLITS, *IMAGE_STATUSES, *row_schema(top=2).names, *TEXT_FIELDS]),
        ("docs/figures.md", METRICS.names()),
        ("docs/extending.md", [*ENCODERS.names(), *HEADS.names(), *METRICS.names(), *FEED_FORMATS.names()]),
        ("docs/extending.md", [*TAXONOMY_FORMATS.names(), *OUTPUTS.names()]),
    ],
)
def test_every_part_is_named(page, names):
    assert [name for name in names if f"`{name}`" not in text_of(page)] == []


def test_every_status_of_a_download_is_explained_and_no_other():
    """In the order of the list; whether the next run tries again is told as it is."""
    part = text_of("docs/download.md").partition("## What each status means")[2].partition("\n## ")[0]
    told = re.findall(r"^\| `(\w+)` \| .+ \| (yes|no) \| .+ \|$", part, re.MULTILINE)
    assert told == [(name, "yes" if one.temporary else "no") for name, one in image_statuses().items()]


def test_the_limits_of_a_download_are_told_as_they_are():
    fetch, picture, patience = FetchSettings(), PictureSettings(), Patience()
    page = text_of("docs/download.md")
    usual = HostLimits()
    assert (usual.requests_per_s, usual.n_connections) == (2, 2)
    assert "at most twice a second, over at most two connections" in page
    assert f"| {fetch.total_s:.0f} s, `--time-limit` |" in page
    assert f"| making the connection | {fetch.connect_s:.0f} s |" in page
    assert f"| less than {fetch.slow_bytes_per_s:,} bytes a second | for {fetch.slow_s:.0f} s |" in page
    assert f"| headers | {fetch.max_header_bytes // 1024} KiB |" in page
    assert f"counted after decompression | {fetch.max_body_bytes // 10**6} MB |" in page
    assert f"| {picture.max_pixels // 10**6} million; " in page
    assert f"at reduced scale, {picture.max_scaled_pixels // 10**6} million |" in page
    assert (
        f"| {picture.deadline_s:.0f} s of processor time, {picture.max_memory_bytes // 10**9} GB of" in page
    )
    assert f"longest side of {picture.longest_side} pixels" in page
    assert f"ports {', '.join(map(str, sorted(USUAL_PORTS)[:-1]))} and {max(USUAL_PORTS)}" in page
    assert f"behind {DEFAULT_TITLES} or more different titles" in page
    assert (patience.base_s, patience.longest_s, patience.n_failures) == (1, 60, 8)
    assert (patience.longest_wait_s, patience.aside_s, patience.longest_aside_s) == (120, 60, 1800)
    assert (fetch.max_redirects, DownloadSettings().n_tries) == (5, 3)


@pytest.mark.parametrize(
    ("table", "record", "elsewhere"),
    [
        ("training", TrainingSettings, {"rates"}),
        ("training.rates.NAME", Rates, set()),
        ("text", NgramSettings, {"blocks"}),
        ("image", TimmSettings, set()),
    ],
)
def test_every_setting_is_listed_with_its_default(table, record, elsewhere):
    listed = dict(
        re.findall(rf"^\| `{re.escape(table)}\.(\w+)` \| (.+?) \|", text_of("docs/recipes.md"), re.M)
    )
    defaults = {
        field.name: field.default if field.default is not MISSING else field.default_factory()
        for field in fields(record)
        if field.name not in elsewhere
    }
    assert {name: json.loads(default) for name, default in listed.items()} == json.loads(json.dumps(defaults))


def test_pages_name_no_machine_and_no_package_index():
    for page in [*PAGES, "docs/aisle.svg"]:
        assert not re.search(r"/(home|work|root|opt)/|pypi|artifactory|download\.pytorch", text_of(page)), (
            page
        )


def test_the_readme_keeps_a_place_for_results():
    assert re.search(r"<!-- results -->\n\|.*\n<!-- /results -->", text_of("README.md"), re.DOTALL)
