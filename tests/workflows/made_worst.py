"""Lists of worst frames that no swap was made for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from understudy.faces.face import FaceSquare
from understudy.workflows.worst_list import FILE_NAME, WorstFrame, WorstList


def made_list(frames: Iterable[tuple[int, FaceSquare]], sha256: str) -> WorstList:
    """A list of these frames, and where the face is in each."""
    return WorstList(
        video="swap.mp4",
        target="clip.mp4",
        target_sha256=sha256,
        model=None,
        frames=[
            WorstFrame(
                frame=index,
                time_s=index / 25,
                face_px=(square.x_px, square.y_px, square.side_px, square.roll_rad),
                figures={"seam": 3.0},
                badness=5.0,
                reason="seam",
                picture=f"frame_{index:06d}.jpg",
            )
            for index, square in frames
        ],
    )


def write_list(folder: Path, worst: WorstList) -> Path:
    """The list as a file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE_NAME).write_text(worst.model_dump_json())
    return folder / FILE_NAME
