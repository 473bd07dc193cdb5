from dataclasses import dataclass

import cv2
import numpy as np
import pytest
import torch

from understudy.core.geometry import fit_similarity
from understudy.training.augment import AUGMENTATION, AugmentConfig, make_pairs, random_moves

SIDE, SIZE = 154, 128
STILL = AugmentConfig(rotation_deg=0, scale=0, shift=0, warp=0, flip=0, light=0, tint=0)
MOVED = AugmentConfig(rotation_deg=12, scale=0.08, shift=0.04, warp=0, flip=0.5, light=0, tint=0)


def places() -> np.ndarray:
    """(side, side, 3) picture whose red and green say where each pixel is, one level a pixel."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    return np.stack([x, y, np.zeros_like(x)], axis=-1).astype(np.uint8)


@dataclass(frozen=True)
class Pair:
    """What comes of one face, in grey levels."""

    warped: np.ndarray
    truth: np.ndarray
    mask: np.ndarray
    focus: np.ndarray
    flipped: bool
    placement: np.ndarray


def planar(image: np.ndarray, mask: np.ndarray | None = None, focus: np.ndarray | None = None) -> np.ndarray:
    nothing = np.zeros((SIDE, SIDE), np.uint8)
    return np.stack(
        [*image.transpose(2, 0, 1), nothing if mask is None else mask, nothing if focus is None else focus]
    )


def some_pairs(
    read: np.ndarray, drawn: np.ndarray, count: int, rng: np.random.Generator, config: AugmentConfig
) -> list[Pair]:
    """Pairs of one (5, side, side) sample to read and one to draw."""
    moves = random_moves(count, SIDE, SIZE, rng, config)
    of_each = [torch.from_numpy(planes[None].repeat(count, 0)) for planes in (read, drawn)]
    pairs = make_pairs(*of_each, moves, SIZE)

    def levels(tensor: torch.Tensor) -> np.ndarray:
        return tensor.permute(0, 2, 3, 1).numpy() * 255

    warped, truth, focus = map(levels, (pairs.warped_B3HW, pairs.truth_B4HW, pairs.focus_B1HW))
    return [
        Pair(
            warped=warped[i],
            truth=truth[i, ..., :3],
            mask=truth[i, ..., 3],
            focus=focus[i, ..., 0],
            flipped=bool(moves.flipped[i]),
            placement=moves.placement[i],
        )
        for i in range(count)
    ]


def make_pair(read: np.ndarray, rng: np.random.Generator, config: AugmentConfig) -> Pair:
    """A pair of one sample."""
    return some_pairs(read, read, 1, rng, config)[0]


def read_places(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, 2) pair pixels and (n, 2) sample pixels they were read from, the border left out."""
    inside = ((picture[..., :2] > 2) & (picture[..., :2] < SIDE - 3)).all(axis=-1)
    rows, columns = np.nonzero(inside)
    return np.stack([columns, rows], axis=-1).astype(float), picture[rows, columns, :2].astype(float)


def fitted_map(picture: np.ndarray) -> tuple[np.ndarray, float]:
    """(2, 3) best affine `sample_from_pair`, and the largest distance of any pixel from it."""
    pair, sample = read_places(picture)
    design = np.column_stack([pair, np.ones(len(pair))])
    solved, *_ = np.linalg.lstsq(design, sample, rcond=None)
    return solved.T, float(np.linalg.norm(design @ solved - sample, axis=1).max())


def pair_of(seed: int, config: AugmentConfig) -> Pair:
    return make_pair(planar(places()), np.random.default_rng(seed), config)


def test_without_augmentation_both_are_the_centre_itself() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    mask, focus = rng.integers(0, 256, (2, SIDE, SIDE), dtype=np.uint8)
    pair = make_pair(planar(image, mask, focus), rng, STILL)
    centre = np.s_[13:141, 13:141]
    for found, planes in (
        (pair.warped, image),
        (pair.truth, image),
        (pair.mask, mask),
        (pair.focus, focus),
    ):
        np.testing.assert_allclose(found, planes[centre], atol=0.05)
    assert not pair.flipped
    np.testing.assert_array_equal(pair.placement, 0)


@pytest.mark.parametrize("seed", range(8))
def test_the_truth_is_the_picture_under_a_similarity_within_the_limits(seed: int) -> None:
    pair = pair_of(seed, MOVED)
    matrix, off = fitted_map(pair.truth)
    assert off < 1.0  # every pixel is where one matrix says, up to rounding
    linear = matrix[:, :2] @ np.diag([-1.0 if pair.flipped else 1.0, 1.0])
    zoom = np.sqrt(np.linalg.det(linear))
    np.testing.assert_allclose(linear.T @ linear, np.eye(2) * zoom**2, atol=2e-3)  # no shear
    assert np.linalg.det(linear) > 0
    assert 0.92 - 0.003 <= zoom <= 1.08 + 0.003
    turn = np.degrees(np.arctan2(linear[1, 0], linear[0, 0]))
    assert abs(turn) <= 12.2
    centre = matrix @ [(SIZE - 1) / 2, (SIZE - 1) / 2, 1] - (SIDE - 1) / 2
    assert np.abs(centre).max() <= 0.04 * SIZE + 0.1


def test_the_limits_are_used() -> None:
    found = [fitted_map(pair_of(seed, MOVED).truth)[0] for seed in range(24)]
    zooms = np.sqrt([abs(np.linalg.det(matrix[:, :2])) for matrix in found])
    assert zooms.min() < 0.95
    assert zooms.max() > 1.05


