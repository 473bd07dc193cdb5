"""Give a face an expression and a pose, and carry one person's performance over to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Points, Vector
from understudy.expression.basis import Basis, Floats, load_basis
from understudy.expression.lips import uncrossed
from understudy.expression.performance import Performance
from understudy.expression.person import moves_of, shutting
from understudy.faces.pose import HeadPoses

_TURNED_AWAY_DEG = 15.0  # more than in another frame: the first is no place to start from


def shaped(
    rest: Points,
    names: Sequence[str],
    values: NDArray[np.floating],
    *,
    lids_shut: bool = True,
    basis: Basis | None = None,
) -> Points:
    """A face at rest that does something, without a pose.

    Args:
        rest: (468, 3) float32 face at rest, template's units and axes.
        names: of k coefficients; those of the gaze, and those that a mesh cannot show, move nothing.
        values: (n, k) in [0, 1].
        lids_shut: a blink of 1 shuts the eyes, as a picture needs it; else they come as near as landmarks
            of shut eyes do, so that what is read from the result is what was given.
        basis: the package's own where None.

    Returns:
        (n, 468, 3) float32.
    """
    basis = basis or load_basis()
    moves = moves_of(basis, rest)
    if lids_shut:
        moves = moves * shutting(basis.names)[:, None, None]
    known = [i for i, name in enumerate(names) if name in basis.names]
    chosen = moves[[basis.names.index(names[i]) for i in known]]
    given = np.asarray(values, np.float32)[:, known]
    given = uncrossed(given, rest, chosen, [names[i] for i in known])
    return (rest + np.tensordot(given, chosen, axes=1)).astype(np.float32)


def apply(
    rest: Points,
    names: Sequence[str],
    values: NDArray[np.floating],
    poses: HeadPoses,
    *,
    as_landmarks: bool = False,
    basis: Basis | None = None,
) -> Points:
    """The mesh in frame pixels of a face that does something.

    Args:
        rest: (468, 3) float32 face at rest, template's units and axes.
        names: of k coefficients.
        values: (n, k) in [0, 1].
        poses: of n heads.
        as_landmarks: as the landmark network would see it, with what it adds to turned faces and lids that
            it never sees quite shut; else as it is.
        basis: the package's own where None.

    Returns:
        (n, 468, 3) float32, frame pixels, z in the same unit.
    """
    basis = basis or load_basis()
    faces = shaped(rest, names, values, lids_shut=not as_landmarks, basis=basis)
    if as_landmarks:
        faces = faces + basis.turned(poses.angles_deg)
    return poses.place(faces)


@dataclass(frozen=True, kw_only=True)
class Start:
    """Where the other person's head is when the performance is as at its own start.

    Args:
        pose_deg: (3,) yaw, pitch, roll.
        centre_px: (2,) of the head.
        scale_px: forehead to chin.
        size_px: width and height of their frame.
        gaze_deg: yaw and pitch of the eyes, which is taken for where they usually look.
    """

    pose_deg: Vector
    centre_px: Vector
    scale_px: float
    size_px: tuple[int, int]
    gaze_deg: tuple[float, float] = (0.0, 0.0)


def retargeted(performance: Performance, rest: Points, start: Start, at: int | None = None) -> Performance:
    """The same done by somebody else: expressions against their face at rest, movement from where they are.

    Coefficients stay as they are: they say what differs from a person's own face at rest. The head turns,
    moves and grows by as much as the driving one does from one frame on, in sides of the face. The
    eyes turn from where they look at the start by as much as the driving ones from where those usually look.

    Args:
        performance: of the driving person.
        rest: (468, 3) float32, the other's face at rest.
        start: the other's head.
        at: frame of the performance in which the other's head is as `start` says, and which shows a face.
            Where None the first that does, unless the driving head is turned much further away from the
            other's there than it is later: then the frame in which it is turned most like that.

    Raises:
        ValueError: the performance has no face in any frame.

    Reference:
        Siarohin et al., First Order Motion Model for Image Animation, NeurIPS 2019, section 3.3: movement
        relative to a frame in which both are alike.
    """
    if not performance.seen.any():
        raise ValueError("no frame has a face: nothing can be carried over")
    at = _alike(performance, start) if at is None else at
    growth = performance.scale_px / performance.scale_px[at]
    moved = (performance.centre_px - performance.centre_px[at]) / performance.scale_px[at]
    turned: Floats = performance.pose_deg - performance.pose_deg[at] + start.pose_deg
    return replace(
        performance,
        pose_deg=((turned + 180) % 360 - 180).astype(np.float32),
        centre_px=(start.centre_px + moved * start.scale_px).astype(np.float32),
        scale_px=(start.scale_px * growth).astype(np.float32),
        gaze_deg=(performance.gaze_deg + np.array(start.gaze_deg, np.float32)).astype(np.float32),
        rest=rest,
        size_px=start.size_px,
    )


def _alike(performance: Performance, start: Start) -> int:
    """The frame in which the driving head is turned as the other's is."""
    seen = np.flatnonzero(performance.seen)
    apart = np.linalg.norm((performance.pose_deg[seen] - start.pose_deg + 180) % 360 - 180, axis=1)
    nearest = int(apart.argmin())
    return int(seen[0] if apart[0] <= apart[nearest] + _TURNED_AWAY_DEG else seen[nearest])
