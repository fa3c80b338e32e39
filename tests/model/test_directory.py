"""The model directory: checked before it is read."""

import json
import os
import pickle
import shutil

import pytest

from aisle.core.errors import AisleError
from aisle.model.directory import check_model, read_model, write_model


@pytest.fixture
def copy(model, tmp_path):
    """A model that a test may spoil."""
    return shutil.copytree(model, tmp_path / "model")


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refused(folder, words):
    with pytest.raises(AisleError, match=words) as error:
        read_model(folder)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_what_is_read_and_written_again_is_the_same_to_the_byte(model, tmp_path):
    write_model(read_model(model), tmp_path / "again")
    assert files(tmp_path / "again") == files(model)


def test_it_holds_what_its_page_says(model):
    assert sorted(files(model)) == [
        "SHA256SUMS",
        "aisle.json",
        "encoder.image.safetensors",
        "encoder.text.safetensors",
        "head.safetensors",
        "labels.tsv",
        "taxonomy.tsv",
        "trained_on.safetensors",
        "training_counts.tsv",
    ]


@pytest.mark.parametrize(
    "name", ["aisle.json", "taxonomy.tsv", "labels.tsv", "head.safetensors", "encoder.text.safetensors"]
)
def test_one_byte_changed_in_any_file_is_refused_by_its_name(copy, name):
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(data)
    assert name in refused(copy, "was changed since the model was written")


def test_a_pickle_in_the_directory_is_refused_and_never_opened(copy):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(copy / "opened"),)

    (copy / "weights.pkl").write_bytes(pickle.dumps(Trap()))
    assert "weights.pkl" in refused(copy, "no part of the model")
    assert not (copy / "opened").exists()


def test_a_pickle_that_the_sums_list_is_refused_as_well(copy):
    (copy / "weights.pkl").write_bytes(b"x")
    with (copy / "SHA256SUMS").open("a") as sums:
        sums.write(f"{'0' * 64}  weights.pkl\n")
    refused(copy, "'weights.pkl' is no file that a model holds")


def test_sums_that_name_a_file_elsewhere_are_refused(copy):
    with (copy / "SHA256SUMS").open("a") as sums:
        sums.write(f"{'0' * 64}  ../secret.tsv\n")
    refused(copy, "'../secret.tsv' is no file that a model holds")


def test_a_missing_file_is_named(copy):
    (copy / "head.safetensors").unlink()
    assert "head.safetensors" in refused(copy, "is missing from the model")


def test_a_link_is_no_part_of_a_model(copy, tmp_path):
    (copy / "head.safetensors").rename(tmp_path / "head")
    (copy / "head.safetensors").symlink_to(tmp_path / "head")
    refused(copy, "no part of the model")


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    refused(tmp_path, "no model directory, it has no aisle.json")
    refused(tmp_path / "none", "no such model directory")


def test_a_newer_format_is_refused_with_both_numbers(copy):
    import hashlib

    about = json.loads((copy / "aisle.json").read_text())
    (copy / "aisle.json").write_text(json.dumps({**about, "format": 99}))
    sums = (copy / "SHA256SUMS").read_text().splitlines()
    digest = hashlib.sha256((copy / "aisle.json").read_bytes()).hexdigest()
    sums = [f"{digest}  aisle.json" if line.endswith(" aisle.json") else line for line in sums]
    (copy / "SHA256SUMS").write_text("\n".join(sums) + "\n")
    refused(copy, "model format 99, this version of Aisle reads 1")


def test_a_good_model_passes(model):
    check_model(model)
