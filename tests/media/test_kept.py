"""What a conversion keeps of its footage: depth, HDR, tags, tracks, chapters; read by other means."""

from __future__ import annotations

import struct
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from clips import make_clip, picture
from footage import beside
from passing import DEEP, HLG, PQ, passed_through
from understudy.core.errors import MediaError
from understudy.media.encoding import encoding_for
from understudy.media.info import VideoInfo
from understudy.media.probe import packets_digest, presentation_times
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter

CLIPS = {
    "HLG": DEEP | {"tags": HLG},
    "PQ": DEEP | {"tags": PQ},
    "10 bits, 4:2:2": {"pixel_format": "yuv422p10le", "tags": (1, 1, 1, 1)},
    "plain": {"tags": (1, 1, 1, 1)},
    "full range": {"pixel_format": "yuvj420p", "tags": (1, 1, 1, 2)},
    "BT.601": {"tags": (6, 6, 6, 1)},
    "23.976": {"rate_hz": Fraction(24000, 1001), "time_base": Fraction(1, 24000)},
    "29.97": {"rate_hz": Fraction(30000, 1001), "time_base": Fraction(1, 30000)},
    "59.94": {"rate_hz": Fraction(60000, 1001), "time_base": Fraction(1, 60000)},
    "variable rate": {"time_base": Fraction(1, 90000), "pts": [0, 3003, 6001, 20000, 20010, 45000]},
    "rotated": {"rotation_deg": 90},
    "three tracks": {"audio": ("aac", "mp2", "aac")},
}  # fmt: skip


