"""What is shown of each step, against the parts that do it in earnest."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from understudy.core.errors import ConfigError, ConsentError
from understudy.core.geometry import transform_points
from understudy.core.identity_folder import FOLDER_VARIABLE
from understudy.faces.faceset import Faceset
from understudy.faces.stored_crop import read_upright
from understudy.media.reader import VideoReader
from understudy.workflows.explain import Explanation, mesh_lines
from understudy.workflows.explain_frame import frame_of
from understudy.workflows.explain_material import ExplainConfig, gather


@pytest.fixture(scope="module")
def explanation(facesets, model) -> Explanation:
    source, target = facesets
    return Explanation(ExplainConfig(source=source, target=target, model=model))


def stored_of(explanation, face):
    return explanation.material.target.faces[face]


def test_the_frame_is_that_of_the_footage_and_the_face_lies_in_it(explanation, clips):
    seen = explanation.frame(5)
    with VideoReader(clips["target"]) as reader:
        (frame,) = [one for one in reader if one.index == explanation.frame_number(5)]
    assert seen.is_whole
    assert np.array_equal(seen.image, frame.image)
    assert np.array_equal(seen.face.landmarks_px, stored_of(explanation, 5).face.landmarks_px)


def test_without_footage_the_crop_is_shown_with_the_face_moved_into_it(explanation):
    stored = stored_of(explanation, 5)
    whole, part = frame_of(stored, Path("gone.mp4")), explanation.frame(5)
    assert not whole.is_whole
    aligned = [
        cv2.warpAffine(one.image, one.face.square.crop_from_frame(64, 1.25), (64, 64))
        for one in (whole, part)
    ]
    assert np.abs(aligned[0].astype(float) - aligned[1]).mean() < 3
    moved = transform_points(stored.crop_from_frame, stored.face.landmarks_px[:, :2])
    assert np.allclose(whole.face.landmarks_px[:, :2], moved, atol=1e-3)


def test_a_face_is_drawn_as_the_model_draws_it(explanation):
    read, model, role = explanation.read(3), explanation.material.model, explanation.role
    for shown, identity in ((read.own, role.target), (read.other, role.source)):
        drawn, _ = model.draw(read.aligned[None], identity, of=role.target)
        assert np.abs(shown - 255 * drawn[0]).max() < 3
    stored = stored_of(explanation, 3)
    preset = model.preset
    upright = read_upright(stored, preset.size_px, preset.coverage)
    assert np.abs(read.aligned.astype(float) - upright).mean() < 2


def test_offsets_move_both_faces_and_none_moves_neither(explanation):
    read = explanation.read(3)
    for still, given in zip((read.own, read.other), explanation.draw(3, []), strict=True):
        assert np.abs(still.astype(int) - given).max() <= 3
    for still, given in zip((read.own, read.other), explanation.draw(3, [3.0]), strict=True):
        assert np.abs(still.astype(int) - given).mean() > 0.5
    beyond, most = explanation.draw(3, [1000.0]), explanation.draw(3, [4.0])
    assert np.array_equal(beyond[0], most[0])


def test_training_pairs_are_moved_alike_and_only_what_is_read_is_bent(explanation):
    one, again, other = (explanation.undone(3, seed) for seed in (1, 1, 2))
    assert np.array_equal(one.read, again.read)
    assert not np.array_equal(one.read, other.read)
    # a square grid, bent by about as much as is said, as a share of the picture
    ends = np.linspace(0.06, 0.94, len(one.grid) // 2)
    straight = one.grid[: len(ends), :, 1] - ends[:, None]
    assert 0 < np.abs(straight).max() * 128 < 6 * one.bend_px
    assert one.error > 0


def test_the_blend_changes_the_face_and_nothing_where_the_mask_is_black(explanation):
    blended = explanation.blended(3)
    outside = cv2.dilate(blended.mask, np.ones((9, 9))) == 0
    for image in (blended.soft, blended.matched):
        assert np.abs(image.astype(int) - blended.before)[outside].max() <= 2
    changed = np.abs(blended.matched.astype(int) - blended.before)[blended.mask > 250]
    assert changed.mean() > 2
    laid = np.abs(blended.laid.astype(int) - blended.before)[outside]
    assert laid.mean() > 2  # a plain square has its edges
    assert 0 < blended.mask_share < 1


def test_the_shipped_start_draws_where_nothing_is_trained(facesets, tmp_path):
    source, target = facesets
    material = gather(ExplainConfig(source=source, target=target, model=tmp_path / "none"), lambda _: None)
    assert material.steps == 0
    faces = np.zeros((1, 128, 128, 3), np.uint8)
    one, other = (material.model.draw(faces, name)[0] for name in ("source", "target"))
    assert np.array_equal(one, other)  # which is what the page says


def test_a_production_without_both_facesets_is_explained_on_the_actors(tmp_path, facesets):
    assert ExplainConfig.of_production(tmp_path).source is None
    for role, folder in zip(("source", "target"), facesets, strict=True):
        (tmp_path / f"{role}.faceset").symlink_to(folder)
    assert ExplainConfig.of_production(tmp_path).source == tmp_path / "source.faceset"


def test_one_faceset_or_one_person_is_refused(facesets):
    with pytest.raises(ConfigError, match="two people"):
        gather(ExplainConfig(source=facesets[0]), lambda _: None)
    with pytest.raises(ConfigError, match="both facesets hold"):
        gather(ExplainConfig(source=facesets[0], target=facesets[0]), lambda _: None)


def test_lines_join_each_pair_of_landmarks_once():
    lines = mesh_lines()
    assert len(lines) == len({frozenset(line) for line in lines}) > 1000
    assert {point for line in lines for point in line} <= set(range(468))


def test_the_face_that_is_shown_first_is_seen_from_the_front(explanation):
    yaw = abs(float(stored_of(explanation, explanation.best).face.pose_deg[0]))
    assert yaw <= np.median([abs(float(one.face.pose_deg[0])) for one in explanation.material.target.faces])
    with Faceset.open(explanation.material.facesets[1]) as faceset:
        assert explanation.faces == faceset.count()


def test_a_model_draws_nobody_who_took_their_leave_back(facesets, model, tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))  # of records: there are none
    with pytest.raises(ConsentError):
        gather(ExplainConfig(source=facesets[0], target=facesets[1], model=model), lambda _: None)
