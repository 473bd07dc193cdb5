"""What the source should still be filmed doing, in words: left and right are the picture's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from understudy.measure.coverage import CELL_DEG, Coverage, Mask, Strip, usual_range

EXAMPLES = 3
_LEAST_SHARE = 0.005  # of the target's faces; less is not worth a day of filming
_TOGETHER = 0.5  # share of a view's faces that must do something for it to belong to that view
_STRAIGHT_DEG = 10.0  # a head turned less looks into the camera, for people
_SLIGHT_DEG = 3.0  # but where the source never turns even so far, less matters


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Something that the target does and the source does not.

    Args:
        measure: "pose", or key of the measure.
        words: completes "Film the source ...".
        share: share of the target's faces that do it, 0 .. 1.
        rows: the target's faces that do it, rising.
        examples: up to three of `rows`, typical and spread over the footage.
    """

    measure: str
    words: str
    share: float
    rows: NDArray[np.intp]
    examples: tuple[int, ...]


def gaps(found: Coverage) -> list[Gap]:
    """Name what the source lacks, that which most of the target's faces do first.

    Views are told apart by direction, measures by being below or above what the source usually does.
    What most of a view's faces do beside, such as an open mouth, is told with the view.
    """
    beside = [gap for strip in found.strips for gap in _strip_gaps(strip)]
    all_gaps = [*_pose_gaps(found, beside), *beside]
    return sorted((gap for gap in all_gaps if gap.share >= _LEAST_SHARE), key=lambda gap: -gap.share)


def _pose_gaps(found: Coverage, beside: list[Gap]) -> list[Gap]:
    pose = found.target_pose_deg
    rows = np.flatnonzero(found.lacking)
    directions = _worth_telling(
        np.stack([_directions(found, axis)[rows] for axis in (0, 1)], axis=1),
        pose[rows],
        found.source_pose_deg,
    )
    made: list[Gap] = []
    for direction in np.unique(directions, axis=0):
        own = rows[(directions == direction).all(axis=1)]
        words = _view_words(direction, np.median(pose[own], axis=0))
        also = [gap.words for gap in beside if np.isin(own, gap.rows).mean() >= _TOGETHER]
        joined = ", ".join([words, *(word for word in also if word.startswith("with"))])
        made.append(_gap("pose", joined, own, pose[own], len(pose)))
    return made


def _directions(found: Coverage, axis: int) -> NDArray[np.int64]:
    """-1 (left or up), 0 or 1 (right or down) for each of the target's faces."""
    angle = np.nan_to_num(found.target_pose_deg[:, axis])
    low, high = usual_range(found.source_pose_deg[:, axis]) or (0.0, 0.0)
    is_beyond = (angle < low - CELL_DEG / 4) | (angle > high + CELL_DEG / 4)
    least = np.where(is_beyond, _SLIGHT_DEG, _STRAIGHT_DEG)
    return np.where(np.abs(angle) >= least, np.sign(angle), 0).astype(np.int64)


