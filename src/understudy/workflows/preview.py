"""Some frames of a conversion as a picture, before the whole of it is made."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from understudy.core.errors import ConfigError
from understudy.core.events import Notice, OnEvent, Progress, Written, ignore
from understudy.core.files import check_writable, peak_rss_mb
from understudy.core.picture import Picture
from understudy.core.types import Image
from understudy.faces.crop import cut
from understudy.faces.face import Face
from understudy.media.footage import image_files, open_footage
from understudy.media.images import WRITABLE_SUFFIXES
from understudy.media.partial import PartialFrame
from understudy.report.contact_sheet import TILE_PX, SheetBlock, contact_sheet
from understudy.workflows.choices import AUTO
from understudy.workflows.configs import ConvertConfig, ConvertResult
from understudy.workflows.convert_cast import cast_for
from understudy.workflows.convert_compose import Composer, Look
from understudy.workflows.convert_draw import drawn_frames
from understudy.workflows.convert_frames import front_for
from understudy.workflows.convert_front import Front
from understudy.workflows.convert_label import Labeller, text_of
from understudy.workflows.convert_output import WARM_UP_FRAMES
from understudy.workflows.marks import PICTURE_TAGS
from understudy.workflows.preview_config import PreviewConfig, Way
from understudy.workflows.preview_drawing import COLOUR_FRAMES, Drawing, between, copied
from understudy.workflows.preview_frames import no_such_frame, position_of
from understudy.workflows.screen import refuse_nudity
from understudy.workflows.sealing import write_sealed_picture
from understudy.workflows.signing import signing_of
from understudy.workflows.threads import frames_ahead, single_threaded_opencv

_MOST_FRAMES = 200  # of a run, but for frames that are near each other
_COVERAGE = 1.35  # sides of the face square that are shown


@dataclass(slots=True, kw_only=True)
class _Shown:
    """A frame that was asked for.

    Args:
        before: as it was.
        faces: who is replaced, and where.
        whole: all of it, finished in the first way.
        after: the faces by the way in which they were finished.
        chosen: how the colours of people are matched automatically.
    """

    before: PartialFrame
    faces: list[tuple[str, Face]]
    whole: Image | None = None
    after: dict[Way, list[Image]] = field(default_factory=dict["Way", "list[Image]"])
    chosen: dict[str, str] = field(default_factory=dict[str, str])

    def take(self, way: Way | None, picture: Picture) -> None:
        """Keep what is shown of the frame finished in some way."""
        if way is None:
            self.whole = picture.whole()
        else:
            self.after[way] = [_zoomed(picture, face) for _, face in self.faces]


def run(config: PreviewConfig, on_event: OnEvent = ignore) -> ConvertResult:
    """Convert some frames, with as much before and after as their faces and colours need, and show them.

    Each network looks at a frame once, however many ways to finish it are shown.

    Raises:
        ConfigError: there is no such frame, or what `convert.run` raises it for.
        RefusedError: the footage shows nudity, see `screen.refuse_nudity`.
        UnderstudyError: as `convert.run`, or the picture cannot be written.
    """
    started = time.monotonic()
    conversion, looks = config.conversion, {None: config.look, **config.looks}
    if conversion.out.suffix.lower() not in WRITABLE_SUFFIXES:
        raise ConfigError(f"{conversion.out} is no picture", "end its name in .png, .jpg or .webp")
    check_writable(conversion.out)
    for used in (conversion.target, *image_files(conversion.target)):
        if conversion.out.exists() and used.exists() and conversion.out.samefile(used):
            raise ConfigError(f"{conversion.out} is part of the target", "write to another file")
    text_of(conversion.label)
    refuse_nudity(conversion.target, on_event)
    wanted = sorted({position_of(conversion.target, asked) for asked in config.frames})
    drawing = Drawing.of(conversion, on_event)
    shown: list[_Shown] = []
    with single_threaded_opencv():
        for one in _shown(conversion, drawing, wanted, looks, on_event):
            shown.append(one)
            on_event(Progress(stage="preview", done=len(shown), total=len(wanted), unit="frames"))
    missing = set(wanted) - {one.before.index for one in shown}
    if missing:
        raise no_such_frame(conversion.target, min(missing))
    warnings = [*drawing.warnings]
    warnings += [
        f"nobody who is replaced was found in frame {one.before.index}" for one in shown if not one.faces
    ]
    for message in warnings:
        on_event(Notice(message=message))
    if config.is_grid:
        picture = contact_sheet([block for one in shown for block in _blocks(one, config)])
    else:
        picture = _whole(shown[0])
    _write(conversion, drawing, picture)
    on_event(Written(path=conversion.out, what="preview"))
    seconds = time.monotonic() - started
    return ConvertResult(
        output=conversion.out,
        frames=len(shown),
        swapped=sum(bool(one.faces) for one in shown),
        fps=len(shown) / max(seconds, 1e-9),
        seconds=seconds,
        peak_rss_mb=peak_rss_mb(),
        warnings=warnings,
    )


def _write(conversion: ConvertConfig, drawing: Drawing, picture: Image) -> None:
    """Write a picture, which says what it is like any other output."""
    sign = signing_of(conversion, drawing.roles, drawing.index, consent=drawing.consent.said)
    write_sealed_picture(conversion.out, picture, PICTURE_TAGS, sign)


def _runs(wanted: Sequence[int]) -> list[list[int]]:
    """Frames so near to each other that what is looked at around them overlaps."""
    runs: list[list[int]] = []
    for number in wanted:
        gap, span = (number - runs[-1][-1], number - runs[-1][0]) if runs else (0, 0)
        # all of a run is held; where it may be cut, the next frames have not been decoded for the last one
        if runs and (gap <= WARM_UP_FRAMES or (gap <= 2 * WARM_UP_FRAMES and span <= _MOST_FRAMES)):
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def _shown(
    conversion: ConvertConfig,
    drawing: Drawing,
    wanted: Sequence[int],
    looks: dict[Way | None, Look],
    on_event: OnEvent,
) -> Iterator[_Shown]:
    """The frames, finished in every way."""
    model, index, roles = drawing.model, drawing.index, drawing.roles
    front: Front | None = None
    with open_footage(conversion.target, start_index=max(0, wanted[0] - WARM_UP_FRAMES)) as footage:
        frames = footage.partial()
        for numbers in _runs(wanted):
            around = between(frames, numbers[0] - WARM_UP_FRAMES, numbers[-1] + WARM_UP_FRAMES)
            with (
                closing(cast_for(roles, index, conversion.faces, conversion.target, on_event)) as cast,
                closing(cast.of(around, frames_ahead(footage.info))) as chosen,
            ):
                if conversion.occlusion and front is None:
                    front = front_for(conversion, model, index, on_event)
                # texture is steadied over all that is before; what is older does not show any more
                before = WARM_UP_FRAMES if looks[None].texture else COLOUR_FRAMES
                near = (
                    each
                    for each in chosen
                    if numbers[0] - before <= each[0].index <= numbers[-1] + COLOUR_FRAMES
                )
                drawn = list(drawn_frames(model, near, front))
            finished = {
                frame.index: _Shown(
                    before=frame, faces=[(each.cut.part.role.target, each.cut.part.face) for each in parts]
                )
                for frame, parts in drawn
                if frame.index in numbers
            }
            for way, look in looks.items():
                # without a watermark: a picture does not show one, and what is judged is the face
                composer = Composer(model.preset, look)
                looked_at = None if look.texture else finished
                for composed in composer.of(copied(drawn, looked_at), looked_at):
                    if composed.frame.index not in finished:
                        continue
                    if way is None:
                        Labeller(text_of(conversion.label)).add(composed)
                    finished[composed.frame.index].take(way, composed.frame.image)
                if way is None:
                    for one in finished.values():
                        one.chosen |= composer.colours_chosen
            yield from finished.values()


def _blocks(one: _Shown, config: PreviewConfig) -> Iterator[SheetBlock]:
    """A block a face of a frame; the frame alone where there is none."""
    asked = config.look.colour
    at = f"frame {one.before.index}, {float(one.before.time_s):.2f} s"
    for place, (name, face) in enumerate(one.faces):
        taken = one.chosen.get(name)
        yield SheetBlock(
            title=f"{at}: {name}",
            before=_zoomed(one.before.image, face),
            whole=_whole(one),
            whole_caption=f"{asked}, {config.look.blend}",
            after={way: tiles[place] for way, tiles in one.after.items()},
            captions={taken: f"{taken} (auto)"} if taken and asked == AUTO else {},
        )
    if not one.faces:
        yield SheetBlock(title=f"{at}: nobody is replaced", before=_whole(one))


def _whole(one: _Shown) -> Image:
    assert one.whole is not None
    return one.whole


def _zoomed(picture: Picture, face: Face) -> Image:
    return cut(picture, face.square.crop_from_frame(TILE_PX, _COVERAGE), TILE_PX)
