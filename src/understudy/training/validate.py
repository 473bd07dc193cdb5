"""How well held-out faces are drawn, and what that looks like."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from understudy.core.types import Image
from understudy.nets.losses import WINDOW_PX, MaskedSsim
from understudy.training.model import Model
from understudy.training.samples import Samples

_BATCH = 16
_KNOWN_FROM = 64  # faces of each: mean and deviation of their codes need no more
_MOST_HELD_OUT = 200  # validated on, an identity: an even choice of more


def centred(samples: Samples, index: NDArray[np.intp]) -> NDArray[np.uint8]:
    """The samples as the network sees them in use, unwarped: (n, s, s, 4) RGB and the face mask."""
    inner = _inner(samples)
    return np.ascontiguousarray(samples.planes[index, :4, inner, inner].transpose(0, 2, 3, 1))


def hidden_there(samples: Samples, index: NDArray[np.intp]) -> NDArray[np.uint8] | None:
    """What was drawn over the same faces, (n, s, s), 255 where they are hidden; None where nothing was."""
    hidden = samples.hidden
    if hidden is None or not hidden.of[index].any():
        return None
    inner = _inner(samples)
    return hidden.masks[hidden.of[index], inner, inner]


def _inner(samples: Samples) -> slice:
    margin = (samples.planes.shape[-1] - samples.size_px) // 2
    return slice(margin, margin + samples.size_px)


class Validation:
    """SSIM inside the face mask on held-out faces, beside that of each identity's mean face.

    What a person has drawn to lie before a face counts in neither, nor do windows that reach there.
    """

    def __init__(self, identities: Sequence[Samples], *, says_expression: bool = True) -> None:
        """Prepare the held-out faces.

        Args:
            identities: their faces.
            says_expression: whether codes are taught to say the expression.
        """
        self._identities, self._says_expression = identities, says_expression
        self._ssim = MaskedSsim(identities[0].size_px)
        self._held_out = {s.identity: _held_out(s) for s in identities}

    @cached_property
    def mean_face_ssim(self) -> dict[str, float]:
        """That of each identity's mean face; worked out when first looked at: no step waits for it."""
        return {samples.identity: self._mean_face_ssim(samples) for samples in self._identities}

    def ssim(self, model: Model) -> dict[str, float]:
        """Mean SSIM in the mask of each identity's reconstructions."""
        figures: dict[str, float] = {}
        for identity, truth in self._held_out.items():
            # a part at a time: at 1024 px the similarity of all faces at once would take tens of gigabytes
            parts = np.split(truth, range(_BATCH, len(truth), _BATCH))
            total = sum(
                self._mean_ssim(model.draw(part[..., :3], identity)[0], part) * len(part) for part in parts
            )
            figures[identity] = total / len(truth)
        return figures

    def know_codes(self, model: Model) -> None:
        """Let a model take note of where everybody's codes lie as its weights are now."""
        for samples in self._identities:
            index = samples.training
            some = index[np.linspace(0, len(index) - 1, min(_KNOWN_FROM, len(index))).round().astype(int)]
            said = samples.expressions[index, 0, : None if self._says_expression else 0]
            model.know_codes(samples.identity, centred(samples, some)[..., :3], said)

    def _mean_face_ssim(self, samples: Samples) -> float:
        mean = mean_face(samples)
        truth = self._held_out[samples.identity]
        return float(np.mean([self._mean_ssim(mean[None], one[None]) for one in truth]))

    def _mean_ssim(self, drawn: NDArray[np.float32], truth: NDArray[np.uint8]) -> float:
        a = torch.from_numpy(np.ascontiguousarray(drawn)).permute(0, 3, 1, 2)
        b = torch.from_numpy(truth).float().div_(255).permute(0, 3, 1, 2)
        return float(self._ssim(a, b[:, :3], b[:, 3:4]).mean())


def mean_face(samples: Samples) -> NDArray[np.float32]:
    """(s, s, 3) RGB in [0, 1], of the faces that are learnt from, each where it is not hidden."""
    # at 4,000 faces a float copy of all would be gigabytes: the mean is summed in parts
    index, size = samples.training, samples.size_px
    total, seen = np.zeros((size, size, 3)), np.full((size, size, 1), 1e-9)
    for part in np.array_split(index, max(1, len(index) // 256)):
        faces, hidden = centred(samples, part)[..., :3], hidden_there(samples, part)
        if hidden is None:
            total += faces.sum(axis=0, dtype=np.float64)
            seen += len(part)
        else:
            is_seen = hidden[..., None] < 128
            total += faces.sum(axis=0, dtype=np.float64, where=is_seen)
            seen += is_seen.sum(axis=0)
    return (total / seen / 255).astype(np.float32)


def _held_out(samples: Samples) -> NDArray[np.uint8]:
    """(n, s, s, 4) faces that are only validated on, and the mask of what counts."""
    index = _thinned(samples.held_out)
    faces, hidden = centred(samples, index), hidden_there(samples, index)
    if hidden is not None:
        window = np.ones((WINDOW_PX, WINDOW_PX), np.uint8)
        for face, behind in zip(faces, hidden, strict=True):
            face[..., 3][cv2.dilate(behind, window) > 0] = 0
    return faces


def _thinned(index: NDArray[np.intp]) -> NDArray[np.intp]:
    if len(index) <= _MOST_HELD_OUT:
        return index
    return index[np.linspace(0, len(index) - 1, _MOST_HELD_OUT).round().astype(int)]


def preview(model: Model, source: Samples, target: Samples, columns: int = 8) -> Image:
    """A grid that shows where training is.

    Rows, from the top: source, source drawn by its own decoder, target, target drawn by its own
    decoder, and the swap: the target drawn by the source's decoder.
    """
    rows: list[Image] = []
    shown: dict[str, NDArray[np.uint8]] = {}
    for samples in (source, target):
        index = samples.held_out
        chosen = index[np.linspace(0, len(index) - 1, columns).round().astype(int)]
        shown[samples.identity] = centred(samples, chosen)[..., :3]
        rows.append(_row(shown[samples.identity]))
        rows.append(_row(model.draw(shown[samples.identity], samples.identity)[0]))
    rows.append(_row(model.draw(shown[target.identity], source.identity, of=target.identity)[0]))
    return np.concatenate(rows)


def _row(pictures: NDArray[np.uint8] | NDArray[np.float32]) -> Image:
    """(n, s, s, 3) pictures, uint8 or float32 in [0, 1], side by side."""
    flat = pictures.reshape(-1, pictures.shape[-1])
    whole = flat if pictures.dtype == np.uint8 else cv2.convertScaleAbs(flat, alpha=255)
    return np.concatenate(list(whole.reshape(pictures.shape)), axis=1).astype(np.uint8, copy=False)
