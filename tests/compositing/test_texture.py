"""The target's blur and grain, found and given: against blur and grain that the test itself put in."""

import cv2
import numpy as np
import pytest

from understudy.compositing.grain import Grain, drawn_grain, grain_of
from understudy.compositing.sharpness import blurred, missing_blur
from understudy.compositing.texture import Texture, TextureConfig, give_texture, measure_texture

SIDE = 200
WEIGHT = np.ones((SIDE, SIDE), np.float32)
INNER = (slice(20, -20), slice(20, -20))


def face(seed: int = 0) -> np.ndarray:
    """Skin with a few features: soft shading, and shapes with sharp borders on a third of it."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    picture = 0.55 + 0.15 * np.sin(x / 60) * np.cos(y / 70)
    for _ in range(14):
        centre, angle = tuple(int(v) for v in rng.integers(30, 170, 2)), float(rng.uniform(0, 180))
        axes = int(rng.integers(4, 16)), int(rng.integers(2, 5))
        cv2.ellipse(picture, centre, axes, angle, 0, 360, float(rng.uniform(0.15, 0.4)), -1, cv2.LINE_AA)
    return np.repeat(cv2.GaussianBlur(picture, (0, 0), 0.8)[..., None], 3, axis=2).astype(np.float32)


def grain(deviation: float, width_px: float, seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal((SIDE, SIDE)).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), width_px) if width_px else noise
    return np.repeat((deviation * noise / noise.std())[..., None], 3, axis=2).astype(np.float32)


def as_8_bit(picture: np.ndarray) -> np.ndarray:
    return (np.round(np.clip(picture, 0, 1) * 255) / 255).astype(np.float32)


def textures(target: np.ndarray, drawn: np.ndarray) -> tuple[Texture, Texture]:
    measured = measure_texture(target, WEIGHT, is_drawn=False), measure_texture(drawn, WEIGHT, is_drawn=True)
    assert measured[0] is not None
    assert measured[1] is not None
    return measured


def given(target: np.ndarray, drawn: np.ndarray, frame: int = 7, **config: float) -> np.ndarray:
    target_texture, drawn_texture = textures(target, drawn)
    return give_texture(drawn, drawn_texture, target_texture, frame, TextureConfig(**config))


@pytest.mark.parametrize("deviation", [0.008, 0.02, 0.04])
@pytest.mark.parametrize("width_px", [0.0, 0.5, 0.8, 1.2])
def test_grain_has_the_targets_strength_and_spectrum(deviation: float, width_px: float) -> None:
    target = as_8_bit(face(3) + grain(deviation, width_px))
    added = given(target, face(4), blur=0) - face(4)
    truth = target - face(3)
    for sigma in (0, 1):
        there, wanted = (cv2.GaussianBlur(p, (0, 0), sigma) if sigma else p for p in (added, truth))
        assert abs(there[INNER].std() / wanted[INNER].std() - 1) < 0.15


def test_coloured_grain_stays_coloured() -> None:
    noise = np.random.default_rng(0).standard_normal((SIDE, SIDE, 3)).astype(np.float32) * 0.02
    target = as_8_bit(face(3) + noise)
    added = given(target, face(4), blur=0) - face(4)
    assert abs(added[INNER].std() / 0.02 - 1) < 0.2
    assert np.corrcoef(added[INNER][..., 0].ravel(), added[INNER][..., 2].ravel())[0, 1] < 0.4


def test_grain_that_the_drawn_face_has_is_not_given_again() -> None:
    target, drawn = as_8_bit(face(3) + grain(0.02, 0.5, 1)), as_8_bit(face(4) + grain(0.02, 0.5, 2))
    assert given(target, drawn, blur=0) is drawn
    half = as_8_bit(face(4) + grain(0.01, 0.5, 2))
    assert abs((given(target, half, blur=0) - face(4))[INNER].std() / 0.02 - 1) < 0.15


def test_the_same_frame_gets_the_same_grain_and_the_next_another() -> None:
    one = Grain((0.02, 0.01, 0.01), (2, 3, 3))
    first, again, other = (drawn_grain(one, 600, 90, frame) for frame in (5, 5, 6))
    assert np.array_equal(first, again)
    assert abs(np.corrcoef(first.ravel(), other.ravel())[0, 1]) < 0.05
    assert abs(float(first.mean())) < 1e-3


def test_compression_is_not_taken_for_grain() -> None:
    """A clean face as JPEG leaves it, with blocks and ringing around its features: nothing is added."""
    for quality in (20, 50, 80):
        _, coded = cv2.imencode(
            ".jpg", np.round(face(3) * 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality]
        )
        target = cv2.imdecode(coded, cv2.IMREAD_COLOR).astype(np.float32) / 255
        assert given(target, face(4), blur=0) is not None
        assert np.array_equal(given(target, face(4), blur=0), face(4))


@pytest.mark.parametrize(
    "blur",
    [np.eye(2), 4 * np.eye(2), np.diag([5.0, 0.0]), np.array([[3.0, 2.5], [2.5, 3.0]]), np.diag([0.0, 8.0])],
    ids=["soft", "softer", "across", "diagonal", "down"],
)
@pytest.mark.parametrize("deviation", [0.0, 0.012])
def test_the_missing_blur_is_found(blur: np.ndarray, deviation: float) -> None:
    """Direction within 15 degrees, width within a third, with grain and without; from another picture."""
    target = as_8_bit(blurred(face(3), blur) + grain(deviation, 0.5))
    target_texture, drawn_texture = textures(target, face(3))
    grains = grain_of(target_texture.detail), grain_of(drawn_texture.detail)
    found = missing_blur(target_texture.products, grains[0], drawn_texture.products, grains[1], 4.0)
    assert found is not None
    (values, axes), (wanted, wanted_axes) = np.linalg.eigh(found), np.linalg.eigh(blur)
    assert 0.6 < np.sqrt(values[1] / wanted[1]) < 1.3
    if wanted[1] > 2 * wanted[0] + 0.1:
        assert abs(float(axes[:, 1] @ wanted_axes[:, 1])) > np.cos(np.radians(15))
        assert values[0] < 0.45 * values[1]
    # and what it is for: the drawn face comes out about as soft as the target
    soft = blurred(face(3), found)
    wanted_soft = blurred(face(3), blur)
    left = np.abs(soft - wanted_soft)[INNER].mean() / np.abs(face(3) - wanted_soft)[INNER].mean()
    assert left < 0.45


def test_a_sharp_target_and_a_soft_face_change_nothing() -> None:
    soft = blurred(face(3), 3 * np.eye(2))
    assert given(face(3), soft, grain=0) is soft
    sharp = face(4)
    assert given(as_8_bit(face(3)), sharp, grain=0) is sharp


def test_everything_can_be_limited_and_turned_off() -> None:
    target = as_8_bit(blurred(face(3), 6 * np.eye(2)) + grain(0.05, 0))
    drawn = face(3)
    assert given(target, drawn, blur=0, grain=0) is drawn
    weak = given(target, drawn, blur=0, most_grain=0.01) - drawn
    assert weak[INNER].std() < 0.0115
    textures_both = textures(target, drawn)
    grains = grain_of(textures_both[0].detail), grain_of(textures_both[1].detail)
    for most_px in (1.0, 4.0):
        found = missing_blur(
            textures_both[0].products, grains[0], textures_both[1].products, grains[1], most_px
        )
        assert found is not None
        assert (np.linalg.eigvalsh(found).max() > 1.0001) == (most_px > 1)
    assert give_texture(drawn, None, textures_both[0], 0) is drawn
    assert give_texture(drawn, textures_both[1], None, 0) is drawn
    for wrong in ({"blur": 1.1}, {"grain": -0.1}, {"most_blur_px": -1}, {"least_grain": 0.1}):
        with pytest.raises(ValueError, match=r"must lie|need"):
            TextureConfig(**wrong)


@pytest.mark.parametrize(
    "blur", [2 * np.eye(2), np.diag([6.0, 0.0]), np.array([[3.0, 2.9], [2.9, 3.0]]), np.diag([1.0, 9.0])]
)
def test_blurring_has_the_covariance_that_it_is_told(blur: np.ndarray) -> None:
    point = np.zeros((61, 61, 3), np.float32)
    point[30, 30] = 1
    spread = blurred(point, blur)[..., 1].astype(np.float64)
    y, x = np.mgrid[-30:31, -30:31]
    assert abs(spread.sum() - 1) < 1e-4
    found = np.array([[(spread * a * b).sum() for a in (x, y)] for b in (x, y)])
    # no line is thinner than pixels allow
    assert np.abs(found - blur).max() < 0.15 * blur.max() + 0.25


def test_measures_are_averaged_and_too_little_of_a_face_gives_none() -> None:
    one, _ = textures(face(3), face(3))
    other, _ = textures(as_8_bit(face(4) + grain(0.02, 0)), face(3))
    np.testing.assert_allclose(one.towards(other, 0.25).detail, 0.75 * one.detail + 0.25 * other.detail)
    np.testing.assert_allclose(one.towards(other, 1.0).products, other.products)
    tiny = np.zeros((SIDE, SIDE), np.float32)
    tiny[90:96, 90:96] = 1
    assert measure_texture(face(3), tiny, is_drawn=False) is None
    assert measure_texture(face(3)[:6, :6], WEIGHT[:6, :6], is_drawn=True) is None
    with pytest.raises(ValueError, match="size"):
        measure_texture(face(3), WEIGHT[1:], is_drawn=False)
