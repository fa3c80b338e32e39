"""The examples of the page on adding a part keep to the contracts that such parts are held against."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from aisle.encoders.base import ENCODERS
from aisle.evaluation.metrics import METRICS
from aisle.feeds import FEED_FORMATS, FeedOptions, formats, read_feed
from aisle.heads.base import HEADS

CONTRACTS = Path(__file__).parents[1] / "contracts"


@pytest.fixture
def add(monkeypatch, examples):
    """Put the example that holds certain words in a module, and its line in a registry."""

    def put(registry, name, function, words):
        (source,) = [text for text in examples if words in text]
        module = ModuleType(f"example_{name}")
        monkeypatch.setitem(sys.modules, module.__name__, module)
        exec(compile(source, module.__name__, "exec"), module.__dict__)
        monkeypatch.setitem(registry.table, name, f"{module.__name__}:{function}")

    return put


def contract(name):
    """The contract test of a kind of part."""
    spec = importlib.util.spec_from_file_location(f"contract_of_{name}", CONTRACTS / f"test_{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_tests(holder, name):
    """Run every test of a class, or of a module, for one part."""
    tests = [getattr(holder, test) for test in dir(holder) if test.startswith("test_")]
    assert tests
    for test in tests:
        test(name)


def test_the_metric_keeps_the_contract(add):
    add(METRICS, "sureness", "sureness", "def sureness(")
    run_tests(contract("metrics"), "sureness")


def test_the_head_keeps_the_contract(add):
    add(HEADS, "loud", "KIND", "class LoudHead")
    run_tests(contract("heads").TestEveryHead(), "loud")


def test_the_encoder_keeps_the_contract(add):
    encoders = contract("encoders")
    add(ENCODERS, "tints", "KIND", "class TintEncoder")
    encoders.SETTINGS["tints"] = {"size": 8}
    run_tests(encoders.TestEveryEncoder(), "tints")
    run_tests(encoders.TestEveryFrozenEncoder(), "tints")


def test_the_feed_format_reads_rows_and_puts_aside_what_is_none(add, monkeypatch, tmp_path):
    add(FEED_FORMATS, "ltsv", "read_ltsv", "def read_ltsv(")
    monkeypatch.setitem(formats.ENDINGS, ".ltsv", "ltsv")
    feed = tmp_path / "shop.ltsv"
    feed.write_bytes(
        b"id:1\ttitle:Mug: blue\nrubbish\nid:2\ttitle:Caf\xe9\nid:3\tImage Link:3.jpg\tcolour:red\n"
    )
    (batch,) = read_feed(str(feed), FeedOptions())
    assert batch.rows.column("id").to_pylist() == ["1", "3"]
    assert batch.rows.column("title").to_pylist() == ["Mug: blue", ""]
    assert batch.rows.column("image_link").to_pylist() == [[], ["3.jpg"]]
    assert batch.rows.column("colour").to_pylist() == ["", "red"]
    assert [(one.line, one.kind, one.reason) for one in batch.rejected] == [
        (2, "not as its format wants", "has a field without a name"),
        (3, "not UTF-8", "has bytes that are not UTF-8"),
    ]
