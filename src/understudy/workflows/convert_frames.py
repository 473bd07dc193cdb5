"""The frames of a conversion made one after the other: all of them, or a stretch."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from understudy.core.events import OnEvent
from understudy.core.prefetch import prefetch
from understudy.measure.frame_quality import FrameQuality
from understudy.media.footage import FrameSource, open_footage
from understudy.provenance.watermark_code import payload_of
from understudy.provenance.watermark_embed import Watermark
from understudy.training.model import Model
from understudy.training.model_folder import load_model
from understudy.training.model_index import ModelIndex
from understudy.training.processor import find_device, has_fast_bf16
from understudy.workflows.composed import Composed
from understudy.workflows.configs import ConvertConfig
from understudy.workflows.convert_cast import Cast, LiveCast, Role, StoredCast, roles_of
from understudy.workflows.convert_compose import Composer, Look
from understudy.workflows.convert_draw import drawn_frames
from understudy.workflows.convert_front import Front
from understudy.workflows.convert_judge import Judging
from understudy.workflows.convert_label import Labeller, text_of
from understudy.workflows.convert_output import WARM_UP_FRAMES, Output
from understudy.workflows.convert_tally import Tally
from understudy.workflows.learnt_occluders import segmenters_of
from understudy.workflows.marks import Marks
from understudy.workflows.signing import is_marked
from understudy.workflows.threads import frames_ahead
from understudy.workflows.usual_faces import kept_tolerances, tolerances_of

# hears, after a frame, how many the footage has done and may have in all
OnFrame = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What draws, loaded.

    Args:
        model: the networks, on their device.
        index: what is known of them.
        roles: who is replaced by whom.
        look: how faces shall look.
        warnings: what was wrong with the model.
    """

    model: Model
    index: ModelIndex
    roles: Sequence[Role]
    look: Look
    warnings: Sequence[str] = ()

    @classmethod
    def loaded(cls, config: ConvertConfig, look: Look) -> Drawing:
        """Load it; raises ModelError, and ConfigError of an identity that the model does not have."""
        device = find_device(config.device)
        loaded = load_model(config.model, bf16=has_fast_bf16(device))
        roles = roles_of(loaded.index, config.source, config.target_identity, config.mapped)
        model = loaded.model.to(device).eval()
        return cls(model=model, index=loaded.index, roles=roles, look=look, warnings=loaded.warnings)


@dataclass(kw_only=True)
class MadeFrames:
    """What came of it.

    Args:
        tally: who was replaced in how many frames.
        next_frame: index of the frame after the last one that was made.
        has_ended: whether that is the end of the footage.
        colours: how the colours of each person replaced are matched.
        qualities: of frames that were judged while they were made; None where they were not.
        unjudged: how many frames an earlier run has made, where the others were judged.
        warnings: what the user should know.
        told: those of them that were told before the work.
        marks: what pictures of the frames are marked with.
        peak_rss_mb: most memory held by other processes that helped.
    """

    tally: Tally
    next_frame: int = 0
    has_ended: bool = True
    colours: Mapping[str, str] = field(default_factory=dict[str, str])
    qualities: list[FrameQuality] | None = None
    unjudged: int = 0
    warnings: list[str] = field(default_factory=list[str])
    told: list[str] = field(default_factory=list[str])
    marks: Marks | None = None
    peak_rss_mb: float = 0.0


