"""Verification looks for a watermark where that is asked for, and says what it has found, or why not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from made_manifests import made, remuxed
from understudy.media.footage import open_footage
from understudy.media.images import write_image
from understudy.provenance.watermark_binding import ALGORITHM
from understudy.provenance.watermark_detect import Detection, View
from understudy.workflows import convert, convert_frames, verify, verify_watermark
from understudy.workflows.configs import ConvertConfig
from understudy.workflows.convert_draw import DrawnFrame, drawn_frames
from understudy.workflows.verify_result import VerifyConfig, VerifyResult
from understudy.workflows.verify_watermark import STRETCH, STRETCHES, starts_in

from .conftest import shortened


def result_of(path: Path) -> VerifyResult:
    return verify.run(VerifyConfig(file=path, watermark=True))


def well_drawn(*given: Any) -> Iterator[DrawnFrame]:
    """Draws as a model would that has learnt for hours: the target's own face."""
    for frame, parts in drawn_frames(*given):
        yield frame, [replace(each, face=each.cut.crop.astype(np.float32) / 255) for each in parts]


def converted(target: Path, model: Path, out: Path, **asked: Any) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        # six steps of training draw no face that could be found
        patch.setattr(convert_frames, "drawn_frames", well_drawn)
        convert.run(ConvertConfig(target=target, model=model, out=out, codec="h264", crf=0, **asked))
    return out


def test_what_a_conversion_was_asked_to_mark_is_found(model: Path, tmp_path: Path) -> None:
    target = shortened("A_testA", tmp_path / "target.mp4", 75)
    out = converted(target, model, tmp_path / "out.mp4")
    assert verify.run(VerifyConfig(file=out)).watermark is None  # nobody asked
    result = result_of(out)
    assert (result.verdict, result.settings["watermark"]) == ("intact", True)
    mark = result.watermark
    assert mark is not None
    assert (mark.found, mark.agrees, mark.faces) == (True, True, 75)
    assert mark.p_value is not None
    assert mark.p_value < 1e-6
    assert mark.confidence == 1 - mark.p_value
    assert mark.payload is not None
    # and where the manifest and the tags are gone, the mark still says where it comes from
    bare = result_of(remuxed(out, tmp_path / "bare.mp4", tags=False))
    assert (bare.verdict, bare.manifest, bare.is_synthetic) == ("no manifest", "absent", True)
    assert "the watermark in its faces says that understudy made it" in bare.summary
    assert bare.watermark is not None
    assert (bare.watermark.found, bare.watermark.payload, bare.watermark.agrees) == (True, mark.payload, None)
    # likewise in a folder of its frames, and where no suffix says that it is a video
    (tmp_path / "frames").mkdir()
    with open_footage(out) as footage:
        for frame in footage:
            write_image(tmp_path / "frames" / f"{frame.index:03d}.png", frame.image)
    (tmp_path / "bare.mp4").rename(tmp_path / "bare")
    for name in ("frames", "bare"):
        again = result_of(tmp_path / name).watermark
        assert again is not None
        assert (again.found, again.payload) == (True, mark.payload), name


def test_what_was_not_marked_is_not_found(clips: dict[str, Path], model: Path, tmp_path: Path) -> None:
    result = result_of(converted(clips["target"], model, tmp_path / "out.mp4", watermark=False))
    assert result.settings["watermark"] is False
    assert result.watermark is not None
    assert (result.watermark.found, result.watermark.payload) == (False, None)
    assert "none found in 48 faces" in result.watermark.summary


def test_what_cannot_be_looked_at_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = {
        "a.wav": "1.0 s of sound",
        "a.png": "no face was found",
    }
    for name, words in said.items():
        mark = result_of(made(tmp_path / name)).watermark
        assert mark is not None
        assert (mark.found, mark.summary) == (None, f"not looked for: {words}")
    (tmp_path / "film.mp4").write_text("notes")
    mark = result_of(tmp_path / "film.mp4").watermark
    assert mark is not None
    assert "its pictures cannot be read" in mark.summary
    monkeypatch.setenv("UNDERSTUDY_WEIGHTS", str(tmp_path))  # where they are not
    result = result_of(tmp_path / "a.png")
    assert result.verdict == "no manifest"
    assert result.watermark is not None
    assert result.watermark.found is None
    assert "not looked for: the networks that find faces are not here" in result.watermark.summary


def test_what_is_looked_at_is_spread_over_all(monkeypatch: pytest.MonkeyPatch) -> None:
    for frames in (None, 1, 599, 600, 601, 1000, 90_000):
        starts = starts_in(frames)
        assert (len(starts), starts[0]) == (STRETCHES, 0)
        assert all(b - a >= STRETCH for a, b in pairwise(starts))
        assert frames is None or frames < 600 or starts[-1] == frames - STRETCH
    frames = [SimpleNamespace(index=n) for n in range(400) if n != 10]  # one could not be read
    monkeypatch.setattr(verify_watermark, "STRETCH", 75)
    some = [(begun, frame.index) for begun, frame in verify_watermark._some(frames, [0, 75, 200])]  # type: ignore[arg-type]
    assert some == [
        *((0, n) for n in range(10)),
        *((11, n) for n in range(11, 150)),
        *((200, n) for n in range(200, 275)),
    ]


def _detection(p_value: float, payload: int | None = None) -> Detection:
    return Detection(payload=payload, score=0, p_value=p_value)


def test_each_person_looked_at_gives_chance_another_go(monkeypatch: pytest.MonkeyPatch) -> None:
    view = View(crop=np.zeros((1, 1, 3), np.uint8), time_s=0)
    tracks = {1: [view], 2: [view] * 2, 3: [view] * 3}
    by_length = {4: 0.5, 1: 0.3, 2: 4e-7, 3: 1e-9}
    monkeypatch.setattr(verify_watermark, "detect", lambda views: _detection(by_length[len(views)]))
    # the second person of the first stretch; the foremost of both together is another
    seen, best = verify_watermark._best([[tracks[1], tracks[2]], [], [tracks[3]]])
    assert best is not None
    assert (seen, best.p_value, best.found) == (6, 4e-9, True)
    seen, best = verify_watermark._best([[tracks[1], tracks[2]]])
    assert best is not None
    assert not best.found  # 4e-7, but of three
    assert verify_watermark._best([[], []]) == (0, None)
    monkeypatch.setattr(verify_watermark, "detect", lambda views: None)
    assert verify_watermark._best([[tracks[3]]]) == (3, None)


def test_a_mark_is_compared_with_the_one_that_the_manifest_names() -> None:
    found = _detection(1e-9, 0x0123456789ABCDEF)
    ours, other = bytes.fromhex("0123456789abcdef"), bytes(8)
    said = [verify_watermark._said(found, 9, named) for named in (None, ours, other)]
    assert [each.agrees for each in said] == [None, True, False]
    assert {each.payload for each in said} == {"0123456789abcdef"}
    assert "as the manifest says" in said[1].summary
    assert "the manifest names another" in said[2].summary
    unread = verify_watermark._said(_detection(1e-9), 9, ours)
    assert (unread.found, unread.payload, unread.agrees) == (True, None, None)
    assert "the manifest names one" in verify_watermark._said(_detection(0.5), 9, ours).summary
    short = verify_watermark._said(None, 9, ours)
    assert (short.found, short.faces) == (None, 9)
    assert "no face is seen for 1 second" in short.summary
    assert ALGORITHM == "understudy.watermark.2"  # of files that are out there