def described(path: Path) -> dict[str, object]:
    """What FFmpeg itself says of the first video stream and its first picture."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        first = next(container.decode(stream))
        return {
            "pixels": first.format.name,
            "tags": (first.colorspace, first.color_primaries, first.color_trc, first.color_range),
            "size": (first.width, first.height),
            "turn": abs(first.rotation),
            "time base": stream.time_base,
        }


@pytest.mark.parametrize("kind", CLIPS)
def test_footage_is_kept(tmp_path: Path, kind: str) -> None:
    target = make_clip(tmp_path / "target ä.mp4", **CLIPS[kind])
    output = tmp_path / "out put.mp4"
    assert passed_through(target, output) == []
    assert described(output) == described(target)
    assert presentation_times(output) == presentation_times(target)
    assert packets_digest(output) == packets_digest(target)
    with VideoReader(target) as one, VideoReader(output) as other:
        for before, after in zip(one.partial(), other.partial(), strict=True):
            planes = [_levels(frame.image.coded) for frame in (before, after)]  # type: ignore[union-attr]
            assert np.abs(planes[0] - planes[1]).mean() < 1.5


def _levels(coded: av.VideoFrame) -> np.ndarray:
    """Luma in 8-bit levels, whatever its depth."""
    deep = coded.format.components[0].bits > 8
    plane = np.frombuffer(memoryview(coded.planes[0]), np.uint16 if deep else np.uint8)
    return plane.reshape(coded.height, -1)[:, : coded.width].astype(float) / (4 if deep else 1)


@pytest.mark.parametrize(("tags", "code"), [(HLG, 18), (PQ, 16)])
def test_the_mp4_itself_says_that_it_is_hdr(tmp_path: Path, tags: tuple[int, ...], code: int) -> None:
    """By its `colr` box, which players look at; not by what a decoder says."""
    target = make_clip(tmp_path / "a.mp4", **DEEP, tags=tags)
    passed_through(target, tmp_path / "b.mp4")
    data = (tmp_path / "b.mp4").read_bytes()
    at = data.index(b"colrnclx")
    assert struct.unpack(">HHH", data[at + 8 : at + 14]) == (9, code, 9)
    assert b"hvc1" in data  # without it QuickTime shows nothing


def test_ten_bits_stay_ten_bits(tmp_path: Path) -> None:
    """More levels than 256 come out of a smooth ramp."""
    ramp = np.tile(np.linspace(200, 700, 256).astype(np.uint16), (64, 1))
    target = tmp_path / "a.mkv"
    with av.open(str(target), "w") as container:
        stream = container.add_stream("ffv1", rate=25, width=256, height=64, pix_fmt="yuv420p10le")
        frame = av.VideoFrame.from_ndarray(
            np.concatenate([ramp.ravel(), np.full(64 * 128, 512, np.uint16)]).reshape(96, 256), "yuv420p10le"
        )
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    passed_through(target, tmp_path / "b.mkv")
    with av.open(str(tmp_path / "b.mkv")) as container:
        first = next(container.decode(video=0))
    luma = np.frombuffer(memoryview(first.planes[0]), np.uint16).reshape(64, -1)[:, :256]
    assert len(np.unique(luma)) > 240
    assert np.array_equal(luma, ramp)  # FFV1 loses nothing


def with_subtitles(path: Path) -> Path:
    """A Matroska clip with sound, subtitles in two languages, chapters and a title."""
    plain = make_clip(path.with_name("plain.mp4"), audio=("aac",))
    texts: list[Path] = []
    for number in range(2):
        texts.append(path.with_name(f"{number}.srt"))
        texts[-1].write_text(f"1\n00:00:00,100 --> 00:00:00,400\nwords {number}\n")
    with ExitStack() as stack:
        container = stack.enter_context(av.open(str(path), "w"))
        sources = [stack.enter_context(av.open(str(each))) for each in (plain, *texts)]
        container.metadata["title"] = "A title"
        second = Fraction(1)
        container.set_chapters([
            {"id": i, "start": i, "end": i + 1, "time_base": second / 2, "metadata": {"title": f"part {i}"}}
            for i in range(2)
        ])  # fmt: skip
        copies = [
            {stream.index: container.add_stream_from_template(stream) for stream in source.streams}
            for source in sources
        ]
        for streams, language in zip(copies[1:], ("eng", "deu"), strict=True):
            streams[0].metadata["language"] = language
        for source, streams in zip(sources, copies, strict=True):
            for packet in source.demux():
                if packet.size:
                    packet.stream = streams[packet.stream_index]
                    container.mux_one(packet)
    return path


def told_of(path: Path) -> dict[str, object]:
    """Titles, chapters, languages and words of a file."""
    with av.open(str(path)) as container:
        chapters = [(c["start"] * c["time_base"], c["metadata"]["title"]) for c in container.chapters()]  # type: ignore[operator]
        words = [bytes(p) for p in container.demux(container.streams.subtitles) if p.size]
        return {
            "title": container.metadata.get("title", container.metadata.get("TITLE")),
            "chapters": chapters,
            "languages": [stream.metadata["language"] for stream in container.streams.subtitles],
            "words": words,
        }


def test_subtitles_chapters_and_titles_come_along(tmp_path: Path) -> None:
    target, output = with_subtitles(tmp_path / "a.mkv"), tmp_path / "b.mkv"
    assert passed_through(target, output, metadata={"comment": "made here"}) == []
    told = told_of(output)
    assert told == told_of(target)
    assert told["words"] == [b"words 0", b"words 1"]
    assert told["chapters"] == [(0, "part 0"), (Fraction(1, 2), "part 1")]
    with av.open(str(output)) as container:
        assert "made here" in container.metadata.values()
    assert packets_digest(output) == packets_digest(target)


def test_subtitles_that_a_container_cannot_hold_are_told(tmp_path: Path) -> None:
    target, output = with_subtitles(tmp_path / "a.mkv"), tmp_path / "b.mp4"
    (told,) = passed_through(target, output)
    assert told == "b.mp4 does not have all that a.mkv has: not its 2 subtitle streams"
    assert told_of(output)["chapters"] == told_of(target)["chapters"]


def test_subtitles_of_an_mp4_come_along(tmp_path: Path) -> None:
    target = beside("data/hard/containers/nasa_13013.mp4")
    (told,) = passed_through(target, tmp_path / "b.mp4")
    assert told.endswith("not its further video stream")
    assert told_of(tmp_path / "b.mp4") == told_of(target)


def info_of(path: Path) -> VideoInfo:
    with VideoReader(path) as reader:
        return reader.info


def test_which_codec(tmp_path: Path) -> None:
    plain = info_of(make_clip(tmp_path / "a.mp4"))
    deep = info_of(make_clip(tmp_path / "b.mp4", **DEEP))
    old = info_of(make_clip(tmp_path / "c.avi", codec="mpeg4", codec_options={"b": "2M"}))
    hevc = info_of(make_clip(tmp_path / "d.mp4", codec="libx265"))
    pro = info_of(make_clip(tmp_path / "e.mov", codec="prores_ks", pixel_format="yuv422p10le"))
    chosen = [
        encoding_for(info, suffix, native=True, preset="veryfast").codec
        for info, suffix in (
            (plain, ".mp4"),
            (deep, ".mp4"),
            (old, ".mp4"),
            (hevc, ".mkv"),
            (pro, ".mov"),
            (pro, ".mp4"),
        )
    ]
    assert chosen == ["h264", "hevc", "h264", "hevc", "prores", "hevc"]
    asked = encoding_for(plain, ".mp4", native=True, codec="hevc", crf=30, preset="fast")
    assert (asked.codec, asked.options["crf"], asked.options["preset"]) == ("hevc", "30", "fast")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"codec": "vhs"}, "no codec 'vhs'"),
        ({"codec": "ffv1"}, ".mp4 cannot hold ffv1"),
        ({"crf": 52}, "crf"),
        ({"codec": "prores", "suffix": ".mov"}, "prores cannot store pictures in yuv420p"),
    ],
)
def test_what_cannot_be_is_told(tmp_path: Path, options: dict, said: str) -> None:
    plain = info_of(make_clip(tmp_path / "a.mp4"))
    suffix = options.pop("suffix", ".mp4")
    with pytest.raises(MediaError, match=said):
        encoding_for(plain, suffix, native=True, preset="veryfast", **options)


def test_pictures_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    info = info_of(make_clip(tmp_path / "a.mp4"))
    writer = VideoWriter(tmp_path / "b.mp4", like=info, native=True)
    wrong = av.VideoFrame.from_ndarray(picture(0, 96, 64), format="rgb24")
    with pytest.raises(ValueError, match="pictures in yuv420p, got rgb24"):
        writer.write_coded(wrong, Fraction(0))
    with pytest.raises(ValueError, match="does not fit"):
        writer.write_coded(av.VideoFrame(32, 32, "yuv420p"), Fraction(0))
    writer.discard()
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
