"""All figures of one moment, and their sums over a piece of footage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from understudy.core.types import Image
from understudy.faces.face import Face
from understudy.faces.openings import MEASURES, expression_of, pose_normalised
from understudy.measure.expression import ConstantPart, pearson, rms_distance, says_something
from understudy.measure.flicker import FlickerMeter
from understudy.measure.pose import gaze_difference_deg, pose_difference_deg
from understudy.measure.seam import seam
from understudy.measure.truth import compare_with_truth
from understudy.measure.unswapped import face_change, unswapped_share
from understudy.measure.untouched import background_difference

Series = dict[str, list[float | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One frame of output, target and, where known, truth; a face is None where none was found."""

    output: Image
    output_face: Face | None
    target: Image
    target_face: Face | None
    truth: Image | None = None
    truth_face: Face | None = None


@dataclass(kw_only=True)
class Comparison:
    """Collects the figures of an output against its target, frame by frame.

    Args:
        series: name of a figure to its value in each frame added, None where it is not known.
    """

    series: Series = field(default_factory=dict[str, "list[float | None]"])
    _flicker: FlickerMeter = field(default_factory=FlickerMeter)
    _constant: ConstantPart = field(default_factory=ConstantPart)
    _frames: int = 0

    def skip(self, moment: Moment) -> None:
        """Let a frame pass that is not measured, so that the next one knows what came before."""
        self._flicker.update(moment.output, moment.target, None)

    def add(self, moment: Moment) -> None:
        """Measure a frame."""
        figures: dict[str, float | None] = {}
        output, target = moment.output_face, moment.target_face
        figures["flicker"] = self._flicker.update(moment.output, moment.target, target)
        figures["seam"] = seam(moment.output, moment.target, target) if target else None
        figures["background"] = background_difference(moment.output, moment.target, target)
        figures["face_change"] = face_change(moment.output, moment.target, target) if target else None
        frontal = [pose_normalised(face.landmarks_px) if face else None for face in (output, target)]
        for name, points in zip(("output", "target"), frontal, strict=True):
            opened = expression_of(points) if points is not None else None
            for measure in MEASURES:
                figures[f"{measure}_{name}"] = getattr(opened, measure) if opened else None
        a, b = frontal
        if output and target and a is not None and b is not None:
            self._constant.add(a, b)
            figures["rms"] = rms_distance(a, b)
            figures["pose_deg"] = pose_difference_deg(output, target)
            figures["gaze_deg"] = gaze_difference_deg(output, target)
        figures |= _truth_figures(moment)
        for name in dict.fromkeys((*self.series, *figures)):
            known = self.series.setdefault(name, [None] * self._frames)
            known.append(figures.get(name))
        self._frames += 1

    def mean(self, name: str) -> float | None:
        """Mean of a series over the frames in which it is known, None where it never is."""
        return mean_known(self.series.get(name, []))

    def count(self, name: str) -> int:
        """In how many frames a series is known."""
        return sum(value is not None for value in self.series.get(name, []))

    def correlation(self, measure: str) -> float | None:
        """Pearson r of a measure of `faces.openings.MEASURES` between output and target.

        None where it would be chance; see `says_something`.
        """
        output, target = (self.series.get(f"{measure}_{name}", []) for name in ("output", "target"))
        common = [b for a, b in zip(output, target, strict=True) if a is not None and b is not None]
        return pearson(output, target) if says_something(common) else None

    def unswapped(self) -> float | None:
        """Share of frames that show the target's own face; see `unswapped_share`."""
        return unswapped_share(self.series.get("face_change", []), self.series.get("background", []))

    def rms_motion(self) -> float | None:
        """RMS landmark distance without what is constant over time; see `ConstantPart`."""
        return self._constant.rms_motion()


def mean_known(values: Sequence[float | None]) -> float | None:
    """Mean of what is known, None where nothing is."""
    known = [value for value in values if value is not None and np.isfinite(value)]
    return float(np.mean(known)) if known else None


def _truth_figures(moment: Moment) -> dict[str, float | None]:
    """Likeness to the truth of the output and, as the baseline, of the unswapped target."""
    truth, truth_face = moment.truth, moment.truth_face
    if truth is None or truth_face is None:
        return {}
    figures: dict[str, float | None] = {}
    sides = (("", moment.output, moment.output_face), ("_target", moment.target, moment.target_face))
    for suffix, image, face in sides:
        likeness = compare_with_truth(image, face, truth, truth_face) if face else None
        figures[f"ssim{suffix}"] = likeness.ssim if likeness else None
        figures[f"psnr{suffix}"] = likeness.psnr if likeness else None
    return figures
