"""Workers that have nothing of Aisle get it as docs/cluster.md says: in an archive that Spark brings them."""

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
import venv_pack
from packaging.requirements import Requirement

import aisle
from aisle.images.download.run import open_images

ROOT = Path(aisle.__file__).parents[2]
PAGE = (ROOT / "docs/cluster.md").read_text(encoding="utf-8")
QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("spark")]


def with_dependencies(names):
    """The distributions of these names and all that they need, as they are installed here."""
    found = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop().lower()
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue  # needed on other systems only
        needed = map(Requirement, found[name].requires or ())
        waiting += [one.name for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
    return found.values()


def install(distributions, site):
    """Copy installed distributions into another environment: what pip would do, without the network."""
    for one in distributions:
        for file in one.files or ():
            target = site / file
            if ".." in file.parts or target.suffix == ".pyc" or target.exists():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(file.locate(), target)


def made_wheel(folder):
    """The wheel that the page's command makes of the checkout, without the network."""
    (words,) = re.findall(r"^aisle-packed/bin/pip (wheel --no-deps --wheel-dir) dist \.$", PAGE, re.MULTILINE)
    assert "aisle-packed/bin/pip install --no-deps dist/aisle-*.whl" in PAGE
    offline = ("--no-build-isolation", "--no-index", "--disable-pip-version-check", "--quiet")
    command = [sys.executable, "-m", "pip", *words.split(), folder / "dist", *offline, ROOT]
    subprocess.run(command, check=True)
    (wheel,) = (folder / "dist").glob("aisle-*.whl")
    return wheel


@pytest.fixture(scope="session")
def archive(tmp_path_factory):
    """The packed environment of the page: Aisle's wheel, and the packages that the page lists."""
    folder = tmp_path_factory.mktemp("packed")
    (listed,) = re.findall(r"pip install (certifi [\w ]+?) s3fs venv-pack$", PAGE, re.MULTILINE)
    packed = folder / "aisle-packed"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", packed], check=True)
    site = packed / f"lib/python3.{sys.version_info.minor}/site-packages"
    install(with_dependencies(listed.split()), site)
    shutil.unpack_archive(made_wheel(folder), site, "zip")
    venv_pack.pack(prefix=str(packed), output=str(folder / "aisle-packed.tar.gz"), compress_level=0)
    return folder / "aisle-packed.tar.gz"


@pytest.fixture
def on_bare_workers(spark_environment, tmp_path):
    """Run `aisle download --engine spark` in a process of its own, on workers whose Python has no Aisle."""

    def run(source, images, *, python, master, arguments=""):
        settings = {
            "spark.executor.memory": "512m",
            "spark.driver.extraJavaOptions": QUICK_JAVA,
            "spark.executor.extraJavaOptions": QUICK_JAVA,
        }
        conf = " ".join(f"--conf '{name}={value}'" for name, value in settings.items())
        environment = {
            **os.environ,
            "PYSPARK_PYTHON": python,
            "PYSPARK_SUBMIT_ARGS": f"{arguments} {conf} pyspark-shell",
        }
        command = [sys.executable, "-m", "aisle", "download", source, "--out", images, "--engine", "spark"]
        return subprocess.run(
            [*command, "--master", master, "--workers", "1", "--allow-private-addresses"],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return run


@pytest.fixture
def source(tmp_path, picture_shop):
    path = tmp_path / "links.txt"
    path.write_text("\n".join(picture_shop.address(f"/{n}.png") for n in range(4)))
    return path


def test_workers_without_aisle_are_an_error_that_names_the_page(on_bare_workers, source, tmp_path):
    ended = on_bare_workers(
        source, tmp_path / "images", python=os.path.realpath(sys.executable), master="local[1]"
    )
    assert ended.returncode == 2
    said = ended.stderr.splitlines()[-1]
    assert said.startswith("aisle: Spark gave up: the workers' Python has no module")
    assert said.endswith("send them a packed environment (docs/cluster.md)")
    assert "Exception" not in ended.stderr


def test_a_packed_environment_is_all_that_workers_need(on_bare_workers, source, archive, tmp_path):
    """The two settings are those of the page."""
    (python,) = re.findall(r"^export PYSPARK_PYTHON=(\S+)$", PAGE, re.MULTILINE)
    (arguments,) = re.findall(
        r'^export PYSPARK_SUBMIT_ARGS="(--archives \S+) pyspark-shell"$', PAGE, re.MULTILINE
    )
    arguments = arguments.replace("aisle-packed.tar.gz", str(archive))
    ended = on_bare_workers(
        source, tmp_path / "images", python=python, master="local-cluster[1,1,1024]", arguments=arguments
    )
    assert ended.returncode == 0, ended.stderr
    assert "4 addresses, 4 images" in ended.stdout
    assert len(open_images(str(tmp_path / "images")).committed()) == 1
