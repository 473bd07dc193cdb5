"""The footage of a report: which stretches are shown, zoomed on the face, and single frames of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np

from understudy.core.prefetch import prefetch
from understudy.core.types import Frame, Image, Vector
from understudy.faces.choose import TargetChooser
from understudy.faces.crop import cut, stored_size_px
from understudy.faces.face import FaceSquare
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_schema import is_faceset
from understudy.faces.finder import FaceFinder
from understudy.faces.stored_crop import read_upright
from understudy.media.footage import expand_footage, open_footage
from understudy.report.clips import Clip, ClipBuilder, encode_picture, fit_within

MAX_FRAMES = 250  # of each clip: ten seconds, a few megabytes
MAX_SOURCE_FRAMES = 100  # enough to see who it is
AROUND_S = 0.16  # shown before and after a moment
SIDE_PX = 320
_ZOOM = 1.9  # sides of the face square
_TILE_PX, _TILE_ZOOM = 224, 1.5
_CALM = 0.3  # sides of the square by which a face may stray before the window follows it
_FOLLOW_FRAMES = 12.0  # the window moves as a camera would, not with every nod

Spans = Sequence[tuple[float, float]]


def shown_spans(
    moments_s: Sequence[float], frames: int, duration_s: float, *, start_s: float = 0.0
) -> list[tuple[float, float]]:
    """Which stretches of footage the player holds: all of a short one, else the start and the moments.

    Args:
        moments_s: times of single frames that must be there.
        frames: how many the footage has.
        duration_s: its length.
        start_s: time of its first frame, on the same clock as the moments.

    Returns:
        First and last second of each stretch, the opening one first.
    """
    if frames <= MAX_FRAMES:
        return [(-np.inf, np.inf)]
    rate = frames / max(duration_s, 1e-9)
    opening = max(MAX_FRAMES / 4, MAX_FRAMES - len(moments_s) * (2 * AROUND_S * rate + 1)) / rate
    return [(-np.inf, start_s + opening), *spans_around(moments_s)]


def spans_around(moments_s: Sequence[float]) -> list[tuple[float, float]]:
    """A short stretch around each moment."""
    return [(moment - AROUND_S, moment + AROUND_S) for moment in sorted(moments_s)]


@dataclass(kw_only=True)
class Shown:
    """What one piece of footage gives to the page.

    Args:
        clips: of the views "face" and, where wanted, "frame".
        tiles: WebP file of the face in each frame asked for, by frame index.
    """

    clips: list[Clip]
    tiles: dict[int, bytes] = field(default_factory=dict[int, bytes])


@dataclass(frozen=True, kw_only=True)
class Places:
    """Which frames are shown, and where the target's face is in them.

    Args:
        times_s: by frame index, the target's presentation time.
        squares: by frame index; held while no face is seen. Empty where none is seen at all.
        windows: by frame index, the steady window of the player.
    """

    times_s: dict[int, Fraction]
    squares: dict[int, FaceSquare]
    windows: dict[int, FaceSquare]


def find_places(footage: Path, spans: Spans, wanted: Vector | None = None) -> Places:
    """Find the face in the frames of some spans.

    Args:
        footage: the target.
        spans: which frames.
        wanted: (128,) mean identity vector of the person, where several are seen; else the largest face
            is followed.

    Raises:
        MediaError: the footage cannot be read.
    """
    times_s: dict[int, Fraction] = {}
    squares: dict[int, FaceSquare] = {}
    chooser = TargetChooser(wanted)
    last: FaceSquare | None = None
    unseen: list[int] = []
    with open_footage(footage) as reader, closing(prefetch(_within(reader, spans))) as frames:
        for frame, faces in FaceFinder().stream(frames):
            times_s[frame.index] = frame.time_s
            face = chooser.choose(frame.image, faces)
            last = face.square if face else last
            if last is None:
                unseen.append(frame.index)
            else:
                squares[frame.index] = last
    if squares:
        squares = dict.fromkeys(unseen, next(iter(squares.values()))) | squares
    return Places(times_s=times_s, squares=squares, windows=steady_windows(squares))


def show(
    name: str,
    footage: Path,
    places: Places,
    *,
    tiles: Sequence[int] = (),
    whole: bool = True,
    side_px: int = SIDE_PX,
) -> Shown:
    """Cut the clips and tiles of footage whose n-th frame belongs to the target's n-th.

    They play on the target's clock, whatever the footage's own says: frames are compared in order.

    Args:
        name: of the clip.
        footage: target, output or truth.
        places: which frames, and where the target's face is in them.
        tiles: frames whose face is wanted as a still.
        whole: whether the whole frame is a view, too.
        side_px: longest side of the clips.

    Raises:
        MediaError: the footage cannot be read.
    """
    face = ClipBuilder(name, side_px)
    frame_view = ClipBuilder(name, side_px, view="frame")
    stills: dict[int, bytes] = {}
    with open_footage(footage) as reader, closing(prefetch(_chosen(reader, places))) as frames:
        for frame in frames:
            time_s = places.times_s[frame.index]
            face.add(time_s, _zoomed(frame.image, places.windows.get(frame.index), side_px))
            if whole:
                frame_view.add(time_s, frame.image)
            if frame.index in tiles and (square := places.squares.get(frame.index)):
                crop = cut(frame.image, square.crop_from_frame(_TILE_PX, _TILE_ZOOM), _TILE_PX)
                stills[frame.index] = encode_picture(crop, 84)
    return Shown(clips=[face.clip(), *([frame_view.clip()] if whole else [])], tiles=stills)


def show_source(source: Path) -> Clip:
    """A clip of whoever is put in, with a clock of its own.

    Args:
        source: a faceset, footage, or a folder of videos, of which the first is shown.

    Raises:
        MediaError: the footage cannot be read.
    """
    builder = ClipBuilder("source", SIDE_PX, in_step=False)
    if is_faceset(source):
        for number, image in enumerate(_stored_crops(source)):
            builder.add(number / 25, _letterboxed(image, SIDE_PX))
        return builder.clip()
    shown = expand_footage([source])[0]
    squares: list[FaceSquare | None] = []
    with open_footage(shown) as reader, closing(prefetch(islice(reader, MAX_SOURCE_FRAMES))) as frames:
        is_photos = reader.info.container == "images"
        for _, faces in FaceFinder().stream(frames):
            squares.append(faces[0].square if faces else (squares[-1] if squares else None))
    first = next((square for square in squares if square is not None), None)
    held = {i: square or first for i, square in enumerate(squares)}
    known = {i: square for i, square in held.items() if square is not None}
    # photos have nothing in common, not even their size: each is cut around its own face
    windows = known if is_photos else steady_windows(known)
    with open_footage(shown) as reader:
        for i, frame in enumerate(islice(reader, MAX_SOURCE_FRAMES)):
            builder.add(frame.time_s, _zoomed(frame.image, windows.get(i), SIDE_PX))
    return builder.clip()


def steady_windows(squares: dict[int, FaceSquare]) -> dict[int, FaceSquare]:
    """Upright windows that stand still while the face stays about there, and else follow it slowly.

    Args:
        squares: by frame index.
    """
    if not squares:
        return {}
    path = np.array([[s.x_px, s.y_px, s.side_px] for s in squares.values()])
    middle = np.array([*path[:, :2].mean(axis=0), np.median(path[:, 2])])
    strays = np.abs(path[:, :2] - middle[:2]).max() > _CALM * middle[2]
    resized = np.ptp(path[:, 2]) > _CALM * middle[2]
    smooth = (
        _followed(np.array(list(squares)), path) if strays or resized else np.tile(middle, (len(path), 1))
    )
    return {
        index: FaceSquare(x_px=float(x), y_px=float(y), side_px=float(side), roll_rad=0.0)
        for index, (x, y, side) in zip(squares, smooth, strict=True)
    }


def _followed(index: np.ndarray, path: np.ndarray) -> np.ndarray:
    """Gaussian means of an (n, 3) path over frame indices; stretches far apart do not mix."""
    smooth = np.empty_like(path)
    for i, at in enumerate(index):
        near = np.abs(index - at) <= 3 * _FOLLOW_FRAMES
        weights = np.exp(-0.5 * np.square((index[near] - at) / _FOLLOW_FRAMES))
        smooth[i] = weights @ path[near] / weights.sum()
    return smooth


def _within(frames: Iterable[Frame], spans: Spans) -> Iterator[Frame]:
    """The frames of some spans, no more than `MAX_FRAMES` of one that has no end."""
    last = max(end for _, end in spans)
    if np.isinf(last):
        yield from islice(frames, MAX_FRAMES)
        return
    for frame in frames:
        if frame.time_s > last:
            return
        if any(first <= frame.time_s <= end for first, end in spans):
            yield frame


def _chosen(frames: Iterable[Frame], places: Places) -> Iterator[Frame]:
    """The frames that are shown of the target."""
    last = max(places.times_s, default=-1)
    for frame in frames:
        if frame.index > last:
            return
        if frame.index in places.times_s:
            yield frame


def _zoomed(image: Image, window: FaceSquare | None, side_px: int) -> Image:
    if window is None:
        return _letterboxed(image, side_px)
    return cut(image, window.crop_from_frame(side_px, _ZOOM), side_px)


def _letterboxed(image: Image, side_px: int) -> Image:
    """The whole picture in the middle of a black square."""
    small = fit_within(image, side_px)
    height, width = small.shape[:2]
    square = np.zeros((side_px, side_px, 3), np.uint8)
    top, left = (side_px - height) // 2, (side_px - width) // 2
    square[top : top + height, left : left + width] = small
    return square


def _stored_crops(faceset: Path) -> Iterator[Image]:
    with Faceset.open(faceset) as faces:
        for face in islice(faces.faces("kept"), MAX_SOURCE_FRAMES):
            yield read_upright(face, stored_size_px(face.square))
