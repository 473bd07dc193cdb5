"""Footage in which only somebody's expression is replaced: pose, light, sound and times stay its own."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

from understudy.core.errors import ConfigError
from understudy.core.events import OnEvent
from understudy.core.prefetch import prefetch
from understudy.core.types import Image, Mask
from understudy.expression.performance import Performance
from understudy.expression.read import Clip, read_clip
from understudy.media.any_writer import check_writer
from understudy.media.footage import open_footage
from understudy.workflows.animate_config import AnimateConfig
from understudy.workflows.animate_driving import DrivingSource, read_driving
from understudy.workflows.animate_mark import FaceMark, moved_mask
from understudy.workflows.animate_marks import Person, is_picture, marking_of
from understudy.workflows.animate_output import Made, write_frames
from understudy.workflows.animate_own import OwnFace, own_face
from understudy.workflows.animate_part import FootageFace, MovedFace
from understudy.workflows.animate_timed import Asked, Driven, Timed
from understudy.workflows.choices import LEARNED
from understudy.workflows.composed import Composed
from understudy.workflows.expression import clip_of, doubts_about
from understudy.workflows.expression_faces import clearest_vector, faces_of_footage
from understudy.workflows.expression_words import Said, said_of
from understudy.workflows.threads import frames_ahead


def animated_footage(config: AnimateConfig, person: Person, on_event: OnEvent) -> Made:
    """Replace the expression in each frame that shows the face; errors as of `animate.run`."""
    said, source = _asked(config)
    with open_footage(config.photo) as footage:
        info = footage.info
    check_writer(config.out, info, codec=config.codec, crf=config.crf)
    seen = faces_of_footage(config.photo, on_event)
    clip = clip_of(seen, config.photo_person, config.photo)
    vector = partial(clearest_vector, config.photo, seen, config.photo_person - 1, on_event)
    warnings = [*person.doubts(vector), *seen.warnings]
    own = read_clip(clip)
    warnings += doubts_about(own, seen, config.photo_person, option="--photo-person")
    if source is None:
        assert said is not None
        timed, held = Asked(said, own, config.strength), 0
    else:
        driving = read_driving(source, config.person, on_event)
        timed, held = Driven(driving.performance, own, config.strength), driving.held
        warnings += [*driving.warnings, *timed.warnings(config.photo.name, source.path.name)]
    anew = own_face(config, person.name)
    consent = person.agreed(config, config.photo, vector, on_event)
    marking = marking_of(replace(config, keep_pose=True), consent, anew)  # the output says what was done
    drawer = _Drawer(config, clip, own, timed, marking.payload, anew)
    written = write_frames(config, info, marking, drawer.frames, on_event)
    return Made(
        frames=written.frames,
        animated=written.animated,
        held=held,
        size_px=(info.width_px, info.height_px),
        warnings=list(dict.fromkeys([*warnings, *consent.warnings, *written.warnings])),
    )


def _asked(config: AnimateConfig) -> tuple[Said | None, DrivingSource | None]:
    """What is named, or what drives; what does not go with footage is refused."""
    if is_picture(config.out):
        raise ConfigError(
            f"{config.out} is one picture, and {config.photo.name or config.photo} is footage",
            "name a video, or numbered images: frames/%06d.png",
        )
    if config.method == LEARNED:
        raise ConfigError("the learned method is given, and it animates photos only", "leave --method away")
    if config.size is not None:
        raise ConfigError("a size is given, and footage keeps its own", "leave --size away")
    if config.expression is None:
        assert config.driving is not None
        return None, DrivingSource.of(config.driving)
    said = said_of(config.expression)
    if any(said.turned_deg):
        raise ConfigError("a pose is given, and footage keeps its own", "leave yaw, pitch and roll away")
    return said, None


@dataclass(frozen=True)
class _Drawer:
    """Draws the frames of footage.

    Args:
        config: of the animation.
        clip: the face's landmarks.
        own: what it does.
        timed: what it shall do.
        payload: of the watermark; None where there is none.
        anew: draws the changed face anew; None where no model knows it.
    """

    config: AnimateConfig
    clip: Clip
    own: Performance
    timed: Timed
    payload: int | None
    anew: OwnFace | None

    def frames(self, first: int) -> Generator[Composed]:
        """Frames from an index on."""
        mark = None if self.payload is None else FaceMark(self.payload)
        face = FootageFace(clip=self.clip, own=self.own, finish=self._finished, mark=mark)
        with (
            open_footage(self.config.photo) as footage,
            closing(prefetch(footage.partial(), depth=frames_ahead(footage.info))) as decoded,
        ):
            # all are gone through: images that cannot be read have a position and no place in the curves
            for number, frame in enumerate(decoded):
                if frame.index < first:
                    continue
                wanted = self.timed.at(number) if self.own.seen[number] else None
                yield Composed(frame=frame) if wanted is None else face.given(frame, number, wanted)

    def _finished(self, face: MovedFace) -> tuple[Image, Mask]:
        drawn = face.drawn if self.anew is None else self.anew.given(face.drawn, face.mesh_px, face.square)
        return drawn, moved_mask((face.was_px, face.mesh_px), face.square, (0, 0, *face.size_px))
