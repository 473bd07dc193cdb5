"""Clips to what the animator learns from: a frame is the photo, and its mesh moves as another one says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.errors import MediaError
from understudy.core.types import Image
from understudy.expression.morph import Morph, PhotoFace
from understudy.expression.performance import Performance
from understudy.expression.read import Clip, read_clip
from understudy.faces.crop import cut
from understudy.media.footage import open_footage
from understudy.nets.animator import AnimatorConfig
from understudy.training.animator_pairs import AnimatorPairs, stored_origin
from understudy.workflows.animate_drawn import square_of
from understudy.workflows.animate_driving import frame_of
from understudy.workflows.animator_inputs import FEATURES, mirrored, told_origin, told_points

_FINER = 1.15  # pixels of what is moved for one of the crop
_DEGREES = 15.0  # of a turn that differs as much as a coefficient of 1

Told = Callable[[int, int], None]


def pairs_of_clip(
    name: str,
    clip: Clip,
    images_of: Callable[[set[int]], dict[int, Image]],
    config: AnimatorConfig,
    *,
    photos: int = 2,
    frames: int = 40,
    told: Told = lambda *_: None,
) -> AnimatorPairs:
    """Pairs of one person.

    Args:
        name: of whom the clip shows.
        clip: the landmarks of that person.
        images_of: gives frames of it by their numbers.
        config: of the network, which says how faces are cut out.
        photos: how many frames are photos.
        frames: how many each of them is moved to.
        told: hears how many are done, and of how many.

    Raises:
        MediaError: it cannot be read, or hardly shows a face.
    """
    performance = read_clip(clip)
    seen = np.flatnonzero(performance.seen)
    if len(seen) < 2:
        raise MediaError(f"{clip.footage} shows {len(seen)} faces", "give footage of a face that moves")
    at, chosen = _chosen(performance, seen, photos, frames)
    clip, images = _as_small_as_will_do(clip, images_of({*chosen, *at}), performance, config)
    performance = read_clip(clip)
    cutter = _Cutter(config)
    truth = {frame: cutter.truth(image, performance, frame) for frame, image in images.items()}
    done, total = 0, sum(photo != frame for photo in at for frame in chosen)
    for photo in at:
        own = frame_of(performance, photo)
        face = PhotoFace(landmarks_px=clip.landmarks_px[photo], iris_px=clip.iris_px[photo], own=own)
        morph = Morph(images[photo], face)
        for frame in chosen:
            if frame != photo:
                cutter.pair(morph, performance, photo, frame, truth)
                done += 1
                told(done, total)
    return cutter.pairs(name)


class _Cutter:
    """Cuts out upright faces and keeps them."""

    def __init__(self, config: AnimatorConfig) -> None:
        self._size, self._coverage = config.size_px, config.coverage
        self._pictures, self._origin, self._points = (
            list[Image](),
            list[NDArray[np.int16]](),
            list[NDArray[np.float16]](),
        )
        self._rows = list[tuple[int, int, int]]()

    def truth(self, image: Image, performance: Performance, frame: int) -> int:
        square = square_of(frame_of(performance, frame))
        self._pictures.append(cut(image, square.crop_from_frame(self._size, self._coverage), self._size))
        return len(self._pictures) - 1

    def pair(
        self, morph: Morph, performance: Performance, photo: int, frame: int, truth: dict[int, int]
    ) -> None:
        square, own = (square_of(frame_of(performance, one)) for one in (frame, photo))
        matrix = square.crop_from_frame(self._size, self._coverage)
        self._pictures.append(cut(morph.drawn(performance, frame), matrix, self._size))
        self._rows.append((truth[photo], len(self._pictures) - 1, truth[frame]))
        places = morph.places(performance, frame)
        self._origin.append(stored_origin(told_origin(places, square, own, self._size, self._coverage)))
        mesh = morph.mesh(performance, frame)
        self._points.append(told_points(mesh, matrix, self._size).astype(np.float16))

    def pairs(self, name: str) -> AnimatorPairs:
        photo, warped, truth = np.array(self._rows, np.int32).reshape(-1, 3).T
        return AnimatorPairs(
            pictures=np.stack(self._pictures),
            photo=photo,
            warped=warped,
            truth=truth,
            person=np.zeros(len(photo), np.int32),
            origin=np.stack(self._origin),
            points=np.stack(self._points),
            mirror=mirrored(),
            features=FEATURES,
            people=(name,),
            coverage=self._coverage,
        )


def _chosen(
    performance: Performance, seen: NDArray[np.intp], photos: int, frames: int
) -> tuple[list[int], list[int]]:
    """Frames that are photos, of the calmer half, and those that they are moved to.

    Half of the latter are as different as can be, the others spread evenly, as faces are mostly calm.

    Reference:
        Gonzalez, Clustering to minimize the maximum intercluster distance, 1985.
    """
    turns = performance.pose_deg[seen] / _DEGREES
    values, gaze = performance.values[seen], performance.gaze_deg[seen] / (2 * _DEGREES)
    rows = np.column_stack([values, turns, gaze])
    calm = np.argsort(np.abs(turns[:, :2]).sum(axis=1) + np.abs(values).sum(axis=1) / 4, kind="stable")
    at = calm[np.linspace(0, len(calm) // 2, photos, endpoint=False).astype(int)]
    chosen = [int(calm[0])]
    nearest = np.full(len(rows), np.inf)
    while len(chosen) < min(-(-frames // 2), len(rows)):
        nearest = np.minimum(nearest, np.linalg.norm(rows - rows[chosen[-1]], axis=1))
        chosen.append(int(nearest.argmax()))
    others = np.setdiff1d(np.arange(len(rows)), chosen)
    even = others[np.linspace(0, len(others) - 1, min(frames - len(chosen), len(others))).round().astype(int)]
    return sorted(set(seen[at].tolist())), sorted(seen[[*chosen, *even]].tolist())


def _as_small_as_will_do(
    clip: Clip, images: dict[int, Image], performance: Performance, config: AnimatorConfig
) -> tuple[Clip, dict[int, Image]]:
    """The same in smaller pictures, where faces are larger than what is learnt from them."""
    share = _FINER * config.size_px / config.coverage / float(np.nanmedian(performance.scale_px))
    if share >= 1:
        return clip, images
    width, height = (max(1, round(share * side)) for side in clip.size_px)
    small = {
        number: np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        for number, image in images.items()
    }
    scale = np.array([width / clip.size_px[0], height / clip.size_px[1]], np.float32)
    points, irises = clip.landmarks_px.copy(), (clip.iris_px + 0.5) * scale - 0.5
    points[..., :2] = (points[..., :2] + 0.5) * scale - 0.5
    points[..., 2] *= scale[0]
    return replace(clip, landmarks_px=points, iris_px=irises, size_px=(width, height)), small


def frames_numbered(path: Path, wanted: set[int]) -> dict[int, Image]:
    """Some frames of footage by their numbers."""
    with open_footage(path) as footage:
        return {number: frame.image for number, frame in enumerate(footage) if number in wanted}
