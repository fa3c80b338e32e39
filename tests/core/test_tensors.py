"""Arrays in safetensors files."""

import errno

import numpy as np
import pytest
from safetensors.numpy import load_file

from aisle.core.tensors import write_tensors


def test_arrays_read_back_as_they_were_however_they_lay_in_memory(tmp_path):
    tensors = {"a": np.arange(6, dtype=np.float16).reshape(2, 3).T, "b": np.zeros(0, np.int64)}
    write_tensors(tmp_path / "x.safetensors", tensors, {"info": "é"})
    found = load_file(tmp_path / "x.safetensors")
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(found[name], tensor)
        assert found[name].dtype == tensor.dtype


def test_others_may_read_it_like_any_other_file(tmp_path):
    write_tensors(tmp_path / "x.safetensors", {"a": np.zeros(3)})
    (tmp_path / "plain.txt").write_text("x")
    assert (tmp_path / "x.safetensors").stat().st_mode == (tmp_path / "plain.txt").stat().st_mode


def test_what_the_system_refuses_keeps_its_number(tmp_path):
    with pytest.raises(OSError) as refused:
        write_tensors(tmp_path / "none" / "x.safetensors", {"a": np.zeros(3)})
    assert refused.value.errno == errno.ENOENT