def make_frames(
    config: ConvertConfig,
    drawing: Drawing,
    cast: StoredCast | LiveCast,
    output: Output,
    *,
    on_event: OnEvent,
    on_frame: OnFrame,
    end: int | None = None,
    colours: Mapping[str, str] | None = None,
    is_enough: Callable[[Mapping[str, str]], bool] = lambda _: False,
) -> MadeFrames:
    """Make the frames that an output does not have yet.

    Args:
        config: of the conversion.
        drawing: what draws.
        cast: tells whose faces are replaced.
        output: where frames go.
        on_event: hears of weights that are fetched and masks that are learnt from.
        on_frame: hears of frames.
        end: of the stretch, exclusive; that of the footage where None. Frames after it are looked at.
        colours: how people's colours are matched, where that is known already.
        is_enough: ends the stretch, told after each frame how people's colours are matched.
    """
    start = start_of(config, drawing.roles, drawing.index, output.first)
    with open_footage(config.target, start_index=start) as footage:
        tally = Tally(output.notes, [role.target for role in drawing.roles])
        judging = Judging(drawing.roles, drawing.index, on_event) if config.worst else None
        composer = _composer(config, drawing, output, colours)
        label = Labeller(text_of(config.label), output.notes, is_video=footage.info.container != "images")
        made = MadeFrames(tally=tally, next_frame=output.first, has_ended=end is None)
        with closing(_composed(config, drawing, footage, cast, composer, judging, on_event)) as done:
            for composed in _before(end, done):
                number = composed.frame.index
                if number < output.first:
                    continue
                if number >= output.begun:
                    tally.add(composed.replaced, cast.unsure_in(number))
                    label.add(composed)
                noted = {"colours": dict(composer.colours_chosen), **tally.noted(), **label.noted()}
                output.add(composed.frame, composed.matte, noted)
                made.next_frame = number + 1
                on_frame(number + 1, footage.info.frames_hint)
                if number + 1 == end or is_enough(composer.colours_chosen):
                    made.has_ended = False
                    break
    made.colours, made.warnings = dict(composer.colours_chosen), list(footage.warnings)
    if judging is not None:
        known = judging.qualities(output.begun)  # it is a few frames ahead of what is written
        made.qualities = [one for one in known if one.frame_index < made.next_frame]
        made.unjudged = output.begun
    return made


def _before(end: int | None, frames: Iterable[Composed]) -> Iterator[Composed]:
    """Frames up to an index; images that cannot be read leave gaps, so that one may be missing itself."""
    for composed in frames:
        if end is not None and composed.frame.index >= end:
            return
        yield composed


def _composer(
    config: ConvertConfig, drawing: Drawing, output: Output, colours: Mapping[str, str] | None
) -> Composer:
    preset, mark = drawing.model.preset, None
    if is_marked(config):
        payload = payload_of(output.key)
        mark = Watermark(payload, size_px=preset.size_px, coverage=preset.coverage)
    chosen = {**(colours or {}), **output.notes.get("colours", {})}
    with_matte = config.matte is not None
    return Composer(preset, drawing.look, chosen, with_matte=with_matte, watermark=mark)


def _composed(
    config: ConvertConfig,
    drawing: Drawing,
    footage: FrameSource,
    cast: StoredCast | LiveCast,
    composer: Composer,
    judging: Judging | None,
    on_event: OnEvent,
) -> Generator[Composed]:
    """The frames of footage with their faces replaced. Leave it through `contextlib.closing`."""
    ahead = frames_ahead(footage.info)
    front = front_for(config, drawing.model, drawing.index, on_event) if config.occlusion else None
    # from the inside out: no thread may decode any more when the footage closes
    with (
        closing(prefetch(footage.partial(), depth=ahead)) as decoded,
        closing(cast.of(decoded, ahead)) as chosen,
        closing(prefetch(_made(drawing.model, composer, front, judging, chosen), depth=ahead)) as done,
    ):
        yield from done


def _made(
    model: Model, composer: Composer, front: Front | None, judging: Judging | None, chosen: Iterable[Cast]
) -> Iterator[Composed]:
    if judging is None:
        return composer.of(drawn_frames(model, chosen, front))
    return judging.after(composer.of(drawn_frames(model, judging.before(chosen), front)))


def are_known(config: ConvertConfig, roles: Sequence[Role], index: ModelIndex) -> bool:
    """Whether the people replaced are known wherever in the footage one begins to look.

    Else whoever is the largest in the first frame that shows anybody is followed from there.
    """
    known = {entry.name for entry in index.identities if entry.mean_identity is not None}
    return bool(config.faces) or all(role.target in known for role in roles)


def start_of(config: ConvertConfig, roles: Sequence[Role], index: ModelIndex, first: int) -> int:
    """The frame to begin at, so that one that is written first is as if all before it had been."""
    return max(0, first - WARM_UP_FRAMES) if are_known(config, roles, index) else 0


def front_for(config: ConvertConfig, model: Model, index: ModelIndex, on_event: OnEvent) -> Front:
    """With what training has learnt of the people, else their facesets tell, and what was drawn there."""
    known = kept_tolerances(config.model, index) or tolerances_of(model, config.faces)
    return Front(model, known, segmenters_of(config.model, model, index, config.faces, known, on_event))
