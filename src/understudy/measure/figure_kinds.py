"""What each figure is called, what it means, and which way is good: the one table of words for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Better = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureKind:
    """A figure that outputs are compared in.

    Args:
        key: its name in results.
        name: its name for people.
        better: whether the higher or the lower value is the better one.
        unit: "%", "dB"; empty for a plain number.
        digits: decimals that are worth showing.
        explanation: one sentence for a reader who is new to it.
        follows: a correlation of the output with the target over time, rather than a mean.
        needs_swap: the target itself, not swapped at all, would be perfect in it.
    """

    key: str
    name: str
    better: Better
    unit: str = ""
    digits: int = 2
    explanation: str = ""
    follows: bool = False
    needs_swap: bool = True


FIGURES: tuple[FigureKind, ...] = (
    FigureKind(
        key="truth_ssim",
        name="truth SSIM",
        better="higher",
        digits=3,
        explanation="likeness to the source really doing it",
        needs_swap=False,
    ),
    FigureKind(
        key="truth_psnr",
        name="truth PSNR",
        better="higher",
        unit="dB",
        digits=1,
        explanation="the same in decibels",
        needs_swap=False,
    ),
    FigureKind(
        key="nearer_to_source",
        name="identity",
        better="higher",
        unit="%",
        digits=1,
        explanation="frames nearer to the source than to the target",
        needs_swap=False,
    ),
    FigureKind(
        key="d_source",
        name="distance to source",
        better="lower",
        digits=3,
        explanation="of identity vectors; one person's faces lie within about 0.6",
        needs_swap=False,
    ),
    *(
        FigureKind(
            key=f"{key}_r",
            name=f"{name} r",
            better="higher",
            explanation="follows the target over time: 1 is exactly, 0 not at all",
            follows=True,
        )
        for key, name in (
            ("mouth_open", "mouth opening"),
            ("mouth_width", "mouth width"),
            ("eye_open", "eye opening"),
            ("brow", "brow height"),
        )
    ),
    FigureKind(
        key="expression_rms",
        name="expression distance",
        better="lower",
        digits=3,
        explanation="of the inner face's landmarks from the target's, in distances between the eyes",
    ),
    FigureKind(
        key="pose_deg", name="pose", better="lower", unit="°", explanation="difference of the head's angles"
    ),
    FigureKind(
        key="gaze_deg", name="gaze", better="lower", unit="°", explanation="difference of where the eyes look"
    ),
    FigureKind(
        key="flicker",
        name="flicker",
        better="lower",
        explanation="grey levels from frame to frame above the target's own; a blurred face is below 0",
    ),
    FigureKind(
        key="seam",
        name="seam",
        better="lower",
        explanation="edge along the mask's border above the target's own",
    ),
    FigureKind(
        key="face_found",
        name="face found",
        better="higher",
        unit="%",
        digits=1,
        explanation="frames with the target's face in which the output has one in its place",
        needs_swap=False,
    ),
)

# name of the series whose mean it is, where it is one
SERIES = {
    "truth_ssim": "ssim",
    "truth_psnr": "psnr",
    "d_source": "d_source",
    "expression_rms": "rms",
    "pose_deg": "pose_deg",
    "gaze_deg": "gaze_deg",
    "flicker": "flicker",
    "seam": "seam",
}
