"""Say in one speaker's voice what another one said, piece by piece, at any length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from understudy.media.sound import Samples
from understudy.speech.activity import levels_db
from understudy.speech.cepstrum import log_power_from_cepstrum
from understudy.speech.creak import Creak, creak_for
from understudy.speech.frames import HOP_S, RATE_HZ, Floats, SpeechFrames, Vocoder
from understudy.speech.listening import ONE_PIECE_S, Recording
from understudy.speech.pitch import converted_pitch
from understudy.speech.speaker import (
    SpeakerStats,
    holds_speech,
    speaker_stats,
    stats_of_recording,
)
from understudy.speech.training_rows import STRIDE
from understudy.speech.voice_model import VoiceModel
from understudy.speech.voice_training import said_as

# a piece ends at the quietest moment between; of longer ones Harvest's spectra, powers of two, double
_CUT_FROM_S, _CUT_UNTIL_S = 10.0, ONE_PIECE_S
_AROUND_S = 0.25  # of what comes before and after that is analysed with a piece
_JOIN_S = 0.01  # half of the time over which a piece goes over into the next
_COMPARED = slice(1, 25)
_BINS = 129  # at which power is compared
# seconds of speech from which on a network says more than half: one that learnt from less mistakes sounds
_TRUSTED_S = 40.0
_LOWEST_NOISE_DB = -60.0


@dataclass(frozen=True, kw_only=True)
class VoiceChange:
    """From what to what speech is changed.

    Args:
        source: what the recording is like.
        target: what the speaker is like.
        speaker: place of the decoder.
        gain: that brings the recording to the loudness of what was learnt from; it is undone at the end.
        up_to_hz: above that the recording holds nothing.
        plain: share of what was said itself, with the speaker's mean and spread; the network's is the rest.
        creak: where the speaker who is changed is to creak.
        semitones: higher or lower than the speaker.
        vivid: how much of the spread that a mean of many rows lacks is given back, 0 to 1.
    """

    source: SpeakerStats
    target: SpeakerStats
    speaker: int
    gain: float = 1.0
    up_to_hz: float = RATE_HZ / 2
    plain: float = 0.0
    creak: Creak = field(default_factory=Creak)
    semitones: float = 0.0
    vivid: float = 0.0


def change_for(
    model: VoiceModel, name: str, heard: Recording, *, semitones: float = 0.0, vivid: float = 0.0
) -> VoiceChange:
    """Find out from what to what a recording is changed; its own numbers count more the longer it is.

    Args:
        model: of voices.
        name: whose voice is wanted; one of the model's.
        heard: what the recording is like.
        semitones: see `VoiceChange`.
        vivid: see `VoiceChange`.
    """
    own = speaker_stats(heard.frames)
    known = [one.stats.stats() for one in model.index.speakers]
    nearest = min(known, key=lambda one: _distance(own, one))
    place = model.index.names.index(name)
    rows = sum(int(holds_speech(one).sum()) for one in heard.frames)
    source = stats_of_recording(own, rows, nearest)
    return VoiceChange(
        source=source,
        target=known[place],
        speaker=place,
        gain=heard.gain,
        up_to_hz=heard.up_to_hz,
        plain=_TRUSTED_S / (_TRUSTED_S + min(one.speech_s for one in model.index.speakers)),
        creak=creak_for(heard.frames, source, known[place].creaked),
        semitones=semitones,
        vivid=vivid,
    )


def _distance(own: SpeakerStats, known: SpeakerStats) -> float:
    envelope = np.abs((own.mean - known.mean) / known.std)[_COMPARED].mean()
    return float(envelope + abs(own.log_f0_mean - known.log_f0_mean) / known.log_f0_std)


def converted(frames: SpeechFrames, model: VoiceModel, change: VoiceChange) -> SpeechFrames:
    """The same said by another speaker, as loud and at the same time.

    Args:
        frames: of a piece of speech.
        model: of voices.
        change: what to make of it.
    """
    normal = change.source.normal(frames.cepstrum)
    # the network knows rows 10 ms apart: those between are a second recording to it
    said = np.empty((len(frames), frames.cepstrum.shape[1] - 1), np.float32)
    for phase in range(min(STRIDE, len(frames))):
        said[phase::STRIDE] = said_as(model.net, normal[phase::STRIDE], change.speaker)
    said += change.plain * (normal[:, 1:] - said)
    if change.vivid:
        said = _vivid(said, holds_speech(frames), change.vivid)
    cepstrum = np.concatenate(
        [frames.cepstrum[:, :1], said * change.target.std[1:] + change.target.mean[1:]], axis=1
    )
    cepstrum[:, 0] += 0.5 * (_log_power(frames.cepstrum) - _log_power(cepstrum))
    noise = frames.aperiodicity.copy()
    noise[frames.is_voiced] += change.target.noise - change.source.noise
    return SpeechFrames(
        f0_hz=converted_pitch(
            frames.f0_hz, change.source, change.target, creak=change.creak, semitones=change.semitones
        ),
        cepstrum=cepstrum.astype(np.float32),
        aperiodicity=np.clip(noise, _LOWEST_NOISE_DB, 0.0),
    )


def _vivid(said: Floats, is_speech: np.ndarray, share: float) -> Floats:
    """Spread each coefficient as real speech has it; a decoder says the mean of what it may be.

    Reference:
        Toda, Black and Tokuda 2007, "Voice conversion based on maximum-likelihood estimation of spectral
        parameter trajectory": global variance.
    """
    real = said[is_speech] if is_speech.sum() > 100 else said
    mean, std = real.mean(0), real.std(0)
    gain = 1 + share * np.clip(1 / np.maximum(std, 0.25) - 1, 0.0, 1.0)
    return ((said - mean) * gain + mean).astype(np.float32)


def _log_power(cepstrum: Floats) -> Floats:
    """(n,) logarithm of the power of each row."""
    basis = log_power_from_cepstrum(_BINS, cepstrum.shape[1] - 1).astype(np.float32)
    log = cepstrum @ basis
    top = log.max(axis=1)
    return top + np.log(np.exp(log - top[:, None]).mean(axis=1))


def spoken(
    blocks: Iterable[Samples], vocoder: Vocoder, model: VoiceModel, change: VoiceChange
) -> Iterator[Samples]:
    """Convert sound as it comes.

    Args:
        blocks: at `RATE_HZ`, of any size.
        vocoder: takes it apart and makes it.
        model: of voices.
        change: what to make of it.

    Yields:
        (n,) float32; together as long as the blocks.
    """
    join, gain = round(_JOIN_S * RATE_HZ), np.float32(change.gain)
    tail = np.zeros(0, np.float32)
    for piece in _pieces(blocks):
        if not len(piece.sound):
            continue
        frames = vocoder.analyse(piece.sound * gain, up_to_hz=change.up_to_hz)
        made = vocoder.synthesise(converted(frames, model, change), len(piece.sound)) / gain
        start = piece.before - (join if piece.before else 0)
        end = len(made) - piece.after + (join if piece.after else 0)
        part = made[start:end]
        if len(tail):
            ramp = np.linspace(0.0, 1.0, len(tail), dtype=np.float32)
            part[: len(tail)] = part[: len(tail)] * ramp + tail * (1 - ramp)
        keep = 2 * join if piece.after else 0
        tail = part[len(part) - keep :]
        yield part[: len(part) - keep]


@dataclass(frozen=True, kw_only=True)
class _Piece:
    """Sound to convert, with samples before and after it that belong to its neighbours."""

    sound: Samples
    before: int
    after: int


def _pieces(blocks: Iterable[Samples]) -> Iterator[_Piece]:
    around = round(_AROUND_S * RATE_HZ)
    waiting, before = np.zeros(0, np.float32), 0
    for block in blocks:
        waiting = np.concatenate([waiting, block])
        while len(waiting) - before >= round(_CUT_UNTIL_S * RATE_HZ) + around:
            cut = before + _quietest(waiting[before:])
            yield _Piece(sound=waiting[: cut + around], before=before, after=around)
            waiting, before = waiting[cut - around :], around
    yield _Piece(sound=waiting, before=before, after=0)


def _quietest(sound: Samples) -> int:
    """Where to cut: the middle of the quietest 50 ms in the span in which a piece may end."""
    levels = levels_db(sound[: round(_CUT_UNTIL_S * RATE_HZ)])
    smooth = np.convolve(levels, np.ones(10) / 10, mode="same")
    first = round(_CUT_FROM_S / HOP_S)
    return round((first + int(np.argmin(smooth[first:-10]))) * HOP_S * RATE_HZ)
