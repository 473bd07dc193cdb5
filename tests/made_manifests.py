"""Small files of every kind that manifests go into, and a statement to sign them with."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import av
import cv2
import numpy as np

from clips import picture
from understudy.core.files import written_aside
from understudy.provenance.certificate import Signer
from understudy.provenance.manifest import Ingredient, Statement
from understudy.provenance.sign import sign_copy

WIDTH_PX, HEIGHT_PX, FRAMES = 160, 120, 8
_VIDEO = (".mp4", ".mov", ".m4v", ".mkv", ".avi")
_SOUND = {".mp3": "libmp3lame", ".flac": "flac", ".m4a": "aac"}


def made(path: Path) -> Path:
    """Write a picture, a video or sound by the suffix."""
    suffix = path.suffix
    if suffix in _VIDEO:
        _video(path)
    elif suffix == ".wav":
        with wave.open(str(path), "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", ""))
            sound.writeframes(_tone().tobytes())
    elif suffix in _SOUND:
        _sound(path, _SOUND[suffix])
    else:
        image = cv2.cvtColor(picture(3, WIDTH_PX, HEIGHT_PX), cv2.COLOR_RGB2BGR)
        path.write_bytes(cv2.imencode(suffix, image)[1].tobytes())
    return path


def sign_file(path: Path, said: Statement, signer: Signer) -> None:
    """Put a manifest into a file; it is replaced as a whole, or left as it was."""
    with written_aside(path) as aside:
        sign_copy(path, aside, said, signer)


def statement(title: str = "out.mp4") -> Statement:
    """A statement with two ingredients and a model."""
    ingredients = (
        Ingredient(title="target.mp4", relation="parentOf", sha256="ab" * 32, media_type="video/mp4"),
        Ingredient(title="faces of Anna", relation="inputTo", sha256="cd" * 32),
    )
    making = {
        "model": {"sha256": "ef" * 32, "preset": "tiny", "steps": 7},
        "roles": [{"source": "Anna", "target": "Bob"}],
        "consent": [{"identity": "Anna", "kind": "self"}],
        "settings": {"blend": "feather"},
    }
    return Statement(title=title, done="a face was replaced", ingredients=ingredients, making=making)


def remuxed(path: Path, out: Path, *, tags: bool = True) -> Path:
    """Copy a video's packets into a new file, as `ffmpeg -c copy` does."""
    with av.open(str(path)) as source, av.open(str(out), "w") as copy:
        if tags:
            copy.metadata.update(source.metadata)
        stream = copy.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    return out


def encoded_again(path: Path, out: Path, *, tags: bool = True) -> Path:
    """Decode a video and encode it, as platforms do."""
    with av.open(str(path)) as source, av.open(str(out), "w") as copy:
        if tags:
            copy.metadata.update(source.metadata)
        stream = copy.add_stream("libx264", rate=25, options={"crf": "30"})
        stream.width, stream.height = source.streams.video[0].width, source.streams.video[0].height
        stream.pix_fmt = "yuv420p"
        for frame in source.decode(video=0):
            frame.pict_type = 0
            copy.mux(stream.encode(frame))
        copy.mux(stream.encode(None))
    return out


def with_changed_byte(path: Path, out: Path, at: int) -> Path:
    """The same file but for one bit."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    out.write_bytes(data)
    return out


def _video(path: Path) -> None:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        for index in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(picture(index, WIDTH_PX, HEIGHT_PX))
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def _sound(path: Path, codec: str) -> None:
    data = io.BytesIO()
    with wave.open(data, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(_tone().tobytes())
    data.seek(0)
    with av.open(data) as source, av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=8000, layout="mono")
        for frame in source.decode(audio=0):
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def _tone() -> np.ndarray:
    return (np.sin(np.arange(8000) / 5) * 8000).astype(np.int16)
