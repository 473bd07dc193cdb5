"""Frames of a conversion that are drawn once, and finished under any choice of colours, mask and blend."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from understudy.core.errors import ConfigError
from understudy.core.events import OnEvent, ignore
from understudy.core.types import Image
from understudy.faces.face import FaceSquare
from understudy.faces.faceset import Faceset
from understudy.media.footage import open_footage
from understudy.workflows.choices import AUTO
from understudy.workflows.configs import ConvertConfig
from understudy.workflows.consent import person_in
from understudy.workflows.convert import look_of
from understudy.workflows.convert_cast import can_be_taken_from, cast_for
from understudy.workflows.convert_compose import Composer
from understudy.workflows.convert_draw import DrawnFrame, drawn_frames
from understudy.workflows.convert_frames import front_for
from understudy.workflows.convert_front import Front
from understudy.workflows.preview_drawing import COLOUR_FRAMES, Drawing, between, copied
from understudy.workflows.preview_frames import no_such_frame
from understudy.workflows.screen import refuse_nudity
from understudy.workflows.swap_folders import SOURCE, TARGET, faceset_of, model_of
from understudy.workflows.threads import frames_ahead, single_threaded_opencv

_FOUND_BEFORE = 8  # frames that are looked at before those that are drawn: a face is followed from there


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How faces are put into frames; as the fields of `ConvertConfig`.

    Args:
        colour: how colours are matched.
        blend: how a face is joined to what is around it.
        strength: how much of it is shown.
        occlusion: whether what passes before the face is left out of its mask.
        texture: whether it takes on the target's blur and grain.
    """

    colour: str = AUTO
    blend: str = "light"
    strength: float = 1.0
    occlusion: bool = True
    texture: bool = False


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A frame under a choice.

    Args:
        index: its position.
        time_s: when it is shown.
        before: (h, w, 3) RGB uint8, as it was.
        after: likewise, as it becomes.
        faces: where faces were replaced.
        colours: how colours were matched automatically, by person.
        seconds: that it took to finish.
    """

    index: int
    time_s: float
    before: Image
    after: Image
    faces: tuple[FaceSquare, ...]
    colours: dict[str, str]
    seconds: float


class LivePreview:
    """A model and the footage that it changes, open. Use it from one thread at a time.

    Args:
        conversion: what would be converted; its `out` is not written, and `Choice` replaces what it says.
        on_event: hears of warnings.

    Raises:
        UnderstudyError: as `workflows.preview.run`.
    """

    def __init__(self, conversion: ConvertConfig, on_event: OnEvent = ignore) -> None:
        """Load the model; nobody's face is shown without a record of consent."""
        refuse_nudity(conversion.target, on_event)
        self.conversion = conversion
        self._drawing = Drawing.of(conversion, on_event)
        self._on_event = on_event
        self._front: Front | None = None
        self._drawn: tuple[int, list[DrawnFrame]] | None = None
        with open_footage(conversion.target) as footage:
            self.frames = footage.info.frames_hint or 0
            self.rate_hz = float(footage.info.average_rate_hz or 25)

    @property
    def source(self) -> str:
        """Who is put in."""
        return self._drawing.roles[0].source

    @property
    def target(self) -> str:
        """Who is replaced."""
        return self._drawing.roles[0].target

    def finished(self, number: int, choice: Choice, reach: int = 0) -> list[Finished]:
        """A frame, or it and those around it, under a choice.

        The networks look at a frame once, whatever is chosen then.

        Args:
            number: position of the frame.
            choice: how it is finished.
            reach: frames before and after that are finished, too, up to `COLOUR_FRAMES`.

        Raises:
            ConfigError: there is no such frame, or a choice is unknown.
            MediaError: the footage cannot be read.
        """
        look = look_of(replace(self.conversion, **_fields(choice)))
        with single_threaded_opencv():
            drawn = self._around(number)
            if not choice.occlusion:
                drawn = [(frame, [replace(part, hidden=None) for part in parts]) for frame, parts in drawn]
            wanted = range(number - reach, number + reach + 1)
            started = time.perf_counter()
            composer = Composer(self._drawing.model.preset, look)
            looked_at = None if look.texture else wanted
            made = [
                composed.frame
                for composed in composer.of(copied(drawn, looked_at), looked_at)
                if composed.frame.index in wanted
            ]
        seconds = time.perf_counter() - started
        known = {frame.index: (frame, parts) for frame, parts in drawn}
        return [
            Finished(
                index=after.index,
                time_s=float(after.time_s),
                before=known[after.index][0].image.whole(),
                after=after.image.whole(),
                faces=tuple(part.cut.part.face.square for part in known[after.index][1]),
                colours=dict(composer.colours_chosen),
                seconds=seconds,
            )
            for after in made
        ]

    def _around(self, number: int) -> list[DrawnFrame]:
        """The frame and those around it, drawn; kept until another one is asked for."""
        if self._drawn is None or self._drawn[0] != number:
            drawn = list(self._draw(number))
            if number not in {frame.index for frame, _ in drawn}:
                raise no_such_frame(self.conversion.target, number)
            self._drawn = number, drawn
        return self._drawn[1]

    def _draw(self, number: int) -> Iterator[DrawnFrame]:
        conversion, drawing = self.conversion, self._drawing
        if self._front is None:
            self._front = front_for(conversion, drawing.model, drawing.index, self._on_event)
        first, last = number - COLOUR_FRAMES, number + COLOUR_FRAMES
        start = max(0, first - (0 if conversion.faces else _FOUND_BEFORE))
        with open_footage(conversion.target, start_index=start) as footage:
            cast = cast_for(drawing.roles, drawing.index, conversion.faces, conversion.target, self._on_event)
            around = between(footage.partial(), start, last)
            with closing(cast), closing(cast.of(around, frames_ahead(footage.info))) as chosen:
                near = (each for each in chosen if each[0].index >= first)
                yield from drawn_frames(drawing.model, near, self._front)


def conversion_of(production: Path) -> ConvertConfig:
    """What a production converts: its target's first footage that is still there, by its model.

    Raises:
        ConfigError: none of it is there.
        FacesetError: the target's faceset cannot be read.
    """
    folder = faceset_of(production, TARGET)
    with Faceset.open(folder) as faceset:
        paths = [one.record.path for one in faceset.sources()]
    there = [path for path in paths if path.exists()]
    if not there:
        named = ", ".join(path.name for path in paths) or "none"
        raise ConfigError(f"the target's footage is not there any more ({named})", "put it back where it was")
    known: Sequence[Path] = (folder,) if can_be_taken_from(folder, there[0]) else ()
    source = faceset_of(production, SOURCE)
    with Faceset.open(source) as faceset:
        people = {faceset.identity: person_in(source)}
    return ConvertConfig(
        target=there[0],
        model=model_of(production),
        out=production / "preview.png",
        faces=tuple(known),
        people=people,
    )


def _fields(choice: Choice) -> dict[str, Any]:
    return {
        "colour": choice.colour,
        "blend": choice.blend,
        "strength": choice.strength,
        "occlusion": choice.occlusion,
        "texture": choice.texture,
    }
