"""Look at imported faces: their meshes, and all that is stored of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from understudy.core.events import OnEvent
from understudy.core.geometry import chained, inverse, transform_points
from understudy.core.picture import Picture, as_picture
from understudy.core.types import Image, Matrix, Points
from understudy.faces.crop import STORED_COVERAGE, cut, stored_size_px
from understudy.faces.face import Face
from understudy.faces.face_patch import PATCH_COVERAGE, PATCH_PX, Grey, face_patch
from understudy.faces.finder import load_detectors, load_landmarker
from understudy.faces.foreign.place import PicturePlacer
from understudy.faces.foreign.records import ForeignFace
from understudy.faces.identify import Identifier
from understudy.faces.landmark import MeshNetwork
from understudy.faces.quality import within
from understudy.faces.refit import crop_from_image, disagreement, refit, region_of_landmarks, seen_share
from understudy.workflows.import_pictures import Shown, ShownFrame
from understudy.workflows.segment import ShownFace

LARGEST_GAP = 0.1  # sides of the face between landmarks and mesh; above, they are of different faces
DISAGREES = "landmarks and mesh disagree"

_HELD = 4.0  # sides of the landmarks' square that are held of a picture: a stored crop has 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedAt:
    """A face whose mesh was found.

    Args:
        foreign: as imported.
        image: (h, w, 3) RGB uint8, what the picture shows around the face: those of many frames are held.
        frame_from_image: (2, 3) similarity, as stored by the program or guessed.
        in_image: the face in pixels of the image.
        in_frame: the same in frame pixels.
    """

    foreign: ForeignFace
    image: Image
    frame_from_image: Matrix
    in_image: Face
    in_frame: Face

    def patch(self) -> Grey:
        """What it is followed by."""
        matrix = crop_from_image(self.in_frame.square, PATCH_PX, PATCH_COVERAGE, self.frame_from_image)
        return face_patch(self.image, matrix)


class ImportLook:
    """The networks; each is loaded when it is first needed."""

    def __init__(self, on_event: OnEvent) -> None:
        """Tell `on_event` of weights that are fetched."""
        self._on_event = on_event

    @cached_property
    def identifier(self) -> Identifier:
        """Raises WeightsError."""
        return Identifier(self._on_event)

    @cached_property
    def _landmarker(self) -> MeshNetwork:
        return load_landmarker(self._on_event)

    @cached_property
    def _placer(self) -> PicturePlacer:
        return PicturePlacer(load_detectors(self._on_event), self._landmarker)

    def look(self, shown: Shown) -> LookedAt | None:
        """Find the mesh of a face, None where no face is seen."""
        frame_from_image = shown.frame_from_image
        if frame_from_image is None:
            cut_by = shown.face.picture_landmarks_px
            guessed = self._placer.image_from_frame(
                as_picture(shown.image).whole(), shown.face.landmarks_px if cut_by is None else cut_by
            )
            if guessed is None:
                return None
            frame_from_image = inverse(guessed)
        in_image = transform_points(inverse(frame_from_image), shown.face.landmarks_px)
        part, image_from_part = _around(shown.image, in_image)
        frame_from_image = chained(frame_from_image, image_from_part)
        faces = refit(self._landmarker, part, in_image - image_from_part[:, 2], frame_from_image)
        if faces is None:
            return None
        return LookedAt(
            foreign=shown.face,
            image=part,
            frame_from_image=frame_from_image,
            in_image=faces[0],
            in_frame=faces[1],
        )

    def shown_face(self, frame: ShownFrame, seen: LookedAt, face: Face) -> ShownFace:
        """Cut out a face.

        Args:
            frame: that it is from.
            seen: as it was found.
            face: the same with its track's number and a steadied square.
        """
        size = _crop_size_px(seen.frame_from_image, face)
        matrix = crop_from_image(face.square, size, STORED_COVERAGE, seen.frame_from_image)
        gap = disagreement(face, seen.foreign.landmarks_px)
        return ShownFace(
            face=face,
            frame_index=frame.index,
            pts=frame.pts,
            time_base=frame.time_base,
            crop=cut(seen.image, matrix, size),
            crop_from_frame=face.square.crop_from_frame(size, STORED_COVERAGE),
            is_inside=_is_inside(seen),
            chip=partial(self.identifier.chip, seen.image, seen.in_image),
            figures={"landmark_gap": gap, "seen_share": seen_share(matrix, size, seen.image)},
            reason=DISAGREES if gap > LARGEST_GAP else "",
        )


def _around(image: Image | Picture, landmarks_px: Points) -> tuple[Image, Matrix]:
    """What lies around (68, 2) landmarks, and the (2, 3) `image_from_part`."""
    picture, region = as_picture(image), region_of_landmarks(landmarks_px)
    middle, size = np.array([region.x_px, region.y_px]), np.array([picture.width_px, picture.height_px])
    low = np.clip(np.floor(middle - _HELD / 2 * region.side_px), 0, size - 1).astype(int)
    high = np.clip(np.ceil(middle + _HELD / 2 * region.side_px), low + 1, size).astype(int)
    part = picture.part(int(low[0]), int(low[1]), int(high[0]), int(high[1])).copy()
    return part, np.column_stack([np.eye(2), low]).astype(np.float32)


def _is_inside(seen: LookedAt) -> NDArray[np.bool_]:
    """Which landmarks the picture shows; beyond the frame's border it shows nothing either."""
    height, width = seen.image.shape[:2]
    is_inside = within(seen.in_image.landmarks_px[:, :2], (width, height))
    frame_size_px = seen.foreign.frame_size_px
    return (
        is_inside
        if frame_size_px is None
        else (is_inside & within(seen.in_frame.landmarks_px[:, :2], frame_size_px))
    )


def _crop_size_px(frame_from_image: Matrix, face: Face) -> int:
    """Side of the crop that keeps what the picture has, and no more than the frame had."""
    scale = float(np.hypot(frame_from_image[0, 0], frame_from_image[1, 0]))
    return stored_size_px(replace(face.square, side_px=face.square.side_px / max(scale, 1.0)))
