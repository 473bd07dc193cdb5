"""Arrays in files without a name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from limits import small_disk
from understudy.core.errors import UnderstudyError
from understudy.core.mapped import mapped_bytes


def test_what_is_written_is_read_and_nothing_lies_in_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    array = mapped_bytes((3, 5, 7), folder)
    assert array.shape == (3, 5, 7)
    assert not array.any()
    array[1] = 9
    np.testing.assert_array_equal(array[:, 0, 0], [0, 9, 0])
    assert list(folder.iterdir()) == []


def test_a_disk_without_room_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 400) as disk:
        with pytest.raises(UnderstudyError, match="make room on that disk"):
            mapped_bytes((1000, 1000), disk)
        fits = mapped_bytes((100, 1000), disk)
        fits[:] = 1
        assert fits.all()
        del fits  # the disk is in use as long as it is


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnderstudyError, match="cannot be kept in"):
        mapped_bytes((10,), tmp_path / "file")
