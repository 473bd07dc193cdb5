"""Make the seeds that fuzzing starts from: small valid files of each kind, by our own code.

    PYTHONPATH=src:tests python fuzz/make_seeds.py

Inputs that failed once lie among them under names that begin with "found_"; those stay.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import sqlite3
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import cv2
import numpy as np

from clips import make_clip, picture
from foreign_files import (
    alignments_file,
    dfl_dict,
    dfl_segment,
    faceswap_header,
    itxt,
    with_chunk,
)

_HERE = Path(__file__).resolve().parent
Seeds = dict[str, bytes]


def main() -> None:
    """Write all of them."""
    sys.path.insert(0, str(_HERE))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["UNDERSTUDY_SIGNING"] = f"{folder}/signing"
        for name, make in _MAKERS.items():
            seeds = _HERE / "seeds" / name
            seeds.mkdir(parents=True, exist_ok=True)
            for old in seeds.iterdir():
                if not old.name.startswith("found_"):
                    old.unlink()
            scratch = Path(folder) / name
            scratch.mkdir()
            for file, data in make(scratch).items():
                (seeds / file).write_bytes(data)


def _faceset(folder: Path) -> Seeds:
    from made_facesets import write_faceset
    from understudy.faces.faceset import Faceset

    vector = np.linspace(-0.1, 0.1, 128).astype(np.float32)
    with Faceset.open(write_faceset(folder / "anna", "anna.mp4", [{}, {}], vector=vector)) as faceset:
        faceset.set_state([1], "rejected", "blurred", "a person")
        faceset.set_track_person(1, 0, "person_1", vector)
    with sqlite3.connect(folder / "anna" / "faces.sqlite") as database:
        # small pages: the fewer bytes, the more of them are tried
        database.executescript("PRAGMA journal_mode = DELETE; PRAGMA page_size = 512; VACUUM")
    return {"two_faces.sqlite": (folder / "anna" / "faces.sqlite").read_bytes()}


def _model(folder: Path) -> Seeds:
    from targets.small_model import saved

    index = json.loads((saved(folder) / "model.json").read_bytes())
    consent = {
        "identity": "Anna",
        "sha256": "0" * 64,
        "kind": "self",
        "granted_by": "A",
        "recorded": "2026-01-02",
    }
    entry = index["identities"][0] | {"mean_identity": [0.1] * 128, "consent": consent}
    full = index | {
        "identities": [entry, index["identities"][1]],
        "settings": {"preset": "micro", "losses": {"ssim": 1.0}},
        "versions": {"torch": "2.13"},
        "history": [{"step": 1, "seconds": 2.5}],
        "best": {"step": 1, "ssim": 0.9},
    }
    return {"fresh.json": json.dumps(index).encode(), "full.json": json.dumps(full).encode()}


def _tensors(folder: Path) -> Seeds:
    from safetensors.numpy import save

    from targets.small_model import saved
    from understudy.nets.segmenter import OccluderNet

    usual = save({"Anna": np.ones((64, 64, 3), np.float32)}, {"weights_sha256": ""})
    small = save({"a": np.ones((2, 3), np.float16), "b": np.zeros(0, np.int8)}, {"weights_sha256": "x"})
    weights = (saved(folder) / "weights.safetensors").read_bytes()
    net = {name: value.numpy() for name, value in OccluderNet((4, 4, 4, 4)).state_dict().items()}
    return {
        "weights.safetensors": weights,
        "usual.safetensors": usual,
        "small.safetensors": small,
        "occluders.safetensors": save(net, {"learnt_from": "", "fits": "yes"}),
    }


def _optimizer(folder: Path) -> Seeds:
    from targets.small_model import saved

    data = (saved(folder) / "optimizer.pt").read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        pickled = archive.read(next(name for name in archive.namelist() if name.endswith("data.pkl")))
    return {"optimizer.pt": data, "data.pkl": pickled}


def _pickles(folder: Path) -> Seeds:
    values = {
        "a": [1, -2.5, None, True, (1, 2, 3)],
        "b": b"bytes",
        "c": np.arange(6.0).reshape(2, 3),
        "d": {1, 2},
    }
    seeds = {f"protocol_{number}.pkl": pickle.dumps(values, number) for number in range(6)}
    seeds["literal.txt"] = repr({"a": [1, -2.5e3, None], "b": b"x\x00", "ü": ("\\'", 'q"')}).encode()
    seeds["code.pkl"] = b"cos\nsystem\n(S'true'\ntR."
    return seeds


def _foreign(folder: Path) -> Seeds:
    image = picture(3, 64, 64)[..., ::-1]
    points = np.random.default_rng(1).uniform(8, 56, (68, 2)).astype(np.float32)
    matrix = np.array([[1, 0, 0.5], [0, 1, 0.5]], np.float32)
    jpeg, png = (cv2.imencode(suffix, image)[1].tobytes() for suffix in (".jpg", ".png"))
    stored = pickle.dumps(dfl_dict(points, matrix, "00001.png"), 4)
    header = str(faceswap_header(points, (64, 64, 3), "clip_000001.png"))
    return {
        "deepfacelab.jpg": dfl_segment(stored, jpeg),
        "deepfacelab.pkl": stored,
        "faceswap.png": with_chunk(png, itxt(header)),
        "faceswap.fsa": alignments_file([("clip_000001.png", [points])]),
    }


def _documents(folder: Path) -> Seeds:
    from understudy.core.identity_record import Evidence, FaceOf, IdentityRecord, record_to_toml

    record = IdentityRecord(
        name="Zoë",
        kind="consent",
        granted_by="Zoë",
        recorded=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        uses=["face"],
        scope="the film",
        until=date(2027, 1, 1),
        evidence=Evidence(path="release.pdf", sha256="a" * 64),
        face=FaceOf(vector=[0.125] * 128, faceset="b" * 64),
    )
    frame = {
        "frame": 3, "time_s": 0.12, "face_px": [100.0, 90.0, 80.0, 0.1], "figures": {"identity": 0.4},
        "badness": 2.5, "reason": "identity", "picture": "frame_000003.jpg",
    }  # fmt: skip
    worst = {
        "kind": "understudy worst frames 1", "video": "out.mp4", "target": "target.mp4",
        "target_sha256": "c" * 64, "model": None, "frames": [frame],
    }  # fmt: skip
    settings = '[train]\npreset = "tiny"\nminutes = 2.5\nfrom = "base"\nseed = 7\nlosses = { ssim = 1.0 }\n'
    return {
        "record.toml": record_to_toml(record),
        "settings.toml": settings.encode(),
        "worst.json": json.dumps(worst).encode(),
    }


def _folders(folder: Path) -> Seeds:
    from understudy.expression.file import expression_text
    from understudy.expression.performance import Performance
    from understudy.faces.mesh import template
    from understudy.speech.world import BANDS, ORDER

    seen = np.array([1, np.nan], np.float32)
    performance = Performance(
        times_s=np.array([0.0, 0.04]),
        names=("jawOpen", "eyeBlinkLeft"),
        values=np.outer(seen, [0.5, 0.1]).astype(np.float32),
        pose_deg=np.outer(seen, [5, 0, -3]).astype(np.float32),
        centre_px=np.outer(seen, [30, 40]).astype(np.float32),
        scale_px=40 * seen,
        gaze_deg=np.outer(seen, [1, 2]).astype(np.float32),
        rest=template(),
        rest_gaze_deg=(1.0, -2.0),
        size_px=(96, 64),
        footage="clip.mp4",
    )
    stats = {
        "mean": [0.0] * (ORDER + 1), "std": [1.0] * (ORDER + 1), "noise": [0.0] * BANDS,
        "log_f0_mean": 5.0, "log_f0_std": 0.2, "f0_low_hz": 80.0, "f0_high_hz": 400.0,
    }  # fmt: skip
    speaker = {"name": "anna", "digest": "a" * 64, "speech_s": 60.0, "stats": stats}
    voice = {
        "format": 1, "coefficients": ORDER + 1, "width": 8, "code": 4, "blocks": 1, "speakers": [speaker],
        "weights_sha256": "b" * 64,
    }  # fmt: skip
    animator = {
        "format": 1, "size_px": 64, "coverage": 1.6, "points": 20, "widths": [8, 8, 8, 8, 8],
        "photo": [8, 8, 8], "blocks": 1, "weights_sha256": "c" * 64,
    }  # fmt: skip
    order = {"rate": 0.5, "focus": "worst.json", "pause": True}
    said = {"voice.json": voice, "animator.json": animator, "order.json": order}
    seeds = {name: json.dumps(one).encode() for name, one in said.items()}
    return {**seeds, "curves.json": expression_text(performance).encode()}


def _pictures(folder: Path) -> Seeds:
    from understudy.media.stills import encode_still

    rgb = picture(3, 24, 16)
    deep = rgb.astype(np.uint16) * 257
    rgba = np.dstack([deep, np.full((16, 24), 30000, np.uint16)])
    seeds = {
        "grey.png": encode_still(".png", rgb[..., 0]),
        "deep_alpha.png": encode_still(".png", rgba, texts={"Comment": "a"}),
        "rgb.jpg": encode_still(".jpg", rgb, texts={"Comment": "a"}),
        "deep.tif": encode_still(".tif", deep),
    }
    for suffix in (".webp", ".bmp"):
        seeds[f"rgb{suffix}"] = cv2.imencode(suffix, rgb)[1].tobytes()
    return seeds


def _video(folder: Path) -> Seeds:
    seeds: Seeds = {}
    for name, options in {
        "h264.mp4": {"audio": ("aac",), "rotation_deg": 90},
        "h264.mkv": {"codec_options": {"preset": "ultrafast"}},
        "ffv1.mkv": {"codec": "ffv1", "pixel_format": "yuv444p"},
        "mpeg4.avi": {"codec": "mpeg4"},
        "vp9.webm": {"codec": "libvpx-vp9", "codec_options": {"cpu-used": "8"}},
        "mpeg2.ts": {"codec": "mpeg2video"},
        "prores.mov": {"codec": "prores_ks", "pixel_format": "yuv422p10le"},
    }.items():
        path = make_clip(folder / name, frames=3, size_px=(32, 16), **options)  # type: ignore[arg-type]
        seeds[name] = path.read_bytes()
    return seeds


def _manifests(folder: Path) -> Seeds:
    from made_manifests import statement
    from understudy.media.stills import encode_still
    from understudy.provenance.certificate import local_signer
    from understudy.provenance.read import read_manifest
    from understudy.provenance.sign import sidecar, sign_file

    path = folder / "a.jpg"
    path.write_bytes(encode_still(".jpg", picture(3, 24, 16)))
    sign_file(path, statement("a.jpg"), local_signer())
    beside = sidecar(io.BytesIO(b"any bytes"), statement("a.mkv"), local_signer())
    with path.open("rb") as file:
        active = read_manifest(file, media_type="image/jpeg").active
    return {"signed.jpg": path.read_bytes(), "beside.c2pa": beside, "said.json": json.dumps(active).encode()}


def _archives(folder: Path) -> Seeds:
    content = {"fake_weights/one.tflite": b"first" * 20, "fake_weights/two.tflite": b"second" * 20}
    wheel, sdist = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    with tarfile.open(fileobj=sdist, mode="w") as packed:
        for name, data in content.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            packed.addfile(member, io.BytesIO(data))
    return {"wheel.zip": wheel.getvalue(), "sdist.tar": sdist.getvalue()[:4096]}


def _texts(folder: Path) -> Seeds:
    part = {"key": "key", "parts": [{"frames": 3, "next_frame": 3, "notes": {}}], "rounded": False}
    images = {"key": "key", "next": 3, "files": 0, "moving": False, "notes": {}}
    texts = {
        "parts.json": json.dumps(part), "images.json": json.dumps(images), "time": "1:02:03.5",
        "name": "Zoë Ångström", "pattern": "take[1]/**/frames_%06d.png", "crop": "s0001_f000002_t000.jpg",
        "escape": "\x1b[31mred\u202e",
    }  # fmt: skip
    return {name: text.encode() for name, text in texts.items()}


_MAKERS: dict[str, Callable[[Path], Seeds]] = {
    "faceset": _faceset,
    "model": _model,
    "tensors": _tensors,
    "optimizer": _optimizer,
    "pickles": _pickles,
    "foreign": _foreign,
    "documents": _documents,
    "folders": _folders,
    "pictures": _pictures,
    "video": _video,
    "manifests": _manifests,
    "archives": _archives,
    "texts": _texts,
}

if __name__ == "__main__":
    main()
