"""The target's grain on drawn faces: as strong as around them, another in each frame, nowhere else."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

import understudy
from understudy.compositing.paste import Placed, Window
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter
from understudy.workflows.convert_texture import Textures

CHEEKS = slice(195, 225), slice(160, 230)  # below the eyes, above the mouth


def grainy(target: Path, path: Path, frames: int = 24) -> Path:
    """Footage with the noise of a camera, 6 grey levels, stored without loss."""
    rng = np.random.default_rng(5)
    with VideoReader(target) as reader, VideoWriter(path, like=reader.info, crf=0) as writer:
        for frame in reader:
            if frame.index < frames:
                noise = 6 * rng.standard_normal((*frame.image.shape[:2], 1))
                writer.write(
                    replace(frame, image=np.rint(np.clip(frame.image + noise, 0, 255)).astype(np.uint8))
                )
    return path


def fine(path: Path) -> list[np.ndarray]:
    """What a blur takes away of each frame's luma, grey levels."""
    with VideoReader(path) as reader:
        lumas = [cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY).astype(np.float32) for frame in reader]
    return [luma - cv2.GaussianBlur(luma, (0, 0), 2) for luma in lumas]


def test_a_face_in_grainy_footage_is_as_grainy(clips: dict[str, Path], model: Path, tmp_path: Path) -> None:
    target = grainy(clips["target"], tmp_path / "target.mp4")
    plain, given = tmp_path / "plain.mp4", tmp_path / "given.mp4"
    asked = {"occlusion": False, "colour": "lab", "crf": 0}
    understudy.convert(target, model, plain, **asked)
    understudy.convert(target, model, given, texture=True, **asked)
    of = {path: fine(path) for path in (target, plain, given)}
    # by what changes from frame to frame: features do not, or hardly
    strength = {
        path: np.mean([(b - a)[CHEEKS].std() / 2**0.5 for a, b in pairwise(pictures[4:])])
        for path, pictures in of.items()
    }
    assert strength[plain] < 0.5 * strength[target]
    assert strength[given] == pytest.approx(strength[target], rel=0.3)
    # grain that stood still would lie on the picture like dust
    one, other = (of[given][index][CHEEKS].ravel() for index in (8, 9))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.3
    # around the face every pixel is what it was
    with VideoReader(target) as before, VideoReader(given) as after:
        for one, other in zip(before, after, strict=True):
            assert np.abs(one.image[:60].astype(int) - other.image[:60]).max() == 0


def test_measures_are_steadied_along_a_track_and_are_of_no_other() -> None:
    rng = np.random.default_rng(0)
    face, weight = np.full((96, 96, 3), 0.5, np.float32), np.ones((96, 96), np.float32)
    placed = Placed(window=Window(0, 0, 96, 96), face=face, weight=weight)
    calm, noisy = face, (face + 0.04 * rng.standard_normal((96, 96, 1))).astype(np.float32)
    textures = Textures()
    anna, bert = ("anna", 0), ("bert", 0)
    strength = [float(textures.given(anna, i, noisy, placed).std()) for i in range(4)]
    assert strength == pytest.approx([0.04] * 4, rel=0.2)
    assert textures.given(bert, 3, calm, placed) is face
    after = [float(textures.given(anna, 4 + i, calm, placed).std()) for i in range(4)]
    assert all(0.5 * before < now < before for before, now in zip([0.04, *after], after, strict=False))
    # too little of a face to measure: what is known of the track
    hidden = Placed(window=placed.window, face=face, weight=np.zeros_like(weight))
    assert float(textures.given(anna, 8, calm, hidden).std()) == pytest.approx(after[-1], rel=0.1)
    assert textures.given(("carl", 0), 8, noisy, hidden) is face
