"""Every engine runs every shard task to the same bytes."""

import pytest

from aisle.execution.commit import ShardStore
from aisle.execution.engines import ENGINES
from shard_tasks import Part, write_number


def read(root):
    store = ShardStore(str(root))
    shards = {}
    for entry in store.entries():
        with store.open(entry.files["records"]) as file:
            shards[entry.name] = (file.read(), dict(entry.facts))
    return shards


@pytest.mark.parametrize("name", ["local"])
def test_an_engine_gives_the_same_shards_as_a_plain_loop(name, tmp_path):
    for number in range(4):
        write_number(Part(number, str(tmp_path / "plain")), lambda counts: None)
    parts = [Part(number, str(tmp_path / name)) for number in range(4)]
    ENGINES.get(name)(write_number, parts, n_workers=2, tell=lambda counts: None, master="")
    assert read(tmp_path / name) == read(tmp_path / "plain")


def test_every_engine_has_a_module():
    assert ENGINES.names() == ["local"]
