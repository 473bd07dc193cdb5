"""A model as a `.dfm` file: the whole way from one face to another in one ONNX graph."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from understudy.core.files import written_aside
from understudy.training.export_nets import WholeFace, WholeFaceSwap
from understudy.training.export_onnx import OnnxNetwork, check_difference, example_faces, onnx_bytes
from understudy.training.model import Model
from understudy.training.model_folder import ModelIndex
from understudy.workflows.export_notes import CONSENT, about, properties
from understudy.workflows.export_result import ExportedFile

SUFFIX = ".dfm"
# names and order as DeepFaceLab writes them; programs take the outputs by their order
INPUT, OUTPUTS = "in_face:0", ("out_face_mask:0", "out_celeb_face:0", "out_celeb_face_mask:0")


def write_dfm(path: Path, model: Model, index: ModelIndex, source: str, target: str | None) -> ExportedFile:
    """Write and compare the swap to one identity; it gets its final name once it is right.

    Args:
        path: of the file; one that is there is replaced.
        model: in float32.
        index: what is known of the model.
        source: whose face is drawn.
        target: whose decoder says where the face is that is read; the source's where None.

    Raises:
        ModelError: ONNX cannot hold it, or ONNX Runtime computes something else.
        UnderstudyError: the file cannot be written.
    """
    place = WholeFace.around(model.preset)
    swap = WholeFaceSwap(model, source, target, place)
    whole = example_faces(place.size_px)
    notes = properties(model, index) | {
        "source": source,
        "target": target or source,
        "identities": json.dumps(model.identities, ensure_ascii=False),
        "colour": "BGR",
        "range": "0 to 1",
        "layout": "NHWC",
        "face_type": "whole_face",
        "consent": CONSENT,
    }
    with written_aside(path) as aside:
        aside.write_bytes(
            onnx_bytes(
                swap,
                torch.from_numpy(_as_given(whole)),
                names=(INPUT, OUTPUTS),
                about=about(index, f"Draws {source}."),
                properties=notes,
            )
        )
        difference = _difference(model, source, target, place, OnnxNetwork(aside), whole)
        check_difference(f"the swap to {source}", difference)
        size = aside.stat().st_size
    return ExportedFile(path=path, holds=f"swap to {source}", size_bytes=size, difference=difference)


def _as_given(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, h, h, 3) RGB uint8 as programs give it: BGR float32 in [0, 1]."""
    return np.ascontiguousarray(rgb[..., ::-1]).astype(np.float32) / np.float32(255)


def _difference(
    model: Model,
    source: str,
    target: str | None,
    place: WholeFace,
    network: OnnxNetwork,
    whole: NDArray[np.uint8],
) -> float:
    """Largest difference from what torch draws of the same faces, of a batch and of one face."""
    cut = whole[:, place.rows, place.columns]
    drawn, mask = model.draw(cut, source)
    read = mask if target is None else model.draw(cut, target)[1]
    in_face = (slice(None), place.rows, place.columns)
    read_whole, mask_whole = (np.zeros((*whole.shape[:3], 1), np.float32) for _ in range(2))
    drawn_whole = _as_given(whole)
    read_whole[in_face], mask_whole[in_face], drawn_whole[in_face] = (
        read[..., None],
        mask[..., None],
        drawn[..., ::-1],
    )
    largest = 0.0
    for batch in (slice(None), slice(1)):
        outputs = network(_as_given(whole[batch]))
        wanted = read_whole[batch], drawn_whole[batch], mask_whole[batch]
        largest = max(largest, *(float(np.abs(a - b).max()) for a, b in zip(outputs, wanted, strict=True)))
    return largest
