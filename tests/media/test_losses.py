"""What an output lacks is told, and what cannot be written is told before the work."""

from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import pytest

from clips import make_clip, picture
from footage import beside
from understudy.core.errors import MediaError
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter, check_output


def warnings_of_copy(target: Path, output: Path) -> list[str]:
    with VideoReader(target) as reader, VideoWriter(output, like=reader.info) as writer:
        for frame in islice(reader, 5):
            writer.write(frame)
    return writer.warnings


def test_a_dry_check_says_what_the_writer_would_and_leaves_nothing(tmp_path: Path) -> None:
    target = make_clip(tmp_path / "a.mkv", audio=("pcm_s16le",))
    (tmp_path / "out.mkv").write_text("older")
    with VideoReader(target) as reader:
        info = reader.info
    for name in ("out.mp4", "out.avi", "nowhere/out.mp4", "a.mkv"):
        with pytest.raises(MediaError) as said:
            check_output(tmp_path / name, info)
        with pytest.raises(MediaError) as expected:
            VideoWriter(tmp_path / name, like=info)
        assert str(said.value) == str(expected.value)
    check_output(tmp_path / "out.mkv", info)
    check_output(tmp_path / "out.mov", info)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mkv", "out.mkv"]
    assert (tmp_path / "out.mkv").read_text() == "older"


def with_extras(path: Path) -> Path:
    """A video with another one beside it, and chapters, which QuickTime keeps as data."""
    with av.open(str(path), "w") as container:
        videos = [
            container.add_stream("libx264", rate=25, width=96, height=64, pix_fmt="yuv420p") for _ in range(2)
        ]
        second = Fraction(1)
        container.set_chapters(
            [
                {"id": i, "start": i, "end": i + 1, "time_base": second, "metadata": {"title": str(i)}}
                for i in range(2)
            ]
        )
        for index in range(10):
            for video in videos:
                frame = av.VideoFrame.from_ndarray(picture(index, 96, 64), format="rgb24")
                frame.pts, frame.time_base = index, Fraction(1, 25)
                container.mux(video.encode(frame))
        for video in videos:
            container.mux(video.encode(None))
    return path


def test_streams_that_are_not_copied_are_told(tmp_path: Path) -> None:
    warnings = warnings_of_copy(with_extras(tmp_path / "a.mov"), tmp_path / "out.mp4")
    (told,) = warnings
    assert told == "out.mp4 does not have all that a.mov has: not its further video stream"
    warnings = warnings_of_copy(make_clip(tmp_path / "b.mp4", audio=("aac", "aac")), tmp_path / "out.mp4")
    assert warnings == []


def test_real_target_with_subtitles(tmp_path: Path) -> None:
    target = beside("data/hard/containers/nasa_13013.mp4")
    (told,) = warnings_of_copy(target, tmp_path / "out.mp4")
    assert told.endswith("not its further video stream")
    (told,) = warnings_of_copy(target, tmp_path / "out.mkv")  # which would need them as plain text
    assert told.endswith("not its 2 subtitle streams, further video stream")
