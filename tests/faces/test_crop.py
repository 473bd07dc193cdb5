import cv2
import numpy as np
import pytest

from understudy.faces.crop import (
    STORED_COVERAGE,
    STORED_MAX_PX,
    cut,
    cut_as_it_lies,
    stored_size_px,
    upright,
)
from understudy.faces.face import FaceSquare
from understudy.media.images import decode_image, encode_jpeg


def textured(height: int, width: int, detail_px: float) -> np.ndarray:
    """Colour noise with nothing much finer than `detail_px`, deviating by 40."""
    noise = np.random.default_rng(0).normal(0, 1, (height, width, 3))
    smooth = cv2.GaussianBlur(noise, (0, 0), detail_px)
    return np.clip(128 + 40 * smooth / smooth.std(), 0, 255).astype(np.uint8)


def about_centre(
    frame: tuple[int, int], size_px: int, scale: float, roll: float, shift: float = 0.3
) -> np.ndarray:
    """(2, 3) crop_from_frame about (nearly) the frame's centre."""
    linear = scale * np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    centre = np.array([frame[1] / 2 + shift, frame[0] / 2 - shift])
    return np.column_stack([linear, (size_px - 1) / 2 - linear @ centre]).astype(np.float32)


def area_average(image: np.ndarray, crop_from_frame: np.ndarray, size_px: int, steps: int = 8) -> np.ndarray:
    """Oracle: the mean of many nearest frame pixels within each crop pixel."""
    fine = (np.arange(size_px * steps) + 0.5) / steps - 0.5
    grid = np.stack(np.meshgrid(fine, fine), axis=-1)
    inverse = np.linalg.inv(crop_from_frame[:, :2].astype(np.float64))
    at = np.rint((grid - crop_from_frame[:, 2]) @ inverse.T).astype(int)
    height, width = image.shape[:2]
    rows, columns = np.clip(at[..., 1], 0, height - 1), np.clip(at[..., 0], 0, width - 1)
    cells = image[rows, columns].astype(np.float64).reshape(size_px, steps, size_px, steps, 3)
    return cells.mean(axis=(1, 3))


@pytest.mark.parametrize("scale", [0.95, 0.7, 0.52, 0.48, 0.31, 0.2, 0.11])
@pytest.mark.parametrize("roll", [0.0, 0.5])
def test_equals_the_slow_area_average(scale: float, roll: float) -> None:
    image = textured(400, 500, detail_px=2 / scale)
    size = round(260 * scale)
    matrix = about_centre((400, 500), size, scale, roll)
    error = cut(image, matrix, size) - area_average(image, matrix, size)
    assert np.sqrt((error**2).mean()) < 1.5
    assert abs(error.mean()) < 0.5


def test_an_enlarged_crop_keeps_the_picture() -> None:
    y, x = np.mgrid[0:80, 0:80]
    image = np.stack([2 * x + 40, 2 * y + 40, x + y], axis=-1).astype(np.uint8)
    matrix = about_centre((80, 80), 120, 3.0, 0.3)
    inverse = np.linalg.inv(matrix[:, :2].astype(np.float64))
    grid = np.stack(np.meshgrid(np.arange(120), np.arange(120)), axis=-1)
    at = (grid - matrix[:, 2]) @ inverse.T  # a linear picture is its own interpolation
    expected = np.stack([2 * at[..., 0] + 40, 2 * at[..., 1] + 40, at.sum(axis=-1)], axis=-1)
    assert np.abs(cut(image, matrix, 120) - expected).max() <= 1.01


def test_the_identity_gives_the_pixels_themselves() -> None:
    image = np.random.default_rng(1).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    matrix = np.array([[1, 0, -7], [0, 1, -3]], np.float32)
    np.testing.assert_array_equal(cut(image, matrix, 40), image[3:43, 7:47])


