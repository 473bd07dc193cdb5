"""Flicker, seam, truth and untouched: ideal on themselves, worse under the damage they are for."""

import cv2
import numpy as np
import pytest

from measure.made_faces import made_face, picture_of
from understudy.faces.face import Face
from understudy.faces.mesh import FACE_OVAL
from understudy.measure.flicker import FlickerMeter
from understudy.measure.region import inner_face_mask
from understudy.measure.seam import frame_seam, seam
from understudy.measure.truth import compare_with_truth
from understudy.measure.untouched import background_difference, largest_change_outside


def moving(i: int) -> Face:
    return made_face(centre_px=(120 + 2.5 * i, 128 + np.sin(i)), pose_deg=(2 * i, 0, i), mouth=0.01 * (i % 3))


def flicker_of(damage) -> float:
    meter, seen = FlickerMeter(), []
    for i in range(8):
        face = moving(i)
        target = picture_of(face)
        value = meter.update(damage(i, target, face), target, face)
        assert (value is None) == (i == 0)
        if value is not None:
            seen.append(value)
    return float(np.mean(seen))


def test_flicker_is_zero_on_the_target_and_grows_with_flicker() -> None:
    assert flicker_of(lambda i, image, face: image) == 0
    other = flicker_of(lambda i, image, face: picture_of(face, tint=(170, 120, 90)))
    weak = flicker_of(lambda i, image, face: cv2.convertScaleAbs(image, alpha=1 + 0.03 * (-1) ** i))
    strong = flicker_of(lambda i, image, face: cv2.convertScaleAbs(image, alpha=1 + 0.08 * (-1) ** i))
    # another steady face that moves alike hardly flickers
    assert abs(other) < 1.0
    assert 2 < weak < strong


def test_flicker_without_a_face_starts_again() -> None:
    meter, face = FlickerMeter(), moving(0)
    image = picture_of(face)
    assert meter.update(image, image, face) is None
    assert meter.update(image, image, None) is None
    assert meter.update(image, image, face) == 0


def bordered(image: np.ndarray, face: Face, level: int, blur_px: float) -> np.ndarray:
    """Darken the face within its outline, with a hard or a soft border."""
    hull = cv2.convexHull(face.landmarks_px[list(FACE_OVAL), :2].astype(np.float32))
    hull = (hull - hull.mean(axis=0)) * 0.9 + hull.mean(axis=0)
    mask = np.zeros(image.shape[:2], np.float32)
    cv2.fillConvexPoly(mask, np.round(hull).astype(np.int32), (1.0,))
    if blur_px:
        mask = cv2.GaussianBlur(mask, (0, 0), blur_px)
    return np.clip(image - level * mask[..., None], 0, 255).astype(np.uint8)


def test_seam_sees_an_edge_along_the_border_and_forgives_a_soft_one() -> None:
    face = made_face(pose_deg=(15, 5, -10))
    image = picture_of(face)
    assert seam(image, image, face) == 0
    hard = seam(bordered(image, face, 20, 0), image, face)
    harder = seam(bordered(image, face, 40, 0), image, face)
    soft = seam(bordered(image, face, 20, 8), image, face)
    noise = np.random.default_rng(0).normal(0, 3, image.shape)
    noisy = seam(np.clip(image + noise, 0, 255).astype(np.uint8), image, face)
    assert hard is not None
    assert harder is not None
    assert soft is not None
    assert noisy is not None
    assert soft < 0.6 * hard
    assert hard < harder
    assert noisy < 0.3 * hard
    assert hard > 1.5


