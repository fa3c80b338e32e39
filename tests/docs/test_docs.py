"""What README and docs say is so: commands run, snippets work, links lead somewhere, every part is named."""

import json
import re
import runpy
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from aisle.core.records import TEXT_FIELDS
from aisle.core.schemas import IMAGE_STATUSES, SPLITS
from aisle.encoders.base import ENCODERS
from aisle.encoders.ngrams.settings import KINDS, NgramSettings
from aisle.encoders.timm.settings import FITS, TimmSettings
from aisle.evaluation.metrics import METRICS
from aisle.feeds import FEED_FORMATS
from aisle.heads.base import HEADS
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
