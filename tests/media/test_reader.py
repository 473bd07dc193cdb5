"""Reading: every frame once, its own time, upright, and a plain word where a file is bad."""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from clips import corner_picture, cut, make_clip, picture
from understudy.core.errors import MediaError
from understudy.core.types import Frame
from understudy.media.reader import VideoReader

FINE = {"qmin": "1", "qmax": "2"}


def read(path: Path, **options: int) -> tuple[list[Frame], VideoReader]:
    with VideoReader(path, **options) as reader:
        return list(reader), reader


def test_every_frame_comes_once_and_in_order(tmp_path: Path) -> None:
    frames, reader = read(make_clip(tmp_path / "a.mp4", frames=30))
    assert [frame.index for frame in frames] == list(range(30))
    assert reader.info.frames_hint == 30
    assert reader.info.duration_s == Fraction(30, 25)
    assert not reader.warnings
    for frame in frames:
        assert frame.image.dtype == np.uint8
        assert frame.image.flags.c_contiguous
        error = np.abs(frame.image.astype(int) - picture(frame.index, 96, 64)).mean()
        other = np.abs(frame.image.astype(int) - picture(frame.index + 3, 96, 64)).mean()
        assert error < 3 < other


@pytest.mark.parametrize(
    ("name", "time_base", "pts"),
    [
        ("ntsc.mp4", Fraction(1, 30000), [1001 * i for i in range(40)]),
        ("variable.mp4", Fraction(1, 90000), [0, 3000, 3001, 9000, 45000, 90001]),
        ("variable.mkv", Fraction(1, 1000), [0, 33, 34, 100, 2000]),
        ("late.mkv", Fraction(1, 1000), [500, 540, 580]),
        ("one.mp4", Fraction(1, 25), [0]),
    ],
)
def test_times_are_exact(tmp_path: Path, name: str, time_base: Fraction, pts: list[int]) -> None:
    frames, reader = read(make_clip(tmp_path / name, time_base=time_base, pts=pts))
    assert [frame.pts for frame in frames] == pts
    assert {frame.time_base for frame in frames} == {time_base} == {reader.info.time_base}
    assert [frame.time_s for frame in frames] == [p * time_base for p in pts]
    assert reader.info.start_pts == pts[0]


def test_start_index_leaves_out_what_comes_before(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=12)
    whole, _ = read(path)
    rest, _ = read(path, start_index=9)
    assert [frame.index for frame in rest] == [9, 10, 11]
    assert [frame.pts for frame in rest] == [frame.pts for frame in whole[9:]]
    np.testing.assert_array_equal(rest[0].image, whole[9].image)
    assert read(path, start_index=50)[0] == []


@pytest.mark.parametrize(
    ("rotation_deg", "is_mirrored", "red", "blue"),
    # where a player shows the red top left and the blue top right corner of the coded picture
    [
        (0, False, "top left", "top right"),
        (90, False, "top right", "bottom right"),
        (180, False, "bottom right", "bottom left"),
        (270, False, "bottom left", "top left"),
        (0, True, "top right", "top left"),
        (90, True, "bottom right", "top right"),
    ],
)
def test_rotated_footage_comes_upright(
    tmp_path: Path, rotation_deg: int, is_mirrored: bool, red: str, blue: str
) -> None:
    path = make_clip(
        tmp_path / "turned.mp4",
        frames=2,
        image=corner_picture(96, 64),
        rotation_deg=rotation_deg,
        is_mirrored=is_mirrored,
    )
    frames, reader = read(path)
    image = frames[0].image
    height, width = image.shape[:2]
    assert (width, height) == ((64, 96) if rotation_deg in (90, 270) else (96, 64))
    assert (reader.info.width_px, reader.info.height_px) == (width, height)
    assert (reader.info.coded_width_px, reader.info.coded_height_px) == (96, 64)
    assert (reader.info.rotation_deg, reader.info.orientation.is_mirrored) == (rotation_deg, is_mirrored)
    corners = {
        f"{vertical} {horizontal}": image[y, x].astype(int)
        for vertical, y in (("top", 4), ("bottom", -5))
        for horizontal, x in (("left", 4), ("right", -5))
    }
    assert corners[red][0] > corners[red][2] + 100
    assert corners[blue][2] > corners[blue][0] + 100


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("odd.mp4", {"size_px": (101, 75), "pixel_format": "yuv444p"}, ("yuv444p", 8, 101, 75)),
        ("odd.mkv", {"size_px": (101, 75), "codec": "ffv1"}, ("yuv420p", 8, 101, 75)),
        ("ten.mp4", {"codec": "libx265", "pixel_format": "yuv420p10le"}, ("yuv420p10le", 10, 96, 64)),
        (
            "old.mpg",
            {"codec": "mpeg1video", "codec_options": {"qmin": "1", "qmax": "2"}},
            ("yuv420p", 8, 96, 64),
        ),
        ("a.avi", {"codec": "mpeg4", "codec_options": FINE}, ("yuv420p", 8, 96, 64)),
        ("a.ts", {}, ("yuv420p", 8, 96, 64)),
    ],
)
def test_reads_other_formats(tmp_path: Path, name: str, options: dict, expected: tuple) -> None:
    frames, reader = read(make_clip(tmp_path / name, frames=30, **options))
    info = reader.info
    assert (info.pixel_format, info.bit_depth, info.width_px, info.height_px) == expected
    assert len(frames) == 30
    error = np.abs(frames[20].image.astype(int) - picture(20, info.width_px, info.height_px)).mean()
    assert error < 6


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("front.mp4", {"container_options": {"movflags": "faststart"}}),
        ("a.mkv", {}),
        ("a.ts", {}),
        ("a.avi", {"codec": "mpeg4", "codec_options": {}}),
        ("a.mpg", {"codec": "mpeg1video", "codec_options": {}, "audio": ("mp2",)}),
        ("a.gif", {"codec": "gif", "pixel_format": "rgb8", "codec_options": {}}),
    ],
)
def test_broken_off_file_is_used_up_to_the_break(tmp_path: Path, name: str, options: dict) -> None:
    whole = make_clip(tmp_path / name, frames=100, **options)
    assert read(whole)[1].warnings == []
    frames, reader = read(cut(whole, 0.6))
    assert 20 < len(frames) < 100
    assert len(reader.warnings) == 1
    reached_s = frames[-1].time_s + Fraction(1, 25)
    assert "breaks off" in reader.warnings[0]
    assert reader.warnings[0].startswith(Path(name).stem + "_cut")
    assert f"{float(reached_s):.2f}" in reader.warnings[0]


