"""Where converted frames go: a video in parts, that a stopped conversion goes on with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from pathlib import Path

from understudy.core.types import Frame
from understudy.faces.faceset import Faceset
from understudy.media.encoding import is_native
from understudy.media.footage import sha256_of
from understudy.media.info import VideoInfo
from understudy.media.output import check_path
from understudy.media.partial import DecodedPicture, PartialFrame
from understudy.media.parts import PartsWriter
from understudy.media.reader import VideoReader
from understudy.media.writer import VideoWriter
from understudy.training.model_index import ModelIndex
from understudy.workflows.configs import ConvertConfig
from understudy.workflows.convert_cast import Role

SYNTHETIC_NOTICE = "Synthetic media: a face in this video was replaced (understudy)"
# before the first frame that is still to be written: steadying faces and matching colours look so far back
WARM_UP_FRAMES = 40


def output_for(config: ConvertConfig, roles: Sequence[Role], index: ModelIndex) -> PartsWriter:
    """Open the output, with what an earlier run of the same conversion has left.

    Raises:
        MediaError: it cannot be written, or the target not be read.
    """
    check_path(config.out, [config.target])
    with VideoReader(config.target) as reader:
        info = reader.info
    make = partial(_writer, config=config, like=info, alone=True)
    metadata = {"comment": SYNTHETIC_NOTICE}
    key = _key(config, roles, index)
    return PartsWriter(config.out, like=info, key=key, open_part=make, metadata=metadata)


def write(writer: PartsWriter | VideoWriter, frame: PartialFrame) -> None:
    """Write a frame that may have been changed."""
    picture = frame.image
    assert isinstance(picture, DecodedPicture)
    coded = picture.coded
    if coded is not None and coded.format.name == writer.pixel_format:
        writer.write_coded(coded, frame.time_s)
    else:
        whole = picture.whole()
        writer.write(Frame(index=frame.index, pts=frame.pts, time_base=frame.time_base, image=whole))


def _writer(path: Path, *, config: ConvertConfig, like: VideoInfo, alone: bool) -> VideoWriter:
    return VideoWriter(
        path,
        like=like,
        native=is_native(like),
        codec=config.codec,
        crf=config.crf,
        inputs=[config.target],
        alone=alone,
    )


def _key(config: ConvertConfig, roles: Sequence[Role], index: ModelIndex) -> str:
    """What a frame of the output depends on, so that parts of another conversion are not gone on with."""
    facesets: list[str] = []
    for folder in config.faces:
        with Faceset.open(folder) as faceset:
            facesets.append(faceset.digest())
    said = {
        "version": version("understudy"),
        "target": sha256_of(config.target),
        "model": index.weights_sha256,
        "roles": [asdict(role) for role in roles],
        "faces": facesets,
        "look": [config.colour, config.blend, config.strength, config.occlusion],
        "encoding": [config.codec, config.crf],
    }
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
