"""Expressions as people say them: "smile=0.8, jaw_open=0.3, yaw=-10"."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from understudy.core.errors import ConfigError
from understudy.expression.look import DOWN_DEG, SIDEWAYS_DEG, UP_DEG, gaze_of, look_coefficients
from understudy.expression.morph import PhotoFace
from understudy.expression.names import GAZE_NAMES, READABLE, UNREADABLE
from understudy.expression.performance import Performance
from understudy.workflows.choices import nearest

AT_REST = "neutral"  # a word without a value: begin at the face at rest
# degrees beyond the photo's own pose: further than the warp can be looked at
POSES: dict[str, float] = {"yaw": 40.0, "pitch": 30.0, "roll": 45.0}
_GAZES = {"gaze_yaw": (-SIDEWAYS_DEG, SIDEWAYS_DEG), "gaze_pitch": (-UP_DEG, DOWN_DEG)}

# both sides at once, in everyday words
_SIMPLE: dict[str, tuple[str, ...]] = {
    "smile": ("mouthSmileLeft", "mouthSmileRight"),
    "frown": ("mouthFrownLeft", "mouthFrownRight"),
    "blink": ("eyeBlinkLeft", "eyeBlinkRight"),
    "wink_left": ("eyeBlinkLeft",),
    "wink_right": ("eyeBlinkRight",),
    "squint": ("eyeSquintLeft", "eyeSquintRight"),
    "wide": ("eyeWideLeft", "eyeWideRight"),
    "brow_up": ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"),
    "pucker": ("mouthPucker",),
    "funnel": ("mouthFunnel",),
    "stretch": ("mouthStretchLeft", "mouthStretchRight"),
    "upper_lip_up": ("mouthUpperUpLeft", "mouthUpperUpRight"),
    "lower_lip_down": ("mouthLowerDownLeft", "mouthLowerDownRight"),
    "lips_rolled": ("mouthRollLower", "mouthRollUpper"),
}
_LIDS = (("eyeBlinkLeft", "eyeWideLeft"), ("eyeBlinkRight", "eyeWideRight"))
_ALONG = 0.4  # of a blink, and of widened eyes, where eyes look as far down or up as they can
_ONE_SIDED = ("jawLeft", "mouthLeft")  # a side that it goes to, not one of two


@dataclass(frozen=True, kw_only=True)
class Said:
    """What was asked of a face.

    Args:
        values: ARKit name to value in [0, 1].
        turned_deg: yaw, pitch, roll beyond the photo's own.
        gaze_deg: yaw, pitch of the eyes against the head; None for what the photo has.
        from_rest: whether all else is as at rest; else as in the photo.
    """

    values: dict[str, float] = field(default_factory=dict[str, float])
    turned_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    gaze_deg: tuple[float | None, float | None] = (None, None)
    from_rest: bool = False


def said_of(given: str | Mapping[str, float]) -> Said:
    """Read names and values.

    Names are ARKit's ("jawOpen"), the same in other spellings ("jaw_open"), without a side for both of them
    ("mouth_smile"), and everyday ones ("smile"); and yaw, pitch, roll, gaze_yaw, gaze_pitch in degrees. What
    is said of one side goes before what is said of both, in any order: "smile=0.8, mouth_smile_left=0.2".

    Args:
        given: "NAME=VALUE, ..." or the same as a mapping; the word "neutral" has no value.

    Raises:
        ConfigError: an unknown name, one that is said twice, or a value out of range.
    """
    pairs = list(_pairs(given))
    if not pairs:
        raise ConfigError("the expression is empty", 'give some, e.g. "smile=0.8, yaw=-10"')
    known, angles = spellings(), {_plain(name): name for name in (*POSES, *_GAZES)}
    found: dict[tuple[str, ...], float] = {}
    degrees: dict[str, float] = {}
    from_rest = False
    for name, value in pairs:
        key = _plain(name)
        if value is None:
            if key != AT_REST:
                raise ConfigError(f"{name!r} has no value", f"give {name}=VALUE, or {AT_REST}")
            from_rest = True
        elif key in angles:
            _check_new(name, angles[key] in degrees)
            degrees[angles[key]] = _angle(angles[key], value)
        else:
            meant = _meant(name, known)
            _check_new(name, meant in found)
            if not 0 <= value <= 1:
                raise ConfigError(f"{name} is {value:g}", "give 0 (not at all) to 1 (fully)")
            found[meant] = value
    values = {
        name: value for meant, value in sorted(found.items(), key=lambda one: -len(one[0])) for name in meant
    }
    return Said(
        values=values,
        turned_deg=(degrees.get("yaw", 0.0), degrees.get("pitch", 0.0), degrees.get("roll", 0.0)),
        gaze_deg=(degrees.get("gaze_yaw"), degrees.get("gaze_pitch")),
        from_rest=from_rest,
    )


def performed(said: Said, face: PhotoFace, strength: float = 1.0) -> Performance:
    """What was asked, done by the face of a photo: a performance of one frame.

    Args:
        said: see `said_of`.
        face: of the photo; what is not named stays as it is there.
        strength: times which named values are taken.
    """
    turned = face.own.pose_deg + np.array([said.turned_deg], np.float32)
    return replace(expressed(said, face.own, strength), pose_deg=turned)


def expressed(said: Said, own: Performance, strength: float = 1.0) -> Performance:
    """A performance with those values replaced that were named; the head stays as it is."""
    values, gaze = np.zeros_like(own.values) if said.from_rest else own.values.copy(), _gaze(said, own)
    for name, value in said.values.items():
        values[:, own.names.index(name)] = min(1.0, value * strength)
    _lids_along(values, said, own, gaze)
    if set(GAZE_NAMES) <= set(own.names):
        values[:, [own.names.index(name) for name in GAZE_NAMES]] = look_coefficients(gaze)
    return replace(own, values=values, gaze_deg=gaze)


def _lids_along(values: np.ndarray, said: Said, own: Performance, gaze: np.ndarray) -> None:
    """Upper lids of which nothing is said go along with an eye that looks further down or up."""
    down = gaze[:, 1] - own.gaze_deg[:, 1]
    for lid in _LIDS:
        if any(name in said.values or name not in own.names for name in lid):
            continue
        for name, share in zip(lid, (down / DOWN_DEG, -down / UP_DEG), strict=True):
            column = values[:, own.names.index(name)]
            column[:] = np.minimum(column + _ALONG * np.maximum(share, 0), 1)


def _gaze(said: Said, own: Performance) -> np.ndarray:
    gaze = np.zeros_like(own.gaze_deg) if said.from_rest else own.gaze_deg.copy()
    looks = [said.values.get(name) for name in GAZE_NAMES]
    if any(look is not None for look in looks):
        gaze[:] = gaze_of(np.array([look or 0.0 for look in looks], np.float32))
    for axis, angle in enumerate(said.gaze_deg):
        if angle is not None:
            gaze[:, axis] = angle
    return gaze


def spellings() -> dict[str, tuple[str, ...]]:
    """What can be said, in plain letters, to the ARKit names that it means."""
    known: dict[str, tuple[str, ...]] = {}
    for name in READABLE:
        if name.endswith("Left") and name not in _ONE_SIDED:
            known[_plain(name.removesuffix("Left"))] = (name, name.removesuffix("Left") + "Right")
    known |= {_plain(name): (name,) for name in READABLE}
    return known | {_plain(name): meant for name, meant in _SIMPLE.items()}


def _pairs(given: str | Mapping[str, float]) -> Iterator[tuple[str, float | None]]:
    if not isinstance(given, str):
        for name, value in given.items():
            yield name, _number(name, value)
        return
    for part in filter(None, (part.strip() for part in given.replace("\n", ",").split(","))):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        yield name[:60], _number(name, value) if equals else None


def _number(name: str, value: str | float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ConfigError(
            f"{name[:60]} is {str(value)[:40]!r}, which is no number", f"give e.g. {name[:60]}=0.5"
        )
    return number


def _angle(name: str, value: float) -> float:
    low, high = _GAZES.get(name) or (-POSES[name], POSES[name])
    if not low <= value <= high:
        raise ConfigError(f"{name} is {value:g} degrees", f"give {low:g} to {high:g}")
    return value


def _meant(name: str, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    key = _plain(name)
    if key in known:
        return known[key]
    for one, why in UNREADABLE.items():
        if key in (_plain(one), _plain(one.removesuffix("Left").removesuffix("Right"))):
            raise ConfigError(f"{name} cannot be drawn: {why}", "leave it out")
    near = nearest(name, (*_SIMPLE, *READABLE, *POSES, *_GAZES, AT_REST))
    if near.startswith("known are"):  # fifty of them
        near = f"names are {', '.join(_SIMPLE)}, those of ARKit's blend shapes, and yaw, pitch, roll"
    raise ConfigError(f"there is no expression {name!r}", near)


def _check_new(name: str, is_there: bool) -> None:
    if is_there:
        raise ConfigError(f"{name} is said twice", "say it once")


def _plain(name: str) -> str:
    return "".join(sign for sign in name if sign not in "_- ").casefold()
