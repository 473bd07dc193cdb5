"""What a face does by itself is taken away, so that what is left shows a mark."""

import math

import cv2
import numpy as np

from made_marks import face
from understudy.provenance.watermark_host import left_over
from understudy.provenance.watermark_pattern import CANVAS_PX, carriers, pattern
from understudy.provenance.watermark_read import evidence_of, luma_seen, pilot_scores

FRAMES, RATE = 60, 25


def still() -> np.ndarray:
    grey = cv2.resize(face(5), (CANVAS_PX, CANVAS_PX), interpolation=cv2.INTER_AREA)[..., :2] * 255
    return np.asarray(grey, np.float32)


def moving() -> tuple[np.ndarray, np.ndarray]:
    """Frames of a picture that bends, and what landmarks in it say."""
    x, y = np.meshgrid(np.arange(CANVAS_PX, dtype=np.float32), np.arange(CANVAS_PX, dtype=np.float32))
    points = np.stack(np.meshgrid(np.arange(4, 128, 8), np.arange(4, 128, 8)), axis=-1).reshape(-1, 2)
    frames, meshes = [], []
    for number in range(FRAMES):
        bend = np.float32(3 * math.sin(number / 7))
        # what lies at (x, y) came from there
        frames.append(cv2.remap(still(), x + bend * np.sin(y / 30), y, cv2.INTER_LINEAR, borderMode=1))
        meshes.append(points - np.stack([bend * np.sin(points[:, 1] / 30), np.zeros(len(points))], axis=-1))
    return np.stack(frames), np.asarray(meshes, np.float32)


def test_a_picture_that_moves_as_its_mesh_says_leaves_little() -> None:
    frames, meshes = moving()
    middle = np.s_[:, 16:-16, 16:-16]
    with_mesh, without = (np.square(left_over(frames, each)[middle]).mean() for each in (meshes, None))
    assert with_mesh < 0.1 * without
    np.testing.assert_allclose(left_over(frames, None), frames - frames.mean(axis=0))


def test_a_picture_that_stays_leaves_what_was_added() -> None:
    rng = np.random.default_rng(0)
    added = rng.normal(0, 1, (FRAMES, CANVAS_PX, CANVAS_PX, 2)).astype(np.float32)
    meshes = np.repeat(rng.uniform(0, CANVAS_PX, (1, 50, 2)), FRAMES, axis=0).astype(np.float32)
    np.testing.assert_allclose(left_over(still() + added, meshes), added - added.mean(axis=0), atol=1e-3)


def test_what_all_waves_do_together_is_no_mark() -> None:
    rng, waves = np.random.default_rng(1), pattern()
    times = np.arange(FRAMES) / RATE
    mark = waves.picture(carriers(times) @ waves.pilot.astype(np.float32))
    light = rng.normal(0, 60, (1, waves.pilot.shape[1])) * np.sin(times * 9)[:, None]
    grain = rng.normal(0, 1, mark.shape).astype(np.float32)
    canvases = mark + waves.picture(light.astype(np.float32)) + grain
    # as if nothing were known of the light
    seen, _ = waves.waves(canvases - canvases.mean(axis=0))
    summed = carriers(times).T @ seen
    plain = float((summed * waves.pilot).sum() / np.sqrt(np.square(summed).sum()))
    evidence = evidence_of(waves, np.stack([canvases] * 2, axis=-1), times)
    scores = pilot_scores(waves, luma_seen([evidence]))
    assert plain < 5
    assert scores[0] > 2 * max(plain, 6)
    assert scores.argmax() == 0
