"""Footage of strangers: files that lead to other files, and frames that take gigabytes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clips import make_clip
from hostile.small import cheaply
from understudy.core.errors import MediaError
from understudy.media import opening
from understudy.media.reader import VideoReader


@pytest.mark.parametrize(
    "text",
    [
        "ffconcat version 1.0\nfile secret.mp4\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.ts\n#EXT-X-ENDLIST\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=a\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
        '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period/></MPD>\n',
    ],
)
@pytest.mark.parametrize("name", ["list.mp4", "list.m3u8", "list.ffconcat"])
def test_a_list_of_other_files_is_no_footage(tmp_path: Path, text: str, name: str) -> None:
    make_clip(tmp_path / "secret.mp4", frames=3)
    make_clip(tmp_path / "secret.ts", frames=3)
    (tmp_path / name).write_text(text)
    with cheaply(), pytest.raises(MediaError, match=r"list\.\w+ (is no video|cannot be read)"):
        VideoReader(tmp_path / name)


def test_a_name_is_no_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_clip(tmp_path / "a.mp4", frames=3).rename(tmp_path / "concat:b.mp4")
    with VideoReader(Path("concat:b.mp4")) as reader:
        assert len(list(reader)) == 3


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    for path in (tmp_path / "pipe.mp4", Path("/dev/zero")):
        with cheaply(), pytest.raises(MediaError):
            VideoReader(path)


def test_frames_of_hundreds_of_megapixels_are_refused(tmp_path: Path) -> None:
    """An AVI whose headers, its own and its stream's, say 32000 x 32000 px."""
    path = make_clip(tmp_path / "a.avi", frames=3, codec="rawvideo", size_px=(96, 64))
    data = path.read_bytes()
    small, large = (
        (n).to_bytes(4, "little") + (m).to_bytes(4, "little") for n, m in ((96, 64), (32000, 32000))
    )
    assert data.count(small) == 2
    path.write_bytes(data.replace(small, large))
    with cheaply(), pytest.raises(MediaError, match=r"32000 x 32000 px.*reduce it|no frame|cannot be read"):
        VideoReader(path)


def test_a_decoder_makes_no_larger_frames_than_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=3)
    with VideoReader(path) as reader:
        assert len(list(reader)) == 3
    monkeypatch.setattr(opening, "MOST_PIXELS", 96 * 64 - 1)
    with pytest.raises(MediaError, match="96 x 64 px"):
        VideoReader(path)
    monkeypatch.undo()
    # the container may say nothing of a size that the stream changes to: decoders hold to it, too
    monkeypatch.setattr(opening, "_MOST_GROWTH", 0)
    monkeypatch.setattr(opening, "_GROWN_PIXELS", 96 * 64 - 1)
    with pytest.raises(MediaError, match="no frame that can be decoded"):
        VideoReader(path)
