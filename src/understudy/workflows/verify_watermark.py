"""Looks for a watermark in the faces of any footage, or in sound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np

from understudy.core.errors import MediaError, WeightsError
from understudy.core.events import OnEvent, Progress
from understudy.core.picture import Picture
from understudy.core.types import Image
from understudy.faces.crop import cut
from understudy.faces.face import Face
from understudy.faces.finder import FaceFinder
from understudy.media.footage import VIDEO_SUFFIXES, open_footage
from understudy.media.images import IMAGE_SUFFIXES
from understudy.media.opening import open_container
from understudy.media.partial import PartialFrame
from understudy.media.sound import SOUND_SUFFIXES, SoundReader
from understudy.provenance.sound_mark import RATE_HZ
from understudy.provenance.sound_mark_read import SoundLooker
from understudy.provenance.watermark_binding import ALGORITHM, SOUND_ALGORITHM
from understudy.provenance.watermark_code import PAYLOAD_BITS
from understudy.provenance.watermark_detect import LEAST_S, VIEW_COVERAGE, VIEW_PX, Detection, View, detect
from understudy.workflows.threads import single_threaded_opencv
from understudy.workflows.verify_asset import Asset
from understudy.workflows.verify_result import WatermarkFound

STRETCHES, STRETCH = 4, 150  # of frames that follow each other: a mark is found by seconds of one face
_MOST_FACES = 3  # people looked at in a stretch
_REPORT_EVERY = 10  # frames
Track = list[View]


def watermark_in(asset: Asset, file: Path, named: Mapping[str, bytes], on_event: OnEvent) -> WatermarkFound:
    """Look for a mark, whatever the file is; what prevents that is said in words.

    Args:
        asset: what is verified.
        file: as it was named: one image of a sequence may have been.
        named: what the manifest says that marks carry, by algorithm.
        on_event: hears of progress, and of weights that are fetched.
    """
    path = file if file.is_file() else asset.path
    if path.suffix.lower() in SOUND_SUFFIXES:
        return _in_sound(path, named.get(SOUND_ALGORITHM), on_event)
    is_named = path.suffix.lower() in VIDEO_SUFFIXES | IMAGE_SUFFIXES
    if not is_named and not _is_footage(path):
        return WatermarkFound(summary="not looked for: it has neither pictures nor sound")
    try:
        finder = FaceFinder(on_event=on_event)
        with single_threaded_opencv():
            stretches = list(_stretches(finder, path, on_event))
            seen, best = _best(stretches)
    except WeightsError as error:
        return WatermarkFound(summary=f"not looked for: the networks that find faces are not here ({error})")
    except MediaError as error:
        return WatermarkFound(summary=f"not looked for: its pictures cannot be read ({error})")
    return _said(best, seen, named.get(ALGORITHM))


def _is_footage(path: Path) -> bool:
    """Whether pictures are in what no suffix tells of: a folder of images, a video without one."""
    try:
        with open_footage(path):
            return True
    except MediaError:
        return False


def sound_mark_in(asset: Asset, named: Mapping[str, bytes], on_event: OnEvent) -> WatermarkFound | None:
    """Look for a mark in the sound of a video; None where there is no sound, or all of it is sound.

    Args:
        asset: what is verified.
        named: as of `watermark_in`.
        on_event: hears of progress.
    """
    if asset.is_sequence or asset.path.suffix.lower() not in VIDEO_SUFFIXES:
        return None
    try:
        with open_container(asset.path) as container:
            has_sound = bool(container.streams.audio)
    except MediaError:  # which is said of its pictures
        return None
    return _in_sound(asset.path, named.get(SOUND_ALGORITHM), on_event) if has_sound else None


def view_of(face: Face, image: Image | Picture, time_s: float) -> View:
    """A face of a frame as it is looked at.

    Args:
        face: found in the frame.
        image: (h, w, 3) RGB uint8, or a picture.
        time_s: when it is shown.
    """
    matrix = face.square.crop_from_frame(VIEW_PX, VIEW_COVERAGE)
    mesh = face.landmarks_px[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    return View(crop=cut(image, matrix, VIEW_PX), time_s=time_s, mesh=np.asarray(mesh, np.float32))


def starts_in(frames: int | None) -> list[int]:
    """Where the stretches that are looked at begin, spread from the first frame to the last.

    Args:
        frames: how many there are, as far as is known.

    Returns:
        Positions, `STRETCH` or more apart.
    """
    if frames is None or frames <= STRETCHES * STRETCH:
        return [number * STRETCH for number in range(STRETCHES)]
    return [(frames - STRETCH) * number // (STRETCHES - 1) for number in range(STRETCHES)]


def _stretches(finder: FaceFinder, path: Path, on_event: OnEvent) -> Iterator[list[Track]]:
    """The faces of each stretch, those of one person together, the most seen and largest first."""
    done = 0
    with open_footage(path) as footage:
        starts = starts_in(footage.info.frames_hint)
        for _, frames in groupby(_some(footage.partial(), starts), key=lambda each: each[0]):
            tracks: dict[int, Track] = {}
            sizes: dict[int, float] = {}
            for frame, faces in finder.stream(frame for _, frame in frames):
                for face in faces:
                    view = view_of(face, frame.image, float(frame.time_s))
                    tracks.setdefault(face.track, []).append(view)
                    sizes[face.track] = sizes.get(face.track, 0) + face.square.side_px
                done += 1
                if done % _REPORT_EVERY == 0:
                    on_event(Progress(stage="watermark", done=done, total=None, unit="frames"))
            order = sorted(tracks, key=lambda track: -sizes[track])
            yield [tracks[track] for track in order[:_MOST_FACES]]


def _some(frames: Iterable[PartialFrame], starts: Sequence[int]) -> Iterator[tuple[int, PartialFrame]]:
    """The frames of the stretches, each with where its stretch begins; adjoining ones are one."""
    begun, before = -1, -2
    for frame in frames:
        if frame.index >= starts[-1] + STRETCH:
            return
        if any(start <= frame.index < start + STRETCH for start in starts):
            if frame.index > before + 1:
                begun = frame.index
            before = frame.index
            yield begun, frame


def _best(stretches: Sequence[Sequence[Track]]) -> tuple[int, Detection | None]:
    """How many faces there are, and what is likeliest a mark in them."""
    foremost = [view for tracks in stretches if tracks for view in tracks[0]]
    alone = [track for tracks in stretches for track in tracks]
    if not foremost:
        return 0, None
    # all of who is seen most; then everybody in each stretch, as another may be who was replaced
    groups = [foremost, *(alone if len(alone) > 1 else ())]
    best: Detection | None = None
    for views in groups:
        found = detect(views)
        if found is None:
            continue
        # each group gives chance another go, looked at or not
        found = replace(found, p_value=min(1.0, len(groups) * found.p_value))
        if best is None or found.p_value < best.p_value:
            best = found
        if best.found:
            break
    return sum(map(len, alone)), best


def _said(best: Detection | None, faces: int, named: bytes | None) -> WatermarkFound:
    if best is not None:
        return replace(_told(best, f"{faces} faces", named), faces=faces)
    seconds = f"for {LEAST_S:g} second without a gap, which it takes"
    why = f"no face is seen {seconds}" if faces else "no face was found"
    return WatermarkFound(summary=f"not looked for: {why}{_missing(named)}", faces=faces)


def _in_sound(path: Path, named: bytes | None, on_event: OnEvent) -> WatermarkFound:
    """The same of speech."""
    looker, reader = SoundLooker(), SoundReader(path=path, rate_hz=RATE_HZ)
    try:
        for block in reader:
            looker.add([block])
            on_event(Progress(stage="watermark", done=reader.read_s, total=reader.stated_s, unit="s"))
    except MediaError as error:
        return WatermarkFound(summary=f"not looked for: its sound cannot be read ({error})")
    if (best := looker.found()) is None:
        return WatermarkFound(summary=f"not looked for: {looker.seconds:.1f} s of sound{_missing(named)}")
    return _told(best, f"{looker.seconds:.0f} s of sound", named)


def _missing(named: bytes | None) -> str:
    return "; the manifest names one" if named is not None else ""


def _told(best: Detection, where: str, named: bytes | None) -> WatermarkFound:
    plain = WatermarkFound(summary="", found=best.found, confidence=best.confidence, p_value=best.p_value)
    if not best.found:
        words = f"none found in {where}, which does not say that there is none{_missing(named)}"
        return replace(plain, summary=words)
    chance = f"a false find has a chance of {best.p_value:.0e} at most"
    if best.payload is None:
        words = f"found ({chance}); what it carries cannot be read"
        return replace(plain, summary=words)
    carried = best.payload.to_bytes(PAYLOAD_BITS // 8, "big")
    agrees = None if named is None else carried == named
    compared = {None: "", True: ", as the manifest says", False: ", and the manifest names another"}[agrees]
    words = f"found ({chance}): {carried.hex()}{compared}"
    return replace(plain, summary=words, payload=carried.hex(), agrees=agrees)
