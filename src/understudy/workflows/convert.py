"""Footage and a model to new footage."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from understudy.compositing.colour_match import StatisticsSmoother, lab_statistics, match
from understudy.compositing.mask import blend_mask, face_hull_mask
from understudy.compositing.paste import paste
from understudy.core.errors import ConfigError, MediaError
from understudy.core.events import Notice, OnEvent, Progress, Written, ignore
from understudy.core.files import peak_rss_mb
from understudy.core.prefetch import prefetch
from understudy.core.types import Frame, Image, Matrix, Vector
from understudy.faces.choose import TargetChooser
from understudy.faces.crop import cut
from understudy.faces.face import Face
from understudy.faces.finder import FaceFinder
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter, check_output
from understudy.training.model import Model
from understudy.training.model_folder import ModelIndex, load_model
from understudy.training.processor import has_fast_bf16
from understudy.workflows.configs import ConvertConfig, ConvertResult
from understudy.workflows.threads import frames_ahead

_FRAMES_AT_ONCE = 8  # drawn together; bounds the memory

SYNTHETIC_NOTICE = "Synthetic media: a face in this video was replaced (understudy)"


def run(config: ConvertConfig, on_event: OnEvent = ignore) -> ConvertResult:
    """Draw the source's face over the target's in every frame that shows it.

    Frames without the target's face pass through; the audio is copied packet for packet.

    Raises:
        MediaError: the footage cannot be read, or the output cannot be written.
        ModelError: the model cannot be loaded.
        ConfigError: an identity that the model does not have.
    """
    started = time.monotonic()
    loaded = load_model(config.model, bf16=has_fast_bf16())
    warnings = list(loaded.warnings)
    source, target = _identities(config, loaded.index)
    swapper = _Swapper(loaded.model.eval(), source, target)
    chooser = TargetChooser(_mean_identity(loaded.index, target), on_event)
    finder = FaceFinder(on_event=on_event)
    frames = swapped = 0
    # from the inside out: no thread may decode any more when the reader closes
    with (
        VideoReader(config.target) as reader,
        VideoWriter(config.out, like=reader.info, metadata={"comment": SYNTHETIC_NOTICE}) as writer,
        closing(prefetch(reader, depth=frames_ahead(reader.info))) as decoded,
        closing(prefetch(finder.stream(decoded), depth=frames_ahead(reader.info))) as found,
    ):
        total = reader.info.frames_hint
        chosen = ((frame, chooser.choose(frame.image, faces)) for frame, faces in found)
        for frame, changed in swapper.convert(chosen):
            writer.write(frame)
            frames, swapped = frames + 1, swapped + int(changed)
            if frames % 5 == 0:
                whole = max(total, frames) if total else None
                on_event(Progress(stage="convert", done=frames, total=whole, unit="frames"))
    warnings += [*reader.warnings, *writer.warnings]
    if swapped and chooser.unsure_frames:
        warnings.append(
            f"{chooser.unsure_frames} frames show a face that may be {target}'s and was not swapped: "
            "the identity network was not sure"
        )
    if swapped == 0:
        warnings.append(f"{target} was not found in {config.target}: the output shows the target unchanged")
    for message in warnings:
        on_event(Notice(message=message))
    on_event(Written(path=config.out, what="swapped video"))
    seconds = time.monotonic() - started
    return ConvertResult(
        output=config.out,
        frames=frames,
        swapped=swapped,
        fps=frames / max(seconds, 1e-9),
        seconds=seconds,
        peak_rss_mb=peak_rss_mb(),
        warnings=warnings,
    )


def _identities(config: ConvertConfig, index: ModelIndex) -> tuple[str, str]:
    """Names of source and target: those asked for, or the model's first and second."""
    names = [entry.name for entry in index.identities]
    source = config.source or names[0]
    target = config.target_identity or next((name for name in names if name != source), names[0])
    for name in (source, target):
        if name not in names:
            raise ConfigError(f"{config.model} has no identity {name!r}", f"it has {', '.join(names)}")
    return source, target


def _mean_identity(index: ModelIndex, name: str) -> Vector | None:
    entry = next(entry for entry in index.identities if entry.name == name)
    return None if entry.mean_identity is None else np.array(entry.mean_identity, np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    frame: Frame
    face: Face | None
    crop: Image | None
    crop_from_frame: Matrix | None


class _Swapper:
    """Draws, colours, masks and pastes, a few frames at a time."""

    def __init__(self, model: Model, source: str, target: str) -> None:
        self._model, self._source, self._target = model, source, target
        self._drawn_colour: dict[int, StatisticsSmoother] = {}
        self._target_colour: dict[int, StatisticsSmoother] = {}

    def convert(self, items: Iterable[tuple[Frame, Face | None]]) -> Iterator[tuple[Frame, bool]]:
        """Frames with the face replaced, and whether it was."""
        waiting: list[_Job] = []
        for frame, face in items:
            waiting.append(self._job(frame, face))
            if len(waiting) == _FRAMES_AT_ONCE:
                yield from self._finish(waiting)
                waiting = []
        yield from self._finish(waiting)

    def _job(self, frame: Frame, face: Face | None) -> _Job:
        if face is None:
            return _Job(frame=frame, face=None, crop=None, crop_from_frame=None)
        preset = self._model.preset
        crop_from_frame = face.square.crop_from_frame(preset.size_px, preset.coverage)
        crop = cut(frame.image, crop_from_frame, preset.size_px)
        return _Job(frame=frame, face=face, crop=crop, crop_from_frame=crop_from_frame)

    def _finish(self, jobs: list[_Job]) -> Iterator[tuple[Frame, bool]]:
        crops = [job.crop for job in jobs if job.crop is not None]
        drawn = iter(
            zip(*self._model.draw(np.stack(crops), self._source, of=self._target), strict=True)
            if crops
            else ()
        )
        for job in jobs:
            if job.face is None or job.crop is None or job.crop_from_frame is None:
                yield job.frame, False
                continue
            face, mask = next(drawn)
            self._composite(job.frame.image, job.face, job.crop, job.crop_from_frame, face, mask)
            yield job.frame, True

    def _composite(
        self,
        image: Image,
        face: Face,
        crop: Image,
        crop_from_frame: Matrix,
        drawn: np.ndarray,
        drawn_mask: np.ndarray,
    ) -> None:
        """Put one drawn face into `image`, in place."""
        preset = self._model.preset
        points = face.landmarks_px[:, :2] @ crop_from_frame[:, :2].T + crop_from_frame[:, 2]
        hull = face_hull_mask(points, preset.size_px)
        mask = blend_mask(drawn_mask, hull, preset.size_px / preset.coverage)
        smooth = (self._drawn_colour, self._target_colour)
        from_stats, to_stats = (
            seen.setdefault(face.track, StatisticsSmoother()).update(lab_statistics(picture, mask))
            for seen, picture in zip(smooth, (drawn, crop), strict=True)
        )
        if from_stats is not None and to_stats is not None:
            drawn = match(drawn, from_stats, to_stats, mask=mask)
        paste(image, drawn, mask, crop_from_frame, in_place=True)


def check_target(path: Path, out: Path) -> None:
    """Raise early where a target cannot be converted, or its output not written.

    Raises:
        MediaError: it is no video file, or the output's container cannot take its audio.
    """
    if path.is_dir():
        raise MediaError(f"{path} is a folder", "the target is one video file")
    with VideoReader(path) as reader:
        check_output(out, reader.info)
