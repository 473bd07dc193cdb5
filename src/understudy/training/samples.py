"""One identity's faces in memory, ready to be warped into training pairs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.geometry import transform_points
from understudy.core.mapped import mapped_bytes
from understudy.core.types import Points
from understudy.faces.drawn_mask import hidden_in
from understudy.faces.expression import EXPRESSION_SIZE, against_rest, expression_vectors, mirrored
from understudy.faces.faceset_records import StoredFace
from understudy.faces.mesh import FACE_OVAL, LEFT_EYELIDS, OUTER_LIPS, RIGHT_EYELIDS
from understudy.faces.stored_crop import read_upright

MARGIN = 1.2  # a sample is this much larger than what the network sees: room to turn and shift
HOLD_OUT_EVERY = 10
MAX_FACES = 4000  # an identity; at 128 px they take half a gigabyte


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """Where faces of one identity are hidden, as a person has drawn it.

    Args:
        masks: (1 + k, s, s) uint8, 255 where something lies before the face; the first one is empty.
        of: (n,) index of each face's mask.
    """

    masks: NDArray[np.uint8]
    of: NDArray[np.intp]

    @classmethod
    def nothing(cls, count: int, side_px: int) -> Hidden:
        """Of faces on which nothing was drawn."""
        return cls(masks=np.zeros((1, side_px, side_px), np.uint8), of=np.zeros(count, np.intp))


@dataclass(frozen=True, kw_only=True)
class Samples:
    """Faces of one identity.

    Args:
        identity: whose.
        size_px: side of what the network sees; the samples are `MARGIN` larger.
        planes: (n, 5, s, s) uint8, in memory or mapped from a file: red, green, blue, the mask of the face,
            and its eyes and mouth, softly.
        expressions: (n, 2, `EXPRESSION_SIZE`) float32: as it is, and in a mirror.
        focus: (k,) indices of faces, none held out, that are drawn more often; see `batches`.
        hidden: what a person has said to lie before them; None where nothing was drawn on any.
    """

    identity: str
    size_px: int
    planes: NDArray[np.uint8]
    expressions: NDArray[np.float32]
    focus: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, np.intp))
    hidden: Hidden | None = None

    def __len__(self) -> int:
        """How many faces."""
        return len(self.planes)

    @property
    def training(self) -> NDArray[np.intp]:
        """Indices of the faces that are learnt from."""
        index = np.arange(len(self))
        return index[index % HOLD_OUT_EVERY != HOLD_OUT_EVERY - 1]

    @property
    def held_out(self) -> NDArray[np.intp]:
        """Indices of every tenth face, which is only validated on."""
        index = np.arange(len(self))
        return index[index % HOLD_OUT_EVERY == HOLD_OUT_EVERY - 1]


def sample_size_px(size_px: int) -> int:
    """Side of a sample for networks that see `size_px`; even, so that both share a centre."""
    return 2 * round(size_px * MARGIN / 2)


def sample_bytes(size_px: int) -> int:
    """Memory that one face takes."""
    return 5 * sample_size_px(size_px) ** 2 + 2 * 4 * EXPRESSION_SIZE


def learnt_of(faces: Sequence[StoredFace]) -> Sequence[StoredFace]:
    """The faces of a faceset that are kept in memory: of more than `MAX_FACES` an even choice."""
    if len(faces) <= MAX_FACES:
        return faces
    return [faces[i] for i in np.linspace(0, len(faces) - 1, MAX_FACES).round().astype(int)]


def load_samples(
    identity: str,
    faces: Sequence[StoredFace],
    size_px: int,
    coverage: float,
    map_in: Path | None = None,
) -> Samples:
    """Read, align and annotate the faces of one identity.

    Args:
        identity: whose they are.
        faces: of one faceset, in order; see `learnt_of`.
        size_px: side of what the network sees.
        coverage: side of what the network sees in units of the face square.
        map_in: folder on whose disk the pictures are kept; in memory where None.

    Raises:
        MediaError: a crop, or a mask that was drawn on it, cannot be read.
        UnderstudyError: that disk has no room.
    """
    faces = learnt_of(faces)
    side = sample_size_px(size_px)
    wider = coverage * side / size_px
    shape = (len(faces), 5, side, side)
    planes = np.empty(shape, np.uint8) if map_in is None else mapped_bytes(shape, map_in)

    masked = [index for index, stored in enumerate(faces) if stored.mask_path is not None]
    hidden = Hidden.nothing(len(faces), side)
    if masked:
        hidden = Hidden(masks=np.zeros((1 + len(masked), side, side), np.uint8), of=hidden.of)
        hidden.of[masked] = np.arange(1, 1 + len(masked))

    def load(index: int) -> None:
        stored = faces[index]
        sample_from_frame = stored.square.crop_from_frame(side, wider)
        picture = read_upright(stored, side, wider)
        planes[index, :3] = picture.transpose(2, 0, 1)
        points = transform_points(sample_from_frame, stored.face.landmarks_px[:, :2])
        planes[index, 3], planes[index, 4] = draw_masks(points, side, size_px)
        drawn = hidden_in(stored, sample_from_frame, side)
        if drawn is not None:
            hidden.masks[hidden.of[index]] = drawn

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # by default four more, which get in each other's way
        list(pool.map(load, range(len(faces))))
    return Samples(
        identity=identity,
        size_px=size_px,
        planes=planes,
        expressions=_expressions(faces),
        hidden=hidden if masked else None,
    )


def _expressions(faces: Sequence[StoredFace]) -> NDArray[np.float32]:
    """(n, 2, `EXPRESSION_SIZE`): of each face as it is, and in a mirror."""
    if not faces:
        return np.empty((0, 2, EXPRESSION_SIZE), np.float32)
    landmarks_px = np.stack([one.face.landmarks_px for one in faces])
    iris_px = np.stack([one.face.iris_px for one in faces])
    views = ((landmarks_px, iris_px), mirrored(landmarks_px, iris_px))
    return np.stack([against_rest(expression_vectors(*view)) for view in views], axis=1)


def draw_masks(points_px: Points, side_px: int, size_px: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The face's hull, and its eyes and mouth with a soft border.

    Args:
        points_px: (468, 2) landmarks in sample pixels.
        side_px: side of the sample.
        size_px: side of what the network sees; the borders grow with it.

    Returns:
        Two (side, side) uint8, 255 inside.
    """
    face = np.zeros((side_px, side_px), np.uint8)
    focus = np.zeros_like(face)
    _fill(face, points_px, FACE_OVAL)
    for part in (OUTER_LIPS, LEFT_EYELIDS, RIGHT_EYELIDS):
        _fill(focus, points_px, part)
    grow = 2 * round(size_px / 32) + 1
    focus = cv2.GaussianBlur(cv2.dilate(focus, np.ones((grow, grow), np.uint8)), (0, 0), size_px / 42)
    return face, np.asarray(focus, np.uint8)


def _fill(mask: NDArray[np.uint8], points_px: Points, indices: tuple[int, ...]) -> None:
    hull = cv2.convexHull(points_px[list(indices)].astype(np.float32))
    cv2.fillConvexPoly(mask, np.round(hull * 16).astype(np.int32), (255,), cv2.LINE_AA, 4)
