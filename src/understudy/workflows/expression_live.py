"""A photo whose face is given expressions while somebody looks, and what is kept of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from understudy.core.events import OnEvent, ignore
from understudy.core.types import Image
from understudy.expression.file import write_expression
from understudy.expression.look import DOWN_DEG, SIDEWAYS_DEG, UP_DEG
from understudy.expression.morph import Morph
from understudy.expression.names import BROWS, EYES, JAW, MOUTH
from understudy.expression.performance import Performance
from understudy.faces.identify import Identifier
from understudy.workflows import animate
from understudy.workflows.animate_config import AnimateConfig, AnimateResult
from understudy.workflows.animate_marks import checked
from understudy.workflows.animate_photo import Photo, read_photo
from understudy.workflows.expression_words import POSES, performed, said_of
from understudy.workflows.screen import refuse_nudity
from understudy.workflows.threads import single_threaded_opencv

LIVE_PX = 512  # longest side of what is drawn live
_RATE_HZ = 25
_RISE_S, _HOLD_S = 0.6, 0.8  # of a clip: from the photo's expression to the chosen one, and how long it stays
_PARTS = {"Brows": BROWS, "Eyes": EYES, "Jaw": JAW, "Mouth": MOUTH}


@dataclass(frozen=True, kw_only=True)
class Slider:
    """One thing that can be changed.

    Args:
        name: as `expression_words` knows it: an ARKit name, or an angle in degrees.
        part: of the face, to group it by.
        low: least value.
        high: largest value.
        value: what the photo has.
    """

    name: str
    part: str
    low: float
    high: float
    value: float


class LivePhoto:
    """A photo of somebody who agreed, ready to be given expressions; from one thread at a time.

    Args:
        photo: of a picture.
        identity: who is in it, as their record is called.
        on_event: hears of warnings.

    Raises:
        ConsentError: no record says that the face may be used, or the face is not that person's.
        MediaError: the photo cannot be read, or shows no face.
        RefusedError: the photo shows nudity, see `screen.refuse_nudity`.
        WeightsError: the networks' weights cannot be had.
    """

    def __init__(self, photo: Path, identity: str, on_event: OnEvent = ignore) -> None:
        """See whether it may be used, and find the face."""
        self.path, self.identity = photo, identity
        config = AnimateConfig(photo=photo, out=Path("live.jpg"), expression="neutral", identity=identity)
        person = checked(config)
        refuse_nudity(photo, on_event)
        self._photo = read_photo(photo, 1, on_event, longest_px=LIVE_PX, is_even=False)
        vector = partial(Identifier(on_event).vector, self._photo.image, self._photo.seen)
        self.warnings = [*person.doubts(vector), *self._photo.warnings]
        self.warnings += person.agreed(config, photo, vector, on_event).warnings
        self._morph = Morph(self._photo.image, self._photo.face)

    @property
    def image(self) -> Image:
        """The photo, as large as it is drawn live."""
        return self._photo.image

    @property
    def sliders(self) -> list[Slider]:
        """What can be changed, with what the photo has."""
        own = self._photo.face.own
        found = [
            Slider(name=name, part=part, low=0, high=1, value=round(float(own.of(name)[0]), 3))
            for part, names in _PARTS.items()
            for name in names
        ]
        gaze = own.gaze_deg[0].tolist()
        limits = {"gaze_yaw": (-SIDEWAYS_DEG, SIDEWAYS_DEG), "gaze_pitch": (-UP_DEG, DOWN_DEG)}
        for (name, (low, high)), value in zip(limits.items(), gaze, strict=True):
            found.append(
                Slider(name=name, part="Eyes", low=low, high=high, value=round(min(max(value, low), high), 1))
            )
        found += [
            Slider(name=name, part="Head", low=-most, high=most, value=0) for name, most in POSES.items()
        ]
        return found

    def drawn(self, values: Mapping[str, float]) -> Image:
        """The photo with another expression.

        Args:
            values: by the names of `sliders`; what is not named stays as in the photo.

        Returns:
            (h, w, 3) RGB uint8.

        Raises:
            ConfigError: an unknown name, or a value out of range.
        """
        with single_threaded_opencv():
            return self._morph.drawn(_performed(values, self._photo), 0)

    def save_picture(
        self, values: Mapping[str, float], out: Path, on_event: OnEvent = ignore
    ) -> AnimateResult:
        """Write the photo, as large as it is, with the expression: signed and marked as `animate` does it."""
        config = AnimateConfig(
            photo=self.path, out=out, expression=dict(values) or "roll=0", identity=self.identity
        )
        return animate.run(config, on_event)

    def save_clip(self, values: Mapping[str, float], out: Path, on_event: OnEvent = ignore) -> AnimateResult:
        """Write a clip in which the face takes the expression on and lets it go; marked likewise.

        What drives it is written beside it, as an expression file.
        """
        curves = out.with_suffix(".json")
        write_expression(curves, self._curves(values))
        config = AnimateConfig(photo=self.path, out=out, driving=curves, identity=self.identity)
        return animate.run(config, on_event)

    def save_expression(self, values: Mapping[str, float], out: Path) -> None:
        """Write the expression alone: a file of one frame, which `animate --driving` takes."""
        write_expression(out, _as_driving(_performed(values, self._photo), self._photo))

    def _curves(self, values: Mapping[str, float]) -> Performance:
        """From the photo's own expression to another and back."""
        own, other = self._photo.face.own, _performed(values, self._photo)
        rise, hold = round(_RISE_S * _RATE_HZ), round(_HOLD_S * _RATE_HZ)
        up = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, rise))
        share = np.concatenate([up, np.ones(hold), up[::-1]]).astype(np.float32)[:, None]
        mixed = {
            name: getattr(own, name) * (1 - share) + getattr(other, name) * share
            for name in ("values", "pose_deg", "centre_px", "gaze_deg")
        }
        count = len(share)
        performance = replace(
            own, **mixed, times_s=np.arange(count) / _RATE_HZ, scale_px=np.repeat(own.scale_px, count)
        )
        return _as_driving(performance, self._photo)


def _performed(values: Mapping[str, float], photo: Photo) -> Performance:
    """As `animate --expression` does it."""
    if not values:
        return photo.face.own
    return performed(said_of(values), photo.face)


def _as_driving(performance: Performance, photo: Photo) -> Performance:
    """The same as a file has it: the gaze against where the eyes of the photo look."""
    own = photo.face.own.gaze_deg
    return replace(
        performance,
        gaze_deg=performance.gaze_deg - own,
        rest_gaze_deg=(float(own[0, 0]), float(own[0, 1])),
    )
