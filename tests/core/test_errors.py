"""Messages that name what is near, and what the system refused."""

import errno

import pytest

from aisle.core.errors import known_names, system_refusal


class TestKnownNames:
    def test_the_nearest_comes_first_then_all(self):
        assert known_names("flatt", ["per_level", "flat"]) == "did you mean 'flat'? known: flat, per_level"

    def test_where_nothing_is_near_all_are_named(self):
        assert known_names("xyz", ["flat", "cascade"]) == "known: cascade, flat"

    def test_where_there_are_none_that_is_said(self):
        assert known_names("flat", []) == "there are none"


class TestSystemRefusal:
    @pytest.mark.parametrize(
        ("number", "told"),
        [
            (errno.EACCES, "a.tsv: Permission denied; change its permissions, or name another"),
            (errno.ENOSPC, "a.tsv: No space left on device; make room, and run it again"),
            (errno.EROFS, "a.tsv: Read-only file system; name a place that can be written to"),
        ],
    )
    def test_what_a_user_can_mend_is_one_line_with_the_file(self, number, told):
        assert system_refusal(OSError(number, "in words of its own", "a.tsv")) == told

    def test_a_file_may_be_unknown(self):
        assert (
            system_refusal(OSError(errno.ENOSPC, ""))
            == "No space left on device; make room, and run it again"
        )

    def test_anything_else_is_none_of_the_user_s_doing(self):
        assert system_refusal(OSError(errno.EBADF, "")) is None
        assert system_refusal(FileNotFoundError(errno.ENOENT, "", "a.tsv")) is None
