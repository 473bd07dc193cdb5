from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from measure.made_faces import made_face
from understudy.core.types import Frame
from understudy.faces.face import Face, FaceSquare, PixelShift
from understudy.faces.smooth import SmoothingConfig, smooth_stream

BLANK = np.zeros((8, 8, 3), np.uint8)
FACE = made_face()


def seen(index: int, *faces: Face) -> tuple[Frame, list[Face]]:
    return Frame(index=index, pts=index * 512, time_base=Fraction(1, 12800), image=BLANK), list(faces)


def at(x: float, *, y: float = 100.0, side: float = 100.0, roll: float = 0.0, track: int = 0) -> Face:
    square = FaceSquare(x_px=x, y_px=y, side_px=side, roll_rad=roll)
    return replace(FACE, square=square, track=track)


def steadied(faces: list[Face], config: SmoothingConfig | None = None) -> np.ndarray:
    """(n, 4) x, y, side, roll of a single track after smoothing."""
    frames = smooth_stream((seen(i, face) for i, face in enumerate(faces)), config)
    squares = [faces[0].square for _, faces in frames]
    return np.array([[s.x_px, s.y_px, s.side_px, s.roll_rad] for s in squares])


def test_a_still_face_with_jitter_is_less_than_half_as_unsteady() -> None:
    rng = np.random.default_rng(0)
    jitter = rng.normal(0, [0.3, 0.3, 0.3, 0.003], (300, 4))
    raw = np.array([200.0, 150.0, 100.0, 0.1]) + jitter
    smooth = steadied([at(x, y=y, side=side, roll=roll) for x, y, side, roll in raw])
    assert (np.diff(smooth, axis=0).std(axis=0) < 0.5 * np.diff(raw, axis=0).std(axis=0)).all()
    assert (smooth.std(axis=0) < 0.5 * raw.std(axis=0)).all()
    np.testing.assert_allclose(smooth.mean(axis=0), raw.mean(axis=0), atol=0.05)


@pytest.mark.parametrize("speed", [0.3, 1.0, 5.0])
def test_a_face_that_moves_evenly_is_not_delayed(speed: float) -> None:
    raw = [at(100 + speed * i, roll=0.01 * i) for i in range(40)]
    smooth = steadied(raw)[5:-5]
    np.testing.assert_allclose(smooth[:, 0], 100 + speed * np.arange(5, 35), atol=1e-6)
    np.testing.assert_allclose(smooth[:, 3], 0.01 * np.arange(5, 35), atol=1e-9)


def test_a_jump_is_not_smeared() -> None:
    smooth = steadied([at(100.0)] * 10 + [at(160.0)] * 10)
    np.testing.assert_allclose(smooth[:, 0], [100.0] * 10 + [160.0] * 10, atol=1e-3)


def test_an_upside_down_face_is_steadied_too() -> None:
    # its roll jumps between nearly pi and nearly -pi
    off = np.random.default_rng(1).normal(0, 0.004, 200)
    rolls = (np.pi + off + np.pi) % (2 * np.pi) - np.pi
    smooth = steadied([at(100.0, roll=float(roll)) for roll in rolls])[:, 3]
    assert np.sin(smooth).std() < 0.5 * off.std()
    assert (np.cos(smooth) < -0.999).all()


def test_tracks_are_not_mixed() -> None:
    # two faces so near that the filter would take one for the other, but for their tracks
    frames = [seen(i, at(100.0, track=0), at(100.8, track=1)) for i in range(12)]
    for _, faces in smooth_stream(iter(frames)):
        assert [face.square.x_px for face in faces] == pytest.approx([100.0, 100.8])


def test_a_cut_to_a_new_track_is_kept_sharp() -> None:
    faces = [at(100.0, track=0)] * 8 + [at(100.8, track=1)] * 8
    np.testing.assert_allclose(steadied(faces)[:, 0], [100.0] * 8 + [100.8] * 8)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7, 20])
def test_every_frame_comes_out_once_and_in_order(count: int) -> None:
    frames = [seen(i, at(100.0 + i)) for i in range(count)]
    out = list(smooth_stream(iter(frames), SmoothingConfig(radius=3)))
    assert [frame for frame, _ in out] == [frame for frame, _ in frames]
    assert all(len(faces) == 1 for _, faces in out)


def test_only_the_square_differs() -> None:
    frames = [seen(i, at(100.0 + i % 2)) for i in range(9)]
    for (_, before), (_, after) in zip(frames, smooth_stream(iter(frames)), strict=True):
        assert after[0].landmarks_px is before[0].landmarks_px
        assert (after[0].track, after[0].confidence) == (before[0].track, before[0].confidence)


