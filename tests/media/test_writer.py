"""Writing: as many frames as the target, at its times, with its audio, or no file at all."""

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
import pytest

from clips import corner_picture, cut, make_clip, picture
from footage import beside
from limits import an_ordinary_user
from understudy.core.errors import MediaError
from understudy.core.types import Frame
from understudy.media.info import VideoInfo
from understudy.media.probe import packets_digest, presentation_times, stream_spans
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter

FRONT = {"movflags": "faststart"}
VARIABLE = [9000, 12000, 13001, 20000, 45000, 45010, 61000, 90000]
CLIPS: dict[str, tuple[str, dict]] = {
    "plain": ("a.mp4", {"audio": ("aac",)}),
    "ntsc": (
        "ntsc.mp4",
        {"rate_hz": Fraction(30000, 1001), "time_base": Fraction(1, 30000), "audio": ("aac",)},
    ),
    "variable rate": ("v.mp4", {"time_base": Fraction(1, 90000), "pts": VARIABLE, "audio": ("aac",)}),
    "milliseconds": ("v.mkv", {"time_base": Fraction(1, 1000), "pts": [33, 67, 100, 133, 167, 900]}),
    "starts late": ("l.mp4", {"time_base": Fraction(1, 12800), "pts": [6401 + 512 * i for i in range(20)]}),
    "rotated": ("r.mp4", {"rotation_deg": 90, "audio": ("aac",)}),
    "rotated and mirrored": ("m.mov", {"rotation_deg": 270, "is_mirrored": True}),
    "silent": ("s.mp4", {}),
    "two audio streams": ("t.mp4", {"audio": ("aac", "mp2")}),
    "late audio": ("la.mp4", {"audio": ("aac",), "audio_start_s": Fraction(1, 3)}),
    "odd size": ("o.mp4", {"size_px": (101, 75), "pixel_format": "yuv444p", "audio": ("aac",)}),
    "odd size 4:2:0": ("o.mkv", {"size_px": (101, 75), "codec": "ffv1"}),
    "10 bits": ("ten.mp4", {"codec": "libx265", "pixel_format": "yuv420p10le", "audio": ("aac",)}),
    "full range": ("full.mp4", {"tags": (1, 1, 1, 2)}),
    "BT.601": ("601.mp4", {"tags": (6, 6, 6, 1)}),
    "cut MP4": ("c.mp4", {"frames": 100, "audio": ("aac",), "container_options": FRONT}),
    "cut Matroska": ("c.mkv", {"frames": 100, "audio": ("mp2",)}),
    "program stream": ("p.mpg", {"codec": "mpeg1video", "codec_options": {"b": "2M"}, "audio": ("mp2",)}),
    "cut program stream": (
        "c.mpg",
        {"frames": 100, "codec": "mpeg1video", "codec_options": {"b": "2M"}, "audio": ("mp2",)},
    ),
    "transport stream": ("t.ts", {"audio": ("aac",)}),
    "AVI": ("a.avi", {"codec": "mpeg4", "codec_options": {"b": "2M"}, "audio": ("mp2",)}),
}


def target_clip(kind: str, folder: Path) -> Path:
    name, options = CLIPS[kind]
    path = make_clip(folder / name, **options)
    return cut(path, 0.6) if kind.startswith("cut") else path


def copy(target: Path, output: Path) -> tuple[list[Frame], VideoInfo, list[str]]:
    with VideoReader(target) as reader, VideoWriter(output, like=reader.info) as writer:
        frames = []
        for frame in reader:
            writer.write(frame)
            frames.append(frame)
    return frames, reader.info, writer.warnings


@pytest.mark.parametrize("kind", CLIPS)
def test_same_frames_times_audio_and_tags(tmp_path: Path, kind: str) -> None:
    target = target_clip(kind, tmp_path)
    output = tmp_path / "out put ü.mp4"
    frames, info, _ = copy(target, output)
    with VideoReader(output) as reader:
        written = list(reader)

    assert not reader.warnings
    assert len(frames) > 5
    assert [frame.time_s for frame in written] == [frame.time_s for frame in frames]
    assert presentation_times(output) == [frame.time_s for frame in frames]
    for field in ("time_base", "width_px", "height_px", "coded_width_px", "coded_height_px", "orientation"):
        assert getattr(reader.info, field) == getattr(info, field), field
    assert reader.info.sample_aspect_ratio == info.sample_aspect_ratio
    assert reader.info.audio_streams == info.audio_streams
    # a limited range is what no range means, and the encoder leaves it out where nothing else is known
    assert reader.info.colour == info.colour or reader.info.colour == replace(info.colour, range=0)
    assert packets_digest(output) == packets_digest(target)
    for before, after in zip(frames, written, strict=True):
        error = after.image.astype(int) - before.image
        assert np.abs(error).mean() < 3
        assert np.abs(error.mean(axis=(0, 1))).max() < 2.5