def test_the_flip_flag_tells_mirrored_pictures_from_others() -> None:
    pairs = [pair_of(seed, MOVED) for seed in range(16)]
    for pair in pairs:
        matrix, _ = fitted_map(pair.truth)
        assert (np.linalg.det(matrix[:, :2]) < 0) == pair.flipped
    assert {pair.flipped for pair in pairs} == {True, False}


@pytest.mark.parametrize("seed", range(8))
def test_the_placement_says_where_the_face_went(seed: int) -> None:
    pair = pair_of(seed, MOVED)
    matrix, _ = fitted_map(pair.truth)
    # oracle: carry two eyes and the centre of an upright face from the sample into the pair
    middle = (SIDE - 1) / 2
    sample = np.array([[middle - 30, middle], [middle + 30, middle], [middle, middle]])
    seen = (sample - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    left, right = (seen[1], seen[0]) if pair.flipped else (seen[0], seen[1])
    turn = np.arctan2(*(right - left)[::-1])
    growth = np.log(np.linalg.norm(right - left) / 60)
    moved = (seen[2] - (SIZE - 1) / 2) / SIZE
    expected = np.array([turn, growth, *moved])
    # each number is in a unit of its own: the same for every pair
    units = expected / pair.placement
    np.testing.assert_allclose(pair.placement[1:] * units[1], expected[1:], atol=3e-3)
    assert units[0] > 0
    assert units[1] > 0


def test_the_warp_keeps_turn_size_and_place() -> None:
    config = AugmentConfig(rotation_deg=0, scale=0, shift=0, warp=6 / 256, flip=0, light=0, tint=0)
    for seed in range(8):
        pair = pair_of(seed, config)
        here, there = read_places(pair.warped)
        sample_from_pair = fit_similarity(here.astype(np.float32), there.astype(np.float32))
        straight = np.array([[1, 0, 13], [0, 1, 13]])
        corners = np.array([[0, 0, 1], [127, 0, 1], [0, 127, 1], [127, 127, 1]])
        off = np.linalg.norm(corners @ (sample_from_pair - straight).T, axis=1)
        moved = np.linalg.norm(there - here - 13, axis=1)
        assert moved.max() > 2.5  # it does warp
        assert off.max() < 0.5 * moved.max()
        assert off.mean() < 1.2
    np.testing.assert_array_equal(pair_of(0, config).truth, pair_of(0, STILL).truth)


def test_the_warp_has_the_strength_that_is_asked_for() -> None:
    def strength(warp: float) -> float:
        config = AugmentConfig(rotation_deg=0, scale=0, shift=0, warp=warp, flip=0, light=0, tint=0)
        there, here = pair_of(3, config).warped, pair_of(3, STILL).warped
        return float(np.abs(there.astype(float) - here).mean())

    assert strength(0) == 0
    assert strength(8 / 256) == pytest.approx(2 * strength(4 / 256), rel=0.15)


def test_without_warp_and_colour_what_is_read_is_what_is_drawn() -> None:
    image = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8), (0, 0), 2)
    pair = make_pair(planar(np.asarray(image, np.uint8)), np.random.default_rng(2), MOVED)
    np.testing.assert_allclose(pair.warped, pair.truth, atol=1e-3)


def test_masks_move_with_the_truth() -> None:
    disc = np.asarray(cv2.circle(np.zeros((SIDE, SIDE), np.uint8), (70, 60), 25, (255,), -1), np.uint8)
    pair = make_pair(
        planar(np.repeat(disc[..., None], 3, axis=-1), disc, disc), np.random.default_rng(4), MOVED
    )
    np.testing.assert_array_equal(pair.mask, pair.truth[..., 0])
    np.testing.assert_array_equal(pair.focus, pair.mask)


def test_colours_change_what_is_read_and_never_what_is_drawn() -> None:
    config = AugmentConfig(rotation_deg=0, scale=0, shift=0, warp=0, flip=0, light=0.2, tint=0.1)
    image = np.full((SIDE, SIDE, 3), 120, np.uint8)
    seen = some_pairs(planar(image), planar(image), 20, np.random.default_rng(0), config)
    for pair in seen:
        np.testing.assert_allclose(pair.truth, 120, atol=1e-3)
    levels = np.array([pair.warped[0, 0] for pair in seen]).astype(float)
    assert levels.std(axis=0).min() > 5
    assert np.ptp(levels, axis=1).max() > 5  # the channels do not all move alike
    assert np.abs(levels - 120).max() <= 120 * (0.2 + 0.1) + 0.2 * 85 + 1


def test_another_truth_is_drawn_with_its_own_masks() -> None:
    flat = np.full((SIDE, SIDE, 3), 200, np.uint8)
    other = planar(flat, np.full((SIDE, SIDE), 77, np.uint8), np.full((SIDE, SIDE), 55, np.uint8))
    (pair,) = some_pairs(planar(places()), other, 1, np.random.default_rng(0), MOVED)
    np.testing.assert_allclose(pair.truth, 200, atol=1e-3)
    np.testing.assert_allclose(pair.mask, 77, atol=1e-3)
    np.testing.assert_allclose(pair.focus, 55, atol=1e-3)
    assert (pair.warped[..., 2] == 0).all()


def test_pairs_of_one_batch_differ_in_everything() -> None:
    sample = planar(places())
    pairs = some_pairs(sample, sample, 6, np.random.default_rng(0), AUGMENTATION["classic"])
    for name in ("warped", "truth", "placement"):
        assert len({getattr(pair, name).tobytes() for pair in pairs}) == 6


def test_a_seed_decides_everything() -> None:
    config = AUGMENTATION["classic"]
    first, again, other = pair_of(1, config), pair_of(1, config), pair_of(2, config)
    np.testing.assert_array_equal(first.warped, again.warped)
    np.testing.assert_array_equal(first.truth, again.truth)
    assert (first.warped != other.warped).any()
