"""Footage whose mouth says something else."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import numpy as np

from understudy.core.errors import ConfigError, MediaError
from understudy.core.events import Notice, OnEvent, Written, ignore
from understudy.core.files import peak_rss_mb
from understudy.expression.read import Clip, read_clip
from understudy.media.any_writer import check_writer
from understudy.media.footage import image_files, open_footage
from understudy.media.info import VideoInfo
from understudy.media.patterns import has_number
from understudy.speech.lips import mouth_while
from understudy.speech.lips_training import at_times
from understudy.workflows.animate_marks import Marking, is_picture
from understudy.workflows.animate_output import Written as WrittenFrames
from understudy.workflows.animate_output import write_frames
from understudy.workflows.expression import clip_of, doubts_about
from understudy.workflows.expression_faces import clearest_vector, faces_of_footage
from understudy.workflows.lipsync_config import Length, LipsyncConfig, LipsyncResult
from understudy.workflows.lipsync_draw import LipsDrawer
from understudy.workflows.lipsync_inside import insides_of
from understudy.workflows.lipsync_learn import (
    Learnt,
    Talking,
    check_enough,
    checked_talking,
    learn_lips,
    read_all_talking,
)
from understudy.workflows.lipsync_marks import checked, marking_of
from understudy.workflows.lipsync_order import PictureOrder, picture_order
from understudy.workflows.lipsync_say import Saying
from understudy.workflows.lipsync_sound import Speech
from understudy.workflows.screen import refuse_nudity
from understudy.workflows.threads import single_threaded_opencv

_USUAL_HZ = 25


def run(config: LipsyncConfig, on_event: OnEvent = ignore) -> LipsyncResult:
    """Let somebody in footage say something.

    Raises:
        ConfigError: settings that do not go together.
        ConsentError: no record says that the face may be used.
        MediaError: footage or speech cannot be read, show no face or too little talking to learn from, or the
            output cannot be written.
        RefusedError: the footage shows nudity, see `screen.refuse_nudity`.
        UnderstudyError: the output cannot be signed.
        WeightsError: the networks' weights cannot be had.
    """
    started = time.monotonic()
    person = checked(config)
    config = checked_talking(config)
    _check_names(config)
    speech = Speech.read(config.speech)
    refuse_nudity(config.footage, on_event)
    with open_footage(config.footage) as footage:
        info = footage.info
    with single_threaded_opencv(), TemporaryDirectory(prefix="understudy-") as folder:
        check_writer(config.out, _silent(info, Path(folder)), codec=config.codec, crf=config.crf)
        seen = faces_of_footage(config.footage, on_event)
        clip = clip_of(seen, config.person, config.footage)
        vector = partial(clearest_vector, config.footage, seen, config.person - 1, on_event)
        warnings = [*person.doubts(vector), *seen.warnings, *speech.warnings]
        learnt = _learnt(config, clip, on_event)
        consent = person.agreed(config, config.footage, vector, on_event)
        order = _order(config, info, seen.times_s, speech)
        warnings += [*consent.warnings, *learnt.warnings]
        warnings += doubts_about(read_clip(clip), seen, config.person) + _of_lengths(
            config, order, info, speech
        )
        marking = marking_of(config, consent)
        like = _like(info, order, speech, Path(folder), (config.out, marking.sound_payload))
        written = _written(config, (clip, order, like), (speech, learnt), marking, on_event)
    warnings = list(dict.fromkeys([*warnings, *written.warnings]))
    for message in warnings:
        on_event(Notice(message=message))
    what = "images" if has_number(config.out) else "video"
    on_event(Written(path=config.out, what=f"lip-synced {what}"))
    seconds = time.monotonic() - started
    return LipsyncResult(
        output=config.out,
        frames=written.frames,
        animated=written.animated,
        speech_s=round(speech.spoken_s, 2),
        learnt_s=round(learnt.talking_s, 2),
        learnt_r=round(learnt.r, 3),
        offset_ms=round(1000 * learnt.lag_s, 1),
        identity=person.name,
        width_px=info.width_px,
        height_px=info.height_px,
        fps=round(written.frames / max(seconds, 1e-9), 2),
        seconds=round(seconds, 3),
        peak_rss_mb=peak_rss_mb(),
        warnings=warnings,
    )


def _check_names(config: LipsyncConfig) -> None:
    """Refuse pictures, which last no time, and writing over what is read."""
    if is_picture(config.out):
        raise ConfigError(f"{config.out} is one picture", "name a video, or numbered images: frames/%06d.png")
    for used in (config.footage, config.speech, *config.learn, *config.learn_speaker):
        for path in (used, *image_files(used)):
            if config.out.exists() and path.exists() and config.out.samefile(path):
                raise ConfigError(f"{config.out} is read and would be overwritten", "choose another name")


def _learnt(config: LipsyncConfig, clip: Clip, on_event: OnEvent) -> Learnt:
    """Learn from what is given to learn from, and else from the footage itself; and from the speaker's."""
    if config.learn:
        talking = read_all_talking(config.learn, on_event)
    else:
        try:
            talking = [Talking.of(config.footage, clip)]
        except MediaError as error:
            raise MediaError(error.what, "give footage in which the person talks: --learn CLIP") from error
    check_enough(talking)
    speaker = read_all_talking(config.learn_speaker, on_event)
    return learn_lips(talking, config.seed, on_event, speaker=speaker)


