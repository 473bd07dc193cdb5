"""What conversion writes carries a mark where that is asked for, and verification finds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from understudy.faces.finder import FaceFinder
from understudy.media.reader import VideoReader
from understudy.provenance.watermark_detect import Detection, View, detect
from understudy.workflows import convert, swap
from understudy.workflows.configs import ConvertConfig, SwapConfig
from understudy.workflows.signing import is_marked
from understudy.workflows.swap_names import Named
from understudy.workflows.verify_watermark import view_of


@pytest.mark.parametrize("blend", ["light", "pyramid"])
def test_the_output_is_marked(clips: dict[str, Path], model: Path, tmp_path: Path, blend: str) -> None:
    out = tmp_path / "out.mp4"
    convert.run(ConvertConfig(target=clips["target"], model=model, out=out, blend=blend))
    assert _detected(clips["target"], out).found


def test_without_the_mark_none_is_found(clips: dict[str, Path], model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    convert.run(ConvertConfig(target=clips["target"], model=model, out=out, watermark=False))
    found = _detected(clips["target"], out)
    assert found.p_value > 1e-3


def test_a_single_picture_has_none(tmp_path: Path) -> None:
    # it shows in how a face changes
    for name, marked in {"a.png": False, "a.jpg": False, "a%06d.png": True, "a.mp4": True}.items():
        for asked in (True, False):
            config = ConvertConfig(target=tmp_path, model=tmp_path, out=tmp_path / name, watermark=asked)
            assert is_marked(config) is (marked and asked)


def test_a_swap_passes_on_whether_to_mark(tmp_path: Path) -> None:
    for watermark in (False, True):
        config = SwapConfig(source=(tmp_path,), target=tmp_path, out=tmp_path / "o.mp4", watermark=watermark)
        training = swap._train_config(config, tmp_path)
        people = {role: Named(identity=role, person=role, is_said=False) for role in ("source", "target")}
        assert swap._convert_config(config, training, people, ()).watermark is watermark


def _detected(target: Path, out: Path) -> Detection:
    # six steps of training draw no face that could be found: it lies where the target's does
    views: list[View] = []
    with VideoReader(target) as before, VideoReader(out) as after:
        for (_, faces), frame in zip(FaceFinder().stream(before), after, strict=True):
            views.append(view_of(faces[0], frame.image, float(frame.time_s)))
    found = detect(views)
    assert found is not None
    return found
