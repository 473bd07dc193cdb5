"""A photo of somebody, to be given any expression and pose."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image, Points
from understudy.expression.apply import Start, shaped
from understudy.expression.background import Background
from understudy.expression.basis import Basis, load_basis
from understudy.expression.eyes import Eye
from understudy.expression.head_move import HeadMove
from understudy.expression.lid_skin import LidSkin
from understudy.expression.mouth import Interior, Mouth
from understudy.expression.openings import shutting_quite
from understudy.expression.performance import Performance
from understudy.expression.read import Clip, read_clip
from understudy.expression.relight import Light
from understudy.expression.topology import CORNERS
from understudy.expression.warp import PhotoWarp
from understudy.faces.pose import HeadPoses, rotations_of


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
            gaze_deg=(float(own.gaze_deg[0, 0]), float(own.gaze_deg[0, 1])),
        )


_GREY = 2  # levels between the channels of a photo without colours


class Morph:
    """Draws a photo's face as a performance of it says.

    Args:
        photo: (h, w, 3) RGB uint8.
        face: the face in it.
        basis: the package's own where None.
        interior: a picture of an open mouth, used where the photo's is shut; made up where None.
        fill_background: what lies behind the head is filled in once and stays where it is; else it is bent
            along with the head.
    """

    def __init__(
        self,
        photo: Image,
        face: PhotoFace,
        *,
        basis: Basis | None = None,
        interior: Interior | None = None,
        fill_background: bool = True,
    ) -> None:
        """Find what the basis does not explain of the photo's face."""
        self._basis = basis or load_basis()
        self._face = face
        self._poses = face.own.poses()
        self._shape = self._shaped(face.own, 0)
        own = self._poses.place(self._shape[None])[0]
        self._rest_px: Points = face.landmarks_px - own
        self._warp = PhotoWarp(photo, face.landmarks_px, own[:, 2])
        self._light = Light(photo, face.landmarks_px, own)
        self._background = Background.of(photo, face.landmarks_px) if fill_background else None
        self._lids = [LidSkin(photo, face.landmarks_px, side) for side in (0, 1)]
        self._eyes = [
            Eye(photo, face.landmarks_px, face.iris_px[side], side, float(own[CORNERS[side], 2].mean()))
            for side in (0, 1)
        ]
        rest = self._poses.place(face.own.rest[None])[0] + self._rest_px
        red, green, blue = cv2.split(photo)
        apart = max(int(cv2.absdiff(red, green).max()), int(cv2.absdiff(green, blue).max()))
        self._is_grey = apart <= _GREY
        self._mouth = Mouth(photo, face.landmarks_px, rest, float(own[13, 2]), interior)

    def mesh(self, performance: Performance, frame: int) -> Points:
        """Where the (468, 3) float32 mesh goes; the photo's own performance leaves it where it is."""
        return self._moved(performance, frame)[0]

    @property
    def is_grey(self) -> bool:
        """Whether the photo has no colours."""
        return self._is_grey

    def places(self, performance: Performance, frame: int) -> NDArray[np.float32]:
        """Where in the photo each pixel of `drawn` comes from, (h, w, 2) x, y, but for eyes and mouth."""
        return self._warp.places(*self._moved(performance, frame)[:2])

    def drawn(self, performance: Performance, frame: int) -> Image:
        """The photo, of its size, with the face as one frame of a performance says; see `shown`."""
        return self.shown(performance, frame)[0]

    def shown(self, performance: Performance, frame: int) -> tuple[Image, Points]:
        """The photo with the face as one frame of a performance says, and where its mesh is.

        Args:
            performance: of this face (its rest is the photo's), as `retargeted` gives it.
            frame: one in which a face is seen.

        Returns:
            The picture, of the photo's size, and as of `mesh`.
        """
        mesh, move, model = self._moved(performance, frame)
        place = self._warp.places(mesh, move)
        picture = self._warp.warped(place)
        if self._background is not None:
            picture = self._background.restored(picture, place)
        for lids in self._lids:
            lids.draw(picture, place, mesh, move.affine(0)[:, :2])
        gaze_deg = performance.gaze_deg[frame] - self._face.own.gaze_deg[0]
        for eye in self._eyes:
            eye.draw(picture, mesh, move, gaze_deg)
        self._mouth.draw(picture, mesh, move)
        self._light.relight(picture, mesh, model)
        if self._is_grey:  # what was made up is not
            picture[:] = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None]
        return picture, mesh

    def _moved(self, performance: Performance, frame: int) -> tuple[Points, HeadMove, Points]:
        """Where the mesh goes, how the head moves, and where the model alone would have the face."""
        shape, pose = self._shaped(performance, frame), _pose_of(performance, frame)
        move = HeadMove.between(self._poses, pose)
        model = pose.place(shape[None])[0]
        mesh = model + self._rest_px * np.float32(move.growth)
        linear = move.affine(0)[:, :2]
        mesh = shutting_quite(mesh, self._face.landmarks_px, linear, shape, self._shape)
        return self._warp.flattened(mesh, move), move, model

    def _shaped(self, performance: Performance, frame: int) -> Points:
        values = performance.values[frame : frame + 1]
        return shaped(self._face.own.rest, performance.names, values, basis=self._basis)[0]


def _pose_of(performance: Performance, frame: int) -> HeadPoses:
    """Of one frame."""
    return HeadPoses(
        scale_px=performance.scale_px[frame : frame + 1].astype(np.float64),
        frame_from_head=rotations_of(performance.pose_deg[frame : frame + 1]),
        centre_px=np.append(performance.centre_px[frame], 0)[None].astype(np.float64),
    )
