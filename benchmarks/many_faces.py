"""A faceset of many faces: those of a demo actor, over and over, each a little different."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from importlib.resources import files
from pathlib import Path

import numpy as np

import understudy
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_crops import read_crop
from understudy.faces.faceset_records import FaceRecord, StoredFace

_FRAMES_A_TRACK = 150
_PAGE = 500
_JITTER = {"sharpness": 0.1, "brightness": 0.05, "mouth_open": 0.1, "eye_open": 0.1, "light_side": 0.1}


def make_faceset(folder: Path, count: int, clip: str = "A_train", seconds: float = 4.0) -> Path:
    """Extract some seconds of a built-in clip, and store its faces again and again through the writer.

    Args:
        folder: to make, without what is made on the way.
        count: how many faces.
        clip: of the package.
        seconds: of the clip.
    """
    first = folder.with_name(f"{folder.name}_few")
    source = Path(str(files("understudy"))) / "assets" / "demo" / f"{clip}.mp4"
    understudy.extract(source, first, to_s=seconds)
    rng = np.random.default_rng(0)
    with Faceset.open(first) as few, Faceset.create(folder, folder.name) as many:
        faces = list(few.faces())
        crops = [read_crop(face.crop_path) for face in faces]
        record = few.sources()[0].record
        state = many.begin_source(record)
        for start in range(0, count, _PAGE):
            stop = min(start + _PAGE, count)
            batch = [
                _again(faces[i % len(faces)], crops[i % len(faces)], i, record.time_base, rng)
                for i in range(start, stop)
            ]
            many.append(state.id, batch, stop)
        many.finish_source(state.id, count)
        for track in many.tracks():
            many.set_track_person(state.id, track.number, folder.name)
    return folder


def _again(
    face: StoredFace, crop: bytes, index: int, time_base: Fraction, rng: np.random.Generator
) -> FaceRecord:
    quality = {
        name: value * (1 + _JITTER.get(name, 0.0) * float(rng.normal()))
        for name, value in face.face.quality.items()
    }
    vector = face.face.identity
    if vector is not None:
        vector = (vector + rng.normal(0, 0.01, 128)).astype(np.float32)
    pose = face.face.pose_deg + rng.normal(0, 4, 3).astype(np.float32)
    return FaceRecord(
        face=replace(
            face.face, track=index // _FRAMES_A_TRACK, quality=quality, identity=vector, pose_deg=pose
        ),
        frame_index=index,
        pts=index * (face.pts // max(face.frame_index, 1) or 512),
        time_base=time_base,
        crop_jpeg=crop,
        crop_size_px=face.crop_size_px,
        crop_from_frame=face.crop_from_frame,
        state="rejected" if index % 11 == 0 else "kept",
        reason="too blurred" if index % 11 == 0 else "",
    )
