"""How steadily crops follow a face: how they wander on a still picture, what smoothing keeps of a movement.

All figures are of the crop that the networks are trained on, at 256 px: root mean squares over frames and
over a grid of points of the crop, so that shift, growth and turn count as they are seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Frame, Image
from understudy.faces.face import Face, FaceSquare
from understudy.faces.finder import FaceFinder
from understudy.faces.smooth import SmoothingConfig, smooth_stream

CROP_PX, COVERAGE = 256, 1.25
FAST_SHARE = 0.25  # of the frame rate: above, heads hardly move (at 30 frames a second 7.5 Hz)
RATE = 25

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CropPath:
    """The crop of one face over time.

    Args:
        points_px: (n, 9, 2) float64, where nine points of the crop, its centre the fifth, lie in the frame;
            the unit is a pixel of the crop.
        px_from_frame_px: length of a frame's pixel in that unit.
    """

    points_px: _Floats
    px_from_frame_px: float

    @property
    def wander_px(self) -> float:
        """RMS distance from the mean."""
        return _rms(self.points_px - self.points_px.mean(axis=0))

    @property
    def fast_px(self) -> float:
        """RMS of what moves faster than `FAST_SHARE` of the frame rate."""
        return _rms(_fast(self.points_px))


def crop_path(squares: list[FaceSquare]) -> CropPath:
    """Where a grid of the crop lies in each frame, in pixels of the crop at its median size."""
    side_px = float(np.median([s.side_px for s in squares]))
    steps = np.array([-0.5, 0.0, 0.5]) * COVERAGE
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    rows: list[_Floats] = []
    for square in squares:
        cos, sin = np.cos(square.roll_rad), np.sin(square.roll_rad)
        turn = np.array([[cos, -sin], [sin, cos]])
        rows.append(grid @ turn.T * square.side_px + np.array([square.x_px, square.y_px]))
    scale = CROP_PX / (side_px * COVERAGE)
    return CropPath(points_px=np.stack(rows) * scale, px_from_frame_px=scale)


def lag_frames(raw: CropPath, smooth: CropPath, reach: int = 5) -> float:
    """By how many frames the smoothed path is late: the peak of the velocities' cross-correlation.

    The peak is found between frames, by a parabola through its three highest values.
    """
    a = np.diff(raw.points_px[:, 4], axis=0)
    b = np.diff(smooth.points_px[:, 4], axis=0)
    inner = slice(reach, len(a) - reach)
    shifts = np.arange(-reach, reach + 1)
    matches = np.array([float((a[inner] * np.roll(b, -shift, axis=0)[inner]).sum()) for shift in shifts])
    peak = int(np.clip(matches.argmax(), 1, len(shifts) - 2))
    before, at, after = matches[peak - 1 : peak + 2]
    return float(shifts[peak] + 0.5 * (before - after) / (before - 2 * at + after))


def onset_error_px(path: CropPath, shifts_px: _Floats, start: int, around: int = 10) -> float:
    """How far the crop's centre is off around a movement's start: late, early or rounded.

    Args:
        path: of a face that rests and then moves.
        shifts_px: (n, 2) where it really is, in pixels of the frame.
        start: first frame in which it has moved.
        around: frames before and after the start that are looked at.

    Returns:
        The largest distance from the true place, both taken from where the face rests.
    """
    centre, truth = path.points_px[:, 4], shifts_px * path.px_from_frame_px
    off = (centre - centre[: start - around].mean(axis=0)) - (truth - truth[0])
    return float(np.linalg.norm(off[start - around : start + around], axis=1).max())


def raw_and_smooth(
    frames: Iterable[Frame], finder: FaceFinder | None = None, config: SmoothingConfig | None = None
) -> list[tuple[list[FaceSquare], list[FaceSquare]]]:
    """The squares of each track without and with smoothing, longest track first.

    Args:
        frames: consecutive frames.
        finder: one that does not smooth; a new one if None.
        config: the filter; the program's own if None.
    """
    found = list((finder or unsmoothed_finder()).stream(frames))
    raw = _by_track(faces for _, faces in found)
    smooth = _by_track(faces for _, faces in smooth_stream(iter(found), config))
    return sorted(((raw[t], smooth[t]) for t in raw), key=lambda pair: -len(pair[0]))


def unsmoothed_finder() -> FaceFinder:
    """A finder whose squares are the fit itself."""
    return FaceFinder(smoothing=SmoothingConfig(radius=0))


def write_noisy(
    path: Path, images: Iterable[Image], *, grain: float = 6.0, crf: int = 23, seed: int = 0
) -> None:
    """Encode pictures as H.264 video with film grain, anew in every frame.

    Args:
        path: an .mp4 file.
        images: (h, w, 3) RGB uint8, sides even.
        grain: standard deviation of the luma's noise, grey levels.
        crf: constant quality of H.264.
        seed: of the noise.
    """
    rng = np.random.default_rng(seed)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"crf": str(crf), "preset": "veryfast"})
        stream.pix_fmt = "yuv420p"
        for index, image in enumerate(images):
            if index == 0:
                stream.height, stream.width = image.shape[:2]
            noise = rng.normal(0, grain, image.shape[:2])[..., None]
            noisy = np.clip(image + noise, 0, 255).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(noisy, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def moved(image: Image, shifts_px: _Floats) -> Iterator[Image]:
    """A picture shifted by each of (n, 2) shifts, between pixels too; its border is repeated."""
    size = (image.shape[1], image.shape[0])
    for x, y in shifts_px:
        frame_from_still = np.array([[1, 0, x], [0, 1, y]], np.float64)
        yield np.asarray(
            cv2.warpAffine(
                image, frame_from_still, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
            ),
            np.uint8,
        )


def _by_track(frames: Iterable[list[Face]]) -> dict[int, list[FaceSquare]]:
    squares: dict[int, list[FaceSquare]] = {}
    for faces in frames:
        for face in faces:
            squares.setdefault(face.track, []).append(face.square)
    return squares


def _fast(path_px: _Floats) -> _Floats:
    """What is left of (n, ...) values above the cut-off frequency; their ends are joined smoothly."""
    line = np.linspace(0, 1, len(path_px)).reshape(-1, *[1] * (path_px.ndim - 1))
    level = path_px - (path_px[0] + (path_px[-1] - path_px[0]) * line)
    waves = np.fft.rfft(np.concatenate([level, -level[-2:0:-1]]), axis=0)  # odd: no step at the ends
    share = np.fft.rfftfreq(2 * len(path_px) - 2)
    waves[share < FAST_SHARE] = 0
    return np.fft.irfft(waves, n=2 * len(path_px) - 2, axis=0)[: len(path_px)]


def _rms(differences_px: _Floats) -> float:
    """Root of the mean squared length of (..., 2) differences."""
    return float(np.sqrt((differences_px**2).sum(axis=-1).mean()))
