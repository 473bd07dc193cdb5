"""What lies behind a head that moves away: the photo's background, filled in once."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image, Mask, Points
from understudy.expression.fill import filled
from understudy.expression.topology import OVAL
from understudy.faces.mesh import CHIN

_SIDE = 160  # pixels of the longer side of the small picture in which people are told from what is behind
_ROUNDS = 3
_SOFT = 1.5  # of its pixels
_FRINGE = 2.0  # of its pixels around the person that are not taken for background
_NECK = (-0.3, 0.0)  # below the chin, in heights of the face: from where to where nothing is filled in
_NEAR, _FAR = 1.12, 2.3  # distances of the face's border: hair is there, none is there
_LEAST_NEAR, _MOST_FAR = 0.6, 0.35  # how much of those upper halves a head must and may cover

_Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Background:
    """A photo's background.

    Args:
        behind: (h, w, 3) RGB uint8, without the person.
        packed: (h, w, 4) uint8: what is seen of it in the photo, and by how much the person covers it.
    """

    behind: Image
    packed: NDArray[np.uint8]

    @classmethod
    def of(cls, photo: Image, mesh_px: Points) -> Background | None:
        """Of a photo of somebody; None where head and background cannot be told apart.

        Reference:
            Rother et al., GrabCut, SIGGRAPH 2004, begun from the face's mesh.
        """
        small_from_photo = min(1.0, _SIDE / max(photo.shape[:2]))
        small = cv2.resize(
            photo, None, fx=small_from_photo, fy=small_from_photo, interpolation=cv2.INTER_AREA
        )
        person = _person(np.asarray(small, np.uint8), mesh_px[:, :2] * small_from_photo)
        if person is None:
            return None
        size = (photo.shape[1], photo.shape[0])
        soft = cv2.resize(person, size, interpolation=cv2.INTER_LINEAR)
        soft = cv2.GaussianBlur(soft, (0, 0), _SOFT / small_from_photo / 2)
        fringe = 2 * round(_FRINGE / small_from_photo) + 1
        clear = cv2.erode((soft < 0.01).astype(np.float32), np.ones((fringe, fringe), np.uint8))
        behind = filled(photo, np.asarray(clear, np.float32))
        # beside the neck nothing is filled in: there the background goes along a little
        chin = mesh_px[CHIN, 1]
        from_jaw = (np.arange(size[1]) - chin) / float(np.ptp(mesh_px[OVAL, 1]))
        neck = np.clip((from_jaw - _NECK[0]) / (_NECK[1] - _NECK[0]), 0, 1)
        cover = np.round(255 * np.maximum(soft, neck[:, None])).astype(np.uint8)
        seen = _share(behind, 255 - cover)
        return cls(behind, np.dstack([seen, cover]))

    def restored(self, picture: Image, place: NDArray[np.float32]) -> Image:
        """A moved photo in which the background has not moved.

        Of photo = person + share of background, what has moved is the person; so the background that came
        with it is taken off and that of the place put on. Where nothing moves nothing changes, however
        badly person and background are told apart.

        Args:
            picture: (h, w, 3) RGB uint8, the photo's pixels of `place`.
            place: (h, w, 2) float32, where each pixel comes from.
        """
        x, y = cv2.split(place)
        came = cv2.remap(self.packed, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        seen = _share(self.behind, np.asarray(255 - came[..., 3], np.uint8))
        change = cv2.subtract(seen, np.ascontiguousarray(came[..., :3]), dtype=cv2.CV_16S)
        return np.asarray(cv2.add(picture, change, dtype=cv2.CV_8U), np.uint8)


def _share(picture: Image, share: NDArray[np.uint8]) -> Image:
    """Pixels times (h, w) shares of 255."""
    return np.asarray(cv2.multiply(picture, cv2.merge([share, share, share]), scale=1 / 255), np.uint8)


def _person(photo: Image, mesh: Points) -> Mask | None:
    """(h, w) 1 on the person, None where that cannot be."""
    border, chin = mesh[OVAL], mesh[CHIN]
    centre, width, height = border.mean(axis=0), float(np.ptp(border[:, 0])), float(np.ptp(border[:, 1]))
    guess = np.full(photo.shape[:2], cv2.GC_BGD, np.uint8)

    def scaled(wide: float, high: float) -> Points:
        return centre + (border - centre) * (wide, high) - (0, 0.1 * height)

    below = max(photo.shape) + chin[1]
    neck = [(-0.45, -0.1), (0.45, -0.1), (0.5, 0.25), (2.2, 0.8)]
    left = [(-x, y) for x, y in neck[::-1]]
    body = [(centre[0] + width * x, chin[1] + height * y) for x, y in neck]
    body += [(centre[0] + 2.2 * width, below), (centre[0] - 2.2 * width, below)]
    body += [(centre[0] + width * x, chin[1] + height * y) for x, y in left]
    for outline, what in (
        (scaled(2.0, 1.9), cv2.GC_PR_BGD),
        (np.array(body), cv2.GC_PR_FGD),
        (scaled(1.2, 1.3), cv2.GC_PR_FGD),
        (border, cv2.GC_FGD),
    ):
        cv2.fillPoly(guess, [np.round(outline).astype(np.int32)], what)
    if (guess == cv2.GC_BGD).mean() < 0.02:
        return None  # the face fills the picture
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    cv2.grabCut(photo, guess, (0, 0, 1, 1), *models, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    person = ((guess == cv2.GC_FGD) | (guess == cv2.GC_PR_FGD)).astype(np.uint8)
    _, parts = cv2.connectedComponents(person)
    y, x = np.clip(centre[::-1].astype(int), 0, np.array(parts.shape) - 1)
    mask = (parts == parts[y, x]).astype(np.float32)
    mask = np.asarray(cv2.dilate(mask, np.ones((3, 3), np.uint8)), np.float32)
    near = _covered(mask, centre + (border - centre) * _NEAR, unknown=1.0)
    far = _covered(mask, centre + (border - centre) * _FAR, unknown=0.0)
    return mask if near > _LEAST_NEAR and far < _MOST_FAR else None


def _covered(mask: Mask, ring: Points, unknown: float) -> float:
    """How much of what a picture shows of the upper half of a ring lies on the person."""
    at = np.round(ring[ring[:, 1] < ring[:, 1].mean()]).astype(int)
    within = ((at >= 0) & (at < mask.shape[::-1])).all(axis=1)
    return float(mask[at[within, 1], at[within, 0]].mean()) if within.any() else unknown