@pytest.mark.parametrize(
    "kind", ["plain", "variable rate", "late audio", "two audio streams", "program stream"]
)
def test_audio_stays_where_it_was(tmp_path: Path, kind: str) -> None:
    target = target_clip(kind, tmp_path)
    copy(target, tmp_path / "out.mp4")
    before, after = stream_spans(target), stream_spans(tmp_path / "out.mp4")
    # times of audio are counted in samples, so one sample may be lost to rounding
    for edge in (0, 1):
        assert abs(before["audio"][edge] - after["audio"][edge]) <= Fraction(1, 44100)
    assert before["video"][0] == after["video"][0]


@pytest.mark.parametrize("kind", ["plain", "rotated", "milliseconds", "cut Matroska", "two audio streams"])
def test_matroska_keeps_milliseconds(tmp_path: Path, kind: str) -> None:
    target = target_clip(kind, tmp_path)
    frames, info, warnings = copy(target, tmp_path / "out.mkv")
    with VideoReader(tmp_path / "out.mkv") as reader:
        written = list(reader)
    assert [frame.time_s for frame in written] == [frame.time_s for frame in frames]
    assert reader.info.orientation == info.orientation
    assert packets_digest(tmp_path / "out.mkv") == packets_digest(target)
    assert not warnings


def test_matroska_says_that_it_rounds(tmp_path: Path) -> None:
    frames, _, warnings = copy(target_clip("ntsc", tmp_path), tmp_path / "out.mkv")
    times = presentation_times(tmp_path / "out.mkv")
    assert len(times) == len(frames)
    assert max(abs(a - b.time_s) for a, b in zip(times, frames, strict=True)) <= Fraction(1, 1000)
    assert any("milliseconds" in warning for warning in warnings)


def test_ten_bits_and_odd_sizes_are_said(tmp_path: Path) -> None:
    assert "10 bits" in copy(target_clip("10 bits", tmp_path), tmp_path / "out.mp4")[2][0]
    assert "101 x 75" in copy(target_clip("odd size", tmp_path), tmp_path / "out.mp4")[2][0]


def test_pictures_go_out_as_they_came_in(tmp_path: Path) -> None:
    target = make_clip(tmp_path / "a.mp4", frames=4, image=corner_picture(96, 64), rotation_deg=90)
    frames, _, _ = copy(target, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        coded = next(container.decode(video=0))
    # stored as the target stores it, and turned by the player
    assert (coded.width, coded.height) == (96, 64)
    assert abs(coded.rotation) == 90
    assert frames[0].image.shape == (96, 64, 3)


def test_metadata_is_kept(tmp_path: Path) -> None:
    target = make_clip(tmp_path / "a.mp4")
    for suffix in (".mp4", ".mkv"):
        output = tmp_path / f"out{suffix}"
        with (
            VideoReader(target) as reader,
            VideoWriter(output, like=reader.info, metadata={"comment": "made here"}) as writer,
        ):
            for frame in reader:
                writer.write(frame)
        with av.open(str(output)) as container:
            found = {key.lower(): value for key, value in container.metadata.items()}
        assert found["comment"] == "made here"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, OSError])
@pytest.mark.parametrize("at", [0, 10])
def test_an_exception_leaves_nothing_behind(tmp_path: Path, error: type[BaseException], at: int) -> None:
    target = make_clip(tmp_path / "a.mp4", audio=("aac",))
    (tmp_path / "out.mp4").write_text("older")

    def write_and_fail() -> None:
        with VideoReader(target) as reader, VideoWriter(tmp_path / "out.mp4", like=reader.info) as writer:
            for frame in reader:
                if frame.index == at:
                    raise error
                writer.write(frame)

    with pytest.raises(error) as caught:
        write_and_fail()
    assert type(caught.value) is error
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "out.mp4"]
    assert (tmp_path / "out.mp4").read_text() == "older"


def test_nothing_has_the_final_name_before_the_end(tmp_path: Path) -> None:
    target = make_clip(tmp_path / "a.mp4")
    with VideoReader(target) as reader, VideoWriter(tmp_path / "out.mp4", like=reader.info) as writer:
        for frame in reader:
            writer.write(frame)
            assert not (tmp_path / "out.mp4").exists()
    assert (tmp_path / "out.mp4").exists()
    assert len(list(tmp_path.iterdir())) == 2


