"""The whole way from frames to tracked, steadied faces, with the catalogued networks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from understudy.core.events import OnEvent, ignore
from understudy.core.picture import AnyFrame
from understudy.faces.detect import FULL_RANGE, SHORT_RANGE, BlazeFace
from understudy.faces.face import Face
from understudy.faces.landmark import MeshNetwork
from understudy.faces.shift import with_shifts
from understudy.faces.smooth import SmoothingConfig, smooth_stream
from understudy.faces.track import FaceTracker, TrackerConfig
from understudy.faces.weights import weights_path

AFrame = TypeVar("AFrame", bound=AnyFrame)
_EAGER_SCORE = 0.3  # of detections that are checked before they count


def load_detectors(on_event: OnEvent = ignore) -> tuple[BlazeFace, BlazeFace]:
    """The catalogued detectors, in the order in which they are tried; raises WeightsError."""
    return (
        BlazeFace(weights_path("face_detection_short_range.tflite", on_event), SHORT_RANGE),
        BlazeFace(weights_path("face_detection_full_range_sparse.tflite", on_event), FULL_RANGE),
    )


def load_landmarker(on_event: OnEvent = ignore) -> MeshNetwork:
    """The catalogued landmark network; raises WeightsError."""
    return MeshNetwork(weights_path("face_landmark_with_attention.tflite", on_event))


class FaceFinder:
    """Finds and follows faces in consecutive frames.

    The networks are loaded once; every call of `stream` starts with no tracks.
    """

    def __init__(
        self,
        *,
        tracker: TrackerConfig | None = None,
        smoothing: SmoothingConfig | None = None,
        on_event: OnEvent = ignore,
    ) -> None:
        """Load the networks, fetching their weights if they are not here.

        Raises:
            WeightsError: the weights cannot be had.
        """
        self._detectors = load_detectors(on_event)
        self._eager = tuple(detector.with_min_score(_EAGER_SCORE) for detector in self._detectors)
        self._landmarker = load_landmarker(on_event)
        self._tracker, self._smoothing = tracker, smoothing

    def stream(self, frames: Iterable[AFrame]) -> Iterator[tuple[AFrame, list[Face]]]:
        """Yield each frame with its faces, largest first, a few frames late.

        Args:
            frames: consecutive frames of one piece of footage.
        """
        return self.steadied(self.tracked(frames))

    def tracked(self, frames: Iterable[AFrame]) -> Iterator[tuple[AFrame, list[Face]]]:
        """The first half of `stream`, for a thread of its own: the squares are not steadied."""
        tracker = FaceTracker(self._detectors, self._landmarker, self._tracker, eager=self._eager)
        return ((frame, tracker.track(frame.image)) for frame in frames)

    def steadied(self, found: Iterable[tuple[AFrame, list[Face]]]) -> Iterator[tuple[AFrame, list[Face]]]:
        """The second half of `stream`, for what the first has found."""
        return smooth_stream(with_shifts(found), self._smoothing)
