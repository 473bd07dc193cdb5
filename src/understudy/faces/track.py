"""Follow faces from frame to frame by their landmarks, and look for new ones only when needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from understudy.core.picture import Picture, as_picture
from understudy.core.types import Image
from understudy.faces.detect import Detection, Detector, is_same, overlap
from understudy.faces.face import Face, FaceSquare
from understudy.faces.face_patch import Grey, change, face_patch
from understudy.faces.landmark import PRESENCE_PX, Mesh, region_of_detection, region_of_points
from understudy.faces.pose import fit_pose
from understudy.faces.search import Candidate, FaceSearch
from understudy.faces.second_look import SecondLook
from understudy.faces.shift import patch_at

_THUMBNAIL_PX = 32
_SAME_PLACE = 0.6  # overlap of two detections of one thing


@dataclass(frozen=True, kw_only=True)
class TrackerConfig:
    """When to believe a track and when to search.

    Args:
        detect_every: frames between two searches for new faces while all tracks hold.
        min_score: a track whose landmark score falls below is lost.
        new_score: a new face below it needs a second look; real ones of any size have 0.997, what is none may
            have more than 0.9.
        sure_score: a track above this lives on although the detector does not see it (profiles).
        max_overlap: two faces whose boxes overlap more are one.
        max_scale_step: a face that grows or shrinks more between two frames is lost.
        max_step: a face whose centre moves more between two frames, in sides of its square, is lost.
        max_face_change: a face whose pixels change more between two frames is lost, in the unit of
            `cut_level`; within shots it is 0.25 at most, 0.35 to 1.7 from one person to another.
        cut_level: how unlike (1 less correlation, which light does not change) thumbnails of two
            frames are where there is a cut; within shots 0.06 at most, 0.36 or more across cuts.
        max_faces: faces followed at once, best first.
        patience: frames for which a doubtful place that turned out to hold no face is left alone.
        closer_every: frames between two looks at a part of the frame, where there is no face or a small one.
        beside_every: the same, where there is a large one.
        presence_px: side of the face square from which on the landmark score is to be trusted; that of a
            smaller face is not, so a second look decides.
        new_agreement: score that the second look must give to a new face that is in doubt.
        kept_agreement: score that it must give to one that was here in the frame before.
    """

    detect_every: int = 15
    min_score: float = 0.5
    new_score: float = 0.99
    sure_score: float = 0.9
    max_overlap: float = 0.4
    max_scale_step: float = 1.4
    max_step: float = 0.5
    max_face_change: float = 0.4
    cut_level: float = 0.25
    max_faces: int = 8
    patience: int = 12
    closer_every: int = 2
    beside_every: int = 90
    presence_px: float = PRESENCE_PX
    new_agreement: float = 0.55
    kept_agreement: float = 0.4


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
        self,
        detectors: tuple[Detector, ...],
        landmarker: Landmarker,
        config: TrackerConfig | None = None,
        *,
        eager: tuple[Detector, ...] = (),
    ) -> None:
        """Start with no tracks.

        Args:
            detectors: look for new faces.
            landmarker: finds the mesh, and says by its score whether there is a face.
            config: the tracker's settings.
            eager: detectors that give unsure detections too, for close looks at parts of the frame and for
                a second opinion on what is found there; without them neither is had.
        """
        self._search = FaceSearch(detectors, eager)
        self._landmarker = landmarker
        self._second_look = SecondLook(eager) if eager else None
        self._config = config or TrackerConfig()
        self._last: list[Face] = []
        self._patches: dict[int, Grey] = {}  # of the last faces, by track
        self._refused: list[tuple[int, Detection]] = []  # with the frame in which it was no face
        self._frames = 0
        self._next_track = 0
        self._since_search = 0
        self._since_closer = 0
        self._thumbnail: Grey | None = None

    def track(self, picture: Image | Picture) -> list[Face]:
        """Faces of the next frame, an (h, w, 3) RGB uint8 picture; largest first."""
        image = as_picture(picture)
        is_new_shot = self._starts_shot(image)
        if is_new_shot:
            self._last = []
            self._refused = []
        self._frames += 1
        recent = self._frames - self._config.patience
        self._refused = [(at, refused) for at, refused in self._refused if at > recent]
        patches: dict[int, Grey] = {}
        found = [face for last in self._last if (face := self._follow(image, last, patches)) is not None]
        found = _without_doubles(found, self._config.max_overlap)
        self._since_search += 1
        lost = len(found) < len(self._last) or not found
        # footage without any face is searched in every frame: that is when a face may come in
        if lost or self._since_search >= self._config.detect_every:
            found = self._look_for_more(image, found, is_new_shot=is_new_shot)
            self._since_search = 0
        found = self._look_closer(image, found, is_new_shot=is_new_shot)
        found.sort(key=lambda face: -face.square.side_px)
        self._last = found[: self._config.max_faces]
        new = [face for face in self._last if face.track not in patches]
        patches |= {face.track: face_patch(image, patch_at(face.square)) for face in new}
        self._patches = {face.track: patches[face.track] for face in self._last}
        return list(self._last)

    def _starts_shot(self, image: Picture) -> bool:
        before, self._thumbnail = self._thumbnail, image.thumbnail(_THUMBNAIL_PX)
        return before is None or change(before, self._thumbnail) > self._config.cut_level

    def _follow(self, image: Picture, last: Face, patches: dict[int, Grey]) -> Face | None:
        """Where a face of the frame before is now; notes its patch."""
        face = self._fit(image, region_of_points(last.landmarks_px), last.track)
        if face is None:
            return None
        growth = face.square.side_px / last.square.side_px
        dx, dy = face.square.x_px - last.square.x_px, face.square.y_px - last.square.y_px
        in_reach = (
            1 / self._config.max_scale_step < growth < self._config.max_scale_step
            and np.hypot(dx, dy) < self._config.max_step * last.square.side_px
        )
        if not in_reach:
            return None
        patches[last.track] = face_patch(image, patch_at(face.square))
        if change(self._patches[last.track], patches[last.track]) > self._config.max_face_change:
            return None
        if face.confidence >= self._config.min_score:
            return face
        # what is too small for that score to tell is asked of a detector
        if self._is_denied(face) or self._second_look is None:
            return None
        least = self._config.kept_agreement
        return face if self._second_look.glances(image, face.landmarks_px, least) else None

    def _fit(self, image: Picture, region: FaceSquare, track: int) -> Face | None:
        """The mesh in a region, whether or not it lies on a face; None where it lies outside the frame."""
        mesh = self._landmarker.find(image, region)
        points = mesh.points_px
        box = np.concatenate([points[:, :2].min(axis=0), points[:, :2].max(axis=0)]).astype(np.float32)
        centre = (box[:2] + box[2:]) / 2
        inside = 0 <= centre[0] < image.width_px and 0 <= centre[1] < image.height_px
        if not inside or (box[2:] - box[:2]).min() < 4:
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

    def _look_for_more(self, image: Picture, known: list[Face], *, is_new_shot: bool) -> list[Face]:
        """Add faces that no track holds; drop weak tracks that no detector sees."""
        candidates = self._search.whole(image, is_new_shot=is_new_shot)
        boxes = _boxes([candidate.detection.box_px for candidate in candidates])
        kept = [
            face
            for face in known
            if face.confidence >= self._config.sure_score
            or (overlap(face.box_px, boxes) > 0.1).any()
            or self._is_seen(image, face, self._config.kept_agreement)
        ]
        kept = self._with_new(image, kept, candidates)
        held_px = _boxes([face.box_px for face in kept])
        # a box that led to no landmarks may be a face that another detector sees better
        if kept and not is_new_shot and any(not (overlap(box, held_px) > 0.1).any() for box in boxes):
            kept = self._with_new(image, kept, self._search.again(image))
        held = {face.track for face in kept}
        lost = [last for last in self._last if last.track not in held] if self._second_look else []
        for last in lost:
            kept = self._with_new(image, kept, self._search.near(image, last.box_px))
        return kept

    def _look_closer(self, image: Picture, known: list[Face], *, is_new_shot: bool) -> list[Face]:
        """Add small faces, and turned ones where there are no others."""
        self._since_closer += 1
        if self._second_look is None:
            return known
        boxes = [face.box_px for face in known]
        is_wide = self._search.is_wide(image, boxes)
        every = self._config.closer_every if is_wide else self._config.beside_every
        if not is_new_shot and self._since_closer < every:
            return known
        self._since_closer = 0
        if is_wide:
            more = self._search.closer(image, is_new_shot=is_new_shot, nothing_found=not known)
        else:
            more = self._search.beside(image, boxes, is_new_shot=is_new_shot)
        return self._with_new(image, known, more)

    def _with_new(self, image: Picture, known: list[Face], candidates: list[Candidate]) -> list[Face]:
        kept = known
        for candidate in candidates:
            held = _boxes([face.box_px for face in kept])
            box = candidate.detection.box_px
            if (overlap(box, held) > 0.2).any() or (
                candidate.doubtful and self._is_idle(candidate.detection, held)
            ):
                continue
            face = self._settled(image, candidate)
            if face is None and candidate.doubtful:
                self._refused.append((self._frames, candidate.detection))
            if face is not None:
                kept = _without_doubles([*kept, face], self._config.max_overlap)
                self._next_track += 1
        return kept

    def _is_idle(self, detection: Detection, faces: NDArray[np.float32]) -> bool:
        """Whether what is doubtful need not be looked at: just refused, or a part of (n, 4) faces."""
        return _lies_on(detection.box_px, faces) or any(
            is_same(detection, refused, _SAME_PLACE) for _, refused in self._refused
        )

    def _settled(self, image: Picture, candidate: Candidate) -> Face | None:
        """The face that a detector means, if there is one."""
        region = region_of_detection(candidate.detection)
        upright = region if self._second_look is None else self._second_look.upright(image, region)
        face = self._settled_in(image, upright, candidate)
        return self._settled_in(image, region, candidate) if face is None and upright != region else face

    def _settled_in(self, image: Picture, region: FaceSquare, candidate: Candidate) -> Face | None:
        rough = self._fit(image, region, -1)
        if rough is None or self._is_denied(rough):
            return None
        # the detector's box is loose: a second look from the first landmarks settles them
        face = self._fit(image, region_of_points(rough.landmarks_px), self._next_track)
        if face is None or self._is_denied(face):
            return None
        sure = self._config.min_score if self._second_look is None else self._config.new_score
        is_sure = min(rough.confidence, face.confidence) >= sure
        if is_sure and not candidate.doubtful:
            return face
        return face if self._is_seen(image, face, self._config.new_agreement) else None

    def _is_denied(self, face: Face) -> bool:
        """Whether the landmark score denies a face that is large enough for it."""
        is_told = self._second_look is None or face.square.side_px >= self._config.presence_px
        return is_told and face.confidence < self._config.min_score

    def _is_seen(self, image: Picture, face: Face, least: float) -> bool:
        return self._second_look is not None and self._second_look.sees(image, face.landmarks_px, least)


def _boxes(boxes: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.stack(boxes) if boxes else np.zeros((0, 4), np.float32)


def _lies_on(box: NDArray[np.float32], faces: NDArray[np.float32]) -> bool:
    """Whether a box's centre lies in one of (n, 4) faces: detectors see faces in parts of large ones."""
    centre = (box[:2] + box[2:]) / 2
    return bool(((faces[:, :2] < centre) & (centre < faces[:, 2:])).all(axis=1).any())


def _without_doubles(faces: list[Face], max_overlap: float) -> list[Face]:
    """Of faces that lie on each other, keep the older track."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda f: f.track):
        others = np.stack([f.box_px for f in kept]) if kept else np.zeros((0, 4), np.float32)
        if not (overlap(face.box_px, others) > max_overlap).any():
            kept.append(face)
    return kept
