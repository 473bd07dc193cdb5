"""Footage in which only somebody's expression is replaced: pose, light, sound and times stay its own."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from understudy.compositing.blend_feather import Feather
from understudy.core.errors import ConfigError
from understudy.core.events import OnEvent
from understudy.core.prefetch import prefetch
from understudy.expression.morph import Morph, PhotoFace
from understudy.expression.performance import Performance
from understudy.expression.read import Clip, read_clip
from understudy.media.any_writer import check_writer
from understudy.media.footage import open_footage
from understudy.media.image_picture import ImagePicture
from understudy.media.partial import DecodedPicture, PartialFrame
from understudy.workflows.animate_config import AnimateConfig
from understudy.workflows.animate_drawn import LABELLED, square_of
from understudy.workflows.animate_driving import DrivingSource, frame_of, read_driving
from understudy.workflows.animate_mark import FaceMark, box_around, moved_mask
from understudy.workflows.animate_marks import Person, is_picture, marking_of
from understudy.workflows.animate_output import Made, write_frames
from understudy.workflows.animate_own import OwnFace, own_face
from understudy.workflows.animate_timed import Asked, Driven, Timed
from understudy.workflows.composed import Composed
from understudy.workflows.expression import clip_of, doubts_about
from understudy.workflows.expression_faces import clearest_vector, faces_of_footage
from understudy.workflows.expression_words import Said, said_of
from understudy.workflows.threads import frames_ahead

_REACH = 2.8  # sides of the face square: beyond it nothing moves


def animated_footage(config: AnimateConfig, person: Person, on_event: OnEvent) -> Made:
    """Replace the expression in each frame that shows the face; errors as of `animate.run`."""
    said, source = _asked(config)
    with open_footage(config.photo) as footage:
        info = footage.info
    check_writer(config.out, info, codec=config.codec, crf=config.crf)
    seen = faces_of_footage(config.photo, on_event)
    clip = clip_of(seen, config.photo_person, config.photo)
    vector = partial(clearest_vector, config.photo, seen, config.photo_person - 1, on_event)
    consent = person.agreed(config, vector, on_event)
    own = read_clip(clip)
    warnings = [*consent.warnings, *seen.warnings]
    warnings += doubts_about(own, seen, config.photo_person, option="--photo-person")
    if source is None:
        assert said is not None
        timed, held = Asked(said, own, config.strength), 0
    else:
        driving = read_driving(source, config.person, on_event)
        timed, held = Driven(driving.performance, own, config.strength), driving.held
        warnings += [*driving.warnings, *timed.warnings(config.photo.name, source.path.name)]
    anew = own_face(config, person.name)
    marking = marking_of(config, consent, anew)
    drawer = _Drawer(config, clip, own, timed, marking.payload, anew)
    written = write_frames(config, info, marking, drawer.frames, on_event)
    return Made(
        frames=written.frames,
        animated=written.animated,
        held=held,
        size_px=(info.width_px, info.height_px),
        warnings=list(dict.fromkeys([*warnings, *written.warnings])),
    )


def _asked(config: AnimateConfig) -> tuple[Said | None, DrivingSource | None]:
    """What is named, or what drives; what does not go with footage is refused."""
    if is_picture(config.out):
        raise ConfigError(
            f"{config.out} is one picture, and {config.photo.name or config.photo} is footage",
            "name a video, or numbered images: frames/%06d.png",
        )
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
        with (
            open_footage(self.config.photo) as footage,
            closing(prefetch(footage.partial(), depth=frames_ahead(footage.info))) as decoded,
        ):
            # all are gone through: images that cannot be read have a position and no place in the curves
            for number, frame in enumerate(decoded):
                if frame.index < first:
                    continue
                wanted = self.timed.at(number) if self.own.seen[number] else None
                yield Composed(frame=frame) if wanted is None else self._drawn(frame, number, wanted, mark)

    def _drawn(
        self, frame: PartialFrame, number: int, wanted: Performance, mark: FaceMark | None
    ) -> Composed:
        picture = frame.image
        assert isinstance(picture, DecodedPicture | ImagePicture)
        size, square = (picture.width_px, picture.height_px), square_of(wanted)
        box = box_around(square, size, _REACH, picture.editable_grid_px)
        if box is None:
            return Composed(frame=frame)
        x0, y0, x1, y1 = box
        part = np.ascontiguousarray(picture.part(*box))
        at = np.array([x0, y0], np.float32)
        landmarks = self.clip.landmarks_px[number] - np.append(at, np.float32(0))
        own = _moved(frame_of(self.own, number), at)
        face = PhotoFace(landmarks_px=landmarks, iris_px=self.clip.iris_px[number] - at, own=own)
        morph, moved = Morph(part, face, fill_background=False), _moved(wanted, at)
        mesh, local, drawn = morph.mesh(moved, 0), square_of(moved), morph.drawn(moved, 0)
        if self.anew is not None:
            drawn = self.anew.given(drawn, mesh, local)
        before, shown = (image.astype(np.float32) / np.float32(255) for image in (part, drawn))
        inside = (0, 0, x1 - x0, y1 - y0)
        weight = moved_mask((landmarks, mesh), local, inside)
        if mark is not None:
            shown += mark.change(mesh, local, float(frame.time_s), inside)
        picture.put(x0, y0, Feather()(before, np.clip(shown, 0, 1), weight), weight)
        near = box_around(square, size, LABELLED)
        return Composed(frame=frame, drawn=() if near is None else (near,))


def _moved(performance: Performance, origin_px: np.ndarray) -> Performance:
    """The same in pixels of a part of the frame."""
    return replace(performance, centre_px=performance.centre_px - origin_px)
