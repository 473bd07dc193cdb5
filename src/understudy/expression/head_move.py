"""How a head has moved since a photo was taken: turned, shifted, grown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Matrix
from understudy.faces.pose import HeadPoses

_LEAST_WIDTH = 0.25  # of its width in the photo that a turned strip of skin keeps
_STEEPEST = 20.0


@dataclass(frozen=True, kw_only=True)
class HeadMove:
    """The movement of everything that is fixed to the skull.

    Args:
        turn: (3, 3) float64 rotation, frame axes.
        growth: factor by which it has grown.
        from_px: (2,) float64, the head's centre in the photo.
        to_px: (2,) float64, where that is now.
    """

    turn: NDArray[np.float64]
    growth: float
    from_px: NDArray[np.float64]
    to_px: NDArray[np.float64]

    @classmethod
    def none(cls) -> HeadMove:
        """No movement."""
        return cls(turn=np.eye(3), growth=1.0, from_px=np.zeros(2), to_px=np.zeros(2))

    @classmethod
    def between(cls, photo: HeadPoses, now: HeadPoses) -> HeadMove:
        """From one pose to another; of each the first."""
        return cls(
            turn=now.frame_from_head[0] @ photo.frame_from_head[0].T,
            growth=float(now.scale_px[0] / photo.scale_px[0]),
            from_px=photo.centre_px[0, :2],
            to_px=now.centre_px[0, :2],
        )

    def affine(self, depth_px: float) -> Matrix:
        """(2, 3) `now_from_photo` of a plane that faces the camera, so far behind the head's centre."""
        return self._about(self.turn[:2, :2], depth_px)

    def outline(self, depth_px: float) -> Matrix:
        """The same of a round thing's outline, which turning shifts but does not make narrower."""
        u, _, vt = np.linalg.svd(self.turn[:2, :2])
        return self._about(u @ vt, depth_px)

    def deeper(self, depth_px: NDArray[np.floating]) -> NDArray[np.float64]:
        """(n, 2) by what points go elsewhere now if they lie (n,) deeper."""
        return self.growth * depth_px[:, None] * self.turn[:2, 2]

    @property
    def steepest(self) -> float:
        """How steeply a surface may go back without a turned head hiding it, in depth over width."""
        aside = float(np.hypot(*self.turn[:2, 2]))
        return min(_STEEPEST, max(0.0, float(self.turn[2, 2]) - _LEAST_WIDTH) / max(aside, 1e-6))

    def _about(self, linear: NDArray[np.float64], depth_px: float) -> Matrix:
        grown = self.growth * linear
        shift = self.to_px + self.growth * depth_px * self.turn[:2, 2] - grown @ self.from_px
        return np.column_stack([grown, shift]).astype(np.float32)


def moved(matrix: Matrix, points_px: NDArray[np.floating]) -> NDArray[np.float64]:
    """(n, 2) points carried by a (2, 3) matrix."""
    return points_px[:, :2] @ matrix[:, :2].T.astype(np.float64) + matrix[:, 2]
