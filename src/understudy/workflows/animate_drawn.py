"""The frames of a photo whose face performs."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from understudy.expression.apply import retargeted
from understudy.expression.morph import Morph
from understudy.expression.performance import Performance
from understudy.faces.face import FaceSquare
from understudy.faces.pose import HeadPose
from understudy.media.image_picture import ImagePicture
from understudy.media.partial import PartialFrame
from understudy.workflows.animate_driving import frame_of
from understudy.workflows.animate_learned import LearnedFace
from understudy.workflows.animate_mark import FaceMark, box_around
from understudy.workflows.animate_own import OwnFace
from understudy.workflows.animate_photo import Photo
from understudy.workflows.composed import Composed

LABELLED = 1.2  # sides of the face square that a label keeps away from
_THREADS = 2  # more wait for the interpreter's lock


def carried_over(performance: Performance, photo: Photo, *, keep_pose: bool) -> Performance:
    """What somebody else does, done by the face of a photo from where it is.

    Args:
        performance: a face in every frame.
        photo: whose face does it.
        keep_pose: leave the head as it is in the photo.
    """
    own = photo.face.own
    moved = retargeted(performance, own.rest, photo.face.start)
    if not keep_pose:
        return moved
    count = len(performance.times_s)
    still = ("pose_deg", "centre_px", "scale_px")
    return replace(moved, **{name: np.repeat(getattr(own, name), count, axis=0) for name in still})


class PhotoDrawer:
    """Draws a photo's face as a performance of it says.

    Args:
        photo: with its face.
        performance: of that face, seen in every frame.
        payload: of the watermark; None where there is none.
        own: draws the moved face anew; None where no model knows it.
        learned: mends it; None where the photo is only bent.
    """

    def __init__(
        self,
        photo: Photo,
        performance: Performance,
        payload: int | None,
        own: OwnFace | None = None,
        learned: LearnedFace | None = None,
    ) -> None:
        """Prepare the photo."""
        self._photo, self._learned = photo, learned
        self._morph, self._performance, self._own = Morph(photo.image, photo.face), performance, own
        self._mark = None if payload is None else FaceMark(payload)

    @property
    def threads(self) -> int:
        """How many may draw at a time with a gain: networks have threads of their own."""
        return _THREADS if self._own is None and self._learned is None else 1

    def frame(self, number: int, pts: int, time_base: Fraction) -> Composed:
        """One frame, from any thread.

        Args:
            number: of the performance, and of the output.
            pts: when it is shown, in units of the time base.
            time_base: seconds a unit.
        """
        one = frame_of(self._performance, number)
        (image, mesh), square = self._morph.shown(one, 0), square_of(one)
        if self._learned is not None:
            at = square_of(self._photo.face.own)
            image = self._learned.given(image, self._photo.image, at, self._morph, one, square)
        if self._own is not None:
            image = self._own.given(image, mesh, square)
        if self._mark is not None:
            self._mark.put_into(image, mesh, square, float(pts * time_base))
        picture = ImagePicture(image)
        box = box_around(square, (picture.width_px, picture.height_px), LABELLED)
        frame = PartialFrame(index=number, pts=pts, time_base=time_base, image=picture)
        return Composed(frame=frame, drawn=() if box is None else (box,))


def square_of(one: Performance) -> FaceSquare:
    """The face square of a performance of one frame."""
    poses = one.poses()
    pose = HeadPose(
        scale_px=float(poses.scale_px[0]),
        frame_from_head=poses.frame_from_head[0],
        centre_px=poses.centre_px[0],
    )
    return pose.square
