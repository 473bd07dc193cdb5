"""Reasons to reject a face."""

import cv2
import numpy as np
import pytest

from understudy.core.types import Frame
from understudy.faces.crop import STORED_COVERAGE, cut
from understudy.faces.face import Face
from understudy.faces.faults import (
    BLACK,
    BURNT_OUT,
    FAULTS,
    HIDDEN,
    NO_FACE,
    OUT_OF_FRAME,
    TOO_SMALL,
    crispness,
    fault_of,
    is_blurred,
)
from understudy.faces.quality import sharpness

GOOD = {"side_px": 120.0, "in_frame": 1.0, "clipped": 0.0, "brightness": 120.0, "occlusion": 0.05}


@pytest.mark.parametrize(
    ("figures", "fault"),
    [
        ({"side_px": 23.0}, TOO_SMALL),
        ({"in_frame": 0.45}, OUT_OF_FRAME),
        ({"clipped": 0.55, "brightness": 9.0}, BLACK),
        ({"clipped": 0.55, "brightness": 240.0}, BURNT_OUT),
        ({"occlusion": 0.65}, HIDDEN),
        # as far as a usable face may go
        ({"side_px": 25.0, "in_frame": 0.55, "clipped": 0.45, "occlusion": 0.5}, ""),
    ],
)
def test_each_fault_has_its_reason(figures: dict[str, float], fault: str) -> None:
    assert fault_of(GOOD | figures, 1.0) == fault
    assert fault in (*FAULTS, "")


def test_what_is_hardly_a_face() -> None:
    assert fault_of(GOOD, 0.6) == NO_FACE
    assert fault_of(GOOD, 0.75) == ""


def test_a_face_of_an_older_faceset_without_figures_is_left_alone() -> None:
    assert fault_of({"sharpness": 1.0}, 1.0) == ""


def test_a_small_face_is_not_blurred_for_being_small(performance: list[tuple[Frame, Face]]) -> None:
    frame, face = performance[0]
    crop = cut(frame.image, face.square.crop_from_frame(180, STORED_COVERAGE / 2), 180)
    small = np.asarray(cv2.resize(crop, (36, 36), interpolation=cv2.INTER_AREA))
    large_crispness = crispness({"sharpness": sharpness(crop), "side_px": 200.0})
    small_crispness = crispness({"sharpness": sharpness(small), "side_px": 40.0})
    assert sharpness(small) < 0.6 * sharpness(crop)
    assert not is_blurred(small_crispness, large_crispness)
    soft = np.asarray(cv2.GaussianBlur(small, (0, 0), 3), np.uint8)
    assert crispness({"sharpness": sharpness(soft), "side_px": 40.0}) < 0.6 * small_crispness


def test_blur_is_told_against_the_persons_other_faces() -> None:
    assert is_blurred(2.0, 6.0)
    assert not is_blurred(2.0, 4.0)
