"""Learn from footage what somebody's mouth does while they say something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from understudy.core.errors import MediaError
from understudy.core.events import Event, OnEvent, Progress
from understudy.expression.basis import load_basis
from understudy.expression.names import JAW, MOUTH
from understudy.expression.read import Clip, found_rest, read_clip
from understudy.faces.openings import MEASURES, all_normalised, expressions_of
from understudy.faces.pose import fit_poses
from understudy.media.footage import expand_footage, image_files, open_footage
from understudy.media.sound import read_sound
from understudy.nets.lips import LipsNet
from understudy.speech.lips import lag_of
from understudy.speech.lips_training import LipsRecording, LipsTrainingConfig, train_lips
from understudy.speech.log_mel import FLOOR, RATE_HZ, ROW_S, Floats, heard, log_mel, normalised
from understudy.workflows.expression import clip_of
from understudy.workflows.expression_faces import faces_of_footage
from understudy.workflows.lipsync_config import LipsyncConfig

LEAST_TALKING_S = 20.0
LEAST_SPEAKER_S = 5.0
_OPTION, _SPEAKER_OPTION = "--learn", "--learn-speaker"
# what of a mouth goes with what is said; a mouth pulled to a side does not
SPOKEN = tuple(
    name for name in (*JAW, *MOUTH) if name not in ("jawLeft", "jawRight", "mouthLeft", "mouthRight")
)
_GAP_COUNTS = 4.0  # how far lips are apart, against each coefficient
_GOOD_R, _LEAST_R = 0.4, 0.15  # below: it is doubted, or refused, that sound and mouth are one person's
_REPORT_EVERY = 20  # steps
_MOST_NAMED = 3  # clips, in a message
_TRAINING = LipsTrainingConfig()
_STEPS_OF_TWO = 2  # times as many where lips of two people are learnt
_WIDER = (0.5, 2.0)  # what a speaker's mouth is moved further by, at the least and at the most
_HEARD_LEVEL = FLOOR / 2  # mean of `normalised` in rows in which somebody speaks
_STILL = 0.01  # distances between the eyes: a mouth that moves less does nothing


@dataclass(frozen=True, kw_only=True)
class Talking:
    """Somebody in footage, and its sound.

    Args:
        path: the footage.
        clip: their landmarks, at times since the sound began.
        rows: of the sound, from `log_mel`.
        talking_s: how long they are seen while somebody speaks.
    """

    path: Path
    clip: Clip
    rows: Floats
    talking_s: float

    @classmethod
    def of(cls, path: Path, clip: Clip) -> Talking:
        """From footage whose face is known.

        Raises:
            MediaError: it has no sound.
        """
        sound, reader = read_sound(path, RATE_HZ)
        rows = log_mel(sound)
        clip = replace(clip, times_s=clip.times_s - reader.start_s)
        at = np.round(clip.times_s / ROW_S).astype(int)
        seen = np.isfinite(clip.landmarks_px[:, 0, 0]) & (at >= 0) & (at < len(rows))
        usual_s = float(np.median(np.diff(clip.times_s))) if len(at) > 1 else 0.0
        return cls(path=path, clip=clip, rows=rows, talking_s=float(heard(rows)[at[seen]].sum() * usual_s))


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """What was learnt.

    Args:
        nets: say `SPOKEN` and, last, how far lips are apart, in distances between the eyes.
        talking_s: seconds of talking that it was learnt from.
        r: how well, see `LipsyncResult.learnt_r`.
        lag_s: how much later than its picture the sound is.
        warnings: what the user should know.
    """

    nets: list[LipsNet]
    talking_s: float
    r: float
    lag_s: float
    warnings: list[str]


def checked_talking(config: LipsyncConfig) -> LipsyncConfig:
    """The same with each piece of footage that is to be learnt from, once all of it can be.

    Looking for faces takes seconds a clip, so what would stop the last one is said before the first.

    Raises:
        MediaError: a piece does not exist, cannot be read or has no sound.
    """
    learn, speaker = (
        tuple(expand_footage(named)) if named else () for named in (config.learn, config.learn_speaker)
    )
    for path in (*(learn or (config.footage,)), *speaker):
        if image_files(path):
            why = f"{path} has pictures without sound, of which no lips are learnt"
        else:
            with open_footage(path) as footage:
                why = "" if footage.info.audio_streams else f"{path} has no sound"
        if why:
            option = _SPEAKER_OPTION if path in speaker else _OPTION
            raise MediaError(why, f"give footage in which the person is heard talking: {option} CLIP")
    return replace(config, learn=learn, learn_speaker=speaker)


def read_all_talking(paths: Sequence[Path], on_event: OnEvent) -> list[Talking]:
    """Read footage to learn from: whoever is seen most in each talks.

    Raises:
        MediaError: it cannot be read, or has no face or no sound.
        WeightsError: the networks' weights cannot be had.
    """
    found: list[Talking] = []
    for path in paths:
        # which one is read, so that of twenty clips one knows where it is
        told = partial(_told_of, path.name, on_event)
        found.append(Talking.of(path, clip_of(faces_of_footage(path, told), 1, path)))
    return found


def _told_of(name: str, on_event: OnEvent, event: Event) -> None:
    if isinstance(event, Progress) and event.stage == "read":
        event = replace(event, stage=f"read {name}")
    on_event(event)


def check_enough(talking: Sequence[Talking], *, of_speaker: bool = False) -> None:
    """Refuse too little to learn from.

    Raises:
        MediaError: it is too little.
    """
    total_s = sum(one.talking_s for one in talking)
    least_s = LEAST_SPEAKER_S if of_speaker else LEAST_TALKING_S
    who = "whoever says the speech" if of_speaker else "the person in the footage"
    if total_s < least_s:
        raise MediaError(
            f"there are {total_s:.0f} s of talking in {_footage(talking)}, and {least_s:.0f} are needed",
            f"give more footage in which {who} talks: "
            f"{_SPEAKER_OPTION if of_speaker else _OPTION} CLIP, again for each",
        )


def learn_lips(
    talking: Sequence[Talking], seed: int, on_event: OnEvent, *, speaker: Sequence[Talking] = ()
) -> Learnt:
    """Learn from somebody's talking.

    Args:
        talking: all of one person.
        seed: of every random choice.
        on_event: hears of progress.
        speaker: all of whoever says what they are to say, where that is somebody else.

    Raises:
        MediaError: it is too little, or sound and mouth have nothing to do with each other.
    """
    check_enough(talking)
    recordings, lag_s = _in_time(_recordings(talking))
    warnings = _of_lag(talking, lag_s)
    others, steps = list[LipsRecording](), _TRAINING.steps
    if speaker:
        check_enough(speaker, of_speaker=True)
        others, late_s = _in_time(_recordings(speaker))
        warnings += _of_lag(speaker, late_s)
        others = _as_wide(others, recordings)
        steps *= _STEPS_OF_TWO
    weights = np.append(np.ones(len(SPOKEN)), _GAP_COUNTS)

    def told(done: int, total: int) -> None:
        if done % _REPORT_EVERY == 0 or done == total:
            on_event(Progress(stage="learn lips", done=done, total=total, unit="steps"))

    settings = replace(_TRAINING, seed=seed, steps=steps)
    nets, of_each = train_lips(recordings, weights, settings, told, others=others)
    doubts = [
        doubt
        for one, r, option in zip((talking, speaker), of_each, (_OPTION, _SPEAKER_OPTION), strict=False)
        for doubt in _of_r(one, r, option)
    ]
    return Learnt(
        nets=nets,
        talking_s=sum(one.talking_s for one in (*talking, *speaker)),
        r=of_each[0],
        lag_s=lag_s,
        warnings=doubts + warnings,
    )


def _of_r(talking: Sequence[Talking], r: float, option: str) -> list[str]:
    """A doubt about sound and mouth that hardly go together.

    Raises:
        MediaError: they do not at all.
    """
    together = f"what is heard in {_footage(talking)} hardly goes with the mouth that is seen (r {r:.2f})"
    hint = f"give footage with its own sound: {option} CLIP"
    if r < _LEAST_R:
        raise MediaError(together, hint)
    return [f"{together}; {hint}"] if r < _GOOD_R else []


def _in_time(recordings: list[LipsRecording]) -> tuple[list[LipsRecording], float]:
    """Recordings whose sound is as late as their picture, and how much later it was."""
    lag_s, _ = lag_of(recordings)
    return [replace(one, times_s=one.times_s + lag_s) for one in recordings], lag_s


def _of_lag(talking: Sequence[Talking], lag_s: float) -> list[str]:
    if not lag_s:
        return []
    late = "later" if lag_s > 0 else "earlier"
    return [
        f"the sound of {_footage(talking)} is {abs(1000 * lag_s):.0f} ms {late} than the picture: corrected"
    ]


def _as_wide(recordings: Sequence[LipsRecording], like: Sequence[LipsRecording]) -> list[LipsRecording]:
    """The same mouths, moving as far as others: when lips move a speaker tells, how far who is shown."""
    own = _spread(recordings)
    if own < _STILL:
        return list(recordings)
    ratio = float(np.clip(_spread(like) / own, *_WIDER))
    return [replace(one, values=_wider(one.values, ratio)) for one in recordings]


def _wider(values: Floats, ratio: float) -> Floats:
    """Coefficients, which end at 1, and the lips' distance, which does not."""
    wider = values * np.float32(ratio)
    return np.concatenate([np.minimum(wider[:, :-1], np.float32(1)), wider[:, -1:]], axis=1)


