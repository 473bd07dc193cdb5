"""The rendered actors' performance as seen by the real networks, and known damages to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

import cv2
import numpy as np

from actors import frames_of
from understudy.core.types import Frame, Image, Points
from understudy.faces.face import Face
from understudy.faces.finder import FaceFinder
from understudy.faces.mesh import FACE_OVAL, LEFT_EYELIDS, OUTER_LIPS, RIGHT_EYELIDS

FRAMES, STEP = 100, 2  # a blink, raised brows, an open mouth and a turned head


@dataclass(frozen=True)
class Shot:
    """One frame and the face in it."""

    image: Image
    face: Face


Take = list[Shot]
Parts = tuple[tuple[int, ...], ...]

MOUTH: Parts = (OUTER_LIPS,)
EYES: Parts = (LEFT_EYELIDS, RIGHT_EYELIDS)


@dataclass(frozen=True, eq=False)
class Performance:
    """What A does (the target), and B really doing the same (the truth)."""

    target: Take
    truth: Take
    finder: FaceFinder

    def seen(self, images: Iterable[Image]) -> Take:
        """Find the faces of damaged frames anew."""
        return seen(self.finder, images)

    @cache  # noqa: B019  # one performance lives as long as the tests
    def frozen_truth(self, parts: Parts) -> Take:
        return self.seen(frozen(self.truth, parts))

    @cache  # noqa: B019
    def frozen_target(self, parts: Parts) -> Take:
        return self.seen(frozen(self.target, parts))


def perform() -> Performance:
    finder = FaceFinder()
    target, truth = (
        seen(finder, [frame.image for frame in frames_of(name, FRAMES, STEP)])
        for name in ("A_testA", "BhA_testA")
    )
    return Performance(target=target, truth=truth, finder=finder)


def seen(finder: FaceFinder, images: Iterable[Image]) -> Take:
    frames = (Frame(index=i, pts=i, time_base=Fraction(1, 25), image=image) for i, image in enumerate(images))
    return [Shot(frame.image, faces[0]) for frame, faces in finder.stream(frames)]


def each(take: Take, change: Callable[[int, Shot], Image]) -> Take:
    """Change the pictures and leave the faces where they were found."""
    return [replace(shot, image=change(i, shot)) for i, shot in enumerate(take)]


def frozen(take: Take, parts: Parts) -> list[Image]:
    """Hold parts of the face as they were in the first frame, while the head goes on moving."""
    first = take[0]
    size = 256
    frozen_crop = cv2.warpAffine(first.image, first.face.square.crop_from_frame(size, 2.0), (size, size))
    images = []
    for shot in take:
        frame_from_crop = cv2.invertAffineTransform(shot.face.square.crop_from_frame(size, 2.0))
        height, width = shot.image.shape[:2]
        still = cv2.warpAffine(frozen_crop, frame_from_crop, (width, height), flags=cv2.INTER_CUBIC)
        mask = np.zeros((height, width), np.float32)
        for part in parts:
            both = np.concatenate(
                [shot.face.landmarks_px[list(part), :2], _moved(first, shot, list(part))]
            ).astype(np.float32)
            cv2.fillConvexPoly(mask, cv2.convexHull(both).round().astype(np.int32), (1.0,))
        side = shot.face.square.side_px
        mask = cv2.dilate(mask, np.ones((3, 3), np.uint8), iterations=round(0.06 * side))
        mask = cv2.GaussianBlur(mask, (0, 0), 0.015 * side)[..., None]
        images.append((mask * still + (1 - mask) * shot.image).astype(np.uint8))
    return images


def _moved(first: Shot, shot: Shot, part: list[int]) -> Points:
    """Where the first frame's landmarks come to lie in another frame."""
    crop_from_first = first.face.square.crop_from_frame(1, 1.0).astype(np.float64)
    frame_from_crop = cv2.invertAffineTransform(shot.face.square.crop_from_frame(1, 1.0).astype(np.float64))
    in_crop = first.face.landmarks_px[part, :2] @ crop_from_first[:, :2].T + crop_from_first[:, 2]
    return (in_crop @ frame_from_crop[:, :2].T + frame_from_crop[:, 2]).astype(np.float32)


def rolled(take: Take, degrees: float) -> list[Image]:
    """Turn the picture around the face, clockwise."""
    images = []
    for shot in take:
        height, width = shot.image.shape[:2]
        square = shot.face.square
        turn = cv2.getRotationMatrix2D((square.x_px, square.y_px), -degrees, 1.0)
        images.append(cv2.warpAffine(shot.image, turn, (width, height), borderMode=cv2.BORDER_REPLICATE))
    return images


def face_mask(shot: Shot, share: float = 0.9, blur_px: float = 0.0) -> np.ndarray:
    """(h, w, 1) float32, 1 within a part of the face's outline."""
    hull = cv2.convexHull(shot.face.landmarks_px[list(FACE_OVAL), :2].astype(np.float32))
    hull = (hull - hull.mean(axis=0)) * share + hull.mean(axis=0)
    mask = np.zeros(shot.image.shape[:2], np.float32)
    cv2.fillConvexPoly(mask, np.round(hull).astype(np.int32), (1.0,))
    return (cv2.GaussianBlur(mask, (0, 0), blur_px) if blur_px else mask)[..., None]


def brightened(image: Image, levels: float | np.ndarray, mask: np.ndarray | float = 1.0) -> Image:
    return np.clip(image + levels * mask, 0, 255).astype(np.uint8)


def colour_noise(take: Take, levels: float, *, on_face: bool) -> Take:
    """Another tint in every frame, on the face or on all but the face."""
    rng = np.random.default_rng(0)

    def tinted(_: int, shot: Shot) -> Image:
        mask = face_mask(shot, 1.0)
        return brightened(shot.image, rng.normal(0, levels, 3), mask if on_face else 1 - face_mask(shot, 1.3))

    return each(take, tinted)
