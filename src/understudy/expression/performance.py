"""What a face does over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Points
from understudy.expression.basis import Floats
from understudy.faces.pose import HeadPoses, rotations_of


@dataclass(frozen=True, kw_only=True)
class Performance:
    """Named coefficients and the head's pose in n frames; NaN where no face is seen.

    Args:
        times_s: (n,) float64 presentation times, rising.
        names: of the coefficients; sides are the person's own.
        values: (n, k) float32 in [0, 1].
        pose_deg: (n, 3) float32 yaw, pitch, roll, conventions of `Face.pose_deg`.
        centre_px: (n, 2) float32, where the head's centre lies, frame pixels.
        scale_px: (n,) float32, forehead to chin, frame pixels.
        gaze_deg: (n, 2) float32 yaw, pitch of the eyes against the head and against where they usually look.
        rest: (468, 3) float32, the person's face at rest, template's units and axes.
        rest_gaze_deg: where the eyes usually look, (yaw, pitch) against the head.
        size_px: width and height of the frames.
        footage: name of the file that it was read from, empty where there is none.
    """

    times_s: NDArray[np.float64]
    names: tuple[str, ...]
    values: Floats
    pose_deg: Floats
    centre_px: Floats
    scale_px: Floats
    gaze_deg: Floats
    rest: Points
    rest_gaze_deg: tuple[float, float]
    size_px: tuple[int, int]
    footage: str = ""

    @property
    def seen(self) -> NDArray[np.bool_]:
        """(n,) in which frames there is a face."""
        return np.isfinite(self.scale_px)

    def of(self, name: str) -> Floats:
        """(n,) one coefficient over time; ValueError where it is not among them."""
        return self.values[:, self.names.index(name)]

    def poses(self) -> HeadPoses:
        """Of the frames in which there is a face, in their order."""
        seen = self.seen
        centre = np.column_stack([self.centre_px[seen], np.zeros(int(seen.sum()))])
        return HeadPoses(
            scale_px=self.scale_px[seen].astype(np.float64),
            frame_from_head=rotations_of(self.pose_deg[seen]),
            centre_px=centre.astype(np.float64),
        )
