"""Follow faces from frame to frame by their landmarks, and look for new ones only when needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.picture import Picture, as_picture
from understudy.core.types import Image
from understudy.faces.crop import cut
from understudy.faces.detect import Detection, Detector, overlap
from understudy.faces.face import Face, FaceSquare
from understudy.faces.landmark import Mesh, region_of_detection, region_of_points
from understudy.faces.pose import fit_pose

_THUMBNAIL_PX, _PATCH_PX = 32, 24
_PATCH_COVERAGE = 1.2  # of a face and little else
_FLAT = 2.0  # grey levels of contrast (standard deviation) below which a picture shows nothing

_Grey = NDArray[np.float32]  # (h, w), 0 to 255


@dataclass(frozen=True, kw_only=True)
class TrackerConfig:
    """When to believe a track and when to search.

    Args:
        detect_every: frames between two searches for new faces while all tracks hold.
        min_score: a track whose landmark score falls below is lost.
        sure_score: a track above this lives on although the detector does not see it (profiles).
        max_overlap: two faces whose boxes overlap more are one.
        max_scale_step: a face that grows or shrinks more between two frames is lost.
        max_step: a face whose centre moves more between two frames, in sides of its square, is lost.
        max_face_change: a face whose pixels change more between two frames is lost, in the unit of
            `cut_level`; within shots it is 0.25 at most, 0.35 to 1.7 from one person to another.
        cut_level: how unlike (1 less correlation, which light does not change) thumbnails of two
            frames are where there is a cut; within shots 0.06 at most, 0.36 or more across cuts.
        max_faces: faces followed at once, best first.
    """

    detect_every: int = 15
    min_score: float = 0.5
    sure_score: float = 0.9
    max_overlap: float = 0.4
    max_scale_step: float = 1.4
    max_step: float = 0.5
    max_face_change: float = 0.4
    cut_level: float = 0.25
    max_faces: int = 8


class Landmarker(Protocol):
    """Anything that finds the mesh of the face in a region."""

    def find(self, image: Image | Picture, region: FaceSquare) -> Mesh:
        """Landmarks of the face in `region` of an (h, w, 3) RGB uint8 frame."""
        ...


class FaceTracker:
    """Faces of consecutive frames, each with the number of its track.

    The detectors are tried in order until one finds something.
    """

    def __init__(
        self, detectors: tuple[Detector, ...], landmarker: Landmarker, config: TrackerConfig | None = None
    ) -> None:
        """Start with no tracks."""
        self._detectors = detectors
        self._landmarker = landmarker
        self._config = config or TrackerConfig()
        self._last: list[Face] = []
        self._patches: dict[int, _Grey] = {}  # of the last faces, by track
        self._next_track = 0
        self._since_search = 0
        self._thumbnail: _Grey | None = None

    def track(self, picture: Image | Picture) -> list[Face]:
        """Faces of the next frame, an (h, w, 3) RGB uint8 picture; largest first."""
        image = as_picture(picture)
        if self._is_cut(image):
            self._last = []
        found = [face for last in self._last if (face := self._follow(image, last)) is not None]
        found = _without_doubles(found, self._config.max_overlap)
        self._since_search += 1
        lost = len(found) < len(self._last) or not found
        # footage without any face is searched in every frame: that is when a face may come in
        if lost or self._since_search >= self._config.detect_every:
            found = self._search(image, found)
            self._since_search = 0
        found.sort(key=lambda face: -face.square.side_px)
        self._last = found[: self._config.max_faces]
        self._patches = {face.track: _patch(image, face.square) for face in self._last}
        return list(self._last)

    def _is_cut(self, image: Picture) -> bool:
        before, self._thumbnail = self._thumbnail, image.thumbnail(_THUMBNAIL_PX)
        return before is not None and _change(before, self._thumbnail) > self._config.cut_level

    def _follow(self, image: Picture, last: Face) -> Face | None:
        face = self._face(image, region_of_points(last.landmarks_px), last.track)
        if face is None:
            return None
        growth = face.square.side_px / last.square.side_px
        dx, dy = face.square.x_px - last.square.x_px, face.square.y_px - last.square.y_px
        in_reach = (
            1 / self._config.max_scale_step < growth < self._config.max_scale_step
            and np.hypot(dx, dy) < self._config.max_step * last.square.side_px
        )
        change = _change(self._patches[last.track], _patch(image, face.square)) if in_reach else np.inf
        return face if change <= self._config.max_face_change else None

    def _face(self, image: Picture, region: FaceSquare, track: int) -> Face | None:
        mesh = self._landmarker.find(image, region)
        points = mesh.points_px
        box = np.concatenate([points[:, :2].min(axis=0), points[:, :2].max(axis=0)]).astype(np.float32)
        centre = (box[:2] + box[2:]) / 2
        inside = 0 <= centre[0] < image.width_px and 0 <= centre[1] < image.height_px
        if mesh.score < self._config.min_score or not inside or (box[2:] - box[:2]).min() < 4:
            return None
        pose = fit_pose(points)
        return Face(
            box_px=box,
            landmarks_px=points,
            iris_px=mesh.iris_px,
            confidence=mesh.score,
            track=track,
            square=pose.square,
            pose_deg=pose.angles_deg,
        )

    def _search(self, image: Picture, known: list[Face]) -> list[Face]:
        """Add faces that no track holds; drop weak tracks that the detector does not see."""
        detections: list[Detection] = []
        for detector in self._detectors:
            detections = detector.detect(image)
            if detections:
                break
        boxes = np.stack([d.box_px for d in detections]) if detections else np.zeros((0, 4), np.float32)
        kept = [
            face
            for face in known
            if face.confidence >= self._config.sure_score or (overlap(face.box_px, boxes) > 0.1).any()
        ]
        for detection in detections:
            held = np.stack([f.box_px for f in kept]) if kept else np.zeros((0, 4), np.float32)
            if (overlap(detection.box_px, held) > 0.2).any():
                continue
            rough = self._face(image, region_of_detection(detection), -1)
            if rough is None:
                continue
            # the detector's box is loose: a second look from the first landmarks settles them
            face = self._face(image, region_of_points(rough.landmarks_px), self._next_track)
            if face is not None:
                kept = _without_doubles([*kept, face], self._config.max_overlap)
                self._next_track += 1
        return kept


def _without_doubles(faces: list[Face], max_overlap: float) -> list[Face]:
    """Of faces that lie on each other, keep the older track."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda f: f.track):
        others = np.stack([f.box_px for f in kept]) if kept else np.zeros((0, 4), np.float32)
        if not (overlap(face.box_px, others) > max_overlap).any():
            kept.append(face)
    return kept


def _patch(image: Picture, square: FaceSquare) -> _Grey:
    """A small upright picture of a face."""
    matrix = square.crop_from_frame(_PATCH_PX, _PATCH_COVERAGE)
    return np.asarray(cv2.GaussianBlur(_grey(cut(image, matrix, _PATCH_PX)), (0, 0), 1), np.float32)


def _grey(image: Image) -> _Grey:
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)


def _change(a: _Grey, b: _Grey) -> float:
    """1 less the correlation of two pictures of one size; 0 where neither shows anything."""
    a, b = a - a.mean(), b - b.mean()
    contrast = float(a.std()), float(b.std())
    if max(contrast) < _FLAT:
        return 0.0
    return 1 - float((a * b).mean()) / (max(contrast[0], _FLAT) * max(contrast[1], _FLAT))
