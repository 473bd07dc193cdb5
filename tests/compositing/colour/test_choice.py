"""The way of matching that is chosen undoes what was done, and flexibility alone wins nothing."""

import numpy as np
import pytest

from made_skin import face_mask, sample_of, skin
from understudy.compositing.colour.choice import best_method, distribution_distance, match_errors
from understudy.compositing.colour.sample import ColourSample, colour_sample
from understudy.compositing.colour.spaces import lab_from_rgb

Pair = tuple[ColourSample, ColourSample]


def pairs_of(change, count: int = 8, noise: float = 0.0) -> list[Pair]:
    """Frames of a face, and of the same face with another light or camera."""
    rng = np.random.default_rng(7)
    out = []
    for i in range(count):
        face = skin(i, 60 + i % 3)
        other = np.clip(change(face) + rng.normal(0, noise, 3), 0, 1).astype(np.float32)
        drawn, target = colour_sample(face, face_mask()), colour_sample(other, face_mask())
        assert drawn is not None
        assert target is not None
        out.append((drawn, target))
    return out


def test_nothing_to_do_is_none() -> None:
    assert best_method(pairs_of(lambda face: face)) == "none"
    assert best_method(pairs_of(lambda face: face * 1.0005)) == "none"  # a difference that nobody sees
    # nor does noise that differs between frames make a method worth while
    assert best_method(pairs_of(lambda face: face, noise=0.002)) == "none"


def test_darker_is_undone_by_the_simplest() -> None:
    assert best_method(pairs_of(lambda face: face * 0.8)) == "lab"


def test_what_light_mends_anyway_needs_no_matching() -> None:
    darker = pairs_of(lambda face: face - 0.1)
    assert best_method(darker) != "none"
    assert best_method(darker, is_lit=True) == "none"
    # contrast is nothing that light mends
    flat = pairs_of(lambda face: 0.5 + 0.4 * (face - 0.5))
    errors = match_errors(flat, is_lit=True)
    assert errors["lab"].total < 0.8 * errors["none"].total


def test_mixed_channels_need_more_than_single_ones() -> None:
    turn = np.array([[0.5, 0.6, -0.1], [-0.1, 0.7, 0.3], [0.3, -0.2, 0.9]], np.float32)
    pairs = pairs_of(lambda face: (face - 0.5) @ turn.T + 0.48)
    errors = match_errors(pairs)
    assert errors["mkl"].total < errors["lab"].total
    assert best_method(pairs) in ("mkl", "sliced")


def test_errors_are_of_frames_that_were_not_fitted_on() -> None:
    # two frames of other lights: the map of the one is wrong for the other by all that is between them
    pairs = [pairs_of(lambda face, f=f: face * f, count=1)[0] for f in (0.7, 1.2)]
    (_, dim), (_, lit) = pairs
    lights = [lab_from_rgb(sample.colours) for sample in (dim, lit)]
    between = distribution_distance(lights[0], dim.weights, lights[1], lit.weights)
    assert match_errors(pairs)["lab"].colour > 0.8 * between
    assert match_errors(pairs[:1])["lab"].colour < 0.1 * between


def test_the_seam_counts() -> None:
    # the same colours in other places: only the border tells
    face = skin(0, spread=8)
    drawn, target = colour_sample(face, face_mask()), colour_sample(face[::-1].copy(), face_mask())
    assert drawn is not None
    assert target is not None
    error = match_errors([(drawn, target)])["none"]
    assert error.seam > 3
    assert error.colour < 0.5 * error.seam
    same = match_errors([(drawn, drawn)])["none"]
    assert same.seam == 0
    assert same.colour < 1e-3


def test_distance_of_single_colours_is_their_distance() -> None:
    ones = np.ones(1, np.float32)
    a, b = np.array([[50, 10, 10]], np.float32), np.array([[53, 14, 22]], np.float32)
    assert abs(distribution_distance(a, ones, b, ones) - 13) < 1e-3


def test_one_frame_is_enough_and_none_is_refused() -> None:
    assert best_method(pairs_of(lambda face: face * 0.8, count=1)) == "lab"
    other_size = (sample_of(skin(0).reshape(-1, 3)[:50]), sample_of(skin(1).reshape(-1, 3)[:80]))
    assert match_errors([other_size])["lab"].seam == 0
    with pytest.raises(ValueError, match="at least one"):
        best_method([])
