"""What `understudy extract` says of the faces of several people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from actors import clip
from understudy.faces.faceset import Faceset
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter

from .conftest import Run

FRAMES = 22


@pytest.fixture
def duo(tmp_path: Path) -> Path:
    """B beside A."""
    path = tmp_path / "duo.mp4"
    with VideoReader(clip("B_train")) as left, VideoReader(clip("A_testA")) as right:
        width = left.info.width_px + right.info.width_px
        with VideoWriter(path, like=replace(left.info, width_px=width, coded_width_px=width)) as writer:
            for a, b in zip(left, right, strict=False):
                if a.index < FRAMES:
                    writer.write(replace(a, image=np.concatenate([a.image, b.image], axis=1)))
    return path


def test_nothing_is_called_rejected_that_is_kept_elsewhere(run: Run, duo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "party"
    largest = run("extract", duo, "--out", folder)
    assert largest.code == 0
    assert rows(largest.out)["faces"] == f"{FRAMES} kept"
    assert rows(largest.out)["rejected"] == f"{FRAMES} another person"
    assert "Train with" not in largest.out

    everybody = run("extract", duo, "--out", folder, "--people", "all")
    assert rows(everybody.out)["faces"] == f"{2 * FRAMES} kept, of 2 people"
    assert "rejected" not in everybody.out
    for name in ("person_1", "person_2"):
        assert rows(everybody.out)[name].split() == [str(FRAMES), str(folder / name)]
    assert f"{folder} holds the faces of all, to go on from, and keeps person_1 too." in everybody.out

    with Faceset.open(folder) as faceset:
        chosen = [face.id for face in faceset.faces(None)][:2]
        faceset.set_state(chosen, "rejected", "blurred", by="somebody")
    again = run("extract", duo, "--out", folder, "--people", "all", "--json").json
    assert (again["faces"], again["rejected"], again["reasons"]) == (2 * FRAMES - 2, 2, {"blurred": 2})


def rows(out: str) -> dict[str, str]:
    """First word of each line to the rest of it."""
    parts = [line.split(maxsplit=1) for line in out.splitlines() if line.strip()]
    return {part[0]: part[-1] for part in parts}


def test_a_name_that_is_no_text_is_refused_and_nothing_is_left(run: Run, duo: Path, tmp_path: Path) -> None:
    result = run("extract", duo, "--out", tmp_path / "z", "--identity", "b\udcff")
    assert result.code == 1
    assert "error: the name 'b\ufffd' is no text" in result.err
    assert not (tmp_path / "z").exists()
