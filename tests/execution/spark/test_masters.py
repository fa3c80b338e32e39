"""What is wrong with a master is said before anything is started, in one line."""

import socket

import pytest

from aisle.core.errors import AisleError
from aisle.execution.spark.masters import check_java, check_master, is_this_machine


class TestMaster:
    @pytest.mark.parametrize(
        "master",
        [
            "",
            "localhost:7077",
            "spark://",
            "spark://host",
            "spark://host:port",
            "local[]",
            "local[0]",
            "mesos://h:1",
        ],
    )
    def test_an_address_of_no_master_is_refused(self, master):
        with pytest.raises(AisleError, match=r"is no address of a Spark master; write spark://HOST:PORT"):
            check_master(master)

    @pytest.mark.parametrize(
        "master",
        ["local", "local[*]", "local[2]", "local[2,3]", "local-cluster[2,1,1024]", "k8s://https://host:6443"],
    )
    def test_an_address_of_a_master_is_taken(self, master):
        check_master(master)

    def test_a_master_that_does_not_answer_is_refused_at_once(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            with pytest.raises(AisleError, match=rf"nobody answers \(127\.0\.0\.1:{port}: .*refused"):
                check_master(f"spark://127.0.0.1:{port}")

    def test_of_several_masters_one_must_answer(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            check_master(f"spark://127.0.0.1:1,127.0.0.1:{server.getsockname()[1]}")

    def test_a_port_out_of_range_is_refused(self):
        with pytest.raises(AisleError, match="nobody answers"):
            check_master("spark://127.0.0.1:77077")

    def test_yarn_needs_the_clusters_configuration(self, monkeypatch):
        monkeypatch.delenv("HADOOP_CONF_DIR", raising=False)
        monkeypatch.delenv("YARN_CONF_DIR", raising=False)
        with pytest.raises(AisleError, match="set HADOOP_CONF_DIR"):
            check_master("yarn")
        monkeypatch.setenv("HADOOP_CONF_DIR", "/etc/hadoop")
        check_master("yarn")

    def test_this_machine_is_told_from_a_cluster(self):
        assert is_this_machine("local[2]")
        assert not is_this_machine("spark://host:7077")


class TestJava:
    def test_a_machine_without_java_is_refused(self, monkeypatch, tmp_path):
        monkeypatch.delenv("JAVA_HOME", raising=False)
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(AisleError, match="Spark needs Java 17 or newer, and there is none"):
            check_java()

    def test_a_java_home_without_java_is_refused(self, monkeypatch, tmp_path):
        monkeypatch.setenv("JAVA_HOME", str(tmp_path))
        with pytest.raises(AisleError, match="there is no bin/java"):
            check_java()
