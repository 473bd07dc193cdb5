import itertools
from dataclasses import replace

import cv2
import numpy as np
import pytest

from understudy.core.picture import Picture, as_picture
from understudy.core.types import Image
from understudy.faces.detect import BlazeFace, Detection, overlap
from understudy.faces.search import FaceSearch, SearchConfig, tiles


class Spotlight:
    """Sees one face around the brightest pixel, if it is bright; its key points tell up from down."""

    def __init__(self, score: float = 0.9) -> None:
        self.score = score
        self.looks = 0

    def detect(self, image: Image | Picture) -> list[Detection]:
        self.looks += 1
        luma = as_picture(image).whole()[..., 0]
        y, x = np.unravel_index(int(luma.argmax()), luma.shape)
        if luma[y, x] < 200:
            return []
        points = np.array([[x, y - 2]] * 6, np.float32)
        box = np.array([x - 5, y - 5, x + 5, y + 5], np.float32)
        return [Detection(box_px=box, keypoints_px=points, score=self.score)]


def picture(width: int, height: int, *spots: tuple[int, int]) -> Image:
    image = np.full((height, width, 3), 50, np.uint8)
    for x, y in spots:
        image[y, x] = 255
    return image


@pytest.mark.parametrize(
    ("width", "height"), [(480, 270), (640, 480), (1280, 720), (1920, 1080), (1080, 1920), (3840, 2160)]
)
def test_tiles_cover_the_frame_and_overlap(width: int, height: int) -> None:
    config = SearchConfig()
    found = tiles(width, height, config)
    assert 2 <= len(found) <= config.most_tiles
    covered = np.zeros((height, width), np.int32)
    for x, y, side in found:
        assert 0 <= x < width
        assert 0 <= y < height
        covered[y : y + side, x : x + side] += 1
    assert covered.min() >= 1
    columns = sorted({x for x, _, _ in found})
    side = found[0][2]
    assert all(
        right - left <= (1 - config.tile_overlap) * side + 1 for left, right in itertools.pairwise(columns)
    )


def test_a_frame_as_small_as_a_tile_has_none() -> None:
    assert tiles(280, 200, SearchConfig()) == []


@pytest.mark.parametrize("spot", [(10, 10), (470, 260), (250, 130)])
def test_a_new_shot_is_looked_at_in_every_view_and_faces_lie_where_they_are(spot: tuple[int, int]) -> None:
    search = FaceSearch((), (Spotlight(),))
    found = search.closer(picture(480, 270, spot), is_new_shot=True, nothing_found=True)
    assert len(found) >= 3 + 1  # turned three ways, and in one tile at least
    assert all(candidate.doubtful for candidate in found)
    for candidate in found:
        box = candidate.detection.box_px
        np.testing.assert_allclose((box[:2] + box[2:]) / 2, spot)


def test_what_is_up_in_a_turned_frame_is_not_up_in_the_frame() -> None:
    search = FaceSearch((), (Spotlight(),))
    found = search.closer(picture(200, 100, (60, 30)), is_new_shot=True, nothing_found=True)
    ups = {tuple((c.detection.keypoints_px[0] - (60, 30)).tolist()) for c in found}
    assert ups == {(0.0, 2.0), (2.0, 0.0), (-2.0, 0.0)}  # no tiles: the frame is small


def test_large_frames_are_turned_small_and_faces_lie_where_they_are() -> None:
    frame = picture(1100, 700)
    frame[300:312, 800:812] = 255
    turned = FaceSearch((), (Spotlight(),)).closer(frame, is_new_shot=True, nothing_found=True)[:3]
    for candidate in turned:
        box = candidate.detection.box_px
        np.testing.assert_allclose((box[:2] + box[2:]) / 2, (805.5, 305.5), atol=8)


def test_later_frames_share_the_views_among_them() -> None:
    detector = Spotlight()
    search = FaceSearch((), (detector,))
    dark = picture(480, 270)
    views = 3 + len(tiles(480, 270, SearchConfig()))
    for i in range(views):
        search.closer(dark, is_new_shot=False, nothing_found=True)
        assert detector.looks == i + 1
    spot = picture(480, 270, (100, 100))
    hits = [bool(search.closer(spot, is_new_shot=False, nothing_found=True)) for _ in range(views)]
    assert sum(hits) >= 4


