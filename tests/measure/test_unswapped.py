"""Whether a face is the target's own: by its coarse picture, measured by what encoding does around it."""

import cv2
import numpy as np
import pytest

from measure.made_faces import made_face, picture_of
from understudy.measure.unswapped import face_change, unswapped_share


def test_the_same_face_has_not_changed_and_noise_hardly_counts() -> None:
    face = made_face()
    target = picture_of(face)
    assert face_change(target, target, face) == 0
    noise = np.random.default_rng(0).normal(0, 8, target.shape)
    noisy = np.clip(target + noise, 0, 255).astype(np.uint8)
    other = picture_of(face, tint=(150, 110, 90))
    changes = face_change(noisy, target, face), face_change(other, target, face)
    assert changes[0] is not None
    assert changes[1] is not None
    assert changes[0] < 4  # pixels differ by 6 levels each
    assert changes[1] > 15


def test_what_changes_elsewhere_is_no_change_of_the_face() -> None:
    face = made_face()
    target = picture_of(face)
    output = target.copy()
    cv2.rectangle(output, (0, 0), (40, 255), (255, 0, 0), -1)
    assert face_change(output, target, face) == 0


def test_a_face_outside_the_frame_is_not_known() -> None:
    face = made_face(centre_px=(-400, 100))
    image = np.zeros((256, 256, 3), np.uint8)
    assert face_change(image, image, face) is None


@pytest.mark.parametrize(
    ("changes", "backgrounds", "share"),
    [
        ([0.0, 0.0], [0.0, 0.0], 1.0),  # the same file
        ([4.4, 9.3], [4.2, 4.5], 1.0),  # the target, compressed until it shows
        ([10.9, 8.8, 9.6], [0.7, 0.4, 3.7], 0.0),  # swaps, the last one compressed, too
        ([None, 0.1, 20.0], [0.3, 0.3, None], 0.5),
        ([None], [0.5], None),
        ([], [], None),
    ],
)
def test_the_share_of_frames_that_show_the_targets_own_face(
    changes: list[float | None], backgrounds: list[float | None], share: float | None
) -> None:
    assert unswapped_share(changes, backgrounds) == share
