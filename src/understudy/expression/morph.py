"""A photo of somebody, to be given any expression and pose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from understudy.core.types import Image, Points
from understudy.expression.apply import Start, apply
from understudy.expression.basis import Basis, load_basis
from understudy.expression.performance import Performance
from understudy.expression.read import Clip, read_clip
from understudy.expression.warp import PhotoWarp


@dataclass(frozen=True, kw_only=True)
class PhotoFace:
    """A face in a photo.

    Args:
        landmarks_px: (468, 3) float32.
        iris_px: (2, 5, 2) float32.
        own: what it does in the photo: a performance of one frame.
    """

    landmarks_px: Points
    iris_px: Points
    own: Performance

    @classmethod
    def read(
        cls, landmarks_px: Points, iris_px: Points, size_px: tuple[int, int], basis: Basis | None = None
    ) -> PhotoFace:
        """From its landmarks and the photo's width and height."""
        clip = Clip(
            times_s=np.zeros(1), landmarks_px=landmarks_px[None], iris_px=iris_px[None], size_px=size_px
        )
        return cls(landmarks_px=landmarks_px, iris_px=iris_px, own=read_clip(clip, basis=basis))

    @property
    def start(self) -> Start:
        """Where its head is, for `retargeted`."""
        own = self.own
        return Start(
            pose_deg=own.pose_deg[0],
            centre_px=own.centre_px[0],
            scale_px=float(own.scale_px[0]),
            size_px=own.size_px,
        )


class Morph:
    """Draws a photo's face as a performance of it says.

    Args:
        photo: (h, w, 3) RGB uint8.
        face: the face in it.
        basis: the package's own where None.
    """

    def __init__(self, photo: Image, face: PhotoFace, *, basis: Basis | None = None) -> None:
        """Find what the basis does not explain of the photo's face."""
        self._basis = basis or load_basis()
        self._face = face
        own = self._placed(face.own, 0)
        self._rest_px: Points = face.landmarks_px - own
        self._warp = PhotoWarp(photo, face.landmarks_px)

    def mesh(self, performance: Performance, frame: int) -> Points:
        """Where the (468, 3) float32 mesh goes; the photo's own performance leaves it where it is."""
        grown = float(performance.scale_px[frame] / self._face.own.scale_px[0])
        return (self._placed(performance, frame) + self._rest_px * np.float32(grown)).astype(np.float32)

    def drawn(self, performance: Performance, frame: int) -> Image:
        """The photo, of its size, with the face as one frame of a performance says.

        Args:
            performance: of this face (its rest is the photo's), as `retargeted` gives it.
            frame: one in which a face is seen.
        """
        return self._warp.warped(self.mesh(performance, frame))

    def _placed(self, performance: Performance, frame: int) -> Points:
        number = int(np.flatnonzero(np.flatnonzero(performance.seen) == frame)[0])
        poses = performance.poses()
        one = type(poses)(
            scale_px=poses.scale_px[number : number + 1],
            frame_from_head=poses.frame_from_head[number : number + 1],
            centre_px=poses.centre_px[number : number + 1],
        )
        values = performance.values[frame : frame + 1]
        return apply(self._face.own.rest, performance.names, values, one, basis=self._basis)[0]
