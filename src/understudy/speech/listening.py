"""Take recordings of any length apart piece by piece, without holding more than a piece of their sound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from understudy.media.sound import Samples
from understudy.speech.activity import SpeechQuality, quality_of
from understudy.speech.bandwidth import bandwidth_hz
from understudy.speech.crowd import sounds_like_several
from understudy.speech.frames import RATE_HZ, SpeechFrames, Vocoder
from understudy.speech.loudness import SILENT_LUFS, block_powers, loudness_of

LOUDNESS_LUFS = -24.0  # of what is learnt from and converted
LEARN_S = 60.0  # of speech that say what a recording is like
ONE_PIECE_S = 20.0  # what is not longer is converted as a whole
_LOOK_S = 30.0
_MOST_OTHER = 4  # pieces without speech that are kept, in case that there is none
_FEWEST_VOICED = 20  # rows, a tenth of a second
_SHORTEST_S = 0.5  # nobody's word is shorter: it goes with the piece before it


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A piece of a recording.

    Args:
        frames: of it, as loud as it was recorded.
        quality: of it.
        powers: from which its loudness is known.
    """

    frames: SpeechFrames
    quality: SpeechQuality
    powers: NDArray[np.float64]


@dataclass(kw_only=True)
class Listener:
    """Takes the pieces of one recording apart.

    Args:
        vocoder: does.
        up_to_hz: what the recording holds; found out from the first piece that is not silent.
    """

    vocoder: Vocoder
    up_to_hz: float | None = None

    def hear(self, sound: Samples) -> Heard:
        """Take a piece apart.

        Args:
            sound: (n,) at `RATE_HZ`.
        """
        powers = block_powers(sound, RATE_HZ)
        if self.up_to_hz is None and loudness_of(powers) > SILENT_LUFS:
            self.up_to_hz = bandwidth_hz(sound)
        gain = gain_for(loudness_of(powers))
        levelled = (sound * np.float32(gain)).astype(np.float32)
        frames = self.vocoder.analyse(levelled, up_to_hz=self.up_to_hz or RATE_HZ / 2)
        return Heard(frames=frames.louder(1 / gain), quality=quality_of(levelled, frames), powers=powers)


def gain_for(found_lufs: float) -> float:
    """What sound is multiplied by to be as loud as what is learnt from; silence stays as it is."""
    return 1.0 if found_lufs <= SILENT_LUFS else float(10 ** ((LOUDNESS_LUFS - found_lufs) / 20))


def levelled(heard: list[Heard]) -> tuple[list[SpeechFrames], float]:
    """The pieces of a recording, together as loud as what is learnt from, and what was multiplied by."""
    if not heard:
        return [], 1.0
    gain = gain_for(loudness_of(np.concatenate([one.powers for one in heard])))
    return [one.frames.louder(gain) for one in heard], gain


def pieces_of(blocks: Iterable[Samples], seconds: float) -> Iterator[Samples]:
    """The same sound in pieces of so many seconds; the last may be half a second longer, or shorter.

    Args:
        blocks: (n,) at `RATE_HZ`, of any size.
        seconds: of a piece.
    """
    size, rest = round(seconds * RATE_HZ), round(_SHORTEST_S * RATE_HZ)
    waiting: list[Samples] = []
    for block in blocks:
        waiting.append(block)
        if sum(map(len, waiting)) < size + rest:
            continue
        whole = np.concatenate(waiting)
        while len(whole) >= size + rest:
            yield whole[:size]
            whole = whole[size:]
        waiting = [whole]
    if any(map(len, waiting)):
        yield np.concatenate(waiting)


@dataclass(frozen=True, kw_only=True)
class Recording:
    """What a recording is like.

    Args:
        frames: of some of its speech, pieces brought to the loudness of what is learnt from.
        gain: that it takes.
        up_to_hz: above that it holds nothing.
        noise_db: how far below the speech the noise lies.
        is_speech: whether it sounds like somebody speaking.
        is_several: whether it sounds like more than one.
    """

    frames: list[SpeechFrames]
    gain: float
    up_to_hz: float
    noise_db: float
    is_speech: bool
    is_several: bool = False


def listened(
    blocks: Iterable[Samples], vocoder: Vocoder, *, short: Vocoder | None = None
) -> Recording | None:
    """Find out what a recording is like by the first minute of speech in it, wherever that begins.

    Args:
        blocks: (n,) at `RATE_HZ`; no more are asked for than it takes.
        vocoder: takes it apart; a quick one will do.
        short: takes apart what is not longer than `ONE_PIECE_S`: the one that converts it, if it
            remembers, has less to do then. As `vocoder` where None.

    Returns:
        None where nothing has a pitch. Where nothing sounds like speech, what has pitch stands for it.
    """
    listener = Listener(vocoder=vocoder)
    speech: list[Heard] = []
    other: list[Heard] = []
    for number, piece in enumerate(pieces_of(blocks, _LOOK_S)):
        if short is not None and number == 0 and len(piece) <= ONE_PIECE_S * RATE_HZ:
            listener.vocoder = short
        if not np.abs(piece).max() > 0:
            continue
        heard = listener.hear(piece)
        if not heard.quality.speech_s or int(heard.frames.is_voiced.sum()) < _FEWEST_VOICED:
            continue
        (speech if heard.quality.is_speech else other).append(heard)
        del other[_MOST_OTHER:]
        if sum(one.quality.speech_s for one in speech) >= LEARN_S:
            break
    some = speech or other
    if not some:
        return None
    frames, gain = levelled(some)
    return Recording(
        frames=frames,
        gain=gain,
        up_to_hz=listener.up_to_hz or RATE_HZ / 2,
        noise_db=float(np.median([one.quality.noise_db for one in some])),
        is_speech=bool(speech),
        is_several=bool(speech) and sounds_like_several(frames),
    )
