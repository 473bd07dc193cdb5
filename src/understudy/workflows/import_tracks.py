"""Which imported faces follow one another: they come without tracks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from understudy.faces.face import Face
from understudy.faces.face_patch import Grey, change

_FARTHEST, _GROWTH = 0.5, 1.4  # between two frames, in sides of the square; as for tracked faces
_LARGEST_CHANGE = 0.4  # of a face's patch: above, another person's


@dataclass(slots=True, kw_only=True)
class _Last:
    frame_index: int
    face: Face
    patch: Grey


class ImportedTracks:
    """Numbers the tracks of faces that come frame by frame.

    Args:
        largest_gap: frames that may lie from one face of a track to the next.
        first: number of the first track.
    """

    def __init__(self, *, largest_gap: int, first: int = 0) -> None:
        self._largest_gap, self.next = largest_gap, first
        self._last: dict[int, _Last] = {}

    def follow(self, frame_index: int, faces: list[tuple[Face, Grey]]) -> list[int]:
        """Track numbers of the faces of the next frame, in order.

        Args:
            frame_index: of the frame; grows from call to call.
            faces: each with its patch, see `faces.face_patch`.
        """
        self._last = {
            track: last
            for track, last in self._last.items()
            if frame_index - last.frame_index <= self._largest_gap
        }
        tracks: list[int] = []
        for face, patch in faces:
            track = next(
                (n for n, last in self._last.items() if _follows(last, face, patch, tracks, n)), None
            )
            if track is None:
                track, self.next = self.next, self.next + 1
            tracks.append(track)
            self._last[track] = _Last(frame_index=frame_index, face=face, patch=patch)
        return tracks


def _follows(last: _Last, face: Face, patch: Grey, taken: list[int], track: int) -> bool:
    if track in taken:
        return False
    square, before = face.square, last.face.square
    moved = np.hypot(square.x_px - before.x_px, square.y_px - before.y_px)
    growth = square.side_px / before.side_px
    if moved > _FARTHEST * before.side_px or not 1 / _GROWTH < growth < _GROWTH:
        return False
    return change(last.patch, patch) < _LARGEST_CHANGE
