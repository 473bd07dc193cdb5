from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from measure.made_faces import made_face, picture_of
from training.made_samples import made_samples
from understudy.core.errors import MediaError
from understudy.core.types import Image, Matrix
from understudy.faces.crop import cut_as_it_lies
from understudy.faces.expression import EXPRESSION_SIZE, against_rest, expression_vector
from understudy.faces.face import Face
from understudy.faces.faceset_records import StoredFace
from understudy.faces.mesh import FACE_OVAL, INNER_LIPS, LEFT_EYELIDS, NOSE_TIP, RIGHT_EYELIDS
from understudy.media.images import encode_jpeg
from understudy.training import samples as samples_module
from understudy.training.batches import batches
from understudy.training.samples import draw_masks, load_samples, sample_size_px

SIZE, COVERAGE = 64, 1.25


def stored(folder: Path, number: int, face: Face) -> StoredFace:
    path = folder / f"{number}.jpg"
    crop, crop_from_frame = cut_as_it_lies(picture_of(face), face.square)
    path.write_bytes(encode_jpeg(crop))
    return StoredFace(
        id=number,
        source_id=1,
        frame_index=number,
        pts=number,
        time_s=Fraction(number, 25),
        face=face,
        crop_path=path,
        crop_size_px=crop.shape[0],
        crop_from_frame=crop_from_frame,
        state="kept",
        reason="",
    )


def averaged(frame: Image, crop_from_frame: Matrix, side_px: int) -> Image:
    """Each pixel of a crop the mean of 8 x 8 looks at the frame."""
    fine = 8 * crop_from_frame.astype(np.float64)
    fine[:, 2] += 3.5
    many = cv2.warpAffine(frame, fine, (8 * side_px, 8 * side_px), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(many, (side_px, side_px), interpolation=cv2.INTER_AREA), np.uint8)


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> list[StoredFace]:
    folder = tmp_path_factory.mktemp("crops")
    made = [
        made_face(mouth=0.01 * i, pose_deg=(3.0 * i - 15, 0, 4.0 * i - 20), centre_px=(120 + i, 130))
        for i in range(11)
    ]
    return [stored(folder, i, face) for i, face in enumerate(made)]


def test_a_sample_is_the_frame_cut_a_little_wider_than_the_network_sees(faces: list[StoredFace]) -> None:
    samples = load_samples("a", faces, SIZE, COVERAGE)
    side = sample_size_px(SIZE)
    assert samples.planes.shape == (11, 5, side, side)
    for index in (0, 5, 10):
        face = faces[index].face
        # oracle: straight from the frame, without the stored crop between, each pixel a mean
        matrix = face.square.crop_from_frame(side, COVERAGE * side / SIZE)
        straight = averaged(picture_of(face), matrix, side)
        error = samples.planes[index, :3].transpose(1, 2, 0).astype(float) - straight
        assert np.sqrt((error**2).mean()) < 2
        # and not shifted: half a pixel either way fits worse
        for dx, dy in ((0.5, 0), (-0.5, 0), (0, 0.5), (0, -0.5)):
            moved = matrix + np.array([[0, 0, dx], [0, 0, dy]], np.float32)
            worse = samples.planes[index, :3].transpose(1, 2, 0).astype(float) - averaged(
                picture_of(face), moved, side
            )
            assert (worse**2).mean() > (error**2).mean()


def test_samples_and_batches_are_the_same_from_a_file(faces: list[StoredFace], tmp_path: Path) -> None:
    held, mapped = (load_samples("a", faces, SIZE, COVERAGE, where) for where in (None, tmp_path))
    assert isinstance(mapped.planes, np.memmap)
    np.testing.assert_array_equal(held.planes, mapped.planes)
    first, second = (next(batches([samples, samples], 3, 1, 0)) for samples in (held, mapped))
    assert torch.equal(first.face_B3HW, second.face_B3HW)
    assert torch.equal(first.truth_B4HW, second.truth_B4HW)


@pytest.mark.parametrize("size_px", [64, 96, 128, 127])
def test_the_sample_shares_the_centre_of_what_the_network_sees(size_px: int) -> None:
    side = sample_size_px(size_px)
    assert side % 2 == 0
    assert side == pytest.approx(1.2 * size_px, abs=1)


