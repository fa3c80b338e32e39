"""Inputs are found anywhere, and opened; where that cannot be, the reason is told."""

import os
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from s3fs import S3FileSystem

from aisle.core.addresses import expand_addresses, local_path, open_address
from aisle.core.errors import AisleError


def closed_port():
    """A port of this machine on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class OneFile(BaseHTTPRequestHandler):
    """A server that has `/there.tsv`."""

    def do_HEAD(self):
        self.send_response(200 if self.path == "/there.tsv" else 404)
        self.send_header("Content-Length", "3")
        self.send_header("Connection", "close")
        self.end_headers()

    def do_GET(self):
        self.do_HEAD()
        self.wfile.write(b"id\n")

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def server():
    """The address of a small server on loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), OneFile) as one:
        thread = threading.Thread(target=one.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{one.server_port}"
        one.shutdown()
        thread.join()


class TestExpandAddresses:
    def test_a_pattern_gives_its_files_in_order(self, tmp_path):
        for name in ("b.tsv", "a.tsv", "c.csv"):
            (tmp_path / name).write_text("x")
        assert expand_addresses([f"{tmp_path}/*.tsv"]) == [f"{tmp_path}/a.tsv", f"{tmp_path}/b.tsv"]

    def test_a_relative_path_stays_as_it_was_written(self, tmp_path, monkeypatch):
        (tmp_path / "a.tsv").write_text("x")
        monkeypatch.chdir(tmp_path)
        assert expand_addresses(["a.tsv"]) == ["a.tsv"]

    def test_a_file_of_that_very_name_wins_over_the_pattern(self, tmp_path):
        (tmp_path / "a[1].tsv").write_text("x")
        assert expand_addresses([f"{tmp_path}/a[1].tsv"]) == [f"{tmp_path}/a[1].tsv"]

    def test_any_file_system_will_do(self):
        import fsspec

        fsspec.filesystem("memory").pipe("/shop/a.tsv", b"x")
        assert expand_addresses(["memory://shop/*.tsv"]) == ["memory:///shop/a.tsv"]

    @pytest.mark.parametrize(("name", "words"), [("no.tsv", "no such file"), ("", "is a folder, not a file")])
    def test_what_is_no_file_is_refused_by_name(self, tmp_path, name, words):
        with pytest.raises(AisleError, match=words) as error:
            expand_addresses([str(tmp_path / name)])
        assert str(tmp_path / name) in str(error.value)

    def test_a_pipe_and_a_device_are_called_so(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(AisleError, match="pipe: is a pipe, which can be read only once; write what"):
            expand_addresses([str(tmp_path / "pipe")])
        assert expand_addresses([str(tmp_path / "pipe")], pipes=True) == [str(tmp_path / "pipe")]
        with pytest.raises(AisleError, match="/dev/null: is a device, not a file"):
            expand_addresses(["/dev/null"], pipes=True)

    def test_a_server_that_nobody_runs_is_not_called_a_missing_file(self):
        with pytest.raises(AisleError) as caught:
            expand_addresses([f"http://127.0.0.1:{closed_port()}/a.tsv"])
        assert "/a.tsv: cannot be read (Cannot connect to host 127.0.0.1" in str(caught.value)
        assert "check the address, the way to it" in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_what_a_server_does_not_have_is_missing(self, server):
        assert expand_addresses([f"{server}/there.tsv"]) == [f"{server}/there.tsv"]
        with pytest.raises(AisleError, match=r"none\.tsv: no such file"):
            expand_addresses([f"{server}/none.tsv"])

    @pytest.mark.parametrize("name", ["a.tsv", "*.tsv"])
    @pytest.mark.parametrize(
        ("account", "said"),
        [
            ({}, "cannot be read (Unable to locate credentials); check the address, the way to it, and the"),
            (
                {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"},
                "cannot be read (Could not connect",
            ),
        ],
    )
    def test_a_store_without_credentials_or_without_anybody_there_says_so(
        self, monkeypatch, name, account, said
    ):
        for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
            monkeypatch.delenv(variable, raising=False)
        here = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{closed_port()}",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_MAX_ATTEMPTS": "1",
            **account,
        }
        for variable, value in here.items():
            monkeypatch.setenv(variable, value)
        S3FileSystem.clear_instance_cache()
        with pytest.raises(AisleError) as caught:
            expand_addresses([f"s3://no-shop/{name}"])
        S3FileSystem.clear_instance_cache()
        assert str(caught.value).startswith(f"s3://no-shop/{name}: {said}")
        assert "\n" not in str(caught.value)

    def test_an_unknown_protocol_is_refused(self):
        with pytest.raises(AisleError, match=r"nosuch://a\.tsv"):
            expand_addresses(["nosuch://a.tsv"])


class TestOpenAddress:
    def test_a_pipe_is_read_and_can_be_moved_about_in(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(b"id\n1\n" * 100_000,))
        writer.start()
        with open_address(str(tmp_path / "pipe")) as file:
            assert file.read(3) == b"id\n"
            file.seek(0)
            assert file.read() == b"id\n1\n" * 100_000
        writer.join()

    def test_what_is_not_there_is_refused(self, tmp_path):
        with pytest.raises(AisleError, match="no such file"), open_address(str(tmp_path / "none")):
            pass


def test_a_file_of_this_machine_has_a_path_however_it_is_addressed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for address in ("a.tsv", "./a.tsv", str(tmp_path / "a.tsv"), f"file://{tmp_path}/a.tsv"):
        assert local_path(address) == tmp_path / "a.tsv"
    assert local_path("memory://a.tsv") is None
