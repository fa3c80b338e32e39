"""A file held against its hash."""

import hashlib

import pytest

from aisle.core.errors import AisleError
from aisle.core.hashes import check_sha256, sha256_of

SAID = {"whole": "model", "list_name": "SHA256SUMS", "remedy": "fetch it again"}


def test_a_file_as_it_was_is_taken_and_a_changed_one_refused(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 100_000)
    good = hashlib.sha256(b"x" * 100_000).hexdigest()
    assert sha256_of(tmp_path / "a") == good
    check_sha256(tmp_path / "a", good, **SAID)
    (tmp_path / "a").write_bytes(b"y")
    with pytest.raises(
        AisleError, match=r"a: was changed since the model was written \(sha256 .* SHA256SUMS"
    ):
        check_sha256(tmp_path / "a", good, **SAID)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(AisleError, match="b: is missing from the model; fetch it again"):
        check_sha256(tmp_path / "b", "", **SAID)
