"""Output, target and truth read in step, each in a thread of its own, with the faces that belong together."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from understudy.core.errors import UnderstudyError
from understudy.core.prefetch import prefetch
from understudy.core.types import Frame
from understudy.faces.choose import TargetChooser
from understudy.faces.face import Face
from understudy.measure.comparison import Moment
from understudy.measure.pairing import same_place
from understudy.media.footage import open_footage
from understudy.media.info import VideoInfo

_FRAMES_AHEAD = 4  # of each piece of footage; bounds the memory
_SEVERAL = 0.1  # share of frames with several faces from which on it is worth telling
_MOST_DRIFT_FRAMES = Fraction(3, 4)  # containers round times; a frame lost or doubled is a whole one


class Finder(Protocol):
    """Anything that finds and follows faces; see `FaceFinder`."""

    def stream(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, list[Face]]]:
        """Yield each frame with its faces, largest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedFrame:
    """One moment of all footage.

    Args:
        index: position in the target.
        total: how many there will be, None where the footage does not say.
        time_s: presentation time in the target.
        moment: the pictures and the faces in them.
    """

    index: int
    total: int | None
    time_s: Fraction
    moment: Moment


class PairedFootage:
    """Pairs the n-th frame of each piece of footage; the target says how many there are.

    Args:
        output: the swapped video.
        target: the footage that it was made from.
        truth: footage of the source doing the same, or None.
        told_apart: whether it is known which of several faces in the target is meant.

    Attributes:
        warnings: what does not fit together, a line each; complete once all was read.
    """

    def __init__(self, output: Path, target: Path, truth: Path | None, *, told_apart: bool) -> None:
        """Remember what to read."""
        self._output, self._target, self._truth = output, target, truth
        self._told_apart = told_apart
        self.warnings: list[str] = []
        self._several = 0  # frames in which the target shows several faces
        self._lags_s: tuple[Fraction, Fraction] | None = None  # output after target, least and most

    def read(self, new_finder: Callable[[], Finder], chooser: TargetChooser) -> Generator[PairedFrame]:
        """Give the moments. Leave it through `contextlib.closing`.

        Args:
            new_finder: makes a finder for each piece of footage; they run at once.
            chooser: tells the target's face from others in the target's frames.

        Raises:
            MediaError: footage cannot be read.
            UnderstudyError: footage differs from the target in size.
        """
        # from the inside out: no thread may decode any more when the footage closes
        with ExitStack() as stack:
            paths = (self._target, self._output, *([self._truth] if self._truth else []))
            opened = [stack.enter_context(open_footage(path)) for path in paths]
            for path, footage in zip(paths, opened, strict=True):
                self._check_size(path, (footage.info.width_px, footage.info.height_px), opened[0].info)
            found = [
                stack.enter_context(closing(prefetch(new_finder().stream(footage), depth=_FRAMES_AHEAD)))
                for footage in opened
            ]
            count = 0
            for pair in self._in_step(found, chooser, opened[0].info):
                count += 1
                yield pair
            for footage in opened:
                self.warnings += footage.warnings
            self._tell_what_does_not_fit(count, [footage.info for footage in opened])

    def _in_step(
        self, found: list[Generator[tuple[Frame, list[Face]]]], chooser: TargetChooser, target: VideoInfo
    ) -> Iterator[PairedFrame]:
        targets, outputs, *rest = found
        truths = rest[0] if rest else None
        for index, (frame, faces) in enumerate(targets):
            shown = next(outputs, None)
            if shown is None:
                self.warnings.append(f"{self._output.name} ends after {index} frames, before the target does")
                return
            real = next(truths, None) if truths else None
            if truths and real is None:
                self.warnings.append(f"{self._truth} ends after {index} frames; the rest has no truth")
                truths = None
            for path, other in ((self._output, shown), (self._truth, real)):
                if path and other:  # images of one folder may differ
                    height, width = other[0].image.shape[:2]
                    self._check_size(path, (width, height), target)
            face = chooser.choose(frame.image, faces)
            self._several += len(faces) > 1
            lag_s = shown[0].time_s - frame.time_s
            least, most = self._lags_s or (lag_s, lag_s)
            self._lags_s = min(least, lag_s), max(most, lag_s)
            moment = Moment(
                output=shown[0].image,
                output_face=same_place(face, shown[1]),
                target=frame.image,
                target_face=face,
                truth=real[0].image if real else None,
                truth_face=same_place(face, real[1]) if real else None,
            )
            yield PairedFrame(index=index, total=target.frames_hint, time_s=frame.time_s, moment=moment)
        if next(outputs, None) is not None:
            self.warnings.append(f"{self._output.name} goes on after the target has ended")

    def _check_size(self, path: Path, size_px: tuple[int, int], target: VideoInfo) -> None:
        if size_px != (target.width_px, target.height_px):
            raise UnderstudyError(
                f"{path} is {size_px[0]}x{size_px[1]} but {self._target} is "
                f"{target.width_px}x{target.height_px}",
                "output, target and truth must be of one size: give the footage that belongs together",
            )

    def _tell_what_does_not_fit(self, count: int, infos: list[VideoInfo]) -> None:
        least, most = self._lags_s or (Fraction(0), Fraction(0))
        has_times = all(info.container != "images" for info in infos[:2])
        rate_hz = infos[0].average_rate_hz
        if has_times and rate_hz and (most - least) * rate_hz > _MOST_DRIFT_FRAMES:
            self.warnings.append(
                f"{self._output.name} drifts by {float(most - least) * 1000:.0f} ms against the target; "
                "frames are compared in order, so different moments may have been compared"
            )
        if not self._told_apart and self._several > _SEVERAL * count:
            self.warnings.append(
                f"{self._several} frames of {self._target.name} show several faces; the first frame's "
                "largest was followed: give the target's faceset to choose"
            )
