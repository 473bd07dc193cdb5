"""Where a head is and how it is turned, from its landmarks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Points, Vector
from understudy.faces.face import FaceSquare
from understudy.faces.mesh import RIGID, template

_RIGID = np.array(RIGID)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadPose:
    """A scaled rotation and a shift that carry the template face onto landmarks.

    Args:
        scale_px: length of the template's unit, frame pixels.
        frame_from_head: (3, 3) float64 rotation.
        centre_px: (3,) float64, where the template's origin lies, frame pixels.
    """

    scale_px: float
    frame_from_head: NDArray[np.float64]
    centre_px: NDArray[np.float64]

    @property
    def angles_deg(self) -> Vector:
        """(3,) float32 yaw, pitch, roll; conventions of `Face.pose_deg`."""
        (a, b, c), (_, _, f), (_, _, i) = self.frame_from_head.tolist()
        angles = math.atan2(-c, math.hypot(f, i)), math.atan2(-f, i), math.atan2(-b, a)
        return np.array([math.degrees(angle) for angle in angles], np.float32)

    @property
    def square(self) -> FaceSquare:
        """The upright face square of this pose, unsmoothed."""
        # the picture-plane part of the head's own "up", so that a turned head stays upright
        x, y = self.frame_from_head[:2, 1].tolist()
        return FaceSquare(
            x_px=float(self.centre_px[0]),
            y_px=float(self.centre_px[1]),
            side_px=self.scale_px,
            roll_rad=math.atan2(-x, y),
        )

    def undo(self, points_px: Points) -> Points:
        """Carry (n, 3) frame points into the template's frame, face units, pose removed."""
        return ((points_px - self.centre_px) @ self.frame_from_head / self.scale_px).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadPoses:
    """The same of n heads: arrays of (n,), (n, 3, 3) and (n, 3) float64."""

    scale_px: NDArray[np.float64]
    frame_from_head: NDArray[np.float64]
    centre_px: NDArray[np.float64]

    @property
    def angles_deg(self) -> NDArray[np.float32]:
        """(n, 3) float32, as of `HeadPose`."""
        turn = self.frame_from_head
        f, i = turn[:, 1, 2], turn[:, 2, 2]
        yaw = np.arctan2(-turn[:, 0, 2], np.hypot(f, i))
        angles = [yaw, np.arctan2(-f, i), np.arctan2(-turn[:, 0, 1], turn[:, 0, 0])]
        return np.degrees(np.stack(angles, axis=1)).astype(np.float32)

    def undo(self, points_px: Points) -> Points:
        """Carry (n, k, 3) frame points into the template's frame, each by its head's pose."""
        about = (points_px - self.centre_px[:, None]) @ self.frame_from_head
        return (about / self.scale_px[:, None, None]).astype(np.float32)

    def place(self, points: Points) -> Points:
        """Carry (n, k, 3) points of the template's frame to where they are seen: the inverse of `undo`."""
        turned = points @ self.frame_from_head.swapaxes(1, 2)
        return (turned * self.scale_px[:, None, None] + self.centre_px[:, None]).astype(np.float32)


def rotations_of(angles_deg: NDArray[np.floating]) -> NDArray[np.float64]:
    """The (n, 3, 3) `frame_from_head` of (n, 3) yaw, pitch, roll: the inverse of `HeadPoses.angles_deg`."""
    radians = np.radians(np.asarray(angles_deg, np.float64))
    (sy, sp, sr), (cy, cp, cr) = np.sin(radians.T), np.cos(radians.T)
    zero, one = np.zeros_like(sy), np.ones_like(sy)

    def matrix(*entries: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.stack(entries, axis=1).reshape(-1, 3, 3)

    yaw = matrix(cy, zero, -sy, zero, one, zero, sy, zero, cy)
    pitch = matrix(one, zero, zero, zero, cp, -sp, zero, sp, cp)
    roll = matrix(cr, -sr, zero, sr, cr, zero, zero, zero, one)
    return pitch @ yaw @ roll


def fit_pose(points_px: Points) -> HeadPose:
    """Solve the head pose from points that expression does not move.

    Args:
        points_px: (468, 3) float32 landmarks, frame pixels.

    Raises:
        ValueError: the points coincide.
    """
    poses = fit_poses(points_px[None])
    return HeadPose(
        scale_px=float(poses.scale_px[0]),
        frame_from_head=poses.frame_from_head[0],
        centre_px=poses.centre_px[0],
    )


def fit_poses(points_px: Points) -> HeadPoses:
    """Solve the poses of many heads at once, in a tenth of the time that one after the other takes.

    Args:
        points_px: (n, 468, 3) float32 landmarks, frame pixels.

    Raises:
        ValueError: the points of one coincide.

    Reference:
        Umeyama, PAMI 1991, eq. 34-43, in three dimensions.
    """
    head_mean, a, spread = _rigid_template()
    seen = points_px[:, _RIGID].astype(np.float64)
    seen_mean = seen.sum(axis=1) / len(_RIGID)
    b = seen - seen_mean[:, None]
    if (np.einsum("nij,nij->n", b, b) < 1e-9).any():
        raise ValueError("all landmarks coincide: no pose can be fitted")
    rotation, strength = _rotations(b.swapaxes(1, 2) @ a)
    scale = strength / spread
    return HeadPoses(
        scale_px=scale,
        frame_from_head=rotation,
        centre_px=seen_mean - scale[:, None] * (rotation @ head_mean),
    )


def fit_poses_to(points_px: Points, shapes: Points, weights: NDArray[np.floating]) -> HeadPoses:
    """Solve the poses that carry given shapes, rather than the template, onto what is seen of them.

    Args:
        points_px: (n, k, 3) float32 points, frame pixels.
        shapes: (n, k, 3) or (1, k, 3) float32, the same points in the template's frame.
        weights: (n, k) or (1, k), at least 0: how much each point counts.

    Raises:
        ValueError: the points of one coincide, or none counts.

    Reference:
        Umeyama, PAMI 1991, eq. 34-43, weighted.
    """
    if not (weights.sum(axis=1) > 0).all():
        raise ValueError("no point counts: no pose can be fitted")
    share = (weights / weights.sum(axis=1, keepdims=True))[..., None]
    seen, heads = points_px.astype(np.float64), shapes.astype(np.float64)
    seen_mean, head_mean = (seen * share).sum(axis=1), (heads * share).sum(axis=1)
    a, b = heads - head_mean[:, None], seen - seen_mean[:, None]
    spread = (a * a * share).sum(axis=(1, 2))
    if (spread < 1e-12).any() or ((b * b * share).sum(axis=(1, 2)) < 1e-9).any():
        raise ValueError("all landmarks coincide: no pose can be fitted")
    rotation, strength = _rotations((b * share).swapaxes(1, 2) @ a)
    scale = strength / spread
    turned = (rotation @ head_mean[..., None])[..., 0]
    return HeadPoses(scale_px=scale, frame_from_head=rotation, centre_px=seen_mean - scale[:, None] * turned)


def _rotations(products: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The (n, 3, 3) rotations nearest to (n, 3, 3) matrices, and how much of each they take up, (n,)."""
    u, singular, vt = np.linalg.svd(products)
    sign = np.ones((len(u), 3))
    sign[:, 2] = np.sign(np.linalg.det(u @ vt))
    return (u * sign[:, None]) @ vt, (singular * sign).sum(axis=1)


@cache
def _rigid_template() -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Mean of the template's rigid points, the points about it, and their sum of squares."""
    head = template()[_RIGID].astype(np.float64)
    about = head - head.mean(axis=0)
    return head.mean(axis=0), about, float((about * about).sum())
