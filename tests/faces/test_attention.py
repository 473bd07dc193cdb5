import numpy as np
import pytest

from understudy.faces.attention import Box, Part, sample

PART = Part(points=np.arange(2, 8), left=0, right=1, margin=np.array([1.5, 2.0], np.float32))
UPRIGHT = np.array([[0, 0], [1, 0], [2, 1], [6, 1], [6, 4], [2, 4], [3, 2], [5, 3]], np.float32)


def turned(points: np.ndarray, angle: float) -> np.ndarray:
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (points @ turn.T).astype(np.float32)


def test_a_part_is_as_large_as_its_points_and_their_margin() -> None:
    box = PART.locate(UPRIGHT)
    np.testing.assert_allclose(box.centre, [4, 2.5], atol=1e-6)
    np.testing.assert_allclose(box.sides, [[4 * 1.5, 0], [0, 3 * 2.0]], atol=1e-6)


@pytest.mark.parametrize("angle", [0.3, -2.0, 3.1])
def test_a_part_turns_with_its_points(angle: float) -> None:
    straight, box = PART.locate(UPRIGHT), PART.locate(turned(UPRIGHT, angle))
    unit = np.random.default_rng(0).uniform(0, 1, (20, 2)).astype(np.float32)
    np.testing.assert_allclose(box.carry(unit), turned(straight.carry(unit), angle), atol=1e-5)


def test_points_in_one_place_have_a_box_of_no_size() -> None:
    box = PART.locate(np.ones((8, 2), np.float32))
    assert np.isfinite(box.sides).all()
    np.testing.assert_allclose(box.centre, [1, 1])


def test_sampling_is_bilinear() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(12, 15, 3)).astype(np.float32)
    boxes = [PART.locate(turned(UPRIGHT, 0.4)), PART.locate(UPRIGHT * 2.5)]  # the second reaches out
    found = sample(features, boxes, 5)
    assert found.shape == (2, 5, 5, 3)
    # oracle: one value at a time, each of the four neighbours by its overlap with a cell around the place
    for n, box in enumerate(boxes):
        for row in range(5):
            for column in range(5):
                x, y = box.carry(np.array([[(column + 0.5) / 5, (row + 0.5) / 5]], np.float32))[0] - 0.5
                x, y = np.clip(x, 0, 14), np.clip(y, 0, 11)
                value = sum(
                    max(0, 1 - abs(x - j)) * max(0, 1 - abs(y - i)) * features[i, j]
                    for i in range(12)
                    for j in range(15)
                )
                np.testing.assert_allclose(found[n, row, column], value, atol=1e-5)


def test_the_whole_map_at_its_own_size_is_the_map() -> None:
    features = np.random.default_rng(2).normal(size=(6, 6, 4)).astype(np.float32)
    whole = Box(sides=np.eye(2, dtype=np.float32) * 6, centre=np.array([3, 3], np.float32))
    np.testing.assert_allclose(sample(features, [whole], 6)[0], features, atol=1e-6)