def test_near_looks_around_a_place_and_nowhere_else() -> None:
    search = FaceSearch((), (Spotlight(),))
    lost = np.array([2, 2, 22, 22], np.float32)
    (found,) = search.near(picture(480, 270, (40, 50)), lost)
    np.testing.assert_allclose(found.detection.box_px, [35, 45, 45, 55])
    assert search.near(picture(480, 270, (400, 50)), lost) == []


def test_unsure_detections_in_parts_of_the_frame_are_none() -> None:
    search = FaceSearch((), (Spotlight(score=0.4),))
    assert search.closer(picture(480, 270, (100, 100)), is_new_shot=True, nothing_found=True) == []


def test_what_only_a_later_detector_says_is_in_doubt_and_asked_for_in_new_shots() -> None:
    frame = picture(480, 270, (40, 50))
    search = FaceSearch((Spotlight(), Spotlight(score=0.7)))
    found = search.whole(frame, is_new_shot=True)
    assert [(c.detection.score, c.doubtful) for c in found] == [(0.9, False), (0.7, True)]
    assert len(search.whole(frame, is_new_shot=False)) == 1
    assert [(c.detection.score, c.doubtful) for c in search.again(frame)] == [(0.7, True)]


def test_beside_a_large_face_every_tile_of_a_new_shot_is_looked_at_that_it_leaves_free() -> None:
    detector = Spotlight()
    search, config = FaceSearch((), (detector,)), SearchConfig()
    windows = tiles(1280, 720, replace(config, most_tiles=config.most_beside))
    assert 2 <= len(windows) <= config.most_beside
    x, y, side = windows[0]
    large = np.array([x, y, x + 0.8 * side, y + 0.8 * side], np.float32)
    frame = picture(1280, 720, (1200, 200))
    found = search.beside(frame, [large], is_new_shot=True)
    assert detector.looks == len(windows) - 1
    assert found
    assert all(candidate.doubtful for candidate in found)
    np.testing.assert_allclose(found[0].detection.box_px, [1195, 195, 1205, 205])
    search.beside(frame, [large], is_new_shot=False)
    assert detector.looks == len(windows)


def test_beside_a_face_that_fills_a_small_frame_nothing_is_looked_at() -> None:
    detector = Spotlight()
    search = FaceSearch((), (detector,))
    large = np.array([50, 30, 250, 190], np.float32)
    assert search.beside(picture(300, 220, (10, 10)), [large], is_new_shot=True) == []
    assert detector.looks == 0


def test_a_wide_shot_shows_small_faces_or_none() -> None:
    search, frame = FaceSearch((), (Spotlight(),)), picture(640, 480)
    small, large = np.array([0, 0, 40, 40], np.float32), np.array([0, 0, 90, 90], np.float32)
    assert search.is_wide(frame, [])
    assert search.is_wide(frame, [small])
    assert not search.is_wide(frame, [small, large])


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_the_real_detector_finds_a_face_that_lies_or_stands_on_its_head(
    short_range: BlazeFace, full_range: BlazeFace, still: np.ndarray, turns: int
) -> None:
    (upright,) = short_range.detect(still)
    image = np.ascontiguousarray(np.rot90(still, turns))
    found = FaceSearch((), (short_range, full_range)).closer(image, is_new_shot=True, nothing_found=True)
    side = still.shape[0] - 1  # it is square
    corners = upright.box_px.reshape(2, 2)
    x, y = corners[:, 0], corners[:, 1]
    turned = {1: (y, side - x), 2: (side - x, side - y), 3: (side - y, x)}[turns]
    box = np.array([turned[0].min(), turned[1].min(), turned[0].max(), turned[1].max()])
    assert any(overlap(box, c.detection.box_px[None])[0] > 0.9 for c in found)


def test_the_real_detectors_find_a_face_in_a_tile_that_they_miss_in_the_frame(
    short_range: BlazeFace, full_range: BlazeFace, still: np.ndarray
) -> None:
    frame = np.full((720, 1280, 3), 110, np.uint8)
    frame[300:344, 900:944] = cv2.resize(still, (44, 44), interpolation=cv2.INTER_AREA)
    search = FaceSearch((short_range, full_range), (short_range, full_range))
    assert search.whole(frame, is_new_shot=True) == []
    found = search.closer(frame, is_new_shot=True, nothing_found=False)
    assert found
    for candidate in found:
        box = candidate.detection.box_px
        assert (box[:2] > [895, 295]).all()
        assert (box[2:] < [949, 349]).all()
