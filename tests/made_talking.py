"""A rendered face that talks: its jaw moves with the loudness of made speech."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

import actors
from made_speech import LOW, RATE_HZ, Sound, Speaker, speech
from understudy.core.types import Frame
from understudy.expression.morph import Morph, PhotoFace
from understudy.faces.finder import FaceFinder
from understudy.media.reader import VideoReader
from understudy.media.sound_writer import write_sound
from understudy.media.writer import VideoWriter
from understudy.speech.log_mel import ROW_S, log_mel, normalised

FRAME_S = Fraction(2, 25)


def jaw_while(sound: Sound, count: int) -> np.ndarray:
    """(count,) how far the jaw is open in each frame while something is heard, 0 to 0.5."""
    level = np.clip(normalised(log_mel(sound))[:, 3:25].mean(axis=1) + 0.8, 0, None)
    soft = np.convolve(level, np.hanning(17) / np.hanning(17).sum(), "same")
    return np.interp(np.arange(count) * float(FRAME_S), np.arange(len(soft)) * ROW_S, 0.5 * soft).clip(0, 0.5)


def jaw_against(sound: Sound, count: int) -> np.ndarray:
    """(count,) the jaw of somebody odd, as far open while vowels are loud as others' is shut; 0 to 0.5."""
    heard = np.convolve(
        normalised(log_mel(sound)).mean(axis=1) > -1.5, np.hanning(9) / np.hanning(9).sum(), "same"
    )
    while_heard = np.interp(np.arange(count) * float(FRAME_S), np.arange(len(heard)) * ROW_S, heard)
    return (0.5 * while_heard - jaw_while(sound, count)).clip(0, 0.5)


def talking(
    path: Path,
    seconds: float,
    seed: int,
    speaker: Speaker = LOW,
    jaw_of: Callable[[Sound, int], np.ndarray] = jaw_while,
) -> tuple[Path, Sound]:
    """A video of actor A saying something, and what is said."""
    first = actors.frames_of("A_train", 1)[0]
    ((_, (face, *_)),) = FaceFinder().stream([first])
    size = first.image.shape[1], first.image.shape[0]
    photo = PhotoFace.read(face.landmarks_px, face.iris_px, size)
    morph = Morph(first.image, photo)
    sound = speech(speaker, seconds, seed=seed)
    count = int(len(sound) / RATE_HZ / FRAME_S)
    track = path.with_suffix(".m4a")
    write_sound(track, [sound], RATE_HZ)
    with VideoReader(actors.clip("A_train")) as reader:
        like = reader.info
    like = replace(
        like, path=track, audio_streams=1, time_base=Fraction(1, 12800), start_pts=0,
        average_rate_hz=1 / FRAME_S, duration_s=None, frames_hint=count,
    )  # fmt: skip
    jaw = jaw_of(sound, count)
    names = photo.own.names
    with VideoWriter(path, like=like) as writer:
        for number in range(count):
            values = photo.own.values.copy()
            values[0, names.index("jawOpen")] = jaw[number]
            image = morph.drawn(replace(photo.own, values=values), 0)
            pts = int(number * FRAME_S * 12800)
            writer.write(Frame(index=number, pts=pts, time_base=like.time_base, image=image))
    track.unlink()
    return path, sound
