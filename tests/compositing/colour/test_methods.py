"""What every way of matching keeps: nothing where nothing differs, bounds, dark stays dark."""

import numpy as np
import pytest

from made_skin import face_mask, sample_of, skin, srgb_to_lab
from understudy.compositing.colour.guard import ColourLimits
from understudy.compositing.colour.methods import COLOUR_METHODS, colour_method
from understudy.compositing.colour.sample import colour_sample

limits = ColourLimits()
matching = [name for name in COLOUR_METHODS if name != "none"]
wild = np.random.default_rng(3).random((500, 3), dtype=np.float32)


def matched(name: str, drawn: np.ndarray, target: np.ndarray) -> np.ndarray:
    mask = face_mask(drawn.shape[0])
    samples = colour_sample(drawn, mask), colour_sample(target, mask)
    assert samples[0] is not None
    assert samples[1] is not None
    return COLOUR_METHODS[name](*samples, limits).apply(drawn)


def face_mean(image: np.ndarray) -> np.ndarray:
    return np.average(
        srgb_to_lab(image.astype(np.float64)).reshape(-1, 3), axis=0, weights=face_mask().ravel()
    )


@pytest.mark.parametrize("name", COLOUR_METHODS)
def test_equal_samples_change_nothing(name: str) -> None:
    sample = colour_sample(skin(0), face_mask())
    assert sample is not None
    np.testing.assert_allclose(COLOUR_METHODS[name](sample, sample, limits).colours(wild), wild, atol=2e-4)


@pytest.mark.parametrize("name", matching)
@pytest.mark.parametrize("look", [(45, 8, 10), (75, 10, 18), (60, 20, 5)])
def test_the_targets_mean_is_reached(name: str, look: tuple[float, float, float]) -> None:
    drawn, target = skin(0), skin(1, *look)
    np.testing.assert_allclose(face_mean(matched(name, drawn, target)), face_mean(target), atol=1.2)


def test_none_leaves_colours() -> None:
    image = skin(0)
    assert np.array_equal(matched("none", image, skin(1, 40)), image)


@pytest.mark.parametrize("name", COLOUR_METHODS)
def test_black_stays_black_where_a_dark_face_is_matched_to_a_light_one(name: str) -> None:
    drawn = skin(0, 35, 8, 10, 6)
    drawn[44:50, 44:50] = 0.0  # a pupil
    out = matched(name, drawn, skin(1, 68, 15, 20, 5))
    assert out[45:49, 45:49].max() < 0.05
    if name != "none":
        assert out[20:40, 40:60].mean() > drawn[20:40, 40:60].mean() + 0.2


@pytest.mark.parametrize("name", matching)
def test_shadows_do_not_become_holes(name: str) -> None:
    drawn = skin(0, 60, spread=2)
    drawn[44:50, 44:50] = 0.2
    out = matched(name, drawn, skin(1, 60, spread=8))  # the target has far more contrast
    assert out[45:49, 45:49].min() > 0.08


@pytest.mark.parametrize("name", matching)
def test_shadows_of_a_light_face_stay_where_it_is_matched_to_a_dark_one(name: str) -> None:
    drawn = skin(0, 75, spread=3)
    drawn[44:50, 44:50] = 0.3
    out = matched(name, drawn, skin(1, 42, spread=3))  # every colour 33 darker would leave nothing
    assert out[45:49, 45:49].min() > 0.06


@pytest.mark.parametrize("name", matching)
def test_changes_keep_their_limits(name: str) -> None:
    tight = ColourLimits(gain=1.2, lightness=10, chroma=5)
    drawn, target = colour_sample(skin(0, 30), face_mask()), colour_sample(skin(1, 80, -10, 50), face_mask())
    assert drawn is not None
    assert target is not None
    out = COLOUR_METHODS[name](drawn, target, tight).colours(wild)
    change = np.abs(srgb_to_lab(out.astype(np.float64)) - srgb_to_lab(wild.astype(np.float64)))
    inside = ((out > 0.02) & (out < 0.98)).all(axis=1)  # elsewhere RGB's own borders move colours
    assert (change[inside].max(axis=0) < [11, 7, 7]).all()
    assert change[:, 0].max() > 5


@pytest.mark.parametrize("name", matching)
def test_an_iris_is_not_driven_further_than_skin(name: str) -> None:
    # the target's skin varies far more in chroma: a slope that would make a grey-blue iris glow
    rng = np.random.default_rng(4)
    base = np.array([0.70, 0.55, 0.48])
    narrow = base + rng.normal(0, 0.04, (256, 1)) + rng.normal(0, 0.004, (256, 3))
    wide = base * 0.8 + rng.normal(0, 0.04, (256, 1)) + rng.normal(0, 0.02, (256, 3))
    iris = np.array([[0.45, 0.52, 0.60]], np.float32)
    out = COLOUR_METHODS[name](sample_of(narrow), sample_of(wide), limits).colours(iris)
    before, after = srgb_to_lab(iris.astype(np.float64))[0], srgb_to_lab(out.astype(np.float64))[0]
    assert np.hypot(*after[1:]) < np.hypot(*before[1:]) + 9


@pytest.mark.parametrize("name", COLOUR_METHODS)
@pytest.mark.parametrize("drawn", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("target", [0.0, 0.5, 1.0])
def test_black_white_and_one_colour_stay_finite(name: str, drawn: float, target: float) -> None:
    flat = [colour_sample(np.full((64, 64, 3), x, np.float32), face_mask(64)) for x in (drawn, target)]
    assert flat[0] is not None
    assert flat[1] is not None
    out = COLOUR_METHODS[name](flat[0], flat[1], limits).colours(wild)
    assert np.isfinite(out).all()
    assert out.min() >= 0
    assert out.max() <= 1
    if drawn == target:
        np.testing.assert_allclose(out, wild, atol=2e-4)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="sliced"):
        colour_method("magic")
    assert colour_method("mkl") is COLOUR_METHODS["mkl"]
    with pytest.raises(ValueError, match="gain"):
        ColourLimits(gain=0.5)
