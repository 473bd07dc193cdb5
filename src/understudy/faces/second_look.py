"""Ask detectors whether landmarks lie on a face: where the mesh network itself cannot tell."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from understudy.core.picture import Picture
from understudy.core.types import Image, Points
from understudy.faces.crop import cut
from understudy.faces.detect import Detector, overlap
from understudy.faces.face import FaceSquare
from understudy.faces.landmark import region_of_points
from understudy.faces.mesh import (
    LEFT_EYE_INNER,
    LEFT_EYE_OUTER,
    NOSE_TIP,
    RIGHT_EYE_INNER,
    RIGHT_EYE_OUTER,
)

_CLOSE_UP_PX = 192
# what the detectors' first four key points are on the mesh
_ON_MESH = (
    (LEFT_EYE_OUTER, LEFT_EYE_INNER),
    (RIGHT_EYE_INNER, RIGHT_EYE_OUTER),
    (NOSE_TIP, NOSE_TIP),
    (13, 14),  # of the inner lips, upper and lower
)


@dataclass(frozen=True, kw_only=True)
class SecondLookConfig:
    """What counts as agreement.

    Args:
        coverages: of each detector, the sides of its close-ups, in sides of the face.
        glance_coverage: of the one close-up that is enough for a face already known.
        max_off: distance of a detector's key point from the landmark that it is, in sides of the face.
        turn_gain: by how much more a detector must like a face the other way up to have it turned.
        min_overlap: intersection over union of a detector's box and the landmarks' box.
    """

    coverages: tuple[tuple[float, ...], ...] = ((4.5, 6.0), (8.0, 12.0))
    glance_coverage: float = 5.0
    max_off: float = 0.35
    turn_gain: float = 0.1
    min_overlap: float = 0.35


class SecondLook:
    """Detectors that look at upright close-ups of a face, larger than it is in the frame.

    The mesh network's presence score falls to 0 on faces of some 20 px, which detectors still see. Measured
    on two people walking up (faces of 13 to 28 px), both detectors give them 0.57 or more, each as the mean
    of its close-ups; there are things that please one detector (a red basket, 0.79), none that please both.
    """

    def __init__(self, detectors: tuple[Detector, ...], config: SecondLookConfig | None = None) -> None:
        """`detectors` should give unsure detections too: their scores are averaged.

        Args:
            detectors: all have to agree; the first, quickest, is asked first.
            config: what counts as agreement.

        Raises:
            ValueError: there are more detectors than close-ups are set for.
        """
        self._config = config or SecondLookConfig()
        self._asked = list(zip(detectors, self._config.coverages, strict=False))
        if not detectors or len(self._asked) < len(detectors):
            raise ValueError(f"{len(detectors)} detectors, close-ups for {len(self._config.coverages)}")

    def sees(self, image: Image | Picture, points_px: Points, least: float) -> bool:
        """Whether every detector is at least so sure of a face that has these landmarks.

        Args:
            image: (h, w, 3) RGB uint8 frame.
            points_px: (468, 3) float32 landmarks, frame pixels.
            least: score in [0, 1].
        """
        for detector, coverages in self._asked:
            scores = [self._score(detector, image, points_px, coverage) for coverage in coverages]
            if np.mean(scores) < least:
                return False
        return True

    def glances(self, image: Image | Picture, points_px: Points, least: float) -> bool:
        """The same, of one detector at one close-up."""
        score = self._score(self._asked[0][0], image, points_px, self._config.glance_coverage)
        return score >= least

    def upright(self, image: Image | Picture, region: FaceSquare) -> FaceSquare:
        """The region of a face, turned by half where the face is the other way up.

        Detectors see faces that stand on their head, and take them for upright ones.

        Args:
            image: (h, w, 3) RGB uint8 frame.
            region: where a face was found.
        """
        other = replace(region, roll_rad=region.roll_rad + np.pi)
        gain = self._score_in(image, other) - self._score_in(image, region)
        return other if gain > self._config.turn_gain else region

    def _score_in(self, image: Image | Picture, region: FaceSquare) -> float:
        """Of the surest detection in the middle of a close-up."""
        matrix = region.crop_from_frame(_CLOSE_UP_PX, self._config.glance_coverage)
        half = np.array([-0.5, -0.5, 0.5, 0.5]) * _CLOSE_UP_PX / self._config.glance_coverage
        box = (_CLOSE_UP_PX - 1) / 2 + half
        seen = self._asked[0][0].detect(cut(image, matrix, _CLOSE_UP_PX))
        scores = (d.score for d in seen if overlap(box, d.box_px[None])[0] > self._config.min_overlap)
        return max(scores, default=0.0)

    def _score(self, detector: Detector, image: Image | Picture, points_px: Points, coverage: float) -> float:
        """Of the surest detection that lies where the landmarks do; 0 where there is none."""
        matrix = region_of_points(points_px).crop_from_frame(_CLOSE_UP_PX, coverage)
        points = points_px[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        box = np.concatenate([points.min(axis=0), points.max(axis=0)])
        expected = np.stack([points[list(indices)].mean(axis=0) for indices in _ON_MESH])
        reach = self._config.max_off * _CLOSE_UP_PX / coverage
        for seen in detector.detect(cut(image, matrix, _CLOSE_UP_PX)):
            off = np.linalg.norm(seen.keypoints_px[:4] - expected, axis=1).max()
            if off < reach and overlap(box, seen.box_px[None])[0] > self._config.min_overlap:
                return seen.score
        return 0.0
