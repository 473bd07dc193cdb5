"""What each figure must do under known damages, as functions of the figure's implementation.

A check passes with the real implementation and must fail with any broken one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from clips import make_clip
from measure.damages import (
    EYES,
    MOUTH,
    Performance,
    Shot,
    Take,
    brightened,
    colour_noise,
    each,
    face_mask,
    rolled,
)
from understudy.core.types import Vector
from understudy.measure.identity import IdentityFigures

Figure = Callable[[Take, Take], float]  # of an output and a target (or a truth)
Correlation = Callable[[Take, Take, str], float]


def identity(
    measure: Callable[[Sequence[Vector], Vector, Vector], IdentityFigures],
    output: list[Vector],
    source: Vector,
    target: list[Vector],
) -> None:
    """Args: vectors of the truth's and the target's faces, and the source's mean from other footage."""
    mean = np.mean(target, axis=0).astype(np.float32)
    ideal = measure(output, source, mean)
    assert ideal.nearer_to_source > 0.95
    assert ideal.d_source < 0.4 < ideal.d_target
    pasted_back = measure(target, source, mean)
    assert pasted_back.nearer_to_source < 0.05
    assert pasted_back.d_target < 0.4 < pasted_back.d_source
    half = len(output) // 2
    mixed = measure([*output[:half], *target[half:]], source, mean)
    assert abs(mixed.nearer_to_source - half / len(output)) < 0.05


def expression_r(measure: Correlation, p: Performance) -> None:
    ideal = {name: measure(p.truth, p.target, name) for name in ("mouth_open", "eye_open")}
    assert min(ideal.values()) > 0.85
    assert min(measure(p.truth, p.target, name) for name in ("mouth_width", "brow")) > 0.6
    still_mouth, still_eyes = p.frozen_truth(MOUTH), p.frozen_truth(EYES)
    # what is frozen is lost, and nothing else
    assert measure(still_mouth, p.target, "mouth_open") < 0.5
    assert measure(still_mouth, p.target, "eye_open") > 0.8
    assert measure(still_eyes, p.target, "eye_open") < 0.5
    assert measure(still_eyes, p.target, "mouth_open") > 0.8
    late = p.truth[-6:] + p.truth[:-6]
    assert measure(late, p.target, "mouth_open") < ideal["mouth_open"] - 0.3


def expression_rms(measure: Figure, p: Performance) -> None:
    assert measure(p.target, p.target) == 0
    ideal = measure(p.truth, p.target)
    assert 0 < ideal < 0.03
    assert measure(p.frozen_truth(MOUTH), p.target) > 1.3 * ideal
    # the head's pose is no expression
    assert measure(p.seen(rolled(p.truth, 15)), p.target) < 1.2 * ideal


def pose(measure: Figure, p: Performance) -> None:
    assert measure(p.target, p.target) == 0
    ideal = measure(p.truth, p.target)
    assert 0 < ideal < 2
    roll_deg = 15
    turned = measure(p.seen(rolled(p.target, roll_deg)), p.target)
    assert roll_deg / 3 - 1 < turned < roll_deg * 2 / 3  # one of three angles, and a little of the others
    assert measure(p.frozen_truth(MOUTH), p.target) < 2.5


def gaze(measure: Figure, p: Performance) -> None:
    assert measure(p.target, p.target) == 0
    ideal = measure(p.truth, p.target)
    assert 0 < ideal < 4
    still_eyes, still_mouth = (measure(p.frozen_target(part), p.target) for part in (EYES, MOUTH))
    assert still_eyes > 6
    assert still_mouth < 2.6  # what the mouth does to the eyes' landmarks
    assert measure(p.frozen_truth(EYES), p.target) > ideal + 4


def flicker(measure: Figure, p: Performance) -> None:
    assert abs(measure(p.target, p.target)) < 1e-6
    ideal = measure(p.truth, p.target)
    assert abs(ideal) < 0.5
    weak, strong = (measure(colour_noise(p.truth, s, on_face=True), p.target) for s in (4, 10))
    assert ideal + 1 < weak < strong - 1
    # steady tints and what happens beside the face are none
    tinted = measure(each(p.truth, lambda _, shot: brightened(shot.image, np.array([8, 0, -8]))), p.target)
    beside = measure(colour_noise(p.truth, 10, on_face=False), p.target)
    assert max(abs(tinted - ideal), abs(beside - ideal)) < 0.3
    # a picture that stands still does not move with the target
    assert measure(each(p.target, lambda _, shot: p.target[0].image), p.target) > 1


def seam(measure: Figure, p: Performance) -> None:
    assert measure(p.target, p.target) == 0
    ideal = measure(p.truth, p.target)
    assert ideal < 1.5
    some = p.target[::5]

    def bordered(levels: float, blur_px: float) -> float:
        darker = each(some, lambda _, s: brightened(s.image, -levels, face_mask(s, 0.9, blur_px)))
        return measure(darker, some)

    hard, harder, soft = bordered(30, 0), bordered(60, 0), bordered(30, 8)
    assert ideal + 1 < hard < harder - 1
    assert soft < 0.6 * hard
    whole = measure(each(some, lambda _, shot: brightened(shot.image, -10)), some)
    assert whole < 0.2 * hard  # another brightness all over has no border

    def beside(_: int, shot: Shot) -> np.ndarray:
        return np.where(face_mask(shot, 1.6) > 0, shot.image, brightened(shot.image, -60))

    assert measure(each(some, beside), some) < 0.2 * hard


def truth(measure: Figure, p: Performance) -> None:
    """Args: measure likens its first argument to its second, 1 where they are equal."""
    some = slice(None, None, 5)
    output, target = p.truth[some], p.target[some]
    assert abs(measure(output, output) - 1) < 1e-3
    slightly, strongly = (
        measure(each(output, lambda _, s, px=px: cv2.GaussianBlur(s.image, (0, 0), px)), output)
        for px in (1.5, 4)
    )
    assert strongly < slightly - 0.05 < 0.95
    assert measure(target, output) < 0.9  # the unswapped target
    dark = measure(each(output, lambda _, s: brightened(s.image, -60, 1 - face_mask(s, 1.2))), output)
    assert dark > 0.98  # what is beside the face does not count


def background(measure: Figure, p: Performance) -> None:
    some = p.target[::10]
    assert measure(some, some) == 0
    brighter = each(some, lambda _, s: np.where(s.image < 240, s.image + 6, s.image).astype(np.uint8))
    assert 5 < measure(brighter, some) <= 6
    only_face = each(some, lambda _, s: brightened(s.image, -60, face_mask(s, 1.0)))
    assert measure(only_face, some) < 0.05


def sync(measure: Callable[[Path, Path], float], folder: Path) -> None:
    late_s = Fraction(80, 1000)
    target = make_clip(folder / "target.mp4", audio=("aac",))
    copied = make_clip(folder / "copied.mkv", audio=("aac",))
    late = make_clip(folder / "late.mkv", audio=("aac",), audio_start_s=late_s)
    silent = make_clip(folder / "silent.mkv")
    longer = make_clip(folder / "longer.mp4", audio=("aac",), frames=30)
    assert measure(target, target) == 0
    assert measure(copied, target) < 2  # another container
    assert abs(measure(late, target) - 80) < 2
    assert measure(silent, target) > 900
    assert abs(measure(longer, target) - 200) < 30