def test_frames_hidden_by_an_edit_list_are_not_missed(tmp_path: Path) -> None:
    path = make_clip(
        tmp_path / "trimmed.mp4",
        pts=list(range(-4, 20)),
        codec_options={"bf": "0", "qp": "0"},
        container_options={"avoid_negative_ts": "disabled"},
    )
    frames, reader = read(path)
    assert reader.info.frames_hint == 24
    assert [frame.pts for frame in frames] == list(range(20))
    assert reader.warnings == []


def test_damage_in_the_middle_costs_a_warning(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mkv", frames=60, codec="ffv1", codec_options={"slicecrc": "1"})
    with av.open(str(path)) as container:
        at = [packet.pos for packet in container.demux(video=0) if packet.size][30]
    data = bytearray(path.read_bytes())
    data[at + 40 : at + 140] = b"\x55" * 100
    path.write_bytes(data)
    frames, _ = read(path)
    assert len(frames) >= 59


def no_video(path: Path) -> None:
    with av.open(str(path), "w") as container:
        sound = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
        frame.sample_rate = 44100
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))


def no_frame(path: Path) -> None:
    data = make_clip(path, container_options={"movflags": "faststart"}).read_bytes()
    path.write_bytes(data[: data.index(b"mdat") + 8])


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("missing.mp4", lambda path: None, "does not exist"),
        ("folder.mp4", lambda path: path.mkdir(), "is a folder"),
        ("empty.mp4", lambda path: path.touch(), "is empty"),
        (
            "notes.mp4",
            lambda path: path.write_text("hello, this is no video\n" * 50),
            "cannot be read as video",
        ),
        (
            "notes.txt",
            lambda path: path.write_text("hello, this is no video\n" * 50),
            "is no video of a kind that is read",
        ),
        ("noise.mp4", lambda path: path.write_bytes(bytes(range(256)) * 64), "cannot be read as video"),
        ("sound.m4a", no_video, "no video stream"),
        ("index_only.mp4", no_frame, "no frame that can be decoded"),
        (
            "lost.mp4",
            lambda path: path.write_bytes(make_clip(path).read_bytes()[:2000]),
            "cannot be read as video",
        ),
    ],
)
def test_bad_files_are_named_with_a_next_step(tmp_path: Path, name: str, make, message: str) -> None:
    path = tmp_path / name
    make(path)
    with pytest.raises(MediaError, match=message) as caught:
        VideoReader(path)
    assert name in str(caught.value)
    assert caught.value.next_step
    assert "\n" not in str(caught.value)


def test_negative_start_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="start_index"):
        VideoReader(tmp_path / "a.mp4", start_index=-1)


_LEAVE_WHILE_A_THREAD_READS = """
import sys
from pathlib import Path
from understudy.core.prefetch import prefetch
from understudy.media.reader import VideoReader
for round in range(40):
    held = []
    try:
        with VideoReader(Path(sys.argv[1])) as reader:
            held.append(prefetch(reader, depth=64))
            for frame in held[0]:
                raise KeyError
    except KeyError:
        pass
print("alive")
"""


def test_closing_waits_for_a_thread_that_reads(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=90, size_px=(320, 240), audio=("aac",))
    command = [sys.executable, "-c", _LEAVE_WHILE_A_THREAD_READS, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr


def test_a_closed_reader_says_so(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=60)
    reader = VideoReader(path)
    frames = iter(reader)
    next(frames)
    reader.close()
    with pytest.raises(MediaError, match="closed"):
        list(frames)
    with pytest.raises(MediaError, match="closed"):
        list(reader)


def test_a_picture_may_be_painted_over(tmp_path: Path) -> None:
    # this codec decodes to RGB and keeps the last picture, where most of the next is the same
    size = (128, 64)  # rows of 128 pixels have no padding, so that the array can be the decoder's memory
    path = make_clip(
        tmp_path / "a.mov",
        frames=8,
        codec="qtrle",
        pixel_format="rgb24",
        size_px=size,
        image=picture(0, *size),
    )
    untouched, _ = read(path)
    with VideoReader(path) as reader:
        for frame, expected in zip(reader, untouched, strict=True):
            np.testing.assert_array_equal(frame.image, expected.image)
            frame.image[...] = 255
