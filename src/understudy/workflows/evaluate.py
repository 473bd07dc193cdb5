"""Figures of an output against its target, its source and, where there is one, the truth."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

from understudy.core.errors import UnderstudyError
from understudy.core.events import Notice, OnEvent, Progress, ignore
from understudy.core.files import peak_rss_mb
from understudy.core.types import Vector
from understudy.faces.choose import TargetChooser
from understudy.faces.finder import FaceFinder
from understudy.faces.identify import Embedder, Identifier
from understudy.faces.openings import MEASURES
from understudy.measure.comparison import Comparison, Moment, Series, mean_known
from understudy.measure.expression import LEAST_FRAMES
from understudy.measure.frame_quality import FrameJudge
from understudy.measure.identity import distances, identity_figures, mean_vector
from understudy.measure.sync import sync_figures
from understudy.media.images import IMAGE_SUFFIXES
from understudy.media.probe import stream_spans
from understudy.provenance.certificate import signer_of
from understudy.workflows.evaluate_result import EvaluateConfig, EvaluateResult
from understudy.workflows.first_checks import check_readable
from understudy.workflows.identity import identity_of
from understudy.workflows.judge_frames import PACE, judge_pair
from understudy.workflows.marks import Marks
from understudy.workflows.paired_footage import Finder, PairedFootage
from understudy.workflows.signer import check_signing
from understudy.workflows.threads import single_threaded_opencv
from understudy.workflows.verify import says_synthetic
from understudy.workflows.worst_list import check_worst, store_worst

TARGET_SAMPLES = 75  # frames of the target whose identity is looked at: a mean needs no more
_FRAMES_UNKNOWN = 1500  # assumed length of footage that does not state it


_SOME = 0.5  # share of frames from which on it is worth telling
_OTHER_PICTURE = 10.0  # grey levels of difference away from the face; strong compression has about 7


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
        ConfigError: the certificate and the key will not do.
        UnderstudyError: output and target differ in size, the target shows no face, or the worst frames
            cannot be written.
    """
    started = time.monotonic()
    check_readable((config.output, config.target, config.source, config.target_faceset, config.truth))
    if config.worst is not None:
        check_worst(config.worst)
    if config.worst is not None or config.cert is not None or config.key is not None:
        check_signing(config.cert, config.key)  # signs the pictures at the end
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
        config = self._config
        judge = FrameJudge(embedder=self._embedder, source=source, pace=PACE) if config.worst else None
        frames = self._compare_all(chooser, judge)
        if not self._comparison.count("mouth_open_target"):
            whose = f"face like those of {self._config.target_faceset}" if chooser.passed else "face"
            raise UnderstudyError(
                f"no {whose} was found in {self._config.target}",
                "give the footage that the output was made from",
            )
        if judge is not None and config.worst is not None:
            signer = signer_of(config.cert, config.key)
            is_drawn = (self._comparison.unswapped() or 0.0) <= _SOME or says_synthetic(config.output)
            store_worst(
                config.worst,
                judge.finish(),
                target=config.target,
                output=config.output,
                marks=Marks(signer=signer, making={"command": "evaluate"}) if is_drawn else None,
                on_event=self._on_event,
            )
        return self._result(frames, source, wanted)

    def _compare_all(self, chooser: TargetChooser, judge: FrameJudge | None) -> int:
        """Measure the frames; returns how many there are in both output and target."""
        config = self._config
        footage = PairedFootage(
            config.output, config.target, config.truth, told_apart=config.target_faceset is not None
        )
        count = 0
        with closing(footage.read(self._new_finder, chooser)) as pairs:
            for pair in pairs:
                count = pair.index + 1
                if judge is not None:
                    judge_pair(judge, pair)
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
        background, unswapped = mean("background"), comparison.unswapped()
        self._tell_other_footage(background, unswapped)
        r = {name: comparison.correlation(name) for name in MEASURES}
        self._tell_no_correlation([name.replace("_", " ") for name, value in r.items() if value is None])
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
            background=background,
            unswapped=unswapped,
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

    def _tell_no_correlation(self, unknown: list[str]) -> None:
        common = self._comparison.count("rms")
        if not unknown or not common:
            return
        why = (
            f"only {common} frames show both faces"
            if common < LEAST_FRAMES
            else "the target's hardly moves, so that even the truth would correlate by chance"
        )
        self._warn(f"no correlation of {', '.join(unknown)}: {why}")

    def _tell_other_footage(self, background: float | None, unswapped: float | None) -> None:
        output, target = self._config.output.name, self._config.target.name
        if unswapped is not None and unswapped > _SOME:
            self._warn(
                f"{output} shows the target's own face in {100 * unswapped:.0f} % of the frames: nothing was "
                "swapped there, and what is compared with the target is good for no other reason"
            )
        if background is not None and background > _OTHER_PICTURE:
            self._warn(
                f"{output} differs from {target} away from the face, too ({background:.0f} grey levels): was "
                "it made from that footage?"
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