def _spread(recordings: Sequence[LipsRecording]) -> float:
    """How far the lips' distance varies while somebody speaks, a standard deviation; 0 where nobody does."""
    gaps = list[Floats]()
    for one in recordings:
        at = np.round(one.times_s / ROW_S).astype(int).clip(0, len(one.rows) - 1)
        spoken = np.isfinite(one.values[:, -1]) & (one.rows[at].mean(axis=1) > _HEARD_LEVEL)
        gaps.append(one.values[spoken, -1])
    gap = np.concatenate(gaps)
    return float(gap.std()) if gap.size else 0.0


def _footage(talking: Sequence[Talking]) -> str:
    return _named([one.path.name for one in talking])


def _named(names: Sequence[str]) -> str:
    """All of them in a few words."""
    if len(names) > _MOST_NAMED:
        return f"{names[0]} and {len(names) - 1} more"
    return " and ".join(names)


def _recordings(talking: Sequence[Talking]) -> list[LipsRecording]:
    """All against one face at rest: in a short clip nobody need be."""
    points = np.concatenate([one.clip.landmarks_px for one in talking])
    rest = found_rest(points[np.isfinite(points).all(axis=(1, 2))], load_basis())
    found: list[LipsRecording] = []
    for one in talking:
        clip = one.clip
        seen = np.isfinite(clip.landmarks_px).all(axis=(1, 2))
        if not seen.any():
            continue
        performance = read_clip(clip, rest=rest)
        values = np.full((len(clip.times_s), len(SPOKEN) + 1), np.nan, np.float32)
        values[:, :-1] = np.stack([performance.of(name) for name in SPOKEN], axis=1)
        points_px = clip.landmarks_px[seen]
        openings = expressions_of(all_normalised(points_px, fit_poses(points_px)))
        values[seen, -1] = openings[:, MEASURES.index("mouth_open")]
        found.append(LipsRecording(rows=normalised(one.rows), times_s=clip.times_s, values=values))
    return found
