"""Every engine runs every shard task to the same bytes."""

import ast
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

import aisle
from aisle.demo.server import serve_apart
from aisle.execution.commit import ShardStore
from aisle.execution.engines import ENGINES
from aisle.images.download.limits import HostLimits, Limits
from aisle.images.download.politeness import Patience
from aisle.images.download.resolve import TableResolver
from aisle.images.download.run import RunSettings, download
from aisle.images.download.settings import DownloadSettings, FetchSettings
from shard_tasks import Part, write_number

ENGINE_NAMES = [
    pytest.param(name, marks=[pytest.mark.slow, pytest.mark.xdist_group("spark")] if name == "spark" else [])
    for name in ENGINES.names()
]


def run_numbers(engine, root, request):
    """A task of the tests' own: it tells the engine's work from the task's."""
    parts = [Part(number, root) for number in range(4)]
    ENGINES.get(engine)(master="")(write_number, parts, n_workers=2, tell=lambda counts: None)


def run_download(engine, root, request):
    """`download_lane`, by way of a whole download: two lanes, several shards each, redirects between them."""
    server = request.getfixturevalue("shop_apart")
    addresses = [server.address(f"/{n % 3}.jpg?{n}", host=f"shop-{n % 9}.test") for n in range(90)]
    addresses += [
        server.address(f"/fault/{fault}/{n}.jpg", host=f"shop-{n}.test")
        for fault in ("404", "html", "truncated", "noai", "gzip-bomb", "redirect-loop")
        for n in range(3)
    ]
    addresses += [
        server.address(
            f"/fault/redirect/{n}?to={server.address('/1.jpg', host=f'cdn-{n}.test')}", host="r.test"
        )
        for n in range(12)
    ]
    source = Path(root).with_suffix(".txt")
    source.write_text("\n".join(addresses))
    fetch = FetchSettings(
        allowed_networks=("127.0.0.0/8",),
        ports=frozenset({server.port}),
        resolver=TableResolver({"*": ("127.0.0.1",)}),
    )
    limits = Limits(HostLimits(requests_per_s=500, n_connections=4))
    patience = Patience(base_s=0.01, longest_s=0.05, aside_s=0.1)
    settings = DownloadSettings(fetch=fetch, limits=limits, patience=patience, shard_rows=20)
    download(source, root, RunSettings(n_workers=2, engine=engine, download=settings))


RUNS = {"download_lane": run_download, "write_number": run_numbers}
"""Every shard task by name, with what runs it on an engine into a folder."""


@pytest.fixture(scope="module")
def shop_apart():
    """A shop's server in a process of its own, with three pictures."""
    pictures = {}
    for n in range(3):
        file = BytesIO()
        Image.linear_gradient("L").resize((300 + n, 200)).save(file, "JPEG")
        pictures[f"/{n}.jpg"] = file.getvalue()
    with serve_apart(pictures) as server:
        yield server


@pytest.fixture(scope="module")
def expected(request, tmp_path_factory):
    """What the local engine writes, for each task."""
    made = {}

    def run(task):
        if task not in made:
            root = str(tmp_path_factory.mktemp("expected") / task)
            RUNS[task]("local", root, request)
            made[task] = content(root)
        return made[task]

    return run


def content(root):
    """All that a run leaves in its folder but what was measured: names of attempts become names of shards.

    The index names the files of its shards, which differ for each attempt; it is made of the shards.
    """
    store = ShardStore(root)
    entries = list(store.entries())
    shards = {
        (entry.name, kind): Path(store.path(path)).read_bytes()
        for entry in entries
        for kind, path in entry.files.items()
        if kind != "measured"
    }
    facts = {entry.name: entry.facts for entry in entries}
    rest = {
        str(path.relative_to(root)): path.read_bytes()
        for folder in ("plans", "runs")
        for path in Path(root, folder).rglob("*")
        if path.is_file()
    }
    return {"shards": shards, "facts": facts, "rest": rest}


@pytest.mark.parametrize("engine", ENGINE_NAMES)
@pytest.mark.parametrize("task", RUNS)
def test_an_engine_writes_the_same_bytes_as_any_other(engine, task, tmp_path, expected, request):
    if engine == "spark":
        request.getfixturevalue("cluster")
    root = str(tmp_path / task)
    RUNS[task](engine, root, request)
    found = content(root)
    assert found["shards"]
    assert found == expected(task)


def test_every_shard_task_is_held_to_this():
    """A shard task is a function of a module that takes a part and `tell: Tell`."""
    tasks = set()
    for path in Path(aisle.__file__).parent.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                kinds = [ast.unparse(one.annotation) for one in node.args.args if one.annotation]
                if len(kinds) == 2 and kinds[1] == "Tell" and not node.args.kwonlyargs:
                    tasks.add(node.name)
    assert tasks == set(RUNS) - {"write_number"}
