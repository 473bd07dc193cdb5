"""What passes before people's faces, learnt from the masks that were drawn in the review.

It is learnt when the first conversion or preview asks, and kept beside the model, for the weights and masks
that it was learnt with; where that cannot be written, in the user's cache.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from understudy.compositing.occluder_evidence import Tolerance
from understudy.compositing.segmenter import Segmenter
from understudy.compositing.segmenter_examples import Examples, MaskedFace, occluder_examples
from understudy.core.errors import UnderstudyError
from understudy.core.events import Notice, OnEvent, Progress
from understudy.core.files import cache_folder, write_atomically
from understudy.faces.drawn_mask import hidden_in
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_records import StoredFace
from understudy.faces.faults import is_a_face
from understudy.nets.presets import Preset
from understudy.nets.segmenter import CHANNELS, WIDTHS, OccluderNet
from understudy.training.model import Model
from understudy.training.model_index import ModelIndex
from understudy.training.segmenter import SegmenterConfig, told_right, train_segmenter
from understudy.workflows.model_crops import ModelCrop, spread

_OTHERS, _FEWEST_OTHERS = 48, 16  # faces on which nothing was drawn
_NEAR_S = 1.0  # how near in time to a drawn one none of them should be
_MOST_DRAWN = 32  # that are learnt from; more say little more
_LEAST_HIDDEN = 0.004  # of the face: a mask that hides less of it says nothing of what passes before it
_HELD_OUT = 4  # every so manieth clear face is not learnt from
# mean probability where something was drawn, and on clear faces: else it was not learnt what tells it
_LEAST_RIGHT, _MOST_WRONG = 0.6, 0.05
_LEARNT_FROM, _FITS, _YES = "learnt_from", "fits", "yes"
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
        on_event: hears of progress, and of masks from which nothing could be learnt.

    Returns:
        By name; nobody on whose faces nothing was drawn.

    Raises:
        MediaError: a crop or a mask cannot be read.
    """
    found: dict[str, Segmenter] = {}
    for path in facesets:
        with Faceset.open(path) as faceset:
            name = faceset.identity
            if name not in model.identities or not (ids := list(faceset.masks())):
                continue
            drawn = [face for face in faceset.faces_by_id(ids) if is_a_face(face)]
            if not drawn:
                continue
            tolerance = tolerances.get(name)
            digest = _digest(index, drawn)
            places = _places(folder, model.identities.index(name), digest)
            known = next((known for place in places if (known := kept_network(place, digest))), None)
            if known is None:
                known = _learnt(model, faceset, drawn, tolerance, on_event)
                _keep(places, known, digest)
        if known.fits:
            found[name] = Segmenter(known.net, tolerance)
        else:
            message = f"what passes before {name} cannot be told from {_masks(drawn)}: it is searched for"
            on_event(Notice(message=message))
    return found


def are_drawn(facesets: Sequence[Path]) -> bool:
    """Whether a mask was drawn on any face."""
    for path in facesets:
        with Faceset.open(path) as faceset:
            if faceset.masks():
                return True
    return False


@dataclass(frozen=True)
class KnownNetwork:
    """What was learnt, and whether it tells what it was learnt from."""

    net: OccluderNet
    fits: bool


def _learnt(
    model: Model,
    faceset: Faceset,
    drawn: Sequence[StoredFace],
    tolerance: Tolerance | None,
    on_event: OnEvent,
) -> KnownNetwork:
    name = faceset.identity
    message = f"learning from {_masks(drawn)} what passes before {name}"
    on_event(Notice(message=message, is_warning=False))

    def told(done: int, total: int) -> None:
        if done % _REPORT_EVERY == 0 or done == total:
            on_event(Progress(stage="learn masks", done=done, total=total, unit="steps"))

    shown = [one for one in _masked(spread(drawn, _MOST_DRAWN), model.preset) if _hides(one)]
    if not shown:  # beside the face
        return KnownNetwork(OccluderNet(), fits=False)
    others = list(_masked(clear_of(drawn, list(faceset.faces("kept"))), model.preset))
    told(0, SegmenterConfig().steps)  # faces are drawn first
    examples = occluder_examples(shown, others, lambda crops: model.draw(crops, name), tolerance)
    kept, held_out = _split(examples)
    if held_out is None:  # nothing shows how often it is wrong
        return KnownNetwork(OccluderNet(), fits=False)
    net = train_segmenter({kind: of.tensors() for kind, of in kept.items()}, on_step=told)
    right, wrong = told_right(net, kept["drawn"].tensors())[0], told_right(net, held_out.tensors())[1]
    return KnownNetwork(net, fits=right >= _LEAST_RIGHT and wrong <= _MOST_WRONG)


