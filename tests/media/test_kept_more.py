"""What lies beside the pictures: HDR metadata, languages, which track is the usual one, fonts."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path

import av
import pytest
from av.sidedata.sidedata import Type
from av.stream import Disposition

from clips import make_clip
from passing import DEEP, PQ, passed_through
from understudy.media.parts import PartsWriter
from understudy.media.probe import packets_digest
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter

SCREEN = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
X265 = {"x265-params": f"log-level=none:lossless=1:master-display={SCREEN}:max-cll=1000,400"}
X264 = {"x264-params": f"qp=0:mastering-display={SCREEN}:cll=1000,400"}
HDR = {
    "HEVC": DEEP | {"tags": PQ, "codec_options": X265},
    "H.264": {"pixel_format": "yuv420p10le", "tags": PQ, "codec_options": X264},
}


def light(path: Path) -> dict[Type, bytes]:
    """The static HDR metadata that FFmpeg finds, as it lies in memory."""
    with av.open(str(path)) as container:
        first = next(container.decode(video=0))
        wanted = (Type.MASTERING_DISPLAY_METADATA, Type.CONTENT_LIGHT_LEVEL)
        return {each.type: bytes(each) for each in first.side_data if each.type in wanted}


@pytest.mark.parametrize("kind", HDR)
def test_hdr_metadata_is_kept(tmp_path: Path, kind: str) -> None:
    target, output = make_clip(tmp_path / "a.mp4", frames=8, **HDR[kind]), tmp_path / "b.mp4"
    assert len(light(target)) == 2
    assert passed_through(target, output) == []
    assert light(output) == light(target)


def test_hdr_metadata_is_kept_through_parts(tmp_path: Path) -> None:
    target, output = make_clip(tmp_path / "a.mp4", frames=8, **HDR["HEVC"]), tmp_path / "b.mkv"
    with VideoReader(target) as reader:
        make = partial(VideoWriter, like=reader.info, native=True, alone=True)
        with PartsWriter(output, like=reader.info, key="", open_part=make) as writer:
            for frame in reader.partial():
                writer.write_coded(frame.image.coded, frame.time_s)  # type: ignore[attr-defined]
    assert light(output) == light(target)


def test_hdr_metadata_that_a_codec_does_not_take_is_told(tmp_path: Path) -> None:
    target = make_clip(tmp_path / "a.mp4", frames=4, **HDR["HEVC"])
    (told,) = passed_through(target, tmp_path / "b.mkv", codec="ffv1")
    assert told == "b.mkv does not say on what screen a.mp4 was graded: h264 and hevc can"


def test_what_is_tone_mapped_is_not_said_to_be_hdr(tmp_path: Path) -> None:
    target = make_clip(tmp_path / "a.mp4", frames=4, **HDR["HEVC"])
    with VideoReader(target) as reader, VideoWriter(tmp_path / "b.mp4", like=reader.info) as writer:
        for frame in reader:
            writer.write(frame)
    assert light(tmp_path / "b.mp4") == {}


def with_tracks(path: Path) -> Path:
    """Three sound tracks in languages, the second the usual one, the third a commentary; and a font."""
    plain = make_clip(path.with_name("plain.mp4"), audio=("aac", "mp2", "aac"))
    with ExitStack() as stack:
        container = stack.enter_context(av.open(str(path), "w"))
        source = stack.enter_context(av.open(str(plain)))
        streams = [container.add_stream_from_template(stream) for stream in source.streams]
        for stream, language, how in zip(
            streams[1:],
            ("eng", "spa", "fra"),
            (Disposition(0), Disposition.default, Disposition.comment),
            strict=True,
        ):
            stream.metadata.update(language=language, title=f"in {language}")
            stream.disposition = how
        if path.suffix == ".mkv":
            container.add_attachment("Schrift ä.ttf", "application/x-truetype-font", bytes(range(200)))
        for packet in source.demux():
            if packet.size:
                packet.stream = streams[packet.stream_index]
                container.mux_one(packet)
    return path


def tracks(path: Path) -> list[tuple[object, ...]]:
    with av.open(str(path)) as container:
        return [
            (stream.codec_context.name, stream.metadata.get("language"), stream.disposition)
            for stream in container.streams.audio
        ]


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".mov"])
def test_tracks_keep_language_and_order_and_which_is_the_usual_one(tmp_path: Path, suffix: str) -> None:
    target, output = with_tracks(tmp_path / f"a{suffix}"), tmp_path / f"b{suffix}"
    assert passed_through(target, output) == []
    assert tracks(output) == tracks(target)
    assert [language for _, language, _ in tracks(output)] == ["eng", "spa", "fra"]
    assert Disposition.default in tracks(output)[1][2]  # type: ignore[operator]
    assert packets_digest(output) == packets_digest(target)
    assert [len(digests) > 10 for digests in packets_digest(output)] == [True] * 3


def test_fonts_come_along(tmp_path: Path) -> None:
    target, output = with_tracks(tmp_path / "a.mkv"), tmp_path / "b.mkv"
    assert passed_through(target, output) == []
    with av.open(str(output)) as container:
        (font,) = (stream for stream in container.streams if stream.type == "attachment")
        assert (font.name, font.mimetype) == ("Schrift ä.ttf", "application/x-truetype-font")
        assert bytes(font.data) == bytes(range(200))
    assert passed_through(target, tmp_path / "c.mp4") == [
        "c.mp4 does not have all that a.mkv has: not its attachment stream"
    ]
