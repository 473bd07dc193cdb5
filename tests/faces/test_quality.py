import cv2
import numpy as np
import pytest

from measure.made_faces import made_face
from understudy.core.types import Frame
from understudy.faces.crop import STORED_COVERAGE, cut
from understudy.faces.face import Face
from understudy.faces.quality import SMALLEST_SIDE_PX, reason_to_reject, sharpness


def test_blur_lowers_sharpness_step_by_step(performance: list[tuple[Frame, Face]]) -> None:
    frame, face = performance[0]
    crop = cut(frame.image, face.square.crop_from_frame(300, STORED_COVERAGE), 300)
    figures = [sharpness(crop)]
    figures += [sharpness(np.asarray(cv2.GaussianBlur(crop, (0, 0), sigma), np.uint8)) for sigma in (1, 2, 4)]
    assert figures == sorted(figures, reverse=True)
    assert figures[0] > 2 * figures[-1]


def test_a_flat_crop_has_none() -> None:
    assert sharpness(np.full((200, 200, 3), 90, np.uint8)) == 0


def test_only_the_middle_counts() -> None:
    crop = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    crop[50:150, 50:150] = 128
    assert sharpness(crop) == 0


@pytest.mark.parametrize("size_px", [32, 33, 200, 512])
def test_every_size_of_crop_has_a_figure(size_px: int) -> None:
    crop = np.random.default_rng(0).integers(0, 256, (size_px, size_px, 3), dtype=np.uint8)
    assert sharpness(crop) > 1


def test_a_tiny_face_is_rejected_with_its_reason() -> None:
    assert reason_to_reject(made_face(side_px=SMALLEST_SIDE_PX + 1)) == ""
    assert reason_to_reject(made_face(side_px=SMALLEST_SIDE_PX - 1)) == "smaller than 24 px"
