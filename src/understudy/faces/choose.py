"""Which of the faces in a frame is the target."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from understudy.core.events import OnEvent, ignore
from understudy.core.picture import Picture
from understudy.core.types import Image, Vector
from understudy.faces.detect import overlap
from understudy.faces.face import Face
from understudy.faces.identify import SAME_PERSON_DISTANCE, Embedder, Identifier

_SURELY_ANOTHER = 0.7  # distance that even a bad look at the same person seldom has
_LOOKS_IN_A_ROW = 8  # at a new track until it is taken for somebody else
_FIRST_WAIT, _LONGEST_WAIT, _LONGEST_WAIT_FOR_OTHERS = 5, 40, 160  # frames between two looks
_FREE_LOOKS, _FRAMES_A_LOOK = 12, 20  # 25 ms each: a track that wavers gets no more than this
_SIDE_VIEW_DEG = 35.0  # a face turned further is unlike itself
_GAP_FRAMES = 12  # a face back in its place within these is the same one until looks say otherwise
_SAME_PLACE = 0.2  # overlap (intersection over union) of boxes in one place
_LEAD = 0.1  # distance by which another track must be nearer to be preferred to the one followed


class TargetChooser:
    """Follows the target through footage that may show several people.

    A track is looked at (compared with the target by the identity network) in its first frames
    until it is surely the target, then more and more rarely, and never for the last time: a
    track may pass from one person to another. The median of the last three looks decides, so one
    bad look changes nothing. A new track where the target was a moment ago counts as the target
    until looks say otherwise.

    Args:
        wanted: (128,) float32 mean identity vector of the target; where None, the largest face of
            the first frame that has one is followed, and nobody is looked at.
        on_event: told when weights are fetched.
        embedder: dlib's where None.

    Attributes:
        passed: frames so far that show faces but, for all the looks say, not the target's.
        unsure_frames: how many of those show a face that may be the target's.
    """

    def __init__(
        self, wanted: Vector | None, on_event: OnEvent = ignore, embedder: Embedder | None = None
    ) -> None:
        """Load the network where it is needed.

        Raises:
            WeightsError: the weights cannot be had.
        """
        self._wanted = wanted
        self._embedder = embedder or (Identifier(on_event) if wanted is not None else None)
        self._tracks: dict[int, _Track] = {}
        self._frame = -1
        self._last: Face | None = None
        self._last_frame = 0
        self.passed = self.unsure_frames = 0

    def choose(self, image: Image | Picture, faces: Sequence[Face]) -> Face | None:
        """The target's face in the next frame, None where it is not seen.

        Args:
            image: (h, w, 3) RGB uint8, or a picture of which only faces are looked at.
            faces: tracked faces in it, largest first; none in a frame without a face.
        """
        self.look(image, faces)
        return self.pick(faces)

    def look(self, image: Image | Picture, faces: Sequence[Face]) -> None:
        """Look at those faces of the next frame that are due; arguments as of `choose`."""
        self._frame += 1
        if self._wanted is not None:
            for face in faces:
                self._look(image, face)

    def certainty(self, face: Face) -> float:
        """How surely a face that was looked at is the target: 0 if it is not, more the nearer it is."""
        track = self._tracks.get(face.track)
        return 1 / (1 + track.distance) if track is not None and track.is_target else 0.0

    def pick(self, faces: Sequence[Face]) -> Face | None:
        """The target's face of those of this frame that may be it, None where it is not among them.

        Args:
            faces: some of those that were looked at, in the same order.
        """
        if not faces:
            return None
        chosen = self._followed(faces) if self._wanted is None else self._recognised(faces)
        if chosen is not None:
            self._last, self._last_frame = chosen, self._frame
            return chosen
        self.passed += 1
        self.unsure_frames += any(self._tracks[f.track].distance < _SURELY_ANOTHER for f in faces)
        return None

    def _followed(self, faces: Sequence[Face]) -> Face:
        """The face of the same track, else the one in the same place, else the largest."""
        if self._last is None:
            return faces[0]
        same_track = [face for face in faces if face.track == self._last.track]
        boxes = np.stack([face.box_px for face in faces])
        shared = overlap(self._last.box_px, boxes)
        in_place = [faces[int(shared.argmax())]] if shared.max() > _SAME_PLACE else []
        return [*same_track, *in_place, faces[0]][0]

    def _recognised(self, faces: Sequence[Face]) -> Face | None:
        """The face of the track most alike, else the one that took the target's place."""
        sure = [face for face in faces if self._tracks[face.track].is_target]
        heirs = [face for face in faces if self._tracks[face.track].is_heir]
        return min(sure or heirs, key=self._rank, default=None)

    def _rank(self, face: Face) -> float:
        followed = self._last is not None and face.track == self._last.track
        return self._tracks[face.track].distance - (_LEAD if followed else 0.0)

    def _look(self, image: Image | Picture, face: Face) -> None:
        """Look at a face where its track is due."""
        assert self._embedder is not None
        assert self._wanted is not None
        if face.track not in self._tracks:
            self._tracks[face.track] = _Track(in_targets_place=self._in_targets_place(face))
        track = self._tracks[face.track]
        track.frames += 1
        if track.due:
            vector = self._embedder.vector(image, face)
            side_view = abs(float(face.pose_deg[0])) > _SIDE_VIEW_DEG
            track.add(float(np.linalg.norm(vector - self._wanted)), side_view=side_view)

    def _in_targets_place(self, face: Face) -> bool:
        if self._last is None or self._frame - self._last_frame > _GAP_FRAMES:
            return False
        return float(overlap(face.box_px, self._last.box_px[None])[0]) > _SAME_PLACE


@dataclass(slots=True)
class _Track:
    """What the looks at one track say.

    Args:
        in_targets_place: it began where the target had been just before.
        frames: how many it has been seen in.
        looks: how many were taken.
        next_look: value of `frames` at which it is due again.
        wait: frames from the last look to the next.
        distances: of the last three looks.
        is_target: the verdict.
    """

    in_targets_place: bool
    frames: int = 0
    looks: int = 0
    next_look: int = 1
    wait: int = 1
    distances: deque[float] = field(default_factory=lambda: deque[float](maxlen=3))
    is_target: bool = False

    @property
    def distance(self) -> float:
        """From the target; that of the middle one of the last looks."""
        return float(np.median(self.distances)) if self.distances else np.inf

    @property
    def due(self) -> bool:
        """Whether it is to be looked at in this frame."""
        affordable = self.looks < _FREE_LOOKS + self.frames / _FRAMES_A_LOOK
        return self.frames >= self.next_look and affordable

    @property
    def is_heir(self) -> bool:
        """Whether it is the target for lack of evidence to the contrary."""
        return self.in_targets_place and self.looks < _LOOKS_IN_A_ROW and self.distance < _SURELY_ANOTHER

    def add(self, distance: float, *, side_view: bool) -> None:
        """Take a look into account and settle when to look again."""
        self.looks += 1
        near = distance < SAME_PERSON_DISTANCE
        if near or not self.is_target or not side_view:
            self.distances.append(distance)
            before, self.is_target = self.is_target, self.distance < SAME_PERSON_DISTANCE
            if near != self.is_target:
                self.wait = 1  # the looks disagree: another settles it
            elif self.is_target:
                self.wait = min(self.wait * 2, _LONGEST_WAIT) if before else _FIRST_WAIT
            elif self.looks >= _LOOKS_IN_A_ROW:
                self.wait = _FIRST_WAIT if before else min(self.wait * 2, _LONGEST_WAIT_FOR_OTHERS)
        self.next_look = self.frames + self.wait
