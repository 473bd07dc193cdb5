"""The frames of footage with another mouth; all else keeps its bits."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from understudy.compositing.mask_sets import ramp
from understudy.core.geometry import transform_points
from understudy.core.prefetch import prefetch
from understudy.core.types import Image, Mask, Points
from understudy.expression.apply import shaped
from understudy.expression.mouth import Interior
from understudy.expression.mouth_shown import LIP_CORNERS, gap_of
from understudy.expression.patches import Box, blended, outlined
from understudy.expression.performance import Performance
from understudy.expression.read import Clip
from understudy.expression.topology import LOWER_LIP, UPPER_LIP
from understudy.faces.face import FaceSquare
from understudy.faces.mesh import NOSE_BASE
from understudy.workflows.animate_mark import FaceMark
from understudy.workflows.animate_part import FootageFace, MovedFace
from understudy.workflows.composed import Composed
from understudy.workflows.lipsync_inside import Inside
from understudy.workflows.lipsync_order import PictureOrder, frames_in_order
from understudy.workflows.lipsync_say import Saying

_AHEAD = 4  # decoded frames
# below the nose: cheeks beside the mouth, jaw and chin
_LOWER_FACE = np.array(
    (
        *(NOSE_BASE, 98, 205, 187, 58, 172, 136, 150, 149, 176, 148),
        *(152, 377, 400, 378, 379, 365, 397, 288, 411, 425, 327),
    )
)
# of the lower face's outline, across and down; in sides of the face, inward from there
_GROWN, _FADES = np.array((1.15, 1.3)), 0.08
# of the mouth's width: lips as near as that meet, what lies between them; and how dark their line is
_SEALED, _SEAM, _SHADE = 0.02, 0.05, 0.25
_SIZE_PX, _COVERAGE = 192, 1.8  # of the mask, and in sides of the face square


@dataclass(frozen=True)
class LipsDrawer:
    """Draws the frames of an output.

    Args:
        path: of the footage.
        order: of its frames.
        clip: the face's landmarks in it.
        own: what it does.
        saying: what it shall do.
        insides: of its mouth, where it is open more and less; made up where there are none.
        payload: of the watermark; None where there is none.
    """

    path: Path
    order: PictureOrder
    clip: Clip
    own: Performance
    saying: Saying
    insides: Sequence[Inside]
    payload: int | None

    def frames(self, first: int) -> Generator[Composed]:
        """Frames from an index of the output on."""
        mark = None if self.payload is None else FaceMark(self.payload)
        face = FootageFace(clip=self.clip, own=self.own, finish=_finished, mark=mark)
        with closing(prefetch(frames_in_order(self.path, self.order, first), depth=_AHEAD)) as decoded:
            for number, frame in decoded:
                wanted = self.saying.at(frame.index)
                if wanted is None:
                    yield Composed(frame=frame)
                else:
                    yield face.given(frame, number, wanted, self._inside(wanted))

    def _inside(self, wanted: Performance) -> Interior | None:
        """The mouth that is open most nearly as wanted: what it shows fills the gap, and lies as it would."""
        if not self.insides:
            return None
        gap = gap_of(shaped(wanted.rest, wanted.names, wanted.values)[0])
        return min(self.insides, key=lambda one: abs(one.gap - gap)).shown


def _finished(face: MovedFace) -> tuple[Image, Mask]:
    drawn = sealed(face.drawn, face.mesh_px, gap_of(face.was_px))
    return drawn, lower_face_mask((face.was_px, face.mesh_px), face.square, face.size_px)


def sealed(picture: Image, mesh_px: Points, was: float) -> Image:
    """Lips that meet, without what of teeth and dark the warp leaves in the line between them.

    Args:
        picture: (h, w, 3) RGB uint8.
        mesh_px: (468, 3) of the face in it.
        was: how far they were apart before, over the mouth's width.

    Returns:
        The picture itself where lips are apart, or were not before; else a changed one.
    """
    gap = gap_of(mesh_px)
    share = float(np.clip(2 - 2 * gap / _SEALED, 0, 1) * np.clip(was / _SEALED - 1, 0, 1))
    if not share:
        return picture
    corners = mesh_px[LIP_CORNERS, :2]
    width = float(np.linalg.norm(corners[1] - corners[0]))
    box = Box.around(corners, round(0.3 * width) + 4).within(picture)
    if box is None:
        return picture
    middle = (mesh_px[UPPER_LIP, :2] + mesh_px[LOWER_LIP, :2]) / 2
    line = np.concatenate([corners[:1], middle, corners[1:]]) - box.corner
    thick = max(2, round(_SEAM * width))
    mask = np.zeros((box.height, box.width), np.float32)
    cv2.polylines(mask, [np.round(16 * line).astype(np.int32)], False, 1.0, thick, cv2.LINE_AA, 4)
    mask = np.asarray(cv2.GaussianBlur(np.clip(mask, 0, 1), (0, 0), max(0.6, thick / 4)), np.float32)
    out = picture.copy()
    place = np.ascontiguousarray(box.cut(picture))
    skin = cv2.medianBlur(place, 2 * thick + 1).astype(np.float32)
    shade = np.zeros_like(mask)
    cv2.polylines(shade, [np.round(16 * line).astype(np.int32)], False, _SHADE, 1, cv2.LINE_AA, 4)
    skin *= 1 - cv2.GaussianBlur(shade, (0, 0), max(0.5, thick / 6))[..., None]
    blended(out, box, skin, mask * np.float32(share))
    return out


def lower_face_mask(meshes_px: tuple[Points, ...], square: FaceSquare, size_px: tuple[int, int]) -> Mask:
    """How much of a drawn mouth is shown: all of lips and chin, less and less around them, no eye or nose.

    Args:
        meshes_px: (468, 3) each, where the face was and is.
        square: of the face.
        size_px: width and height of the part of the frame.

    Returns:
        (h, w) float32 in [0, 1].
    """
    matrix = square.crop_from_frame(_SIZE_PX, _COVERAGE)
    mask = np.zeros((_SIZE_PX, _SIZE_PX), np.float32)
    for mesh in meshes_px:
        points = transform_points(matrix, mesh[_LOWER_FACE, :2])
        top = points[0].copy()
        points = top + (points - top) * _GROWN
        points[:, 1] = np.maximum(points[:, 1], top[1])  # the nose stays
        hull = cv2.convexHull(points.astype(np.float32))[:, 0]
        np.maximum(mask, outlined(hull, mask.shape), out=mask)
    mask[[0, -1], :] = mask[:, [0, -1]] = 0
    shown = ramp(mask, 0, _FADES * _SIZE_PX / _COVERAGE)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(shown, matrix.astype(np.float64), size_px, flags=flags), np.float32)
