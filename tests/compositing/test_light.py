from __future__ import annotations

import numpy as np
import pytest

from understudy.compositing.light import TargetLight

SIZE = 96


def disc(size: int = SIZE, share: float = 0.38) -> np.ndarray:
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    return np.clip((share * size - np.hypot(x, y)) / 6 + 0.5, 0, 1).astype(np.float32)


def noise(size: int = SIZE, seed: int = 0) -> np.ndarray:
    """A picture of fine detail alone."""
    return np.random.default_rng(seed).uniform(-0.1, 0.1, (size, size, 3)).astype(np.float32)


def bytes_of(picture: np.ndarray) -> np.ndarray:
    return np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)


@pytest.mark.parametrize("size", [48, 64, 96, 128, 200])
def test_a_face_in_other_light_takes_on_the_targets(size: int) -> None:
    colours = np.array([0.6, 0.5, 0.4], np.float32)
    drawn = 0.3 + noise(size)
    lit = TargetLight().given(drawn, bytes_of(np.broadcast_to(colours, drawn.shape)), disc(size))
    inside = disc(size) == 1
    # the mean is the target's, and every detail the drawn face's
    assert lit[inside].mean(0) == pytest.approx(colours, abs=0.01)
    assert np.abs((lit - colours) - noise(size))[inside].max() < 0.035


def test_light_from_one_side_is_followed() -> None:
    x = np.linspace(-0.2, 0.2, SIZE, dtype=np.float32)
    target = np.broadcast_to(0.5 + x[None, :, None], (SIZE, SIZE, 3))
    drawn = np.full((SIZE, SIZE, 3), 0.5, np.float32)
    lit = TargetLight().given(drawn, bytes_of(target), disc())
    inside = disc() == 1
    assert np.corrcoef(lit[inside][:, 0], target[inside][:, 0])[0, 1] > 0.99
    assert np.abs(lit - target)[inside].max() < 0.05


def test_the_targets_features_do_not_come_through() -> None:
    target = np.full((SIZE, SIZE, 3), 0.5, np.float32)
    target[40:44, 30:66] = 0.1  # brows
    drawn = np.full((SIZE, SIZE, 3), 0.5, np.float32)
    lit = TargetLight().given(drawn, bytes_of(target), disc())
    # all that is left of a drop of 0.4 is a broad, faint shade
    assert np.abs(np.diff(lit, axis=0)).max() < 0.02
    assert lit.min() > 0.35


def test_what_is_not_shown_has_no_say() -> None:
    drawn, target, mask = 0.4 + noise(), bytes_of(0.5 + noise(seed=1)), disc()
    light = TargetLight()
    expected = light.given(drawn, target, mask)
    elsewhere = mask == 0
    # a pixel that the mask touches is averaged with its neighbours: what lies two farther out is not
    far = elsewhere.copy()
    for shift in (-2, -1, 1, 2):
        far &= np.roll(elsewhere, shift, 0) & np.roll(elsewhere, shift, 1)
    target[far] = 255
    assert np.abs(light.given(drawn, target, mask) - expected)[mask > 0].max() < 0.02


def test_the_arguments_are_left_as_they_were_and_nothing_leaves_the_range() -> None:
    drawn, target, mask = 0.4 + noise(), bytes_of(0.95 + noise(seed=1)), disc()
    copies = drawn.copy(), target.copy(), mask.copy()
    lit = TargetLight().given(drawn, target, mask)
    for one, copy in zip((drawn, target, mask), copies, strict=True):
        np.testing.assert_array_equal(one, copy)
    assert (lit.dtype, lit.min() >= 0, lit.max() <= 1) == (np.float32, True, True)


def test_a_face_of_which_nothing_is_shown_stays() -> None:
    drawn = 0.4 + noise()
    given = TargetLight().given(drawn, bytes_of(drawn), np.zeros((SIZE, SIZE), np.float32))
    np.testing.assert_array_equal(given, drawn)


def test_at_the_border_the_two_are_alike_in_finer_bands_than_in_the_middle() -> None:
    wave = 0.1 * np.sin(
        np.arange(SIZE, dtype=np.float32) * np.float32(2 * np.pi / 18)
    )  # about four to the face
    target = np.broadcast_to(0.5 + wave[None, :, None], (SIZE, SIZE, 3))
    drawn = np.full((SIZE, SIZE, 3), 0.5, np.float32)
    mask = disc()
    off = np.abs(TargetLight().given(drawn, bytes_of(target), mask) - target)[..., 0]
    y, x = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    far = np.hypot(x, y) / (0.38 * SIZE)
    rim, middle = off[(far > 0.85) & (mask == 1)], off[far < 0.4]
    assert rim.mean() < 0.6 * middle.mean()
    # with one kind of cells it is the same everywhere
    plain = np.abs(TargetLight(rim_cells=5).given(drawn, bytes_of(target), mask) - target)[..., 0]
    assert plain[(far > 0.85) & (mask == 1)].mean() > 1.3 * rim.mean()


def test_sizes_that_do_not_fit_are_refused() -> None:
    drawn = 0.4 + noise()
    with pytest.raises(ValueError, match="differ in size"):
        TargetLight().given(drawn, bytes_of(drawn), disc(SIZE + 1))
    with pytest.raises(ValueError, match="cells"):
        TargetLight(cells=0)
