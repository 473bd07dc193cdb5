"""The part of a frame that a moved face reaches: taken out, changed, put back; all else keeps its bits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from understudy.compositing.blend_feather import Feather
from understudy.core.types import Image, Mask, Points
from understudy.expression.morph import Morph, PhotoFace
from understudy.expression.mouth import Interior
from understudy.expression.performance import Performance
from understudy.expression.read import Clip
from understudy.faces.face import FaceSquare
from understudy.media.image_picture import ImagePicture
from understudy.media.partial import DecodedPicture, PartialFrame
from understudy.workflows.animate_drawn import LABELLED, square_of
from understudy.workflows.animate_driving import frame_of
from understudy.workflows.animate_mark import FaceMark, box_around
from understudy.workflows.composed import Composed

_REACH = 2.8  # sides of the face square: beyond it nothing moves


@dataclass(frozen=True, kw_only=True)
class MovedFace:
    """A face that was moved, in pixels of its part of the frame.

    Args:
        drawn: (h, w, 3) RGB uint8, the part with it.
        was_px: (468, 3) float32 mesh of it before.
        mesh_px: (468, 3) float32, where that has gone.
        square: of the face as it is now.
    """

    drawn: Image
    was_px: Points
    mesh_px: Points
    square: FaceSquare

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the part."""
        return self.drawn.shape[1], self.drawn.shape[0]


Finish = Callable[[MovedFace], tuple[Image, Mask]]  # the part as it is shown, and how much of each pixel


@dataclass(frozen=True, kw_only=True)
class FootageFace:
    """Somebody's face in footage, each frame of which is a photo of its own.

    Args:
        clip: its landmarks.
        own: what it does.
        finish: makes of a moved face what is shown.
        mark: the watermark; None where there is none.
    """

    clip: Clip
    own: Performance
    finish: Finish
    mark: FaceMark | None

    def given(
        self, frame: PartialFrame, number: int, wanted: Performance, interior: Interior | None = None
    ) -> Composed:
        """A frame whose face does something else.

        Args:
            frame: changed in place.
            number: of the frame in `clip`.
            wanted: what the face shall do, in one frame.
            interior: as of `Morph`.
        """
        picture = frame.image
        assert isinstance(picture, DecodedPicture | ImagePicture)
        size, square = (picture.width_px, picture.height_px), square_of(wanted)
        box = box_around(square, size, _REACH, picture.editable_grid_px)
        if box is None:
            return Composed(frame=frame)
        part = np.ascontiguousarray(picture.part(*box))
        moved = self._moved(part, box[:2], number, wanted, interior)
        drawn, weight = self.finish(moved)
        before, shown = (image.astype(np.float32) / np.float32(255) for image in (part, drawn))
        if self.mark is not None:
            inside = (0, 0, *moved.size_px)
            shown += self.mark.change(moved.mesh_px, moved.square, float(frame.time_s), inside)
        picture.put(*box[:2], Feather()(before, np.clip(shown, 0, 1), weight), weight)
        near = box_around(square, size, LABELLED)
        return Composed(frame=frame, drawn=() if near is None else (near,))

    def _moved(
        self,
        part: Image,
        corner_px: tuple[int, int],
        number: int,
        wanted: Performance,
        interior: Interior | None,
    ) -> MovedFace:
        at = np.array(corner_px, np.float32)
        was = self.clip.landmarks_px[number] - np.append(at, np.float32(0))
        own, wanted = (
            replace(one, centre_px=one.centre_px - at) for one in (frame_of(self.own, number), wanted)
        )
        face = PhotoFace(landmarks_px=was, iris_px=self.clip.iris_px[number] - at, own=own)
        morph = Morph(part, face, interior=interior, fill_background=False)
        drawn, mesh = morph.shown(wanted, 0)
        return MovedFace(drawn=drawn, was_px=was, mesh_px=mesh, square=square_of(wanted))