def test_masks_hold_what_they_are_of(faces: list[StoredFace]) -> None:
    samples = load_samples("a", faces, SIZE, COVERAGE)
    side = sample_size_px(SIZE)
    for index, entry in enumerate(faces):
        matrix = entry.square.crop_from_frame(side, COVERAGE * side / SIZE)
        points = entry.face.landmarks_px[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        face, focus = samples.planes[index, 3:]

        def at(mask: np.ndarray, xy: np.ndarray) -> int:
            return int(mask[round(float(xy[1])), round(float(xy[0]))])

        assert at(face, points[NOSE_TIP]) == 255
        assert face[0].max() == face[:, 0].max() == face[:, -1].max() == 0
        for part in (LEFT_EYELIDS, RIGHT_EYELIDS, INNER_LIPS):
            assert at(focus, points[list(part)].mean(axis=0)) > 150
        cheek = (points[50] + points[234]) / 2
        assert at(focus, cheek) < 30
        assert at(face, cheek) == 255
        outside = focus[face == 0]
        assert (outside > 200).mean() < 0.01


def test_the_face_mask_is_the_hull_of_the_oval() -> None:
    face = made_face(centre_px=(60, 60), side_px=70)
    mask, _ = draw_masks(face.landmarks_px[:, :2], 120, 100)
    hull = cv2.convexHull(face.landmarks_px[list(FACE_OVAL), :2])
    y, x = np.mgrid[0:120, 0:120]
    distance = np.array(
        [cv2.pointPolygonTest(hull, (float(a), float(b)), True) for a, b in zip(x.flat, y.flat, strict=True)]
    ).reshape(120, 120)
    assert (mask[distance > 0.5] == 255).all()
    assert (mask[distance < -2] == 0).all()


def test_the_focus_is_soft_and_grows_with_the_picture() -> None:
    face = made_face(centre_px=(60, 60), side_px=70)
    small, large = (draw_masks(face.landmarks_px[:, :2], 120, size)[1] for size in (32, 128))
    assert large.astype(int).sum() > 1.3 * small.astype(int).sum()
    assert len(np.unique(large)) > 50
    assert np.abs(np.diff(large.astype(int), axis=0)).max() < 120


def test_expressions_are_against_rest_in_both_views(faces: list[StoredFace]) -> None:
    expressions = load_samples("a", faces, SIZE, COVERAGE).expressions
    assert expressions.shape == (11, 2, EXPRESSION_SIZE)
    lips = 80  # the first numbers: their rest is that of the faces with the mouth most nearly shut
    np.testing.assert_allclose(np.median(expressions, axis=0)[:, lips:-2], 0, atol=1e-4)
    as_is = np.stack([expression_vector(f.face.landmarks_px, f.face.iris_px) for f in faces])
    np.testing.assert_allclose(expressions[:, 0], against_rest(as_is), atol=1e-4)
    yaw = expressions[:, :, -2]
    np.testing.assert_allclose(yaw[:, 1], -yaw[:, 0], atol=0.01)
    np.testing.assert_allclose(yaw[:, 0] * 15, 3.0 * np.arange(11) - 15, atol=0.1)


def test_of_too_many_an_even_choice_is_taken(
    faces: list[StoredFace], monkeypatch: pytest.MonkeyPatch
) -> None:
    every = load_samples("a", faces, SIZE, COVERAGE)
    monkeypatch.setattr(samples_module, "MAX_FACES", 6)
    some = load_samples("a", faces, SIZE, COVERAGE)
    assert len(some) == 6
    np.testing.assert_array_equal(some.planes, every.planes[[0, 2, 4, 6, 8, 10]])


def test_a_missing_crop_is_named(faces: list[StoredFace], tmp_path: Path) -> None:
    gone = replace(faces[0], crop_path=tmp_path / "gone.jpg")
    with pytest.raises(MediaError, match=r"gone\.jpg"):
        load_samples("a", [gone], SIZE, COVERAGE)


@pytest.mark.parametrize("count", [1, 9, 10, 11, 57])
def test_every_tenth_is_held_out_and_no_other(count: int) -> None:
    samples = made_samples("a", count, size_px=8)
    assert samples.held_out.tolist() == [i for i in range(count) if i % 10 == 9]
    assert sorted([*samples.held_out, *samples.training]) == list(range(count))
