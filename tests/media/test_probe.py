"""Probes: they see a change of one byte and one tick."""

from fractions import Fraction
from pathlib import Path

import av
import pytest

from clips import make_clip
from understudy.media.integrity import breaks_off
from understudy.media.probe import packets_digest, presentation_times, stream_spans
from understudy.media.reader import VideoReader


def test_digest_tells_streams_apart(tmp_path: Path) -> None:
    one = make_clip(tmp_path / "a.mp4", audio=("aac", "mp2"))
    other = make_clip(tmp_path / "b.mp4", audio=("aac",), audio_start_s=Fraction(1, 2))
    digests = packets_digest(one)
    assert len(digests) == 2
    assert digests[0] != digests[1]
    # the same tone, coded the same, whenever it starts
    assert packets_digest(other) == digests[:1]
    assert packets_digest(make_clip(tmp_path / "c.mp4")) == []
    assert len(packets_digest(one, "video")[0]) == 25


def test_digest_sees_one_byte(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", audio=("aac",))
    before = packets_digest(path)
    with av.open(str(path)) as container:
        at = [packet.pos for packet in container.demux(audio=0) if packet.size][5]
    data = bytearray(path.read_bytes())
    data[at + 20] ^= 1
    path.write_bytes(data)
    after = packets_digest(path)
    assert [a == b for a, b in zip(before[0], after[0], strict=True)].count(False) == 1


def test_digest_leaves_the_frame_header_of_aac_out(tmp_path: Path) -> None:
    stream = packets_digest(make_clip(tmp_path / "a.ts", audio=("aac",)))
    assert stream == packets_digest(make_clip(tmp_path / "a.mp4", audio=("aac",)))


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_times_equal_those_of_the_reader(tmp_path: Path, name: str) -> None:
    path = make_clip(tmp_path / name, time_base=Fraction(1, 1000), pts=[0, 40, 79, 200, 400])
    with VideoReader(path) as reader:
        assert presentation_times(path) == [frame.time_s for frame in reader]


def test_spans(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mkv", audio=("mp2",), audio_start_s=Fraction(1, 2))
    spans = stream_spans(path)
    assert spans["video"] == (0, 1)
    assert abs(spans["audio"][0] - Fraction(1, 2)) < Fraction(1, 40)  # less the encoder's delay
    assert abs(spans["audio"][1] - Fraction(3, 2)) < Fraction(1, 20)
    assert set(stream_spans(make_clip(tmp_path / "b.mkv"))) == {"video"}


@pytest.mark.parametrize("start_s", [Fraction(0), Fraction(2, 25)])
def test_audio_starts_when_it_is_heard_whatever_the_container(tmp_path: Path, start_s: Fraction) -> None:
    for name, encoder in (("a.mkv", "aac"), ("b.mkv", "pcm_s16le"), ("c.mov", "pcm_s16le"), ("d.mov", "aac")):
        heard = stream_spans(make_clip(tmp_path / name, audio=(encoder,), audio_start_s=start_s))["audio"]
        # delayed AAC in MOV begins with the encoder's own silence
        allowed = Fraction(1, 40) if name == "d.mov" and start_s else Fraction(2, 1000)
        assert abs(heard[0] - start_s) < allowed
        assert abs(heard[1] - start_s - 1) < Fraction(1, 30)  # a last block may be filled up


@pytest.mark.parametrize(
    ("name", "codec", "container"),
    [
        ("a.mp4", "libx264", "mov,mp4,m4a,3gp,3g2,mj2"),
        ("a.mkv", "libx264", "matroska,webm"),
        ("a.avi", "mpeg4", "avi"),
        ("a.ts", "libx264", "mpegts"),
        ("a.mpg", "mpeg1video", "mpeg"),
    ],
)
def test_every_cut_is_seen(tmp_path: Path, name: str, codec: str, container: str) -> None:
    path = make_clip(tmp_path / name, frames=40, codec=codec, codec_options={"b": "1M"})
    assert not breaks_off(path, container)
    data = path.read_bytes()
    missed = []
    for share in range(21, 100, 3):  # none of these falls on the border of two packs
        path.write_bytes(data[: len(data) * share // 100 | 1])
        if not breaks_off(path, container):
            missed.append(share)
    assert missed == []


def test_other_containers_are_trusted(tmp_path: Path) -> None:
    (tmp_path / "a.ogg").write_bytes(b"OggS")
    assert not breaks_off(tmp_path / "a.ogg", "ogg")