def test_no_frame_is_an_error(tmp_path: Path) -> None:
    info = VideoReader(make_clip(tmp_path / "a.mp4"))
    info.close()
    with pytest.raises(MediaError, match="no frame"):
        VideoWriter(tmp_path / "out.mp4", like=info.info).close()
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("out.avi", "cannot write .avi"),
        ("out", "without a suffix"),
        ("nowhere/out.mp4", "does not exist"),
        ("folder.mp4", "is a folder"),
        ("target.mp4", "is an input too"),
        ("link.mp4", "is an input too"),
    ],
)
def test_outputs_that_cannot_be_are_refused_at_once(tmp_path: Path, name: str, message: str) -> None:
    target = make_clip(tmp_path / "target.mp4")
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "link.mp4").symlink_to(target)
    before = target.read_bytes()
    with VideoReader(target) as reader, pytest.raises(MediaError, match=message) as caught:
        VideoWriter(tmp_path / name, like=reader.info)
    assert caught.value.next_step
    assert target.read_bytes() == before


@pytest.mark.parametrize("codec", ["tta", "pcm_s16le"])
def test_audio_that_does_not_fit_names_matroska(tmp_path: Path, codec: str) -> None:
    target = make_clip(tmp_path / "a.mkv", audio=(codec,))
    reader = VideoReader(target)
    reader.close()
    with pytest.raises(MediaError, match=rf"cannot hold {codec} audio.*\.mkv"):
        VideoWriter(tmp_path / "out.mp4", like=reader.info)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mkv"]
    copy(target, tmp_path / "out.mkv")
    assert packets_digest(tmp_path / "out.mkv") == packets_digest(target)


def test_frames_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    reader = VideoReader(make_clip(tmp_path / "a.mp4"))
    reader.close()
    base = reader.info.time_base
    good = Frame(index=0, pts=3, time_base=base, image=picture(0, 96, 64))
    with VideoWriter(tmp_path / "out.mp4", like=reader.info) as writer:
        writer.write(good)
        with pytest.raises(ValueError, match="order"):
            writer.write(good)
        with pytest.raises(ValueError, match="96 x 64"):
            writer.write(replace(good, pts=4, image=picture(0, 64, 96)))
        with pytest.raises(ValueError, match="time base"):
            writer.write(replace(good, pts=4, time_base=base / 7))


FILL_THE_DISK = """
import resource, signal, sys
from pathlib import Path
from understudy.core.errors import UnderstudyError
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
try:
    with VideoReader(Path(sys.argv[1])) as reader, VideoWriter(Path(sys.argv[2]), like=reader.info) as writer:
        for frame in reader:
            writer.write(frame)
except UnderstudyError as error:
    print(error)
    sys.exit(1)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot limit the size of a process's files")
def test_a_disk_that_takes_no_more_leaves_nothing(tmp_path: Path) -> None:
    target = make_clip(tmp_path / "a.mp4", frames=60, size_px=(256, 192))
    command = [sys.executable, "-c", FILL_THE_DISK, str(target), str(tmp_path / "out.mp4")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1, done.stderr
    assert "cannot write" in done.stdout
    assert "out.mp4" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no read-only folders")
def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    target = make_clip(tmp_path / "a.mp4")
    with TemporaryDirectory() as folder, VideoReader(target) as reader:  # tmp_path is its owner's alone
        Path(folder).chmod(0o555)
        with an_ordinary_user(), pytest.raises(MediaError, match="cannot write"):
            VideoWriter(Path(folder) / "out.mp4", like=reader.info)
        assert not list(Path(folder).iterdir())
        Path(folder).chmod(0o755)
        with VideoWriter(Path(folder) / "out.mp4", like=reader.info) as writer:  # it was the folder
            for frame in reader:
                writer.write(frame)


def test_real_target_of_another_format(tmp_path: Path) -> None:
    target = beside("data/video/grid_s1/bbas2p.mpg")
    frames, _, _ = copy(target, tmp_path / "out.mp4")
    assert presentation_times(tmp_path / "out.mp4") == [frame.time_s for frame in frames]
    assert len(frames) == 75
    assert packets_digest(tmp_path / "out.mp4") == packets_digest(target)


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_hevc_of_a_few_frames_says_when_they_are_decoded(tmp_path: Path, frames: int) -> None:
    """Again and again, as x265 leaves times of fewer than three frames to what was in its memory."""
    target = make_clip(tmp_path / "a.mp4", frames=frames)
    for number in range(6):
        out = tmp_path / f"{number}.mp4"
        with VideoReader(target) as reader, VideoWriter(out, like=reader.info, codec="hevc") as writer:
            for frame in reader:
                writer.write(frame)
        assert presentation_times(out) == presentation_times(target)
        with av.open(str(out)) as container:
            packets = [packet for packet in container.demux(video=0) if packet.size]
        assert all(0 <= (packet.pts - packet.dts) * packet.time_base < 1 for packet in packets)
