"""Rows outlive the process that spooled them, and what a kill cut in half is dropped."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.images.download.spool import Row, Spool


def rows(n):
    return [Row(row=k, record={"address": f"a{k}", "n": k}, jpeg=bytes([k]) * k, n_tries=k) for k in range(n)]


class TestSpool:
    def test_rows_are_read_back_in_order(self, tmp_path):
        spool = Spool(tmp_path / "s")
        for row in rows(5):
            spool.append(row)
        assert list(spool.rows()) == rows(5)
        spool.close()

    def test_another_process_goes_on_where_one_was_killed(self, tmp_path):
        first = Spool(tmp_path / "s")
        for row in rows(3):
            first.append(row)
        first.close()
        second = Spool(tmp_path / "s")
        second.append(rows(4)[3])
        assert list(second.rows()) == rows(4)
        second.close()

    @given(st.data())
    def test_whatever_is_cut_off_whole_rows_stay(self, tmp_path_factory, data):
        path = tmp_path_factory.mktemp("spool") / "s"
        spool = Spool(path)
        ends = [0]
        for row in rows(5):
            spool.append(row)
            ends.append(path.stat().st_size)
        spool.close()
        cut = data.draw(st.integers(0, ends[-1]))
        path.write_bytes(path.read_bytes()[:cut])
        again = Spool(path)
        n_whole = sum(end <= cut for end in ends) - 1
        assert list(again.rows()) == rows(n_whole)
        again.append(rows(6)[5])
        assert list(again.rows()) == [*rows(n_whole), rows(6)[5]]
        again.close()

    def test_a_changed_byte_ends_the_file(self, tmp_path):
        path = tmp_path / "s"
        spool = Spool(path)
        for row in rows(3):
            spool.append(row)
        spool.close()
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
        again = Spool(path)
        assert list(again.rows()) == rows(2)
        again.close()

    def test_rows_can_be_had_without_their_pictures_and_each_picture_later(self, tmp_path):
        spool = Spool(tmp_path / "s")
        for row in rows(5):
            spool.append(row)
        found = spool.rows_without_pictures()
        assert found == [replace(row, jpeg=b"") for row in rows(5)]
        assert [spool.picture(row) for row in reversed(found)] == [row.jpeg for row in reversed(rows(5))]
        spool.append(rows(6)[5])
        assert list(spool.rows()) == rows(6)
        spool.close()

    def test_it_can_be_removed(self, tmp_path):
        spool = Spool(tmp_path / "s")
        spool.remove()
        assert not (tmp_path / "s").exists()
        with pytest.raises(ValueError, match="closed"):
            spool.append(rows(1)[0])