@pytest.mark.parametrize(("scale", "roll"), [(1.0, 0.1), (1.004, -0.4), (1.0, 0.0)])
def test_a_crop_of_the_same_size_is_as_sharp_and_exact_as_a_cubic_warp(scale: float, roll: float) -> None:
    # waves of 4 to 12 px, whose values between the pixels are known
    y, x = np.mgrid[0:160, 0:160].astype(float)
    matrix = about_centre((160, 160), 128, scale, roll) + np.array([[0, 0, 0.37], [0, 0, 0.21]], np.float32)
    inverse = np.linalg.inv(matrix[:, :2].astype(np.float64))
    at = (np.stack(np.meshgrid(np.arange(128), np.arange(128)), axis=-1) - matrix[:, 2]) @ inverse.T
    image, truth = waves(x, y), waves(at[..., 0], at[..., 1])
    cubic = cv2.warpAffine(image, matrix, (128, 128), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    crop = cut(image, matrix, 128)
    inner = slice(8, -8), slice(8, -8)
    off = [np.sqrt(np.mean((warped[inner] - truth[inner].astype(float)) ** 2)) for warped in (crop, cubic)]
    detail = [float(cv2.Laplacian(warped, cv2.CV_32F)[inner].std()) for warped in (crop, cubic)]
    assert off[0] < 1.5 * off[1]
    assert 0.95 < detail[0] / detail[1] < 1.1


def waves(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    lengths_px = (4.0, 6.0, 9.0, 12.0)
    sums = sum(np.sin(2 * np.pi * (x * np.cos(t) + y * np.sin(t)) / w) for t, w in enumerate(lengths_px))
    return np.repeat(np.clip(128 + 25 * sums, 0, 255).round().astype(np.uint8)[..., None], 3, axis=-1)


@pytest.mark.parametrize("scale", [0.5, 0.4, 0.3, 0.17])
def test_a_fine_checkerboard_shrinks_to_grey(scale: float) -> None:
    y, x = np.mgrid[0:400, 0:400]
    image = np.repeat(((x + y) % 2 * 255).astype(np.uint8)[..., None], 3, axis=-1)
    size = int(300 * scale)
    crop = cut(image, about_centre((400, 400), size, scale, 0.2), size)
    assert np.abs(crop.astype(float) - 127.5).max() < 30
    assert crop.std() < 8


def centroid(image: np.ndarray) -> np.ndarray:
    """(2,) x, y of the centre of the light."""
    weight = image[..., 0].astype(np.float64)
    y, x = np.mgrid[0 : image.shape[0], 0 : image.shape[1]]
    return np.array([(weight * x).sum(), (weight * y).sum()]) / weight.sum()


@pytest.mark.parametrize("scale", [1.3, 1.0, 0.9, 0.51, 0.5, 0.49, 0.34, 0.26, 0.21])
def test_every_scale_puts_a_spot_where_the_matrix_says(scale: float) -> None:
    y, x = np.mgrid[0:401, 0:403]
    spot = 255 * np.exp(-((x - 171.3) ** 2 + (y - 222.6) ** 2) / (2 * 12.0**2))
    image = np.repeat(np.round(spot).astype(np.uint8)[..., None], 3, axis=-1)
    size = int(300 * scale)
    matrix = about_centre((401, 403), size, scale, 0.3)
    expected = matrix[:, :2] @ np.array([171.3, 222.6]) + matrix[:, 2]
    np.testing.assert_allclose(centroid(cut(image, matrix, size)), expected, atol=0.1)


@pytest.mark.parametrize("scale", [2.0, 0.8, 0.3])
def test_beyond_the_frame_its_border_is_repeated(scale: float) -> None:
    image = np.full((90, 120, 3), 50, np.uint8)
    image[:, -10:] = 200
    linear = scale * np.eye(2)
    matrix = np.column_stack([linear, 20 - linear @ np.array([180.0, 45.0])]).astype(np.float32)
    assert (cut(image, matrix, 40)[:, -5:] == 200).all()


def test_a_frame_smaller_than_a_block_is_no_error() -> None:
    image = np.full((3, 3, 3), 77, np.uint8)
    assert (cut(image, about_centre((3, 3), 8, 0.1, 0.0), 8) == 77).all()


def test_a_stored_crop_is_as_large_as_the_footage_gives() -> None:
    def size(side_px: float) -> int:
        return stored_size_px(FaceSquare(x_px=0, y_px=0, side_px=side_px, roll_rad=0))

    assert size(100.0) == 100 * STORED_COVERAGE
    assert size(100.2) == 181
    assert size(5000.0) == STORED_MAX_PX
    assert size(3.0) == 32


def square(x: float, y: float, side: float, roll: float = 0.0) -> FaceSquare:
    return FaceSquare(x_px=x, y_px=y, side_px=side, roll_rad=roll)


@pytest.mark.parametrize("roll", [0.0, 0.3, -0.8, 1.57, 3.0])
def test_as_it_lies_are_the_pixels_themselves_with_all_of_the_face(roll: float) -> None:
    image = np.random.default_rng(0).integers(0, 256, (300, 320, 3), dtype=np.uint8)
    face = square(161.3, 140.8, 60.0, roll)
    crop, matrix = cut_as_it_lies(image, face)
    x0, y0 = (-matrix[:, 2]).astype(int)
    np.testing.assert_array_equal(matrix, [[1, 0, -x0], [0, 1, -y0]])
    np.testing.assert_array_equal(crop, image[y0 : y0 + len(crop), x0 : x0 + len(crop)])
    assert x0 % 8 == y0 % 8 == len(crop) % 8 == 0
    corners = np.array([[-0.5, -0.5], [107.5, -0.5], [-0.5, 107.5], [107.5, 107.5]])
    to_crop = np.linalg.inv(np.vstack([face.crop_from_frame(108, STORED_COVERAGE), [0, 0, 1]]))
    at = corners @ to_crop[:2, :2].T + to_crop[:2, 2] + matrix[:, 2]
    assert at.min() > -0.6
    assert at.max() < len(crop) - 0.4
    assert len(crop) < 108 * (abs(np.cos(roll)) + abs(np.sin(roll))) + 17


def test_on_the_grid_of_the_codec_storing_costs_less_than_beside_it() -> None:
    frame = decode_image(encode_jpeg(textured(300, 320, detail_px=2), quality=80))
    crop, matrix = cut_as_it_lies(frame, square(161.3, 140.8, 60.0))
    x0, y0 = (-matrix[:, 2]).astype(int) + 3
    beside = frame[y0 : y0 + len(crop), x0 : x0 + len(crop)]
    files = [encode_jpeg(image) for image in (crop, beside)]
    off = [
        np.abs(decode_image(file).astype(float) - image).mean()
        for file, image in zip(files, (crop, beside), strict=True)
    ]
    assert off[0] < 0.9 * off[1]
    assert len(files[0]) < 0.9 * len(files[1])


@pytest.mark.parametrize("side_px", [300.0, 431.7, 700.0, 1500.0])
def test_too_many_pixels_are_reduced_and_lie_where_the_matrix_says(side_px: float) -> None:
    height, width = int(2.2 * side_px), int(2.4 * side_px)
    middle = np.array([width / 2 + 3.3, height / 2 - 7.7])
    y, x = np.mgrid[0:height, 0:width]
    spot = 255 * np.exp(-((x - middle[0] - 31) ** 2 + (y - middle[1] + 22) ** 2) / (2 * (side_px / 20) ** 2))
    image = np.repeat(np.round(spot).astype(np.uint8)[..., None], 3, axis=-1)
    crop, matrix = cut_as_it_lies(image, square(*middle, side_px))
    assert STORED_MAX_PX <= len(crop) < STORED_MAX_PX + 20
    expected = matrix[:, :2] @ (middle + np.array([31, -22])) + matrix[:, 2]
    np.testing.assert_allclose(centroid(crop), expected, atol=0.1)


@pytest.mark.parametrize(
    ("x", "y"), [(10, 60), (110, 60), (60, 5), (60, 88), (2, 2), (-300, 50), (500, 40), (60, 900), (-90, -90)]
)
def test_as_it_lies_beyond_the_frame_its_border_is_repeated(x: float, y: float) -> None:
    image = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    crop, matrix = cut_as_it_lies(image, square(x, y, 40.0, 0.2))
    columns = np.clip(np.arange(len(crop)) - int(matrix[0, 2]), 0, 119)
    rows = np.clip(np.arange(len(crop)) - int(matrix[1, 2]), 0, 89)
    np.testing.assert_array_equal(crop, image[rows[:, None], columns])


def test_a_tiny_face_has_a_crop_of_some_size() -> None:
    crop, _ = cut_as_it_lies(np.zeros((90, 120, 3), np.uint8), square(50.0, 50.0, 3.0))
    assert crop.shape == (32, 32, 3)


@pytest.mark.parametrize("side_px", [90.0, 500.0])
def test_upright_from_a_crop_is_what_the_frame_gives(side_px: float) -> None:
    image = textured(int(2.6 * side_px), int(2.8 * side_px), detail_px=side_px / 25)
    face = square(1.4 * side_px + 0.3, 1.3 * side_px - 0.2, side_px, 0.35)
    crop, matrix = cut_as_it_lies(image, face)
    found = upright(crop, matrix, face, 96, 1.5)
    error = found.astype(float) - cut(image, face.crop_from_frame(96, 1.5), 96)
    assert np.sqrt((error**2).mean()) < 1.5
    assert abs(error.mean()) < 0.3