def test_a_frame_without_the_face_is_skipped_over() -> None:
    frames = [seen(i) if i == 5 else seen(i, at(100.0)) for i in range(10)]
    out = list(smooth_stream(iter(frames)))
    assert [len(faces) for _, faces in out] == [1] * 5 + [0] + [1] * 4
    assert all(face.square.x_px == pytest.approx(100.0) for _, faces in out for face in faces)


def test_the_stream_runs_only_the_radius_ahead() -> None:
    taken: list[int] = []

    def frames() -> Iterator[tuple[Frame, list[Face]]]:
        for i in range(100):
            taken.append(i)
            yield seen(i, at(100.0))

    stream = smooth_stream(frames(), SmoothingConfig(radius=3))
    next(stream)
    assert len(taken) == 4


def test_a_nod_is_kept() -> None:
    # three a second at 30 frames a second, 2 % of the square up and down
    nod = 2 * np.sin(2 * np.pi * 0.1 * np.arange(80))
    smooth = steadied([at(100.0, y=100 + y) for y in nod])[10:-10, 1] - 100
    assert np.sqrt((smooth**2).mean() / (nod**2).mean()) > 0.75
    assert np.corrcoef(smooth, nod[10:-10])[0, 1] > 0.99


@pytest.mark.parametrize("speed", [0.5, 1.0, 4.0])
def test_the_start_of_a_movement_is_not_smeared(speed: float) -> None:
    truth = 100 + np.concatenate([np.zeros(30), np.cumsum(np.linspace(0, speed, 5)), np.zeros(20)])
    truth[35:] = truth[34] + speed * np.arange(1, 21)
    smooth = steadied([at(x) for x in truth])[:, 0]
    assert np.abs(smooth - truth)[20:45].max() < 0.4  # thousandths of the square's side: 0.8 px at 256


def test_wandering_noise_is_averaged_at_rest() -> None:
    # noise that a codec holds on to for some frames
    rng = np.random.default_rng(2)
    held = np.repeat(rng.normal(0, 0.2, 100), 3)
    smooth = steadied([at(100 + x) for x in held])[:, 0]
    assert smooth.std() < 0.45 * held.std()


def shifted(face: Face, x: float = 0.0, change: float = 0.00005) -> Face:
    """A face whose pixels have moved to the right since the frame before."""
    return replace(face, shift=PixelShift(x_px=x, y_px=0.0, growth=0.0, turn_rad=0.0, change=change))


def test_where_the_pixels_are_still_the_square_is_whatever_the_landmarks_say() -> None:
    # landmarks that go over to another place, and back
    places = np.array([100.0] * 60 + [108.0] * 60 + [101.0] * 60)
    assert np.ptp(steadied([shifted(at(x)) for x in places])[:, 0]) < 0.01
    assert np.ptp(steadied([at(x) for x in places])[:, 0]) > 7


def test_what_hardly_moves_goes_where_its_pixels_go() -> None:
    # too little for the landmarks, which see it late and too much of it
    pixels = 0.004 * np.arange(200)
    smooth = steadied([shifted(at(100.0 + 3 * (i > 90)), x=0.004) for i in range(200)])[:, 0]
    np.testing.assert_allclose(smooth - smooth[0], pixels, atol=0.05)


@pytest.mark.parametrize("why", ["it moves", "it changes its expression", "every other frame is shown twice"])
def test_of_a_face_that_is_not_still_the_landmarks_decide(why: str) -> None:
    noise = np.random.default_rng(0).normal(0, 0.2, 120)
    plain = [at(100.0 + 0.3 * i + noise[i]) for i in range(120)]
    if why == "it changes its expression":
        faces = [shifted(face, change=0.002) for face in plain]
    else:
        steps = [0.3] * 120 if why == "it moves" else [0.0, 0.6] * 60
        faces = [shifted(face, x) for face, x in zip(plain, steps, strict=True)]
    np.testing.assert_allclose(steadied(faces), steadied(plain), atol=1e-3)


def test_a_still_face_that_starts_to_move_is_let_go_before_it_does() -> None:
    start = 60
    truth = 100 + 2.0 * np.maximum(0, np.arange(100) - start)
    faces = [
        shifted(at(x), float(step)) for x, step in zip(truth, np.diff(truth, prepend=100.0), strict=True)
    ]
    np.testing.assert_allclose(steadied(faces)[:, 0], truth, atol=0.5)
    np.testing.assert_allclose(steadied(faces)[start + 5 : -5, 0], truth[start + 5 : -5], atol=0.05)


def test_without_smoothing_squares_are_the_fit_itself() -> None:
    faces = [shifted(at(100.0 + 5 * (i % 2))) for i in range(20)]
    smooth = steadied(faces, SmoothingConfig(radius=0))[:, 0]
    np.testing.assert_allclose(smooth, [face.square.x_px for face in faces])
