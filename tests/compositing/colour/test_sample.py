"""A sample holds the mean colours of the face's cells and nothing of what does not belong to it."""

import cv2
import numpy as np
import pytest

from made_skin import face_mask, skin, srgb_to_lab
from understudy.compositing.colour.sample import ColourSample, colour_sample, seen_in_both


def sampled(image: np.ndarray, mask: np.ndarray) -> ColourSample:
    sample = colour_sample(image, mask)
    assert sample is not None
    return sample


def mean_lab(sample: ColourSample) -> np.ndarray:
    return np.average(srgb_to_lab(sample.colours.astype(np.float64)), axis=0, weights=sample.weights)


def test_cells_are_the_masks_weighted_means_of_blocks() -> None:
    image, mask = skin(0, side_px=96), np.zeros((96, 96), np.float32)
    mask[8:72, 16:80] = np.random.default_rng(1).uniform(0.1, 1, (64, 64))
    sample = sampled(image, mask)
    assert sample.colours.shape == (256, 3)
    assert sample.colours.dtype == sample.weights.dtype == sample.rim.dtype == np.float32
    for row in range(16):
        for column in range(16):
            block = np.s_[8 + 4 * row : 12 + 4 * row, 16 + 4 * column : 20 + 4 * column]
            cell = 16 * row + column
            weights = mask[block].astype(np.float64)
            mean = (image[block] * weights[..., None]).sum(axis=(0, 1)) / weights.sum()
            np.testing.assert_allclose(sample.colours[cell], mean, atol=2e-3)
            assert abs(sample.weights[cell] - weights.mean()) < 1e-3


def test_bytes_and_floats_of_any_size_give_the_same() -> None:
    small = skin(0, side_px=96)
    large = cv2.resize(small, (521, 521), interpolation=cv2.INTER_LINEAR)
    as_bytes = np.round(large * 255).astype(np.uint8)
    mask = cv2.resize(face_mask(96), (521, 521), interpolation=cv2.INTER_LINEAR)
    means = [mean_lab(sampled(small, face_mask(96))), mean_lab(sampled(large, mask))]
    means.append(mean_lab(sampled(as_bytes, mask)))
    np.testing.assert_allclose(means[1], means[0], atol=0.3)
    np.testing.assert_allclose(means[2], means[1], atol=0.05)


def test_grain_is_gone() -> None:
    image = skin(0, side_px=256)
    grain = np.random.default_rng(2).normal(0, 0.05, image.shape).astype(np.float32)
    clean, noisy = sampled(image, face_mask(256)), sampled(np.clip(image + grain, 0, 1), face_mask(256))
    seen = clean.weights > 0.5
    assert np.abs(clean.colours - noisy.colours)[seen].std() < 0.005


def test_what_lies_outside_the_mask_does_not_bleed_in() -> None:
    mask = face_mask()
    image = skin(0)
    other = image.copy()
    other[mask == 0] = [0, 1, 0]
    a, b = sampled(image, mask), sampled(other, mask)
    seen = a.weights > 0
    np.testing.assert_allclose(a.colours[seen], b.colours[seen], atol=1e-6)


def test_an_occluder_and_a_highlight_do_not_count_and_shadow_does() -> None:
    image, mask = skin(0), face_mask()
    occluded = image.copy()
    occluded[55:65, 20:76] = [0.1, 0.8, 0.2]
    occluded[35:40, 45:50] = 1.0
    clean, cut = sampled(image, mask), sampled(occluded, mask)
    np.testing.assert_allclose(mean_lab(cut), mean_lab(clean), atol=1.2)
    assert cut.weights.sum() < 0.9 * clean.weights.sum()
    shaded = image.copy()
    shaded[:, :48] *= 0.75
    assert mean_lab(sampled(shaded, mask))[0] < mean_lab(clean)[0] - 3


def test_the_rim_is_where_the_mask_is_half() -> None:
    mask = face_mask(160)
    sample = sampled(skin(0, side_px=160), mask)
    rim = sample.rim.reshape(16, 16)
    assert rim[8, 8] == 0
    assert rim[8, 0] > 0.3
    assert rim[0, 8] > 0.3


def test_a_mask_that_covers_too_little_gives_none() -> None:
    mask = np.zeros((96, 96), np.float32)
    assert colour_sample(skin(0), mask) is None
    mask[40, 40:50] = 1
    assert colour_sample(skin(0), mask) is None
    mask[30:60, 30:60] = 1
    assert colour_sample(skin(0), mask) is not None


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_one_colour_is_that_colour(level: float) -> None:
    sample = sampled(np.full((64, 64, 3), level, np.float32), face_mask(64))
    np.testing.assert_allclose(sample.colours[sample.weights > 0], level, atol=1e-4)


def test_what_one_picture_hides_does_not_count_in_the_other() -> None:
    mask = face_mask()
    lit, shaded = skin(0), skin(0)
    shaded[:, :48] *= 0.8  # both faces have a shaded half,
    hidden = shaded.copy()
    hidden[40:90, :48] = [0.1, 0.8, 0.2]  # and a sleeve hides most of it in the target
    drawn, target = seen_in_both(sampled(shaded, mask), sampled(hidden, mask))
    np.testing.assert_array_equal(drawn.weights, target.weights)
    np.testing.assert_allclose(mean_lab(drawn), mean_lab(target), atol=1.0)
    alone = sampled(shaded, mask)
    assert abs(mean_lab(alone)[0] - mean_lab(target)[0]) > 1.0
    assert lit.shape == shaded.shape
    nothing = ColourSample(colours=target.colours, weights=np.zeros(256, np.float32), rim=target.rim)
    assert seen_in_both(alone, nothing) == (alone, nothing)


def test_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="size"):
        colour_sample(skin(0), np.ones((4, 4), np.float32))
