"""A folder that has lost files, as after a power cut, says which, and how to go on with nothing lost."""

import re
import shutil
from pathlib import Path

import pytest

from aisle.core.errors import AisleError
from aisle.execution import commit
from aisle.images.download.run import download


@pytest.fixture
def cut_off(shop, run_settings, list_of, images, monkeypatch):
    """A download that was broken off after its first commit; gives what goes on with it, and addresses."""
    addresses = [shop.address(f"/a.jpg?{n}", host=f"shop-{n % 3}.test") for n in range(100)]
    source, settings = list_of(*addresses), run_settings(shard_rows=20, n_workers=0)
    n_reached = []

    def reach(point):
        n_reached.append(point)
        if n_reached.count("before entry") == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(commit, "reach", reach)
        with pytest.raises(KeyboardInterrupt):
            download(source, images, settings)
    return (lambda: download(source, images, settings)), sorted(addresses)


def lose(path):
    path.unlink()


def empty(path):
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("what", "harm"),
    [
        ("plans/0001/plan.json", empty),
        ("plans/0001/lane-0000.parquet", empty),
        ("plans/0001/lane-0000.parquet", lose),
        ("entries/*.json", empty),
        ("records/*.parquet", empty),
        ("records/*.parquet", lose),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_what_is_damaged_is_named_with_the_remedy_and_the_next_run_is_whole(
    cut_off, images, records, what, harm
):
    go_on, addresses = cut_off
    named = {Path(entry).stem for entry in (Path(images) / "entries").iterdir()}
    (damaged,) = [path for path in Path(images).glob(what) if "*" not in what or path.name[:16] in named]
    harm(damaged)
    with pytest.raises(AisleError, match=re.escape(f"{damaged}: is damaged (")) as raised:
        go_on()
    remove = Path(re.search("; remove (.*) and run the command again", str(raised.value))[1])
    shutil.rmtree(remove) if remove.is_dir() else remove.unlink()
    go_on()
    assert sorted(records(images)) == addresses
    assert {row["status"] for row in records(images).values()} == {"ok"}
