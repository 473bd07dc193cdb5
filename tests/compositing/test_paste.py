"""Pasting: exact outside the mask, in the right place inside, whatever the geometry."""

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from understudy.compositing.paste import place, place_planes, shown_part
from understudy.core.types import Image, Mask, Matrix

SIZE = 32


def similarity(scale: float, angle: float, cx: float, cy: float) -> np.ndarray:
    """crop_from_frame that cuts out a square around (cx, cy) at `scale` crop pixels a frame pixel."""
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    linear = np.array([[cos, -sin], [sin, cos]])
    return np.column_stack([linear, (SIZE - 1) / 2 - linear @ [cx, cy]]).astype(np.float32)


def paste(frame: Image, drawn: np.ndarray, mask: Mask, crop_from_frame: Matrix) -> Image:
    """Mix a face into a copy of its frame as it is placed, as simply as can be."""
    out = frame.copy()
    floats = drawn.astype(np.float32) / (255 if drawn.dtype == np.uint8 else 1)
    placed = place(floats, mask, crop_from_frame, (frame.shape[1], frame.shape[0]))
    if placed is not None:
        x0, y0, x1, y1 = placed.window.box
        before = out[y0:y1, x0:x1] / np.float32(255)
        mixed = before + (placed.face - before) * placed.weight[..., None]
        levels = np.rint(255 * mixed[placed.weight > 0])
        out[y0:y1, x0:x1][placed.weight > 0] = np.clip(levels, 0, 255).astype(np.uint8)
    return out


def frame_mask(mask: Mask, crop_from_frame: Matrix, height_px: int, width_px: int) -> Mask:
    whole = np.zeros((height_px, width_px), np.float32)
    nothing = np.zeros((*mask.shape, 3), np.float32)
    placed = place(nothing, mask, crop_from_frame, (width_px, height_px))
    if placed is not None:
        x0, y0, x1, y1 = placed.window.box
        whole[y0:y1, x0:x1] = placed.weight
    return whole


matrices = st.builds(
    similarity, st.floats(0.2, 12), st.floats(-3.2, 3.2), st.floats(-30, 110), st.floats(-30, 90)
)


@settings(deadline=None)
@given(matrices, st.integers(0, 2**32 - 1), st.floats(0, 0.95), st.booleans())
def test_equals_the_input_wherever_the_mask_is_zero(
    matrix: np.ndarray, seed: int, sparsity: float, as_bytes: bool
) -> None:
    rng = np.random.default_rng(seed)
    frame = rng.integers(0, 256, (60, 80, 3), dtype=np.uint8)
    drawn = rng.random((SIZE, SIZE, 3), dtype=np.float32)
    mask = rng.random((SIZE, SIZE), dtype=np.float32)
    mask[rng.random((SIZE, SIZE)) < sparsity] = 0
    before = frame.copy()
    out = paste(frame, (drawn * 255).astype(np.uint8) if as_bytes else drawn, mask, matrix)
    assert np.array_equal(frame, before)
    reached = frame_mask(mask, matrix, 60, 80)
    assert np.array_equal(out[reached == 0], frame[reached == 0])
    # and the mask is 0 at every frame pixel that lies off the crop by more than the filter's reach
    x, y = np.meshgrid(np.arange(80), np.arange(60))
    at = np.stack([x, y], -1) @ matrix[:, :2].T + matrix[:, 2]
    reach = 1 + max(1.0, float(np.sqrt(abs(np.linalg.det(matrix[:, :2])))))
    off = ((at < -reach) | (at > SIZE - 1 + reach)).any(axis=-1)
    assert np.array_equal(out[off], frame[off])


