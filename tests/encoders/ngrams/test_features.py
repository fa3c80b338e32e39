import numpy as np
import pytest

from aisle.encoders.ngrams.features import NgramFeatures, gather

PARTS = [
    (np.array([0, 2, 3]), np.array([5, 1, 9], np.uint32), np.array([1, 2, 3], np.float32)),
    (np.array([0, 0, 0]), np.array([], np.uint32), np.array([], np.float32)),
    (np.array([0, 1, 1]), np.array([7], np.uint32), np.array([4], np.float32)),
]


class TestGather:
    @pytest.mark.parametrize("in_files", [False, True])
    def test_parts_are_set_one_below_the_other(self, tmp_path, in_files):
        features = gather(PARTS, 2, 10, weighed=False, folder=tmp_path if in_files else None)
        assert len(features) == 3
        assert features.block_ptr.tolist() == [0, 2, 3, 3, 3, 4, 4]
        assert features.key.tolist() == [5, 1, 9, 7]
        assert features.weight.tolist() == [1, 2, 3, 4]
        assert features.key.dtype == np.uint32

    @pytest.mark.parametrize("in_files", [False, True])
    def test_nothing_is_no_rows(self, tmp_path, in_files):
        features = gather([], 2, 10, weighed=True, folder=tmp_path if in_files else None)
        assert len(features) == 0
        assert features.key.dtype == np.int32

    def test_a_single_part_stays_what_it_is(self):
        assert gather(PARTS[:1], 2, 10, weighed=False, folder=None).key.tolist() == [5, 1, 9]

    @pytest.mark.parametrize("in_files", [False, True])
    def test_arrays_are_read_only(self, tmp_path, in_files):
        features = gather(PARTS, 2, 10, weighed=False, folder=tmp_path if in_files else None)
        with pytest.raises(ValueError, match="read-only"):
            features.weight[0] = 1

    def test_features_that_are_mapped_outlive_others_in_the_same_files(self, tmp_path):
        first = gather(PARTS, 2, 10, weighed=True, folder=tmp_path)
        second = gather(PARTS[:1], 2, 10, weighed=True, folder=tmp_path)
        assert first.key.tolist() == [5, 1, 9, 7]
        assert second.key.tolist() == [5, 1, 9]

    def test_hashed_and_weighed_features_share_a_folder(self, tmp_path):
        hashed = gather(PARTS, 2, 10, weighed=False, folder=tmp_path)
        gather(PARTS[:1], 2, 10, weighed=True, folder=tmp_path)
        assert hashed.key.tolist() == [5, 1, 9, 7]
        assert not list(tmp_path.glob("*.partial"))


class TestSlices:
    def features(self, sizes):
        block_ptr = np.concatenate([[0], np.cumsum(sizes)])
        n = int(block_ptr[-1])
        return NgramFeatures(
            block_ptr=block_ptr,
            key=np.zeros(n, np.uint32),
            weight=np.zeros(n, np.float32),
            n_blocks=1,
            weighed=False,
            n_keys=1,
        )

    def test_no_slice_has_more_than_is_asked_for(self):
        assert list(self.features([2, 2, 2, 2, 2]).slices(2, 100)) == [(0, 2), (2, 4), (4, 5)]
        assert list(self.features([2, 2, 2, 2, 2]).slices(100, 5)) == [(0, 2), (2, 4), (4, 5)]

    def test_a_row_that_is_larger_is_a_slice_of_its_own(self):
        assert list(self.features([1, 50, 1, 0]).slices(100, 5)) == [(0, 1), (1, 2), (2, 4)]

    def test_rows_without_ngrams_are_covered(self):
        assert list(self.features([0, 0, 0]).slices(2, 5)) == [(0, 2), (2, 3)]
        assert list(self.features([]).slices(2, 5)) == []


class TestChosen:
    FEATURES = gather(PARTS, 2, 10, weighed=True, folder=None)

    def test_rows_and_masks_are_copied_to_the_kinds_that_kernels_take(self):
        rows, fields = self.FEATURES.chosen(np.array([2, 0], np.int32)[::-1], np.array([1, 2], np.int64))
        assert (rows.tolist(), fields.tolist()) == ([0, 2], [1, 2])
        assert (rows.dtype, fields.dtype) == (np.int64, np.uint8)
        assert rows.flags.c_contiguous

    def test_another_number_of_masks_than_rows_is_refused(self):
        with pytest.raises(ValueError, match="2 rows and 1 masks"):
            self.FEATURES.chosen(np.array([0, 1]), np.array([1], np.uint8))
