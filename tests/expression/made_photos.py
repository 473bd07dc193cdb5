"""A drawn face whose parts have known colours, and the mesh that lies on it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from understudy.expression.apply import shaped
from understudy.expression.basis import load_basis
from understudy.expression.morph import PhotoFace
from understudy.expression.performance import Performance
from understudy.faces.mesh import FACE_OVAL, INNER_LIPS, LEFT_EYELIDS, OUTER_LIPS, RIGHT_EYELIDS

SIZE, SIDE = 400, 250.0
IRIS_PX = 7
LASHES = (70, 50, 45)
SKIN, WHITE, IRIS, LIPS, BEHIND = (
    (200, 160, 140),
    (235, 235, 235),
    (30, 50, 110),
    (170, 80, 80),
    (60, 110, 70),
)
TEETH = (20, 200, 220)  # no other part has this colour


@dataclass(frozen=True)
class Drawn:
    photo: np.ndarray
    face: PhotoFace

    def doing(self, **asked: float) -> Performance:
        """What the face does in the photo, but for some coefficients."""
        own = self.face.own
        values = own.values.copy()
        for name, value in asked.items():
            values[0, own.names.index(name)] = value
        return replace(own, values=values)


def drawn_face(jaw: float = 0.0, lips_apart: float = 0.0) -> Drawn:
    """A face from the front; where the lips are apart, teeth of a colour of their own."""
    names = ("jawOpen", "mouthUpperUpLeft", "mouthUpperUpRight", "mouthLowerDownLeft", "mouthLowerDownRight")
    shape = shaped(load_basis().rest, names, np.array([[jaw, *(lips_apart,) * 4]]))[0]
    mesh = (SIDE * shape + np.array([200, 190, 0])).astype(np.float32)
    photo = np.full((SIZE, SIZE, 3), BEHIND, np.uint8)
    irises = np.stack([_iris(mesh, corners) for corners in ((33, 133), (362, 263))])
    head = mesh[list(FACE_OVAL), :2].mean(axis=0)
    _fill(photo, head + 1.25 * (mesh[list(FACE_OVAL), :2] - head), (50, 35, 25))  # hair
    _fill(photo, mesh[list(FACE_OVAL), :2], SKIN)
    _fill(photo, mesh[list(OUTER_LIPS), :2], LIPS)
    if jaw or lips_apart:
        _fill(photo, mesh[list(INNER_LIPS), :2], TEETH)
    for lids, iris in zip((LEFT_EYELIDS, RIGHT_EYELIDS), irises, strict=True):
        loop = [*lids[:9], *lids[9:][::-1]]
        eye = np.full_like(photo, WHITE)
        cv2.circle(eye, tuple(np.round(iris[0]).astype(int).tolist()), IRIS_PX, IRIS, -1)
        inside = np.zeros(photo.shape[:2], np.uint8)
        cv2.fillPoly(inside, [np.round(mesh[loop, :2]).astype(np.int32)], 1)
        photo[inside > 0] = eye[inside > 0]
        lashes = np.round(mesh[[lids[0], *lids[9:], lids[8]], :2]).astype(np.int32)
        cv2.polylines(photo, [lashes], False, LASHES, 2)
    grain = np.random.default_rng(0).integers(-3, 4, photo.shape)
    photo = np.clip(photo + grain, 0, 255).astype(np.uint8)
    return Drawn(photo, PhotoFace.read(mesh, irises.astype(np.float32), (SIZE, SIZE)))


def like(picture: np.ndarray, colour: tuple[int, int, int], within: float = 40) -> np.ndarray:
    """(h, w) where a picture has about that colour."""
    return np.linalg.norm(picture.astype(float) - colour, axis=2) < within


def around(picture: np.ndarray, points: np.ndarray, margin: int = 3) -> np.ndarray:
    """The part of a picture around points."""
    x0, y0 = np.floor(points[:, :2].min(axis=0)).astype(int) - margin
    x1, y1 = np.ceil(points[:, :2].max(axis=0)).astype(int) + margin
    return picture[y0:y1, x0:x1]


def _iris(mesh: np.ndarray, corners: tuple[int, int]) -> np.ndarray:
    centre = mesh[list(corners), :2].mean(axis=0)
    return centre + IRIS_PX * np.array([(0, 0), (1, 0), (0, -1), (-1, 0), (0, 1)])


def _fill(photo: np.ndarray, points: np.ndarray, colour: tuple[int, int, int]) -> None:
    cv2.fillPoly(photo, [np.round(points).astype(np.int32)], colour)
