"""How held-out faces are drawn, told by what SSIM of luma over the whole face does not see."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from understudy.faces.faceset import Faceset
from understudy.nets.losses import LUMA, MaskedSsim
from understudy.training.model_folder import load_model
from understudy.training.processor import has_fast_bf16
from understudy.training.samples import load_samples

_BATCH = 16


def held_out_planes(faceset: Path, size_px: int, coverage: float) -> NDArray[np.uint8]:
    """(n, 5, s, s): colours, the face's mask, eyes and mouth, of the faces that are not learnt from."""
    with Faceset.open(faceset) as opened:
        samples = load_samples(opened.identity, list(opened.faces("kept")), size_px, coverage)
    margin = (samples.planes.shape[-1] - size_px) // 2
    inner = slice(margin, margin + size_px)
    return samples.planes[samples.held_out][:, :, inner, inner]


def drawn_figures(folder: Path, planes: dict[str, NDArray[np.uint8]]) -> dict[str, dict[str, float]]:
    """Figures of a model by identity.

    SSIM and mean absolute differences (in levels of 255) in the face and where eyes and mouth are; `colour`
    is the difference of colours less their luma; `sharpness` the Laplacian of luma at eyes and mouth as a
    share of the truth's; `mask` that of the drawn mask, anywhere.
    """
    model = load_model(folder, bf16=has_fast_bf16()).model
    found: dict[str, dict[str, float]] = {}
    for name, faces in planes.items():
        truth = torch.from_numpy(faces).float() / 255
        parts = np.split(faces[:, :3].transpose(0, 2, 3, 1), range(_BATCH, len(faces), _BATCH))
        pairs = [model.draw(np.ascontiguousarray(part), name) for part in parts]
        drawn = torch.from_numpy(np.concatenate([colours for colours, _ in pairs])).permute(0, 3, 1, 2)
        mask = torch.from_numpy(np.concatenate([mask for _, mask in pairs]))[:, None]
        found[name] = _figures(drawn, mask, truth)
    return found


def _figures(drawn: Tensor, drawn_mask: Tensor, truth: Tensor) -> dict[str, float]:
    rgb, face = truth[:, :3], truth[:, 3:4]
    focus, ssim = face * truth[:, 4:5], MaskedSsim(rgb.shape[-1])
    off = drawn - rgb
    sharp, true_sharp = (_mean(_laplacian(_luma(x)).abs(), focus[..., 1:-1, 1:-1]) for x in (drawn, rgb))
    return {
        "ssim": float(ssim(drawn, rgb, face).mean()),
        "ssim_eyes_mouth": float(ssim(drawn, rgb, focus).mean()),
        "difference": 255 * _mean(off.abs().mean(1, keepdim=True), face),
        "difference_eyes_mouth": 255 * _mean(off.abs().mean(1, keepdim=True), focus),
        "colour": 255 * _mean((off - _luma(off)).abs().mean(1, keepdim=True), face),
        "sharpness_eyes_mouth": sharp / true_sharp,
        "mask": 255 * float((drawn_mask - face).abs().mean()),
    }


def _mean(picture: Tensor, weight: Tensor) -> float:
    return float((picture * weight).sum() / weight.sum())


def _luma(picture: Tensor) -> Tensor:
    return (picture * torch.tensor(LUMA)[:, None, None]).sum(1, keepdim=True)


def _laplacian(picture: Tensor) -> Tensor:
    middle, near = picture[..., 1:-1, 1:-1], slice(1, -1)
    beside = picture[..., near, :-2] + picture[..., near, 2:]
    return 4 * middle - beside - picture[..., :-2, near] - picture[..., 2:, near]
