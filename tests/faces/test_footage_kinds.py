"""The same performance in other kinds of video: the face is found where it is in the plain one."""

from pathlib import Path

import numpy as np
import pytest

import actors
from clips import make_clip
from made_hdr import HLG, PQ, hdr_of, make_hdr_clip
from made_interlaced import make_interlaced
from understudy.core.types import Frame
from understudy.faces.face import Face
from understudy.faces.finder import FaceFinder
from understudy.media.reader import VideoReader


@pytest.fixture(scope="module")
def images() -> list[np.ndarray]:
    return [frame.image for frame in actors.frames_of("A_testA", stop=37, step=12)]


def found_in(path: Path) -> list[tuple[Frame, Face]]:
    """The face of each frame, every frame for itself."""
    with VideoReader(path) as reader:
        frames = list(reader)
    finder = FaceFinder()
    found = [next(iter(finder.stream([frame]))) for frame in frames]
    assert [len(faces) for _, faces in found] == [1] * len(frames)
    return [(frame, faces[0]) for frame, faces in found]


def plain(image: np.ndarray, folder: Path) -> tuple[Frame, Face]:
    height, width = image.shape[:2]
    path = make_clip(
        folder / "sdr.mkv", frames=1, size_px=(width, height), codec="ffv1", image=image, tags=(1, 1, 1, 1)
    )
    return found_in(path)[0]


def distance_px(a: Face, b: Face) -> float:
    return float(np.linalg.norm((a.landmarks_px - b.landmarks_px)[:, :2], axis=1).mean())


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_hdr(tmp_path: Path, images: list[np.ndarray], transfer: int) -> None:
    path = make_hdr_clip(tmp_path / "hdr.mkv", [hdr_of(image, transfer) for image in images], transfer)
    for image, (frame, face) in zip(images, found_in(path), strict=True):
        expected_frame, expected = plain(image, tmp_path)
        assert np.abs(frame.image.astype(int) - expected_frame.image).mean() < 2
        assert distance_px(face, expected) < 0.5


def test_interlaced(tmp_path: Path, images: list[np.ndarray]) -> None:
    # the actor jumps 8 px within the frame: what is found must be the first field's
    later = [np.roll(image, 8, axis=1) for image in images]
    woven = [image.copy() for image in images]
    for image, after in zip(woven, later, strict=True):
        image[1::2] = after[1::2]
    path = make_interlaced(tmp_path / "a.mp4", "libx264", {"qp": "0", "x264-params": "tff=1"}, images=woven)
    for image, (_, face) in zip(images, found_in(path), strict=True):
        assert distance_px(face, plain(image, tmp_path)[1]) < 1
