"""Read what a face does from its landmarks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Points
from understudy.expression.basis import Basis, Floats, load_basis
from understudy.expression.lips import lips_as_seen
from understudy.expression.look import gaze_over_time, look_coefficients
from understudy.expression.names import READABLE
from understudy.expression.performance import Performance
from understudy.expression.person import moves_of
from understudy.expression.pose import robust_poses
from understudy.expression.rest import resting
from understudy.expression.solve import Solver
from understudy.expression.steady import SIGMA_S, steadied
from understudy.faces.pose import HeadPoses, fit_poses

_MOST_FOR_REST = 400  # faces that the face at rest is found from
_BLOCK = 1000  # faces at once; bounds the memory
_JITTER, _JITTER_DEG, _JITTER_PLACE = 0.12, 1.5, 0.01  # of coefficients, angles, and in sides of the face


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A face's landmarks over time.

    Args:
        times_s: (n,) float64, rising.
        landmarks_px: (n, 468, 3) float32, frame pixels; NaN where there is no face.
        iris_px: (n, 2, 5, 2) float32, likewise.
        size_px: width and height of the frames.
        footage: name of the file.
    """

    times_s: NDArray[np.float64]
    landmarks_px: Points
    iris_px: Points
    size_px: tuple[int, int]
    footage: str = ""


def read_clip(
    clip: Clip, *, basis: Basis | None = None, rest: Points | None = None, smooth_s: float = SIGMA_S
) -> Performance:
    """Read coefficients, pose and gaze of one person, against their own face at rest.

    Args:
        clip: landmarks of that person.
        basis: the package's own where None.
        rest: (468, 3) float32, the face at rest where it is known; found in the clip where None.
        smooth_s: how far in time a curve is steadied, before and after alike; 0 not at all.

    Raises:
        ValueError: no frame has a face.
    """
    basis = basis or load_basis()
    seen = np.asarray(np.isfinite(clip.landmarks_px).all(axis=(1, 2)), np.bool_)
    if not seen.any():
        raise ValueError("no frame has a face: nothing can be read")
    points_px = clip.landmarks_px[seen]
    rest = found_rest(points_px, basis) if rest is None else rest
    values, poses = coefficients(points_px, rest, basis)
    gaze, usual = gaze_over_time(points_px, clip.iris_px[seen], poses)
    times_s = clip.times_s[seen]
    placed = np.column_stack([poses.centre_px[:, :2], poses.scale_px]) / np.median(poses.scale_px)
    curves: tuple[Floats, ...] = (
        np.clip(steadied(values, times_s, _JITTER, smooth_s), 0, 1),
        _steady_angles(poses.angles_deg, times_s, smooth_s),
        np.asarray(
            steadied(placed, times_s, _JITTER_PLACE, smooth_s) * np.median(poses.scale_px), np.float32
        ),
        steadied(gaze, times_s, 2 * _JITTER_DEG, smooth_s),
    )
    mesh, angles, placed, gaze = (_spread(curve, seen) for curve in curves)
    return Performance(
        times_s=clip.times_s,
        names=READABLE,
        values=np.concatenate([mesh, look_coefficients(gaze)], axis=1),
        pose_deg=angles,
        centre_px=placed[:, :2],
        scale_px=placed[:, 2],
        gaze_deg=gaze,
        rest=rest,
        rest_gaze_deg=usual,
        size_px=clip.size_px,
        footage=clip.footage,
    )


def found_rest(points_px: Points, basis: Basis) -> Points:
    """The face at rest of somebody, (468, 3), from (n, 468, 3) landmarks in frame pixels, n >= 1."""
    if len(points_px) > _MOST_FOR_REST:
        points_px = points_px[np.linspace(0, len(points_px) - 1, _MOST_FOR_REST).round().astype(int)]
    rest = resting(_undone(points_px, fit_poses(points_px), basis), basis)
    # once more, with poses fitted to the person's own face doing what it does
    _, poses = coefficients(points_px, rest, basis)
    return resting(_undone(points_px, poses, basis), basis)


def coefficients(points_px: Points, rest: Points, basis: Basis) -> tuple[Floats, HeadPoses]:
    """What (n, 468, 3) faces do against a face at rest: (n, k) in [0, 1] unsteadied, and their poses."""
    moves = moves_of(basis, rest)
    solver = Solver(basis, moves, rest)
    parts = [_block(block, rest, moves, solver, basis) for block in _blocks(points_px)]
    values, poses = zip(*parts, strict=True)
    return np.concatenate(values), HeadPoses(
        scale_px=np.concatenate([part.scale_px for part in poses]),
        frame_from_head=np.concatenate([part.frame_from_head for part in poses]),
        centre_px=np.concatenate([part.centre_px for part in poses]),
    )


def _block(
    points_px: Points, rest: Points, moves: Floats, solver: Solver, basis: Basis
) -> tuple[Floats, HeadPoses]:
    turned = basis.turned(fit_poses(points_px).angles_deg)
    poses = robust_poses(points_px, rest + turned, basis)
    values = solver.coefficients(_undone(points_px, poses, basis) - rest)
    done = np.tensordot(values, moves, axes=1)
    poses = robust_poses(points_px, rest + done + basis.turned(poses.angles_deg), basis)
    differences = _undone(points_px, poses, basis) - rest
    values = solver.coefficients(differences)
    left_over = differences - np.tensordot(values, moves, axes=1)
    return lips_as_seen(values, left_over, moves, basis.names), poses


def _undone(points_px: Points, poses: HeadPoses, basis: Basis) -> Points:
    """Faces in the template's frame, less what the network adds to turned ones."""
    return poses.undo(points_px) - basis.turned(poses.angles_deg)


def _blocks(points_px: Points) -> Iterator[Points]:
    return (points_px[start : start + _BLOCK] for start in range(0, len(points_px), _BLOCK))


def _steady_angles(angles_deg: NDArray[np.floating], times_s: NDArray[np.float64], smooth_s: float) -> Floats:
    whole = np.unwrap(angles_deg, period=360, axis=0)
    return (steadied(whole, times_s, _JITTER_DEG, smooth_s) + 180) % 360 - 180


def _spread(curve: Floats, seen: NDArray[np.bool_]) -> Floats:
    """(n, k) with NaN where no face is seen, of rows for those where one is."""
    out = np.full((len(seen), curve.shape[1]), np.nan, np.float32)
    out[seen] = curve
    return out