def _order(config: LipsyncConfig, info: VideoInfo, times_s: Sequence[float], speech: Speech) -> PictureOrder:
    pts = [round(Fraction(time_s) / info.time_base) for time_s in times_s]
    length = cast(Length, config.length)
    return picture_order(pts, info.time_base, _usual(info), speech.length_s, length)


def _usual(info: VideoInfo) -> int:
    """How long a frame is shown, in units of the time base."""
    return max(1, round(1 / ((info.average_rate_hz or _USUAL_HZ) * info.time_base)))


def _of_lengths(config: LipsyncConfig, order: PictureOrder, info: VideoInfo, speech: Speech) -> list[str]:
    """What the user should know of the lengths of sound and pictures."""
    lost_s = speech.length_s - float(order.end_pts * info.time_base)
    if config.length == "pingpong" or lost_s <= float(_usual(info) * info.time_base):
        return []
    return [
        f"{config.speech.name} is longer than {config.footage.name}: its last {lost_s:.1f} s are left out; "
        "--length pingpong plays the footage forth and back"
    ]


def _silent(info: VideoInfo, folder: Path) -> VideoInfo:
    """The output as far as it is known before its sound is."""
    path = info.path if image_files(info.path) else folder / "sound"
    return replace(info, path=path, audio_streams=0, start_pts=0, duration_s=None)


def _like(
    info: VideoInfo, order: PictureOrder, speech: Speech, folder: Path, to: tuple[Path, int | None]
) -> VideoInfo:
    """A video like the footage with the speech, marked, for its sound; images have none."""
    out, payload = to
    silent = replace(_silent(info, folder), frames_hint=len(order.numbers))
    if has_number(out):
        return silent
    sound = speech.write(folder, out, float(order.end_pts * info.time_base), payload)
    return replace(silent, path=sound, audio_streams=1)


def _written(
    config: LipsyncConfig,
    pictures: tuple[Clip, PictureOrder, VideoInfo],
    said: tuple[Speech, Learnt],
    marking: Marking,
    on_event: OnEvent,
) -> WrittenFrames:
    (clip, order, info), (speech, learnt) = pictures, said
    times_s = np.array(order.pts, np.float64) * float(info.time_base)
    mouth = at_times(mouth_while(learnt.nets, speech.rows), times_s)
    mouth[times_s > speech.length_s] = 0
    own = read_clip(clip)
    drawer = LipsDrawer(
        path=config.footage,
        order=order,
        clip=clip,
        own=own,
        saying=Saying(own, order.numbers, times_s, mouth, config.strength),
        insides=insides_of(config.footage, clip),
        payload=marking.payload,
    )
    return write_frames(config, info, marking, drawer.frames, on_event, "lipsync")