@settings(deadline=None, max_examples=40)
@given(matrices, st.integers(0, 2**32 - 1))
def test_the_window_cuts_nothing_off(matrix: np.ndarray, seed: int) -> None:
    """Oracle: the same warp over the whole frame, without a window."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((SIZE, SIZE), np.float32)
    y, x = rng.integers(0, SIZE, 2)
    mask[y : y + 9, x : x + 5] = 1
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2].astype(float)))))
    if scale > 1.2:
        return  # the whole-frame oracle has no area filter
    whole = cv2.warpAffine(
        mask, matrix.astype(np.float64), (80, 60), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    np.testing.assert_allclose(frame_mask(mask, matrix, 60, 80), whole, atol=0.05)


def test_blends_by_the_definition_under_identity() -> None:
    rng = np.random.default_rng(0)
    frame = rng.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
    drawn = rng.random((SIZE, SIZE, 3), dtype=np.float32)
    mask = rng.random((SIZE, SIZE), dtype=np.float32)
    identity = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
    oracle = frame + mask[..., None].astype(np.float64) * (drawn.astype(np.float64) * 255 - frame)
    np.testing.assert_allclose(paste(frame, drawn, mask, identity), oracle, atol=0.51)


@pytest.mark.parametrize("scale", [0.35, 0.8, 1.0, 1.7, 4.0])
def test_a_crop_pasted_back_is_where_it_came_from(scale: float) -> None:
    """A smooth picture cut out and pasted back is the same picture: no half-pixel shift at any scale."""
    y, x = np.mgrid[0:120, 0:160].astype(np.float32)
    channels = [np.sin(x / 17 + y / 40), np.cos(x / 30 - y / 19), np.sin((x + y) / 25)]
    frame = (127 + 100 * np.stack(channels, -1)).round().astype(np.uint8)
    size = int(60 * scale)
    linear = scale * np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    matrix = np.column_stack([linear, (size - 1) / 2 - linear @ [75.3, 61.8]]).astype(np.float32)
    crop = cv2.warpAffine(frame, matrix, (size, size), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros((size, size), np.float32)
    edge = max(2, size // 8)
    mask[edge:-edge, edge:-edge] = 1
    out = paste(np.zeros_like(frame), crop, mask, matrix)
    solid = frame_mask(mask, matrix, 120, 160) > 0.999
    assert solid.sum() > 500
    difference = np.abs(out.astype(int) - frame)[solid]
    # half a pixel off would be a mean of about 1.5 and a largest of about 4
    assert difference.mean() < 0.8
    assert difference.max() <= 3


def test_a_crop_much_larger_than_the_face_does_not_alias() -> None:
    checker = np.indices((256, 256)).sum(axis=0) % 2
    drawn = np.repeat(checker[..., None], 3, axis=2).astype(np.float32)
    matrix = np.array([[8.3, 0, -3.1], [0, 8.3, 1.7]], np.float32)
    frame = np.zeros((40, 40, 3), np.uint8)
    mask = np.ones((256, 256), np.float32)
    out = paste(frame, drawn, mask, matrix)
    inner = out[2:28, 2:28].astype(int)
    assert np.abs(inner - 128).max() < 20


def test_overshoot_does_not_wrap_around() -> None:
    frame = np.zeros((64, 64, 3), np.uint8)
    drawn = np.zeros((SIZE, SIZE, 3), np.float32)
    drawn[:, SIZE // 2 :] = 1
    out = paste(frame, drawn, np.ones((SIZE, SIZE), np.float32), similarity(0.5, 0, 31.5, 31.5))
    row = out[32, :, 0].astype(int)
    assert row[8:28].max() == 0
    assert row[36:56].min() == 255


def test_nothing_is_placed_far_away_or_where_the_mask_is_empty() -> None:
    drawn, mask = np.ones((SIZE, SIZE, 3), np.float32), np.ones((SIZE, SIZE), np.float32)
    assert place(drawn, mask, similarity(1, 0, 900, 900), (64, 64)) is None
    assert place(drawn, np.zeros_like(mask), similarity(1, 0, 32, 32), (64, 64)) is None


@settings(deadline=None, max_examples=60)
@given(matrices, st.sampled_from([(2, 2), (2, 1), (4, 1)]))
def test_a_window_lies_on_the_grid_and_holds_the_same(matrix: np.ndarray, grid_px: tuple[int, int]) -> None:
    drawn, mask = np.ones((SIZE, SIZE, 3), np.float32), np.ones((SIZE, SIZE), np.float32)
    fine = place(drawn, mask, matrix, (80, 60))
    coarse = place(drawn, mask, matrix, (80, 60), grid_px)
    if fine is None or coarse is None:
        assert fine is coarse
        return
    x0, y0, x1, y1 = coarse.window.box
    assert (x0 % grid_px[0], x1 % grid_px[0], y0 % grid_px[1], y1 % grid_px[1]) == (0, 0, 0, 0)
    inner = coarse.weight[fine.window.y0 - y0 :, fine.window.x0 - x0 :]
    inner = inner[: fine.weight.shape[0], : fine.weight.shape[1]]
    np.testing.assert_allclose(inner, fine.weight, atol=1e-5)
    assert coarse.weight.sum() == pytest.approx(fine.weight.sum(), rel=1e-3)


@settings(deadline=None, max_examples=60)
@given(matrices, st.tuples(*[st.integers(0, 20)] * 2), st.integers(1, 12), st.integers(0, 2**32 - 1))
@example(similarity(1, 3, 0, 0), (0, 0), 1, 0)
def test_the_part_that_is_shown_is_placed_as_the_whole(
    matrix: np.ndarray, corner: tuple[int, int], side: int, seed: int
) -> None:
    drawn = np.random.default_rng(seed).random((SIZE, SIZE, 3), dtype=np.float32)
    mask = np.zeros((SIZE, SIZE), np.float32)
    x, y = corner
    mask[y : y + side, x : x + side] = 0.75
    whole = place_planes(drawn, mask, matrix, (80, 60), (2, 2))
    x0, y0, x1, y1 = shown_part(mask, matrix, (2, 2)).box
    moved = matrix - np.array([[0, 0, x0], [0, 0, y0]], np.float32)
    part = place_planes(drawn[y0:y1, x0:x1], mask[y0:y1, x0:x1], moved, (80, 60), (2, 2))
    if whole is None or part is None:
        assert whole is part
        return
    assert part.window == whole.window
    for name in ("luma", "chroma", "weight", "chroma_weight"):
        np.testing.assert_allclose(getattr(part, name), getattr(whole, name), atol=2e-4)


@pytest.mark.parametrize("grid_px", [(1, 1), (2, 2)])
@pytest.mark.parametrize("scale", [0.3, 0.7, 1.1, 3.0, 6.0])
@pytest.mark.parametrize("border_px", [0, 1, 4, 20])
def test_an_even_face_is_even_wherever_its_mask_ends(
    border_px: int, scale: float, grid_px: tuple[int, int]
) -> None:
    mask = np.zeros((128, 128), np.float32)
    mask[border_px : 128 - border_px, border_px : 128 - border_px] = 1
    drawn = np.full((128, 128, 3), (90, 118, 140), np.float32)
    matrix = np.array([[scale, 0.02, -30 * scale], [-0.02, scale, -26 * scale]], np.float32)
    placed = place_planes(drawn, mask, matrix, (640, 640), grid_px)
    assert placed is not None
    np.testing.assert_allclose(placed.luma, 90 * placed.weight, atol=0.01)
    for plane, level in enumerate((118, 140)):
        np.testing.assert_allclose(placed.chroma[..., plane], level * placed.chroma_weight, atol=0.02)


def test_values_that_are_no_numbers_outside_the_mask_do_no_harm() -> None:
    frame = np.full((64, 64, 3), 7, np.uint8)
    drawn = np.full((SIZE, SIZE, 3), np.nan, np.float32)
    mask = np.zeros((SIZE, SIZE), np.float32)
    mask[4:8, 4:8] = 1
    matrix = similarity(1, 0.1, 32, 32)
    out = paste(frame, drawn, mask, matrix)
    zero = frame_mask(mask, matrix, 64, 64) == 0
    assert (out[zero] == 7).all()


@pytest.mark.parametrize("matrix", [np.zeros((2, 3)), np.full((2, 3), np.nan)])
def test_wrong_arguments_are_refused(matrix: np.ndarray) -> None:
    frame, mask = np.zeros((64, 64, 3), np.uint8), np.ones((SIZE, SIZE), np.float32)
    with pytest.raises(ValueError, match="inverted"):
        paste(frame, np.ones((SIZE, SIZE, 3), np.float32), mask, matrix.astype(np.float32))
    with pytest.raises(ValueError, match="size"):
        paste(frame, np.ones((8, 8, 3), np.float32), mask, similarity(1, 0, 32, 32))
