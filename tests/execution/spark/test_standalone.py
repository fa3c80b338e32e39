"""A stand-alone cluster, as a user has one: a master and two workers, each a process of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aisle.demo.server import Site, serve
from aisle.images.download.run import open_images

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("spark")]


def wait_for(log, pattern):
    ends = time.monotonic() + 90
    while not (found := re.search(pattern, log.read_text())):
        assert time.monotonic() < ends, log.read_text()
        time.sleep(0.1)
    return found


@pytest.fixture
def standalone(spark_environment, tmp_path):
    """Start a daemon of Spark's; all are killed in the end."""
    import pyspark

    home = Path(pyspark.__file__).parent
    running = []

    def start(kind, *arguments):
        log = tmp_path / f"{len(running)}.log"
        command = [home / "bin/spark-class", f"org.apache.spark.deploy.{kind}", "--host", "127.0.0.1"]
        environment = {**os.environ, "SPARK_HOME": str(home), "SPARK_DAEMON_MEMORY": "256m"}
        with log.open("wb") as file:
            running.append(
                subprocess.Popen(
                    [*command, "--webui-port", "0", *arguments], stdout=file, stderr=file, env=environment
                )
            )
        return running[-1], log

    yield start
    for process in running:
        process.kill()
        process.wait()


@pytest.fixture
def cluster_of_two(standalone, tmp_path):
    """The master's address, and the two workers."""
    _, log = standalone("master.Master", "--port", "0")
    master = wait_for(log, r"Starting Spark master at (spark://\S+)")[1]
    workers = []
    for number in range(2):
        usual = ("--cores", "1", "--memory", "1g", "--work-dir", str(tmp_path / f"worker-{number}"))
        process, log = standalone("worker.Worker", *usual, master)
        wait_for(log, "Successfully registered with master")
        workers.append(process)
    return master, workers


@pytest.fixture
def start_download(tmp_path, picture):
    def start(server, master):
        addresses = [server.address(f"/a.jpg?{n}", host=("127.0.0.1", "localhost")[n % 2]) for n in range(90)]
        (tmp_path / "links.txt").write_text("\n".join(addresses))
        command = [sys.executable, "-m", "aisle", "download", "links.txt", "--out", "images"]
        options = ["--workers", "2", "--allow-private-addresses", "--requests-per-s", "8"]
        return addresses, subprocess.Popen(
            [*command, "--engine", "spark", "--master", master, *options],
            cwd=tmp_path,
            env={**os.environ, "PYSPARK_SUBMIT_ARGS": "--conf spark.executor.memory=512m pyspark-shell"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def picture():
    from io import BytesIO

    from PIL import Image

    file = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, "JPEG")
    return file.getvalue()


def test_a_worker_that_is_killed_with_all_its_tasks_is_survived(
    cluster_of_two, start_download, picture, tmp_path
):
    master, workers = cluster_of_two
    with serve(Site({"/a.jpg": picture})) as server:
        addresses, running = start_download(server, master)
        while len(server.hits) < 20:
            assert running.poll() is None
            time.sleep(0.1)
        os.kill(workers[0].pid, signal.SIGKILL)
        out, err = running.communicate(timeout=240)
    assert running.returncode == 0, err
    assert "90 addresses, 90 images" in out
    store = open_images(str(tmp_path / "images"))
    assert sum(entry.facts["rows"] for entry in store.entries()) == len(addresses)


def test_tasks_end_when_the_driver_is_killed(cluster_of_two, start_download, picture, tmp_path):
    master, _ = cluster_of_two
    with serve(Site({"/a.jpg": picture})) as server:
        _, running = start_download(server, master)
        while len(server.hits) < 6:
            assert running.poll() is None
            time.sleep(0.1)
        running.kill()
        running.communicate()
        time.sleep(5)
        n_hits = len(server.hits)
        time.sleep(3)
        assert len(server.hits) == n_hits


def test_a_server_that_is_no_master_is_an_error(start_download, picture):
    """Spark itself tries for a minute."""
    with socket.create_server(("127.0.0.1", 0)) as server, serve(Site({})) as shop:
        _, running = start_download(shop, f"spark://127.0.0.1:{server.getsockname()[1]}")
        _, err = running.communicate(timeout=240)
    assert running.returncode == 2
    assert err.splitlines()[-1].startswith("aisle: Spark")
    assert "the master ended the work, or does not speak this version of Spark" in err
