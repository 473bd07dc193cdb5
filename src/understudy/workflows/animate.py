"""A photo, or footage, whose face is given an expression."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial

from understudy.core.errors import ConfigError
from understudy.core.events import Notice, OnEvent, Written, ignore
from understudy.core.files import check_writable, peak_rss_mb
from understudy.core.prefetch import in_threads
from understudy.core.types import Vector
from understudy.faces.identify import Identifier
from understudy.media.any_writer import check_writer
from understudy.media.footage import image_files
from understudy.media.images import IMAGE_SUFFIXES
from understudy.media.patterns import has_number
from understudy.workflows.animate_config import SIZE_PX, AnimateConfig, AnimateResult
from understudy.workflows.animate_drawn import PhotoDrawer, carried_over
from understudy.workflows.animate_driving import DrivingSource, doubts_about_turn, read_driving, shown_as
from understudy.workflows.animate_footage import animated_footage
from understudy.workflows.animate_learned import learned_face
from understudy.workflows.animate_marks import Person, checked, is_picture, marking_of
from understudy.workflows.animate_output import Made, write_frames
from understudy.workflows.animate_own import own_face
from understudy.workflows.animate_photo import Photo, read_photo
from understudy.workflows.composed import Composed
from understudy.workflows.convert_label import Labeller, text_of
from understudy.workflows.expression_words import Said, performed, said_of
from understudy.workflows.screen import refuse_nudity
from understudy.workflows.sealing import write_sealed_picture
from understudy.workflows.threads import single_threaded_opencv

Way = Callable[[AnimateConfig, Person, OnEvent], Made]


def run(config: AnimateConfig, on_event: OnEvent = ignore) -> AnimateResult:
    """Give a face an expression.

    Raises:
        ConfigError: settings that do not go together.
        ConsentError: no record says that the face may be used.
        ModelError: the model cannot be read.
        MediaError: photo or driving cannot be read or show no face, or the output cannot be written.
        UnderstudyError: the driving is no expression file, or the output cannot be signed.
        WeightsError: the networks' weights cannot be had.
        RefusedError: the footage shows nudity, see `screen.refuse_nudity`.
    """
    started = time.monotonic()
    make, what = _way(config)
    _check_names(config)
    person = checked(config)
    refuse_nudity(config.photo, on_event)
    with single_threaded_opencv():
        made = make(config, person, on_event)
    for message in made.warnings:
        on_event(Notice(message=message))
    on_event(Written(path=config.out, what=f"animated {what}"))
    seconds = time.monotonic() - started
    return AnimateResult(
        output=config.out,
        frames=made.frames,
        animated=made.animated,
        held=made.held,
        width_px=made.size_px[0],
        height_px=made.size_px[1],
        identity=person.name,
        fps=round(made.frames / max(seconds, 1e-9), 2),
        seconds=round(seconds, 3),
        peak_rss_mb=peak_rss_mb(),
        warnings=made.warnings,
    )


def _way(config: AnimateConfig) -> tuple[Way, str]:
    """How it is made, and what that is."""
    what = "images" if has_number(config.out) else "video"
    if config.photo.suffix.lower() not in IMAGE_SUFFIXES or has_number(config.photo):
        return animated_footage, what
    if is_picture(config.out):
        return _animated_picture, "picture"
    if config.expression is not None:
        raise ConfigError(
            f"one expression makes a picture, and {config.out} is none", "end its name in .jpg, .png or .webp"
        )
    return _animated_video, what


def _check_names(config: AnimateConfig) -> None:
    """Refuse to write over what is read."""
    for used in filter(None, (config.photo, config.driving)):
        for path in (used, *image_files(used)):
            if config.out.exists() and path.exists() and config.out.samefile(path):
                raise ConfigError(f"{config.out} is read and would be overwritten", "choose another name")


def _check_used(config: AnimateConfig, said: Said | None) -> None:
    """Refuse settings that have no part in one picture: its manifest would say that they had."""
    if config.codec != "auto" or config.crf is not None:
        raise ConfigError(
            f"a codec or a quality (crf) is given, and {config.out} is one picture", "leave it away"
        )
    if config.keep_pose and said is not None and any(said.turned_deg):
        raise ConfigError(
            "the expression turns the head, and its pose is to be kept", "leave away one of the two"
        )


def _animated_picture(config: AnimateConfig, person: Person, on_event: OnEvent) -> Made:
    """One picture, as large as the photo unless a size is given."""
    said = None if config.expression is None else said_of(config.expression)
    _check_used(config, said)
    source = None if config.driving is None else DrivingSource.of(config.driving)
    check_writable(config.out)
    photo = read_photo(config.photo, config.photo_person, on_event, longest_px=config.size, is_even=False)
    vector = partial(_vector, photo, on_event)
    warnings, held = [*person.doubts(vector), *photo.warnings], 0
    if said is not None:
        performance = performed(said, photo.face, config.strength)
        warnings += doubts_about_turn("the head", abs(said.turned_deg[0]))
    else:
        assert source is not None
        driving = read_driving(source, config.person, on_event)
        if len(driving.times) > 1:
            raise ConfigError(
                f"{config.out} is one picture, and {source.path.name} has {len(driving.times)} frames",
                "name a video (.mp4), or numbered images: frames/%06d.png",
            )
        performance = carried_over(shown_as(driving.performance, config.strength), photo, keep_pose=True)
        warnings += driving.warnings
        held = driving.held
        config = replace(config, keep_pose=True)  # the output says what was done
    own, learned = own_face(config, person.name), learned_face(config)
    consent = person.agreed(config, config.photo, vector, on_event)
    marking = marking_of(config, consent, own, learned)
    composed = PhotoDrawer(photo, performance, marking.payload, own, learned).frame(0, 0, Fraction(1))
    Labeller(text_of(config.label), is_video=False).add(composed)
    image = composed.frame.image.whole()
    write_sealed_picture(config.out, image, marking.tags, marking.seal)
    size = (image.shape[1], image.shape[0])
    return Made(frames=1, animated=1, held=held, size_px=size, warnings=[*warnings, *consent.warnings])


def _animated_video(config: AnimateConfig, person: Person, on_event: OnEvent) -> Made:
    """A video, or numbered images, of as many frames as the driving has."""
    assert config.driving is not None
    source = DrivingSource.of(config.driving)
    longest = config.size or SIZE_PX
    photo = read_photo(config.photo, config.photo_person, on_event, longest_px=longest, is_even=True)
    size = (photo.image.shape[1], photo.image.shape[0])
    check_writer(config.out, source.sized(*size), codec=config.codec, crf=config.crf)
    vector = partial(_vector, photo, on_event)
    doubts = person.doubts(vector)
    driving = read_driving(source, config.person, on_event)
    shown = shown_as(driving.performance, config.strength)
    performance = carried_over(shown, photo, keep_pose=config.keep_pose)
    own, learned = own_face(config, person.name), learned_face(config)
    consent = person.agreed(config, config.photo, vector, on_event)
    marking = marking_of(config, consent, own, learned)
    drawer = PhotoDrawer(photo, performance, marking.payload, own, learned)
    info, drawn = source.sized(*size, len(driving.times)), partial(_drawn, drawer, driving.times, source)
    written = write_frames(config, info, marking, drawn, on_event)
    turning = [] if config.keep_pose else driving.doubts_about_turning()
    return Made(
        frames=written.frames,
        animated=written.animated,
        held=driving.held,
        size_px=size,
        warnings=[
            *doubts,
            *photo.warnings,
            *driving.warnings,
            *turning,
            *consent.warnings,
            *written.warnings,
        ],
    )


def _drawn(
    drawer: PhotoDrawer, times: Sequence[int], source: DrivingSource, first: int
) -> Generator[Composed]:
    def made(number: int) -> Composed:
        return drawer.frame(number, times[number], source.like.time_base)

    yield from in_threads(made, range(first, len(times)), drawer.threads)


def _vector(photo: Photo, on_event: OnEvent) -> Vector:
    return Identifier(on_event).vector(photo.image, photo.seen)
