"""Figures of an output against its target, its source and, where there is one, the truth."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from understudy.core.errors import UnderstudyError
from understudy.core.events import Notice, OnEvent, Progress, ignore
from understudy.core.files import peak_rss_mb
from understudy.core.types import Vector
from understudy.faces.choose import TargetChooser
from understudy.faces.finder import FaceFinder
from understudy.faces.identify import Embedder, Identifier
from understudy.measure.comparison import Comparison, Moment, Series, mean_known
from understudy.measure.expression import MEASURES
from understudy.measure.identity import distances, identity_figures, mean_vector
from understudy.measure.sync import sync_figures
from understudy.media.images import IMAGE_SUFFIXES
from understudy.media.probe import stream_spans
from understudy.workflows.first_checks import check_readable
from understudy.workflows.identity import identity_of
from understudy.workflows.paired_footage import Finder, PairedFootage
from understudy.workflows.threads import single_threaded_opencv

TARGET_SAMPLES = 75  # frames of the target whose identity is looked at: a mean needs no more
_FRAMES_UNKNOWN = 1500  # assumed length of footage that does not state it


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig:
    """What is compared with what.

    Args:
        output: the swapped video.
        target: the footage that it was made from.
        source: faceset or footage of the identity put in; without it identity is not measured.
        target_faceset: faceset of the person replaced, which tells that person from others in the
            frame; the largest face is taken where None.
        truth: footage of the source doing what the target does, frame for frame.
        every: measure one frame in so many.
    """

    output: Path
    target: Path
    source: Path | None = None
    target_faceset: Path | None = None
    truth: Path | None = None
    every: int = 1

    def __post_init__(self) -> None:
        """Check the values."""
        if self.every < 1:
            raise ValueError(f"every must be at least 1, got {self.every}")


@dataclass(frozen=True, kw_only=True)
class EvaluateResult:
    """The figures; one that could not be measured is None. Definitions are in `measure`.

    Args:
        frames: frames compared.
        measured: frames measured, fewer where `every` is more than 1.
        identity: nearer_to_source (0 to 1), d_source, d_target.
        expression: rms and rms_motion in inter-ocular distances, and r, a dict of correlations; one
            is None where the target moves no more than landmarks jitter.
        pose_deg: mean absolute difference, degrees.
        gaze_deg: the same of the eyes.
        flicker: grey levels above the target's own.
        seam: grey levels a pixel.
        sync_ms: largest difference of the streams' starts and lengths, milliseconds.
        truth: ssim, psnr of the output; ssim_target, psnr_target of the unswapped target; ssim_gain.
        background: grey levels of difference away from the face, encoding included.
        faces: measured frames in which the target shows the face, and the output where the target does;
            what compares faces is the mean over the latter.
        fps: frames compared a second.
        seconds: how long it took.
        peak_rss_mb: most memory held.
        series: name to one value a measured frame, and "time_s".
        warnings: what the user should know.
    """

    frames: int
    measured: int
    identity: dict[str, float | None]
    expression: dict[str, float | dict[str, float | None] | None]
    pose_deg: float | None
    gaze_deg: float | None
    flicker: float | None
    seam: float | None
    sync_ms: float | None
    truth: dict[str, float | None]
    background: float | None = None
    faces: dict[str, int] = field(default_factory=dict[str, int])
    fps: float = 0.0
    seconds: float = 0.0
    peak_rss_mb: float = 0.0
    series: Series = field(default_factory=dict[str, "list[float | None]"])
    warnings: list[str] = field(default_factory=list[str])


def run(
    config: EvaluateConfig,
    on_event: OnEvent = ignore,
    *,
    new_finder: Callable[[], Finder] | None = None,
    embedder: Embedder | None = None,
) -> EvaluateResult:
    """Measure an output, streaming all footage in step.

    Args:
        config: what is compared with what.
        on_event: hears of progress and warnings.
        new_finder: makes another finder of faces; each piece of footage gets its own.
        embedder: another way to tell people apart.

    Raises:
        MediaError: footage cannot be read; found before the networks are loaded.
        FacesetError: the same of a faceset.
        WeightsError: the networks' weights cannot be had.
        UnderstudyError: output and target differ in size, or the target shows no face.
    """
    started = time.monotonic()
    check_readable((config.output, config.target, config.source, config.target_faceset, config.truth))
    with single_threaded_opencv():
        result = _Evaluation(config, on_event, new_finder, embedder).run()
    seconds = time.monotonic() - started
    fps = result.frames / max(seconds, 1e-9)
    return replace(result, fps=fps, seconds=seconds, peak_rss_mb=peak_rss_mb())


class _Evaluation:
    """The networks and what is collected over one run."""

    def __init__(
        self,
        config: EvaluateConfig,
        on_event: OnEvent,
        new_finder: Callable[[], Finder] | None,
        embedder: Embedder | None,
    ) -> None:
        self._config, self._on_event = config, on_event
        self._new_finder = new_finder or (lambda: FaceFinder(on_event=on_event))
        self._embedder = embedder or Identifier(on_event)
        self._comparison = Comparison()
        self._times_s: list[float | None] = []
        self._output_vectors: dict[int, Vector] = {}
        self._target_vectors: list[Vector] = []
        self._warnings: list[str] = []

    def run(self) -> EvaluateResult:
        source = self._identity_of(self._config.source) if self._config.source else None
        wanted = self._identity_of(self._config.target_faceset) if self._config.target_faceset else None
        chooser = TargetChooser(wanted, embedder=self._embedder)
        frames = self._compare_all(chooser)
        if not self._comparison.count("mouth_open_target"):
            whose = f"face like those of {self._config.target_faceset}" if chooser.passed else "face"
            raise UnderstudyError(
                f"no {whose} was found in {self._config.target}",
                "give the footage that the output was made from",
            )
        return self._result(frames, source, wanted)

    def _compare_all(self, chooser: TargetChooser) -> int:
        """Measure the frames; returns how many there are in both output and target."""
        config = self._config
        footage = PairedFootage(
            config.output, config.target, config.truth, told_apart=config.target_faceset is not None
        )
        count = 0
        with closing(footage.read(self._new_finder, chooser)) as pairs:
            for pair in pairs:
                count = pair.index + 1
                if pair.index % config.every:
                    self._comparison.skip(pair.moment)
                    continue
                self._comparison.add(pair.moment)
                self._times_s.append(float(pair.time_s))
                stride = config.every * max(
                    1, math.ceil((pair.total or _FRAMES_UNKNOWN) / config.every / TARGET_SAMPLES)
                )
                self._identify(pair.moment, with_target=pair.index % stride == 0)
                self._report(count, pair.total)
        for message in footage.warnings:
            self._warn(message)
        return count

    def _identify(self, moment: Moment, *, with_target: bool) -> None:
        """Look at whose faces the frame just measured shows."""
        if moment.output_face is not None:
            at = len(self._times_s) - 1
            self._output_vectors[at] = self._embedder.vector(moment.output, moment.output_face)
        if with_target and moment.target_face is not None:
            self._target_vectors.append(self._embedder.vector(moment.target, moment.target_face))

    def _identity_of(self, path: Path) -> Vector:
        return identity_of(path, new_finder=self._new_finder, embedder=self._embedder)

    def _result(self, frames: int, source: Vector | None, wanted: Vector | None) -> EvaluateResult:
        comparison, mean = self._comparison, self._comparison.mean
        ssim, ssim_target = mean("ssim"), mean("ssim_target")
        gain = ssim - ssim_target if ssim is not None and ssim_target is not None else None
        faces = {name: comparison.count(f"mouth_open_{name}") for name in ("target", "output")}
        self._tell_missing(faces["target"], faces["output"])
        r = {name: comparison.correlation(name) for name in MEASURES}
        if faces["output"] and (
            unknown := [name.replace("_", " ") for name, value in r.items() if value is None]
        ):
            self._warn(
                f"no correlation of {', '.join(unknown)}: too few frames, or the face hardly moves there"
            )
        own = mean_vector(self._target_vectors)
        target = own if own is not None else wanted
        return EvaluateResult(
            frames=frames,
            measured=len(self._times_s),
            faces=faces,
            identity=self._identity(source, target),
            expression={
                "rms": mean("rms"),
                "rms_motion": comparison.rms_motion(),
                "r": r,
            },
            pose_deg=mean("pose_deg"),
            gaze_deg=mean("gaze_deg"),
            flicker=mean("flicker"),
            seam=mean("seam"),
            background=mean("background"),
            sync_ms=_sync_ms(self._config),
            truth={
                "ssim": ssim,
                "psnr": mean("psnr"),
                "ssim_target": ssim_target,
                "psnr_target": mean("psnr_target"),
                "ssim_gain": gain,
            },
            series={"time_s": self._times_s, **comparison.series, **self._identity_series(source, target)},
            warnings=self._warnings,
        )

    def _identity(self, source: Vector | None, target: Vector | None) -> dict[str, float | None]:
        vectors = list(self._output_vectors.values())
        figures: dict[str, float | None] = dict.fromkeys(("nearer_to_source", "d_source", "d_target"))
        if target is None or not vectors:
            return figures
        if source is None:
            figures["d_target"] = mean_known(distances(vectors, target))
            return figures
        return figures | asdict(identity_figures(vectors, source, target))

    def _identity_series(self, source: Vector | None, target: Vector | None) -> Series:
        """Distances of the frames that were looked at."""
        series: Series = {}
        for name, person in (("d_source", source), ("d_target", target)):
            if person is not None:
                values: list[float | None] = [None] * len(self._times_s)
                for at, vector in self._output_vectors.items():
                    values[at] = distances([vector], person)[0]
                series[name] = values
        return series

    def _tell_missing(self, target: int, output: int) -> None:
        if not output:
            self._warn(f"no face was found in {self._config.output} where the target has one")
        elif output < target:
            self._warn(
                f"{self._config.output.name} shows no face in {target - output} of {target} frames in which "
                "the target does; identity, expression, pose and gaze leave them out"
            )

    def _warn(self, message: str) -> None:
        self._warnings.append(message)
        self._on_event(Notice(message=message))

    def _report(self, done: int, total: int | None) -> None:
        total = max(total, done) if total else None
        self._on_event(Progress(stage="evaluate", done=done, total=total, unit="frames"))


def _sync_ms(config: EvaluateConfig) -> float | None:
    """Largest difference of the streams' times in milliseconds; images have none."""
    if config.output.suffix.lower() in IMAGE_SUFFIXES or config.output.is_dir() or config.target.is_dir():
        return None
    figures = sync_figures(stream_spans(config.output), stream_spans(config.target))
    return figures.largest if figures else None
