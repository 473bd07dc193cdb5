"""What passes before people's faces, learnt from the masks that were drawn in the review.

It is learnt when the first conversion asks, and kept beside the model, for the weights and masks that it was
learnt with; where that cannot be written it is learnt each time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from understudy.compositing.mask import face_hull_mask
from understudy.compositing.occluder_evidence import Tolerance
from understudy.compositing.segmenter import Segmenter
from understudy.compositing.segmenter_examples import Seen, occluder_examples
from understudy.core.errors import UnderstudyError
from understudy.core.events import Notice, OnEvent, Progress
from understudy.core.files import write_atomically
from understudy.core.geometry import transform_points
from understudy.faces.drawn_mask import hidden_in
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_records import StoredFace
from understudy.faces.stored_crop import read_upright
from understudy.nets.presets import Preset
from understudy.nets.segmenter import OccluderNet
from understudy.training.model import Model
from understudy.training.model_index import ModelIndex
from understudy.training.segmenter import told_right, train_segmenter

_OTHERS = 64  # faces on which nothing was drawn
_FEWEST_OTHERS, _NEAR_S = 16, 1.0  # of them, and how near in time to a drawn one none should be
_MOST_DRAWN = 64  # that are learnt from; more say little more
_WAY = "1"  # of learning; another one learns anew
_LEARNT_FROM, _FITS, _YES = "learnt_from", "fits", "yes"
# mean probability where something was drawn, and on clear faces: else it was not learnt what tells it
_LEAST_RIGHT, _MOST_WRONG = 0.6, 0.05
_REPORT_EVERY = 20  # steps


def segmenters_of(
    folder: Path,
    model: Model,
    index: ModelIndex,
    facesets: Sequence[Path],
    tolerances: Mapping[str, Tolerance],
    on_event: OnEvent,
) -> Mapping[str, Segmenter]:
    """What tells what passes before people on some of whose faces masks were drawn.

    Args:
        folder: of the model.
        model: as it is saved there.
        index: likewise.
        facesets: of those who are replaced.
        tolerances: how well people are usually drawn, by name.
        on_event: hears of progress.

    Returns:
        By name; nobody on whose faces nothing was drawn.

    Raises:
        MediaError: a crop or a mask cannot be read.
    """
    found: dict[str, Segmenter] = {}
    for path in facesets:
        with Faceset.open(path) as faceset:
            name = faceset.identity
            faces = list(faceset.faces("kept"))
        drawn = _some([face for face in faces if face.mask_path is not None], _MOST_DRAWN)
        if not drawn or name not in model.identities:
            continue
        tolerance = tolerances.get(name)
        digest = _digest(index, drawn, tolerance)
        file = folder / f"occluders_{model.identities.index(name)}.safetensors"
        known = _kept(file, digest)
        if known is None:
            known = _learnt(model, name, drawn, faces, tolerance, on_event)
            _keep(file, known, digest)
        if known.fits:
            found[name] = Segmenter(known.net, tolerance)
        else:
            message = f"what passes before {name} cannot be told from {_masks(drawn)}: it is searched for"
            on_event(Notice(message=message))
    return found


@dataclass(frozen=True)
class _Known:
    """What was learnt, and whether it tells what it was learnt from."""

    net: OccluderNet
    fits: bool


def _learnt(
    model: Model,
    name: str,
    drawn: Sequence[StoredFace],
    faces: Sequence[StoredFace],
    tolerance: Tolerance | None,
    on_event: OnEvent,
) -> _Known:
    message = f"learning from {_masks(drawn)} what passes before {name}"
    on_event(Notice(message=message, is_warning=False))

    def told(done: int, total: int) -> None:
        if done % _REPORT_EVERY == 0 or done == total:
            on_event(Progress(stage="learn masks", done=done, total=total, unit="steps"))

    examples = occluder_examples(
        list(_seen(drawn, model.preset)),
        list(_seen(_clear_of(drawn, faces), model.preset)),
        lambda crops: model.draw(crops, name),
        tolerance,
    )
    tensors = {
        kind: (torch.from_numpy(of.seen), torch.from_numpy(of.hidden), torch.from_numpy(of.counts))
        for kind, of in examples.items()
    }
    net = train_segmenter(tensors, on_step=told)
    right = told_right(net, tensors["drawn"])[0]
    wrong = told_right(net, tensors["clear"])[1] if "clear" in tensors else 0.0
    return _Known(net, right >= _LEAST_RIGHT and wrong <= _MOST_WRONG)


def _masks(drawn: Sequence[StoredFace]) -> str:
    return "a drawn mask" if len(drawn) == 1 else f"{len(drawn)} drawn masks"


def _clear_of(drawn: Sequence[StoredFace], faces: Sequence[StoredFace]) -> list[StoredFace]:
    """Faces that hardly anything hides: those far in time from where somebody has drawn what does.

    Most people draw on a few frames of a hand that passes by; the search may not see it in the others.
    """
    hidden = [(face.source_id, face.time_s) for face in drawn]

    def far_s(face: StoredFace) -> float:
        return min((float(abs(face.time_s - at)) for of, at in hidden if of == face.source_id), default=inf)

    others = sorted((face for face in faces if face.mask_path is None), key=far_s, reverse=True)
    enough = max(_FEWEST_OTHERS, sum(far_s(face) >= _NEAR_S for face in others))
    return _some(others[:enough], _OTHERS)


def _seen(faces: Sequence[StoredFace], preset: Preset) -> Iterator[Seen]:
    for face in faces:
        matrix = face.square.crop_from_frame(preset.size_px, preset.coverage)
        points = transform_points(matrix, face.face.landmarks_px[:, :2])
        hidden = hidden_in(face, matrix, preset.size_px)
        if hidden is None:
            hidden = np.zeros((preset.size_px, preset.size_px), np.uint8)
        yield Seen(
            crop=read_upright(face, preset.size_px, preset.coverage),
            hull=face_hull_mask(points, preset.size_px),
            landmarks_px=points,
            hidden=hidden.astype(np.float32) / np.float32(255),
        )


def _some(faces: Sequence[StoredFace], most: int) -> list[StoredFace]:
    """So many at most, spread evenly."""
    at = np.unique(np.linspace(0, len(faces) - 1, most).round().astype(int)) if faces else []
    return [faces[i] for i in at]


def _digest(index: ModelIndex, drawn: Sequence[StoredFace], tolerance: Tolerance | None) -> str:
    """Of all that decides what is learnt but for faces without a mask."""
    digest = hashlib.sha256(f"{_WAY} {index.weights_sha256}".encode())
    for face in drawn:  # masks are named by their content
        assert face.mask_path is not None
        digest.update(f" {face.id} {face.mask_path.name}".encode())
    if tolerance is not None:
        digest.update(tolerance.usual.tobytes())
    return digest.hexdigest()


def _kept(file: Path, digest: str) -> _Known | None:
    """What was learnt from just that; a model may come from anybody, so its shapes are looked at first."""
    if not file.is_file():  # a pipe would be waited for
        return None
    net = OccluderNet()
    wanted = {name: list(value.shape) for name, value in net.state_dict().items()}
    try:
        with safe_open(file, framework="pt") as known:
            said = known.metadata() or {}
            if said.get(_LEARNT_FROM) != digest or set(known.keys()) != set(wanted):
                return None
            for name, shape in wanted.items():
                part = known.get_slice(name)
                if part.get_shape() != shape or part.get_dtype() != "F32":
                    return None
            weights = {name: known.get_tensor(name) for name in wanted}
    except (OSError, SafetensorError):
        return None
    if not all(bool(torch.isfinite(value).all()) for value in weights.values()):
        return None
    net.load_state_dict(weights)
    return _Known(net, said.get(_FITS) == _YES)


def _keep(file: Path, known: _Known, digest: str) -> None:
    weights = {name: value.contiguous() for name, value in known.net.state_dict().items()}
    said = {_LEARNT_FROM: digest, _FITS: _YES if known.fits else "no"}
    try:
        write_atomically(file, save(weights, said))
    except (OSError, UnderstudyError):
        return  # it is learnt again the next time
