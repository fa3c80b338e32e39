"""One run at a time works in a folder, also where it removes it in the end."""

import threading
import time

import pytest

from aisle.core.errors import AisleError
from aisle.core.locks import alone_in


def test_a_second_run_is_refused_until_the_first_has_ended(tmp_path):
    folder = tmp_path / "work"
    with alone_in(folder):
        with pytest.raises(AisleError, match="another run is at work in this folder; wait for it"):
            alone_in(folder).__enter__()
        (folder / "kept").touch()
    with alone_in(folder):
        assert (folder / "kept").exists()


def test_a_folder_that_is_removed_again_and_again_never_has_two_runs(tmp_path):
    folder = tmp_path / "work"
    inside, most, n_done = [], [], []

    def work():
        while len(n_done) < 300:
            try:
                with alone_in(folder):
                    inside.append(1)
                    most.append(len(inside))
                    time.sleep(0.0001)
                    inside.pop()
                    for path in folder.iterdir():
                        path.unlink()
                    folder.rmdir()
                    n_done.append(1)
            except (AisleError, OSError):  # at work, or another one's lock file came while this one left
                continue

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1
