"""A model as a folder of ONNX files: the encoder, a decoder an identity, and an index that explains them."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from understudy.core.bounded import parse_json, read_bounded
from understudy.core.errors import ConfigError, UnderstudyError
from understudy.core.files import check_writable, sha256_of_file, written_aside
from understudy.faces.mesh import LEFT_EYELIDS, NOSE_TIP, RIGHT_EYELIDS, template
from understudy.nets.presets import Preset
from understudy.training.export_nets import FaceAndMask
from understudy.training.export_onnx import OPSET, OnnxNetwork, check_difference, example_faces, onnx_bytes
from understudy.training.model import Model
from understudy.training.model_folder import ModelIndex
from understudy.workflows.export_notes import CONSENT, about, properties
from understudy.workflows.export_result import ExportedFile

FORMAT = 1
INDEX, ENCODER = "export.json", "encoder.onnx"
_LARGEST_INDEX_BYTES = 4 << 20
_OURS = re.compile(r"\.?(export|encoder|decoder_).*\.(json|onnx)")
_MOUTH_CORNERS = (61, 291)


def check_folder(folder: Path) -> None:
    """Find out before the work whether an export may be written there.

    Raises:
        ConfigError: the folder holds something else than an export.
        UnderstudyError: it cannot be written to.
    """
    if folder.is_dir():
        other = [path.name for path in folder.iterdir() if not _OURS.fullmatch(path.name)]
        if other:
            raise ConfigError(f"{folder} holds other files ({min(other)})", "name a new or an empty folder")
    elif folder.exists():
        raise UnderstudyError(f"{folder} is a file", "name a folder")
    check_writable(folder / INDEX)


def write_folder(folder: Path, model: Model, index: ModelIndex) -> list[ExportedFile]:
    """Write and compare all networks; none gets its final name before all are right, the index last.

    Args:
        folder: written to; an earlier export's files are replaced, and what is no more part of it removed.
        model: in float32.
        index: what is known of the model.

    Raises:
        ModelError: ONNX cannot hold it, or ONNX Runtime computes something else.
        UnderstudyError: the folder cannot be written to.
    """
    decoders, before = _decoder_files(model.identities), _listed(folder)
    with ExitStack() as stack:
        # the last to be entered is the first to be renamed
        aside = {
            name: stack.enter_context(written_aside(folder / name))
            for name in (INDEX, *decoders.values(), ENCODER)
        }
        faces = example_faces(model.preset.size_px)
        code, read = _write_encoder(aside[ENCODER], model, index, faces)
        files = [ExportedFile(path=folder / ENCODER, holds="encoder", size_bytes=_size(aside[ENCODER]))]
        for name, file in decoders.items():
            _write_decoder(aside[file], model, index, name, code)
            difference = _difference(model, name, faces, OnnxNetwork(aside[file]), read)
            check_difference(f"the decoder of {name}", difference)
            files.append(
                ExportedFile(
                    path=folder / file,
                    holds=f"decoder of {name}",
                    size_bytes=_size(aside[file]),
                    difference=difference,
                )
            )
        digests = {file: sha256_of_file(path) for file, path in aside.items() if file != INDEX}
        content = _index(model, index, tuple(code.shape[1:]), decoders, digests)
        aside[INDEX].write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for name in before - set(aside):
        with suppress(OSError):  # left over, but the index does not name it
            (folder / name).unlink()
    return files


def _write_encoder(
    path: Path, model: Model, index: ModelIndex, faces: NDArray[np.uint8]
) -> tuple[Tensor, NDArray[np.float32]]:
    """Write the encoder; the codes of some faces by torch and by ONNX Runtime."""
    face_B3HW = (torch.from_numpy(faces).float() / 255).permute(0, 3, 1, 2).contiguous()
    path.write_bytes(
        onnx_bytes(
            model.drawing_encoder,
            face_B3HW,
            names=("face", ["code"]),
            about=about(index, f"The shared encoder of {', '.join(model.identities)}."),
            properties=properties(model, index),
        )
    )
    with torch.no_grad():
        code: Tensor = model.drawing_encoder(face_B3HW)
    (read,) = OnnxNetwork(path)(face_B3HW.numpy())
    return code, read


def _write_decoder(path: Path, model: Model, index: ModelIndex, name: str, code: Tensor) -> None:
    path.write_bytes(
        onnx_bytes(
            FaceAndMask(model.decoder(name)),
            code,
            names=("code", ["face", "mask"]),
            about=about(index, f"The decoder of {name}."),
            properties=properties(model, index) | {"identity": name},
        )
    )


def _difference(model: Model, name: str, faces: np.ndarray, decoder: OnnxNetwork, code: np.ndarray) -> float:
    """Largest difference between what torch draws and what ONNX Runtime does, of a batch and of one face."""
    face, mask = model.draw(faces, name)
    largest = 0.0
    for batch in (slice(None), slice(1)):
        face_onnx, mask_onnx = decoder(code[batch])
        apart = np.abs(face_onnx.transpose(0, 2, 3, 1) - face[batch]), np.abs(mask_onnx[:, 0] - mask[batch])
        largest = max(largest, *(float(values.max()) for values in apart))
    return largest


def _decoder_files(identities: tuple[str, ...]) -> dict[str, str]:
    """A file name for each identity; names of people may hold what names of files must not."""
    plain = [re.sub(r"[^\w-]+", "_", name)[:40] for name in identities]
    return {
        name: f"decoder_{number}_{text}.onnx"
        for number, (name, text) in enumerate(zip(identities, plain, strict=True), 1)
    }


def _index(
    model: Model,
    index: ModelIndex,
    code_shape: tuple[int, ...],
    decoders: dict[str, str],
    digests: dict[str, str],
) -> dict[str, Any]:
    preset = model.preset
    return {
        "format": FORMAT,
        "consent": CONSENT,
        **properties(model, index),
        "opset": OPSET,
        "size_px": preset.size_px,
        "colour": "RGB",
        "range": [0, 1],
        "layout": "NCHW",
        "code_size": preset.code,
        "code_shape": list(code_shape),
        "alignment": _alignment(preset),
        "encoder": {
            "file": ENCODER,
            "sha256": digests[ENCODER],
            "input": "face",
            "output": "code",
        },
        "identities": [
            {
                "name": name,
                "file": file,
                "sha256": digests[file],
                "input": "code",
                "outputs": ["face", "mask"],
            }
            for name, file in decoders.items()
        ],
    }


def _alignment(preset: Preset) -> dict[str, Any]:
    """How a face lies in what the encoder reads, said so that another program can cut it."""
    mean = template()[:, :2]
    points = {
        "left_eye": mean[list(LEFT_EYELIDS)].mean(axis=0),
        "right_eye": mean[list(RIGHT_EYELIDS)].mean(axis=0),
        "nose_tip": mean[NOSE_TIP],
        "mouth_left": mean[_MOUTH_CORNERS[0]],
        "mouth_right": mean[_MOUTH_CORNERS[1]],
    }
    return {
        "kind": "upright square, similarity",
        "coverage": preset.coverage,
        "coverage_of": "sides of the face square, which is as high as the mean face from forehead to chin",
        # for a face seen from the front; left and right are those of the picture
        "points": {
            name: [round(float(value), 4) for value in 0.5 + point / preset.coverage]
            for name, point in points.items()
        },
        "points_in": "shares of the picture's side, x to the right, y down",
    }


def _size(path: Path) -> int:
    return path.stat().st_size


def _listed(folder: Path) -> set[str]:
    """The decoders that an earlier export wrote there; none where its index cannot be read."""
    try:
        said: Any = parse_json(read_bounded(folder / INDEX, _LARGEST_INDEX_BYTES))
        files = [str(identity["file"]) for identity in said["identities"]]
    except (OSError, ValueError, LookupError, TypeError):
        return set()
    return {file for file in files if Path(file).name == file and _OURS.fullmatch(file)}
