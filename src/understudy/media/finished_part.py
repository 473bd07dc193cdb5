"""What is known of a finished part of a video, so that whoever goes on can trust it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from understudy.core.errors import UnderstudyError
from understudy.core.files import sha256_of_file


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedPart:
    """A part that is finished, as it is kept in mind.

    Args:
        frames: in it.
        next_frame: index of the frame after its last one.
        sha256: of its file.
        notes: what belongs to it and to those before it.
    """

    frames: int
    next_frame: int
    sha256: str
    notes: dict[str, Any]

    @classmethod
    def of(cls, said: dict[str, Any]) -> FinishedPart:
        """Of what `asdict` made of one; LookupError, TypeError or ValueError where it is something else."""
        numbers = {name: int(said[name]) for name in ("frames", "next_frame")}
        return cls(**numbers, sha256=str(said["sha256"]), notes=dict(said["notes"]))

    @classmethod
    def of_file(cls, path: Path, frames: int, next_frame: int, notes: dict[str, Any]) -> FinishedPart:
        """Of a file that was just finished; UnderstudyError where it cannot be read."""
        return cls(frames=frames, next_frame=next_frame, sha256=sha256_of_file(path), notes=notes)

    def is_whole(self, path: Path) -> bool:
        """Whether its file is there as it was finished, to the bit."""
        try:
            return sha256_of_file(path) == self.sha256
        except UnderstudyError:
            return False
