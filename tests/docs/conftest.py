"""The pages, and a folder as their reader has it: the README's commands left a catalogue and a model."""

import io
import pickle
import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from aisle.cli.main import run
from aisle.demo.shop import ShopSettings, make_shop
from aisle.demo.web import Web, open_web

ROOT = Path(__file__).parents[2]
QUICK = ("training.epochs=2", "training.checkpoint_s=0")
QUICK_IMAGES = (
    "image.weights=none",
    "image.architecture=test_resnet",
    "image.size=32",
    "image.model_args={}",
)
ON_LOOPBACK = ("--allow-private-addresses", "--requests-per-s", "1000", "--time-limit", "2", "--workers", "1")
GRADED = "id,title,department,shelf\n" + "".join(
    f"{i},{thing} {i},{department},{thing}\n"
    for i, (department, thing) in enumerate([("Toys", "kite"), ("Toys", "ball"), ("Garden", "rake")] * 4)
)
ODD = "sku,product_name,material,product_type\n" + "".join(
    f"{i},{thing} {i},{material},{thing}\n"
    for i, (thing, material) in enumerate([("kite", "silk"), ("rake", "ash")] * 6)
)
LABELLED = "id\ttitle\tgoogle_product_category\n" + "".join(
    f"{i}\t{thing} no {i}\t{label}\n"
    for i, (thing, label) in enumerate([("cat bed", 111), ("scratching post", 112)] * 6)
)
SHOPIFY = "Handle,Title,Body (HTML),Vendor,Product Category,Image Src\n" + "".join(
    f"{name}-{i},{name} {i},<p>a {name}</p>,Acme,Toys > {name},{i}.jpg\n{name}-{i},,,,,{i}-b.jpg\n"
    for name in ("kite", "ball")
    for i in range(6)
)
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks_of(page: str, *kinds: str) -> list[tuple[str, str]]:
    """The fenced blocks of some kinds on a page, each with its kind, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [(kind, body) for kind, body in _BLOCK.findall(text) if kind in kinds]


def run_page(page: str) -> None:
    """Run a page's commands and snippets, in the folder where we are, and write the files that it shows."""
    variables: dict[str, object] = {}
    for kind, body in blocks_of(page, "console", "sh", "python", "toml"):
        if kind == "toml":
            Path(body.partition("\n")[0].removeprefix("# ")).write_text(body, encoding="utf-8")
        elif kind == "python":
            exec(compile(body, page, "exec"), variables)
        else:
            for command, shown in _commands(body):
                _run_command(command, shown)


def _commands(body: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a block, and the lines of its output that the page shows."""
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, *shown = part.splitlines()
        yield command, shown


def _run_command(command: str, shown: list[str]) -> None:
    """Run one command as it is written, but for what makes it quick."""
    program, *words = shlex.split(command)
    if program == "make":
        assert re.search(rf"^{words[0]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), command
        return
    assert program == "aisle", command
    is_refused = bool(shown) and shown[0].startswith("aisle: ")
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(words if is_refused else _quick(words))
    assert code == (2 if is_refused else 0), f"{command}\n{err.getvalue()}"
    if not is_refused:
        assert all(line in out.getvalue() for line in shown), command
        return
    (said,), (expected,) = err.getvalue().splitlines(), shown
    is_cut = expected.endswith("...")
    assert said.startswith(expected.removesuffix("...")) if is_cut else said == expected
    assert "exists already" in said or not Path(words[words.index("--out") + 1]).exists()


def _quick(words: list[str]) -> list[str]:
    """A training with few epochs, which asks no hub for weights; a download from loopback, at full speed."""
    if words[0] == "download":
        return [*words, *ON_LOOPBACK]
    if words[0] != "train":
        return words
    recipe = words[words.index("--recipe") + 1] if "--recipe" in words else "multimodal"
    changes = [*QUICK, *(QUICK_IMAGES if recipe in ("multimodal", "image_small") else ())]
    return [*words, *(part for change in changes for part in ("--set", change))]


def _add_what_is_wrong(folder: Path) -> None:
    """The broken inputs of which a page shows what is said about them."""
    (folder / "empty.tsv").write_text("")
    (folder / "latin-1.tsv").write_bytes("id\ttitle\n1\tKäse\n".encode("latin-1"))
    (folder / "no-id.tsv").write_text("name\ttitle\n1\tx\n")
    (folder / "other-tree.txt").write_text("1 - Toys\n2 - Toys > Dolls\n")
    (folder / "bad-tree.txt").write_text("1 - Toys\nDolls\n")
    for name in ("changed-model", "pickled-model"):
        shutil.copytree(folder / "model", folder / name)
    about = folder / "changed-model/aisle.json"
    about.write_bytes(about.read_bytes().replace(b"2", b"3", 1))
    (folder / "pickled-model/weights.pkl").write_bytes(pickle.dumps({}))


@pytest.fixture(scope="session")
def web() -> Iterator[Web]:
    """The servers that the feeds' image links lead to."""
    with open_web() as running:
        yield running


@pytest.fixture(scope="session")
def after_readme(tmp_path_factory: pytest.TempPathFactory, web: Web) -> Path:
    """A folder in which the README's commands were run, and the inputs of the other pages."""
    folder = tmp_path_factory.mktemp("docs") / "shop"
    web.show(make_shop(folder, web.address, ShopSettings(n_products=200, n_new=30, seed=1)).photos)
    for split in ("train", "val", "test"):
        (folder / f"graded-{split}.csv").write_text(GRADED)
    (folder / "odd.csv").write_text(ODD)
    (folder / "new/labelled.tsv").write_text(LABELLED)
    (folder / "shopify.csv").write_text(SHOPIFY)
    with pytest.MonkeyPatch.context() as environment, chdir(folder):
        environment.setenv("AISLE_CACHE", str(folder / "cache"))
        run_page("README.md")
    _add_what_is_wrong(folder)
    return folder


@pytest.fixture
def run_page_there(
    after_readme: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], None]:
    """Run a page in a copy of the folder that the README leaves."""
    shutil.copytree(after_readme, tmp_path / "shop")
    monkeypatch.chdir(tmp_path / "shop")
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "shop/cache"))
    return run_page


@pytest.fixture(scope="session")
def examples() -> list[str]:
    """The whole files that the page on adding a part shows, in order."""
    return [body for _, body in blocks_of("docs/extending.md", "python")]
