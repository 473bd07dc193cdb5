"""Footage in step: what does not fit together is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from clips import make_clip, picture
from understudy.core.errors import UnderstudyError
from understudy.core.types import Frame
from understudy.faces.choose import TargetChooser
from understudy.faces.face import Face
from understudy.media.images import write_image
from understudy.workflows.paired_footage import PairedFootage, PairedFrame


class NobodyFinder:
    def stream(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, list[Face]]]:
        return ((frame, []) for frame in frames)


def read(output: Path, target: Path) -> tuple[list[PairedFrame], list[str]]:
    footage = PairedFootage(output, target, None, told_apart=False)
    with closing(footage.read(NobodyFinder, TargetChooser(None))) as pairs:
        return list(pairs), footage.warnings


def clip(path: Path, times: Iterable[int]) -> Path:
    return make_clip(path, pts=list(times), time_base=Fraction(1, 25))


def test_frames_are_paired_in_order_until_one_ends(tmp_path: Path) -> None:
    target, output = clip(tmp_path / "target.mkv", range(8)), clip(tmp_path / "output.mkv", range(5))
    pairs, warnings = read(output, target)
    assert [pair.index for pair in pairs] == list(range(5))
    assert warnings == ["output.mkv ends after 5 frames, before the target does"]
    for pair in pairs:
        np.testing.assert_allclose(pair.moment.output, pair.moment.target, atol=3)
    assert read(target, output)[1] == ["target.mkv goes on after the target has ended"]


@pytest.mark.parametrize(
    ("times", "drifts"),
    [
        (range(3, 11), False),  # late all the time: the same moments
        ([*range(4), *range(5, 9)], True),  # a frame was lost
    ],
)
def test_a_lag_is_no_drift(tmp_path: Path, times: Iterable[int], drifts: bool) -> None:
    target, output = clip(tmp_path / "target.mkv", range(8)), clip(tmp_path / "output.mkv", times)
    pairs, warnings = read(output, target)
    assert len(pairs) == 8
    assert any("drifts by 40 ms" in warning for warning in warnings) == drifts
    assert len(warnings) == drifts


def test_a_size_that_changes_in_the_middle_is_refused_there(tmp_path: Path) -> None:
    for name, sizes in (("target", [96] * 4), ("output", [96, 96, 48, 96])):
        (tmp_path / name).mkdir()
        for index, width_px in enumerate(sizes):
            write_image(tmp_path / name / f"{index}.png", picture(index, width_px, 64))
    footage = PairedFootage(tmp_path / "output", tmp_path / "target", None, told_apart=False)
    with closing(footage.read(NobodyFinder, TargetChooser(None))) as pairs:
        assert [next(pairs).index, next(pairs).index] == [0, 1]
        with pytest.raises(UnderstudyError, match="48x64"):
            next(pairs)
