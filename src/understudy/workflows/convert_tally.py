"""Who was replaced in how many frames, over all the runs that a conversion took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any


def together(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What was noted of some frames, and of others behind them, as one; empty where neither was noted."""
    if not before or not after:
        return dict(before or after)
    counts = {name: int(before[name]) + int(after[name]) for name in ("frames", "swapped")}
    people = {name: dict(Counter(before[name]) + Counter(after[name])) for name in ("replaced", "unsure")}
    return {"colours": {**before["colours"], **after["colours"]}, **counts, **people}


class Tally:
    """Counts frames as they are written.

    Attributes:
        frames: written, in this run and before.
        added: those of this run.
        swapped: frames in which anybody was replaced.
    """

    def __init__(self, notes: Mapping[str, Any], people: Sequence[str]) -> None:
        """Go on from what an earlier run has noted.

        Args:
            notes: what `noted` gave with the last frame that is there; empty at the beginning.
            people: who is to be replaced, by name.
        """
        self._people = people
        self.added = 0
        self.frames, self.swapped = int(notes.get("frames", 0)), int(notes.get("swapped", 0))
        self._replaced = Counter[str](notes.get("replaced", {}))
        self._unsure = Counter[str](notes.get("unsure", {}))

    def add(self, replaced: Iterable[str], unsure: Iterable[str]) -> None:
        """Count a frame.

        Args:
            replaced: who is in it and was replaced.
            unsure: who may be in it and was not.
        """
        names = set(replaced)
        self.added += 1
        self.frames += 1
        self.swapped += bool(names)
        self._replaced.update(names)
        self._unsure.update(unsure)

    def noted(self) -> dict[str, Any]:
        """All of it as plain values, to be kept with the frame that was counted last."""
        return {
            "frames": self.frames,
            "swapped": self.swapped,
            "replaced": dict(self._replaced),
            "unsure": dict(self._unsure),
        }

    def missed(self, target: Path) -> list[str]:
        """What is to be said of people who were never found, or maybe not in every frame."""
        never = [name for name in self._people if not self._replaced[name]]
        found: list[str] = []
        if never:
            who = " and ".join(never)
            so = "the output shows the target unchanged"
            if len(never) < len(self._people):
                so = "the others were replaced"
            found.append(f"{who} {'was' if len(never) == 1 else 'were'} not found in {target}: {so}")
        return found + [
            f"{count} frames show a face that may be {name}'s and was not swapped: the identity network was "
            "not sure"
            for name, count in self._unsure.items()
        ]