def _worth_telling(
    directions: NDArray[np.int64], pose: NDArray[np.float64], source: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Leave out the half of a view that the source does anyway: "down", of one who looks down all the time.

    Args:
        directions: (n, 2) of each face.
        pose: (n, 2) of the same faces.
        source: (m, 2) of the source's.
    """
    if not len(source):
        return directions
    told = directions.copy()
    usual = np.median(source, axis=0)
    for direction in np.unique(directions, axis=0):
        own = (directions == direction).all(axis=1)
        is_usual = np.abs(np.median(pose[own], axis=0) - usual) <= CELL_DEG / 2
        if is_usual.sum() == 1 and direction[~is_usual].all():
            told[own] = np.where(is_usual, 0, direction)
    return told


def _view_words(direction: NDArray[np.int64], angles_deg: NDArray[np.float64]) -> str:
    named = (("to the left", "to the right"), ("up", "down"))
    parts = [
        f"{names[0 if sign < 0 else 1]} (about {abs(angle):.0f}°)"
        for names, sign, angle in zip(named, direction, angles_deg, strict=True)
        if sign
    ]
    return f"with the head turned {' and '.join(parts)}" if parts else "facing the camera"


def _strip_gaps(strip: Strip) -> list[Gap]:
    usual = float(np.median(strip.source_values)) if len(strip.source_values) else 0.0
    rows = np.flatnonzero(strip.lacking)
    values = strip.target_values
    made: list[Gap] = []
    for side in (-1, 1):
        own = rows[(values[rows] < usual) == (side < 0)]
        if len(own):
            words = _WORDS[strip.measure.key](strip, side, float(np.median(values[own])))
            made.append(_gap(strip.measure.key, words, own, values[own, None], len(values)))
    return made


def _gap(measure: str, words: str, rows: NDArray[np.intp], values: NDArray[np.float64], total: int) -> Gap:
    """Choose the examples: of each third of the rows, the one that is most like the median of all."""
    apart = np.abs(values - np.median(values, axis=0)).sum(axis=1)
    thirds = [part for part in np.array_split(np.arange(len(rows)), EXAMPLES) if len(part)]
    chosen = tuple(int(rows[part[np.argmin(apart[part])]]) for part in thirds)
    return Gap(measure=measure, words=words, share=len(rows) / total, rows=rows, examples=chosen)


def _mouth_open(strip: Strip, side: int, value: float) -> str:
    del strip, side
    levels = ((0.04, "shut"), (0.12, "slightly open, as in speech"), (0.22, "open"))
    return f"with the mouth {next((word for below, word in levels if value < below), 'wide open')}"


def _mouth_width(strip: Strip, side: int, value: float) -> str:
    del strip, value
    return (
        "with the lips drawn together, as in saying “oo”"
        if side < 0
        else "with the mouth drawn wide, as in a broad smile"
    )


def _eye_open(strip: Strip, side: int, value: float) -> str:
    del strip
    if side > 0:
        return "with the eyes opened wide"
    return "with the eyes shut, as in a blink" if value < 0.4 else "with the eyes narrowed"


def _brow(strip: Strip, side: int, value: float) -> str:
    del strip, value
    return "with the brows drawn down, as in a frown" if side < 0 else "with the brows raised"


def _gaze(names: tuple[str, str]) -> Callable[[Strip, int, float], str]:
    def words(strip: Strip, side: int, value: float) -> str:
        known = usual_range(strip.source_values)
        where = f", where the source's are at {known[0]:z.0f}° to {known[1]:z.0f}°" if known else ""
        return (
            f"with the eyes turned further {names[side > 0]} "
            f"(about {value:z.0f}° from the head's front{where})"
        )

    return words


def _brightness(strip: Strip, side: int, value: float) -> str:
    del strip
    return f"in {'dimmer' if side < 0 else 'brighter'} light ({value:.1f} times its usual)"


def _light_side(strip: Strip, side: int, value: float) -> str:
    del strip, side
    if abs(value) < 0.05:
        return "with light from the front, the same on both sides"
    return f"with light from the {'left' if value < 0 else 'right'}"


def _size(strip: Strip, side: int, value: float) -> str:
    del side
    most = (
        f"; the source's are at most {strip.source_values.max():.0f} px" if len(strip.source_values) else ""
    )
    return f"from nearer, or in a higher resolution (faces of about {value:.0f} px{most})"


_WORDS: dict[str, Callable[[Strip, int, float], str]] = {
    "mouth_open": _mouth_open,
    "mouth_width": _mouth_width,
    "eye_open": _eye_open,
    "brow": _brow,
    "gaze_yaw_deg": _gaze(("to the left", "to the right")),
    "gaze_pitch_deg": _gaze(("up", "down")),
    "brightness": _brightness,
    "light_side": _light_side,
    "size_px": _size,
}


def covered_share(found: Coverage) -> float:
    """Share of the target's faces that lack nothing, 0 .. 1."""
    lacking: Mask = found.lacking.copy()
    for strip in found.strips:
        lacking |= strip.lacking
    return 1 - float(lacking.mean())