def _split(examples: Mapping[str, Examples]) -> tuple[dict[str, Examples], Examples | None]:
    """What is learnt from, and clear faces that are not."""
    clear = examples.get("clear")
    if clear is None:
        return dict(examples), None
    kept = {**examples, "clear": clear.without_every(_HELD_OUT)}
    return {kind: of for kind, of in kept.items() if len(of.seen)}, clear.every(_HELD_OUT)


def _masked(faces: Sequence[StoredFace], preset: Preset) -> Iterator[MaskedFace]:
    free = np.zeros((preset.size_px, preset.size_px), np.float32)
    for face in faces:
        one = ModelCrop.of(face, preset)
        hidden = hidden_in(face, one.crop_from_frame, preset.size_px)
        yield MaskedFace(
            crop=one.crop,
            hull=one.hull,
            landmarks_px=one.landmarks_px,
            hidden=free if hidden is None else hidden.astype(np.float32) / np.float32(255),
        )


def _hides(face: MaskedFace) -> bool:
    return float((face.hidden * face.hull).sum()) > _LEAST_HIDDEN * float(face.hull.sum())


def clear_of(drawn: Sequence[StoredFace], faces: Sequence[StoredFace]) -> list[StoredFace]:
    """Faces that hardly anything hides: those far in time from where somebody has drawn what does.

    Most people draw on a few frames of a hand that passes by; the search may not see it in the others. Of
    footage in which nobody drew anything it is not known whether they looked.

    Args:
        drawn: all faces with a mask.
        faces: any.

    Returns:
        Some of them, those farthest from drawn ones first.
    """
    times: dict[int, NDArray[np.float64]] = {}
    for source in {face.source_id for face in drawn}:
        of = [float(face.time_s) for face in drawn if face.source_id == source]
        times[source] = np.sort(np.array(of, np.float64))

    def far_s(face: StoredFace) -> float:
        known, at = times[face.source_id], float(face.time_s)
        after = int(np.searchsorted(known, at))
        return float(np.abs(known[max(0, after - 1) : after + 1] - at).min())

    ways = sorted(
        ((far_s(face), face) for face in faces if face.mask_path is None and face.source_id in times),
        key=lambda way: way[0],
        reverse=True,
    )
    enough = max(_FEWEST_OTHERS, sum(far >= _NEAR_S for far, _ in ways))
    return spread([face for _, face in ways[:enough]], _OTHERS)


def _masks(drawn: Sequence[StoredFace]) -> str:
    return "a drawn mask" if len(drawn) == 1 else f"{len(drawn)} drawn masks"


def _digest(index: ModelIndex, drawn: Sequence[StoredFace]) -> str:
    """Of all that decides what is learnt but for faces without a mask."""
    way = f"{SegmenterConfig()} {CHANNELS} {WIDTHS} {_LEAST_RIGHT} {_MOST_WRONG}"
    digest = hashlib.sha256(f"{way} {index.weights_sha256}".encode())
    for face in drawn:  # masks are named by their content
        mask = "" if face.mask_path is None else face.mask_path.name
        digest.update(f" {face.source_id} {face.frame_index} {mask} ".encode())
        digest.update(np.ascontiguousarray(face.face.landmarks_px, np.float32).tobytes())
    return digest.hexdigest()


def _places(folder: Path, number: int, digest: str) -> tuple[Path, Path]:
    """Where it is kept, and where else if that cannot be written."""
    return folder / f"occluders_{number}.safetensors", cache_folder() / "occluders" / f"{digest}.safetensors"


def kept_network(file: Path, digest: str) -> KnownNetwork | None:
    """What was learnt from just that; a model may come from anybody, so its shapes are looked at first.

    Args:
        file: beside a model, or in the cache; it need not exist.
        digest: of what it shall have been learnt from.
    """
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
    return KnownNetwork(net, said.get(_FITS) == _YES)


def _keep(places: Sequence[Path], known: KnownNetwork, digest: str) -> None:
    """In the first place that can be written; in none it is learnt again the next time."""
    weights = {name: value.contiguous() for name, value in known.net.state_dict().items()}
    data = save(weights, {_LEARNT_FROM: digest, _FITS: _YES if known.fits else "no"})
    for place in places:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(place, data)
        except (OSError, UnderstudyError):
            continue
        return
