"""Expressions while somebody looks, against what `animate` writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from actors import frames_of
from understudy.core.errors import ConsentError
from understudy.expression.file import read_expression
from understudy.expression.names import MESH_NAMES
from understudy.media.images import read_image, write_image
from understudy.media.reader import VideoReader
from understudy.workflows import animate
from understudy.workflows.animate_config import AnimateConfig
from understudy.workflows.expression_live import LivePhoto
from understudy.workflows.expression_words import POSES

SMILE = {"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8, "yaw": 6.0, "gaze_yaw": 10.0}


@pytest.fixture(scope="module")
def photo(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    write_image(path, frames_of("A_testA", 1)[0].image)
    return path


@pytest.fixture(scope="module")
def live(photo) -> LivePhoto:
    return LivePhoto(photo, "A")


def test_every_coefficient_and_the_pose_have_a_slider_that_begins_as_the_photo_is(live):
    sliders = {one.name: one for one in live.sliders}
    assert set(sliders) == {*MESH_NAMES, *POSES, "gaze_yaw", "gaze_pitch"}
    assert all(one.low <= one.value <= one.high for one in sliders.values())
    all_given = live.drawn({name: one.value for name, one in sliders.items()})
    assert np.abs(all_given.astype(int) - live.drawn({})).mean() < 0.5


def test_what_is_seen_is_what_is_saved(live, photo, tmp_path):
    result = live.save_picture(SMILE, tmp_path / "out.png")
    assert result.identity == "A"
    assert np.array_equal(read_image(tmp_path / "out.png"), live.drawn(SMILE))
    by_hand = tmp_path / "by_hand.png"
    animate.run(AnimateConfig(photo=photo, out=by_hand, expression=SMILE, identity="A"))
    assert np.array_equal(read_image(by_hand), read_image(tmp_path / "out.png"))


def test_an_expression_file_gives_the_same_picture(live, photo, tmp_path):
    live.save_expression(SMILE, tmp_path / "smile.json")
    stored = read_expression(tmp_path / "smile.json")
    assert float(stored.of("mouthSmileLeft")[0]) == pytest.approx(0.8)
    animate.run(
        AnimateConfig(photo=photo, out=tmp_path / "f.png", driving=tmp_path / "smile.json", identity="A")
    )
    still = {name: value for name, value in SMILE.items() if name != "yaw"}  # a picture keeps its own pose
    assert np.abs(read_image(tmp_path / "f.png").astype(int) - live.drawn(still)).mean() < 0.3


def test_a_clip_begins_and_ends_as_the_photo_and_shows_the_expression_between(live, tmp_path):
    live.save_clip(SMILE, tmp_path / "clip.mp4")
    with VideoReader(tmp_path / "clip.mp4") as reader:
        frames = [frame.image for frame in reader]
    assert len(frames) == 50
    for number, values in ((0, {}), (25, SMILE), (49, {})):
        assert np.abs(frames[number].astype(int) - live.drawn(values)).mean() < 3, number


def test_nobody_is_shown_without_their_leave(photo):
    with pytest.raises(ConsentError, match="may be used"):
        LivePhoto(photo, "nobody who agreed")