def test_seam_is_the_slope_across_the_border_whatever_its_direction() -> None:
    """Oracle: a picture that brightens by 1.5 levels a pixel from the outline inward, all round."""
    face = made_face(side_px=128)  # so large that a crop pixel is a frame pixel
    hull = cv2.convexHull(face.landmarks_px[list(FACE_OVAL), :2].astype(np.float32))
    near = np.zeros((256, 256), np.float32)
    for y in range(256):
        for x in range(256):
            near[y, x] = cv2.pointPolygonTest(hull, (x, y), True)
    target = np.full((256, 256, 3), 90, np.uint8)
    output = np.repeat(np.clip(90 + 1.5 * near, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    assert seam(output, target, face) == pytest.approx(1.5, abs=0.05)


def test_an_outline_as_sharp_as_the_targets_is_no_seam() -> None:
    face = made_face()
    wall = np.full((256, 256, 3), 100, np.uint8)
    lighter, darker = bordered(wall, face, -40, 0), bordered(wall, face, 40, 0)
    assert seam(darker, lighter, face) == 0
    assert seam(bordered(darker, face, 40, 0), lighter, face) > 5  # type: ignore[operator]
    assert seam(wall, lighter, face) == 0  # smoother than the target is no seam either


def test_features_that_reach_the_border_in_a_few_places_are_no_seam_of_a_frame() -> None:
    face = made_face()
    wall = np.full((256, 256, 3), 100, np.uint8)
    outline = face.landmarks_px[list(FACE_OVAL), :2]
    middle = outline.mean(axis=0)
    featured = wall.copy()
    for at in outline[[2, 3, 33, 34]]:  # where brows end, left and right
        x, y = np.round(at + 0.15 * (middle - at)).astype(int).tolist()
        cv2.circle(featured, (x, y), 3, (20, 20, 20), -1)
    assert seam(featured, wall, face) > 1.5  # type: ignore[operator]
    assert frame_seam(featured, wall, face) < 0.2  # type: ignore[operator]
    both = bordered(featured, face, 20, 0)
    assert frame_seam(both, wall, face) > 1.5  # type: ignore[operator]


def test_a_step_around_half_of_a_face_is_a_seam_of_a_frame() -> None:
    face = made_face()
    wall = np.full((256, 256, 3), 100, np.uint8)
    half = wall.copy()
    half[:, 128:] = bordered(wall, face, 20, 0)[:, 128:]
    assert frame_seam(wall, wall, face) == 0
    assert frame_seam(half, wall, face) > 1  # type: ignore[operator]


def test_seam_of_a_face_partly_outside_and_fully_outside() -> None:
    face = made_face(centre_px=(10, 128))
    image = picture_of(face)
    assert seam(image, image, face) == frame_seam(image, image, face) == 0
    beyond = made_face(centre_px=(-900, 128))
    assert seam(image, image, beyond) is frame_seam(image, image, beyond) is None


def test_truth_is_one_on_itself_and_falls_with_damage() -> None:
    face = made_face(pose_deg=(10, 5, 8))
    image = picture_of(face)
    same = compare_with_truth(image, face, image, face)
    blurred = compare_with_truth(cv2.GaussianBlur(image, (0, 0), 3), face, image, face)
    tinted = compare_with_truth(picture_of(face, tint=(120, 90, 70)), face, image, face)
    wrong = compare_with_truth(picture_of(made_face(pose_deg=(10, 5, 8), mouth=0.08)), face, image, face)
    assert same is not None
    assert blurred is not None
    assert tinted is not None
    assert wrong is not None
    assert same.ssim == pytest.approx(1, abs=1e-4)
    assert same.psnr > 60
    for damaged in (blurred, tinted, wrong):
        assert damaged.ssim < same.ssim - 0.01
        assert damaged.psnr < same.psnr - 10
    assert tinted.psnr < wrong.psnr


def test_truth_aligns_place_size_and_landmark_error() -> None:
    truth_face = made_face(pose_deg=(5, 0, 0))
    truth = picture_of(truth_face)
    moved_face = made_face(pose_deg=(5, 0, 14), centre_px=(131.3, 122.8), side_px=110)
    moved = picture_of(moved_face)
    aligned = compare_with_truth(moved, moved_face, truth, truth_face)
    # the landmarks' own error: the square lies 3 px off
    square = made_face(pose_deg=(5, 0, 14), centre_px=(134.3, 120.8), side_px=110)
    off = compare_with_truth(moved, square, truth, truth_face)
    assert aligned is not None
    assert off is not None
    assert aligned.ssim > 0.93
    assert off.ssim > aligned.ssim - 0.03


def test_inner_face_is_inside_the_outline() -> None:
    face = made_face()
    mask = inner_face_mask(face.landmarks_px, 256)
    hull = cv2.convexHull(face.landmarks_px[list(FACE_OVAL), :2].astype(np.float32))
    outline = np.zeros((256, 256), np.uint8)
    cv2.fillConvexPoly(outline, np.round(hull).astype(np.int32), (1,))
    assert (outline[mask > 0] == 1).all()
    assert 0.3 < mask.sum() / outline.sum() < 0.8
    for point in (4, 159, 386, 105, 334, 13, 14):
        x, y = np.round(face.landmarks_px[point, :2]).astype(int)
        assert mask[y, x] == 1
    with pytest.raises(ValueError, match="468"):
        inner_face_mask(face.landmarks_px[:68], 256)


def test_untouched_finds_one_grey_level_in_one_pixel() -> None:
    before = np.random.default_rng(0).integers(0, 255, (40, 50, 3), dtype=np.uint8)
    mask = np.zeros((40, 50), np.float32)
    mask[10:20, 10:20] = 0.001
    after = before.copy()
    after[10:20, 10:20] = 0
    assert largest_change_outside(before, after, mask) == 0
    after[39, 49, 2] += 1
    assert largest_change_outside(before, after, mask) == 1
    after[0, 0] = 255
    before[0, 0] = 0
    assert largest_change_outside(before, after, mask) == 255
    assert largest_change_outside(before, after, np.ones_like(mask)) == 0
    with pytest.raises(ValueError, match="sizes"):
        largest_change_outside(before, after[:9], mask)


@pytest.mark.parametrize("size_px", [256, 1400])
def test_background_is_the_mean_change_away_from_the_face(size_px: int) -> None:
    face = made_face(side_px=size_px / 4, centre_px=(size_px / 2, size_px / 2))
    target = np.full((size_px, size_px, 3), 90, np.uint8)
    away = target.copy()
    away[: size_px // 8] += 16  # an eighth of the frame, and none of it near the face
    radius = 0.9 * size_px / 4
    share = size_px**2 / 8 / (size_px**2 - np.pi * radius**2)
    assert background_difference(away, target, face) == pytest.approx(16 * share, rel=0.03)
    assert background_difference(away, target, None) == pytest.approx(2, rel=0.02)
    swapped = target.copy()
    cv2.circle(swapped, (size_px // 2, size_px // 2), round(0.85 * size_px / 4), (0, 0, 0), -1)
    assert background_difference(swapped, target, face) == 0
    assert background_difference(away, target, made_face(side_px=4 * size_px)) is None
