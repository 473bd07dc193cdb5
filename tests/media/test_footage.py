"""Footage: one contract for videos, images and folders, and what paths stand for."""

import re
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from clips import make_clip, picture
from understudy.core.errors import MediaError
from understudy.media.footage import expand_footage, open_footage, sha256_of
from understudy.media.images import write_image


def a_video(folder: Path) -> Path:
    return make_clip(folder / "a.mp4", frames=6, rotation_deg=90)


def an_image(folder: Path) -> Path:
    write_image(folder / "a.png", picture(0, 64, 96))
    return folder / "a.png"


def a_folder(folder: Path) -> Path:
    inner = folder / "images"
    inner.mkdir()
    for index in range(12):
        write_image(inner / f"frame{index}.png", picture(index, 64, 96))
    (inner / "notes.txt").write_text("no image")
    (inner / ".hidden.png").write_text("no image")
    return inner


def a_pattern(folder: Path) -> Path:
    return a_folder(folder) / "frame*.png"


SOURCES = {
    "video": (a_video, 6),
    "image": (an_image, 1),
    "folder": (a_folder, 12),
    "pattern": (a_pattern, 12),
    "numbers": (lambda folder: a_folder(folder) / "frame%d.png", 12),
}


@pytest.fixture(params=SOURCES)
def footage(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, int]:
    make, count = SOURCES[request.param]
    return make(tmp_path), count


def test_contract_frames(footage: tuple[Path, int]) -> None:
    path, count = footage
    with open_footage(path) as source:
        info = source.info
        frames = list(source)
    assert [frame.index for frame in frames] == list(range(count))
    assert (info.path, info.frames_hint, info.width_px, info.height_px) == (path, count, 64, 96)
    assert all(a.time_s < b.time_s for a, b in pairwise(frames))
    assert {frame.time_base for frame in frames} == {info.time_base}
    assert frames[0].pts == info.start_pts
    for frame in frames:
        assert frame.image.shape == (96, 64, 3)
        assert frame.image.dtype == np.uint8
        assert frame.image.flags.c_contiguous
    assert source.warnings == []


def test_contract_start_index(footage: tuple[Path, int]) -> None:
    path, count = footage
    with open_footage(path) as source:
        whole = list(source)
    with open_footage(path, start_index=count - 1) as source:
        rest = list(source)
    assert [(frame.index, frame.pts) for frame in rest] == [(whole[-1].index, whole[-1].pts)]
    np.testing.assert_array_equal(rest[0].image, whole[-1].image)
    with open_footage(path, start_s=whole[-1].time_s - whole[0].time_s) as source:
        assert [frame.index for frame in source] == [count - 1]
    with open_footage(path, start_index=count) as source:
        assert list(source) == []
    with pytest.raises(ValueError, match="start_index"):
        open_footage(path, start_index=-1)


def test_contract_close_is_repeatable(footage: tuple[Path, int]) -> None:
    source = open_footage(footage[0])
    source.close()
    source.close()


def test_folder_is_in_natural_order_at_25_hz(tmp_path: Path) -> None:
    with open_footage(a_folder(tmp_path)) as source:
        for frame in source:
            np.testing.assert_array_equal(frame.image, picture(frame.index, 64, 96))
            assert frame.time_s == Fraction(frame.index, 25)


def test_folder_takes_mixed_sizes_and_says_what_it_leaves_out(tmp_path: Path) -> None:
    write_image(tmp_path / "1.png", picture(0, 40, 30))
    (tmp_path / "2.png").write_bytes(b"broken")
    write_image(tmp_path / "10.jpg", picture(0, 20, 50))
    with open_footage(tmp_path) as source:
        frames = list(source)
    assert [frame.image.shape for frame in frames] == [(30, 40, 3), (50, 20, 3)]
    assert [frame.index for frame in frames] == [0, 2]
    assert len(source.warnings) == 1
    assert "2.png" in source.warnings[0]


def test_expand_lists_videos_and_keeps_image_folders(tmp_path: Path) -> None:
    videos = tmp_path / "videos"
    videos.mkdir()
    for name in ("b10.mp4", "b2.MPG", "a.mkv", "a.align", ".hidden.mp4"):
        (videos / name).touch()
    images = a_folder(tmp_path)
    single = videos / "b2.MPG"
    assert expand_footage([videos, images, single]) == [
        videos / "a.mkv",
        videos / "b2.MPG",
        videos / "b10.mp4",
        images,
    ]


