"""A name decides what is written, and is checked before the work."""

from __future__ import annotations

from pathlib import Path

import pytest

from clips import make_clip
from understudy.core.errors import MediaError
from understudy.media.any_writer import check_writer, open_writer
from understudy.media.parts import PartsWriter
from understudy.media.reader import VideoReader
from understudy.media.sequence import SequenceWriter


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("b.mp4", PartsWriter),
        ("b.MKV", PartsWriter),
        ("f/%d.png", SequenceWriter),
        ("%d.JPG", SequenceWriter),
    ],
)
def test_the_name_decides(tmp_path: Path, name: str, kind: type) -> None:
    target, out = make_clip(tmp_path / "a.mp4", frames=4, audio=("aac",)), tmp_path / name
    with VideoReader(target) as reader:
        check_writer(out, reader.info)
        assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
        with open_writer(out, reader.info, metadata={"comment": "x"}) as writer:
            assert isinstance(writer, kind)
            assert (writer.next_frame, writer.notes) == (0, {})
            for frame in reader.partial():
                coded = frame.image.coded  # type: ignore[union-attr]
                assert coded is not None
                assert coded.format.name == writer.pixel_format
                writer.write_coded(coded, frame.time_s)
    assert len(writer.warnings) == (kind is SequenceWriter)
    files = sorted(path.name for path in tmp_path.rglob("*") if path.is_file() and path != target)
    assert files == ([out.name] if kind is PartsWriter else [f"{i}{out.suffix}" for i in range(4)])


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("b.gif", {}, "cannot write .gif"),
        ("b", {}, "without a suffix"),
        ("no/b.mp4", {}, "does not exist"),
        ("no/b/%d.png", {}, "does not exist"),
        ("b.png", {}, "one name for many frames"),
        ("%d.png", {"codec": "hevc"}, "no codec"),
        ("%d.png", {"crf": 3}, "no crf"),
        ("b.mp4", {"crf": 77}, "crf"),
        ("b.mp4", {"codec": "ffv1"}, "cannot hold ffv1"),
        ("a.mp4", {}, "an input too"),
    ],
)
def test_what_cannot_be_is_known_before(tmp_path: Path, name: str, options: dict, said: str) -> None:
    target = make_clip(tmp_path / "a.mp4", frames=2)
    with VideoReader(target) as reader:
        for way in (check_writer, open_writer):
            with pytest.raises(MediaError, match=said) as caught:
                way(tmp_path / name, reader.info, **options)
            assert caught.value.next_step
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
