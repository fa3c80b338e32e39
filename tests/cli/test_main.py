"""The program itself: its help page, and what becomes of an interrupt before any command runs."""

import subprocess
import sys

import pytest

from aisle.cli.main import run

INTERRUPTED = """
import os, signal, sys

module = sys.argv.pop(1)

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Finder())
from aisle.__main__ import main
main()
"""
"""`aisle`, interrupted when it begins to import a module."""


@pytest.mark.parametrize(("words", "usage"), [([], "aisle"), (["taxonomy"], "aisle taxonomy")])
def test_without_arguments_a_group_prints_its_help_page(capsys, words, usage):
    assert run(words) == 2
    told = capsys.readouterr()
    assert run([*words, "--help"]) == 0
    assert told.out + told.err == capsys.readouterr().out
    assert told.err.startswith(f"Usage: {usage} [OPTIONS]")
    assert told.err.count("\n") > 5


@pytest.mark.usefixtures("heeds_interrupts")
@pytest.mark.parametrize(
    "module", ["aisle.core.errors", "aisle.cli.main", "click", "aisle.taxonomy.readers", "numpy"]
)
def test_an_interrupt_while_modules_are_imported_is_told_in_a_line(module, tmp_path):
    words = [sys.executable, "-c", INTERRUPTED, module, "taxonomy", "show", "none.txt"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (130, "aisle: interrupted; no output was written")


def test_importing_aisle_imports_nothing_heavy():
    script = "import sys, aisle; assert not {'numpy', 'pyarrow', 'torch'} & set(sys.modules); aisle.Product()"
    subprocess.run([sys.executable, "-c", script], check=True)
