"""Faces that somebody has chosen to be trained on, as a list like that of worst frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from understudy.core.errors import ConfigError
from understudy.core.files import write_atomically
from understudy.workflows.review import Review
from understudy.workflows.worst_list import CHOSEN, WorstFrame, WorstList

MOST_CHOSEN = 2000
_FOLDER = "chosen"  # of a swap: no list of it is called like one of worst frames


def write_chosen(review: Review, faces: Sequence[int], swap: Path) -> Path:
    """Write the list of faces that are to be drawn more often by a training.

    Args:
        review: the faceset that they are of.
        faces: ids.
        swap: folder of the swap that is trained; the list is written below it.

    Returns:
        The list's file, for `train --focus` and `adjust --focus`.

    Raises:
        ConfigError: none is chosen, or too many.
        FacesetError: there is no such face.
        UnderstudyError: it cannot be written.
    """
    if not 0 < len(faces) <= MOST_CHOSEN:
        raise ConfigError(f"{len(faces)} faces are chosen", f"choose 1 to {MOST_CHOSEN}")
    frames: list[WorstFrame] = []
    footage: dict[int, str] = {}
    for face in faces:
        stored = review.stored(face)
        square = stored.square
        if stored.source_id not in footage:
            footage[stored.source_id] = review.source_of(stored.source_id).sha256
        frames.append(
            WorstFrame(
                frame=stored.frame_index,
                time_s=float(stored.time_s),
                face_px=(square.x_px, square.y_px, square.side_px, square.roll_rad),
                figures={},
                badness=0.0,
                reason=CHOSEN,
                picture="",
                footage_sha256=footage[stored.source_id],
            )
        )
    name = f"faces chosen in {review.folder.name}"
    first = frames[0].footage_sha256 or ""
    chosen = WorstList(video=name, target=name, target_sha256=first, model=None, frames=frames)
    path = swap / _FOLDER / f"{chosen.digest()[:16]}.json"
    write_atomically(path, chosen.model_dump_json(indent=1).encode())
    return path