def test_neither_videos_nor_images_of_a_mixed_folder_are_lost(tmp_path: Path) -> None:
    mixed = a_folder(tmp_path)
    (mixed / "a.mp4").touch()
    with pytest.raises(MediaError, match=r"images holds both videos \(1\) and images \(12\)"):
        expand_footage([mixed])
    # as files they go together
    both = [mixed / "a.mp4", mixed / "frame0.png"]
    assert expand_footage(both) == both


def test_patterns_stand_for_pieces(tmp_path: Path) -> None:
    images = a_folder(tmp_path)
    for name in ("b10.mp4", "b2.mp4", "sub/a.mkv", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    videos = [tmp_path / "b2.mp4", tmp_path / "b10.mp4", tmp_path / "sub" / "a.mkv"]
    # the images of a pattern are one piece, its videos are one each, and each is taken once
    some = images / "frame?.png"
    assert expand_footage([some, tmp_path / "b*", tmp_path / "**" / "*.m[pk]*"]) == [some, *videos]
    everything = tmp_path / "**" / "*"
    assert expand_footage([everything]) == [everything, *videos]
    with open_footage(some) as footage:
        assert [frame.index for frame in footage] == list(range(10))


def test_one_video_of_a_pattern_opens_and_several_do_not(tmp_path: Path) -> None:
    video = a_video(tmp_path)
    with open_footage(tmp_path / "?.mp4") as footage:
        assert footage.info.path == video
    (tmp_path / "b.mp4").touch()
    with pytest.raises(MediaError, match=r"\?\.mp4 stands for 2 videos"):
        open_footage(tmp_path / "?.mp4")


def test_a_real_name_with_brackets_opens(tmp_path: Path) -> None:
    write_image(tmp_path / "take[1]*.png", picture(0, 64, 96))
    assert expand_footage([tmp_path / "take[1]*.png"]) == [tmp_path / "take[1]*.png"]
    with open_footage(tmp_path / "take[1]*.png") as footage:
        assert len(list(footage)) == 1


def test_digest_of_a_pattern_is_that_of_its_images(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    assert sha256_of(folder / "*.png") == sha256_of(folder)
    some = sha256_of(folder / "frame?.png")
    assert some not in (sha256_of(folder), sha256_of(folder / "frame1?.png"))
    write_image(folder / "frame10.png", picture(3, 64, 96))
    assert sha256_of(folder / "frame?.png") == some
    write_image(folder / "frame3.png", picture(4, 64, 96))
    assert sha256_of(folder / "frame?.png") != some
    # images of one name in two folders are told apart
    (tmp_path / "other").mkdir()
    write_image(tmp_path / "other" / "frame1.png", picture(9, 64, 96))
    both = sha256_of(tmp_path / "*" / "frame1.png")
    (tmp_path / "other").rename(tmp_path / "others")
    assert sha256_of(tmp_path / "*" / "frame1.png") != both


def only_text(folder: Path) -> Path:
    (folder / "a.txt").touch()
    return folder / "*.t*"


def empty_folder(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


@pytest.mark.parametrize("call", [lambda path: expand_footage([path]), open_footage])
@pytest.mark.parametrize(
    "make", [empty_folder, lambda folder: folder / "missing", lambda folder: folder / "no*.mp4", only_text]
)
def test_nothing_usable_is_named(tmp_path: Path, call: Callable, make: Callable) -> None:
    path = make(tmp_path)
    with pytest.raises(MediaError, match=re.escape(path.name)) as caught:
        call(path)
    assert caught.value.next_step


def test_other_errors(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no footage"):
        expand_footage([])
    for name in ("1.png", "2.png"):
        (tmp_path / name).write_bytes(b"broken")
    with pytest.raises(MediaError, match="none of the 2 images"):
        open_footage(tmp_path)
    with pytest.raises(MediaError, match=r"1\.png"):
        open_footage(tmp_path / "1.png")


def test_digest_follows_names_and_contents(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    first = sha256_of(folder)
    assert len(first) == 64
    (folder / "notes.txt").write_text("still no image")
    assert sha256_of(folder) == first
    (folder / "frame3.png").rename(folder / "frame03.png")
    renamed = sha256_of(folder)
    assert renamed != first
    write_image(folder / "frame5.png", picture(9, 64, 96))
    assert sha256_of(folder) not in (first, renamed)
    assert sha256_of(folder / "frame4.png") != sha256_of(folder / "frame5.png")
