"""Train the network that tells what lies before a face."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from understudy.nets.segmenter import OccluderNet
from understudy.training.adam import AdamW
from understudy.training.processor import has_fast_bf16

OnStep = Callable[[int, int], None]
Tensors = tuple[Tensor, Tensor, Tensor]  # (n, C, h, w) seen, (n, h, w) hidden, (n, h, w) where that counts

_SHARES = {"drawn": 0.3, "pasted": 0.35, "made up": 0.15, "clear": 0.2}  # of a batch, by kind
_MOVE, _TILT, _ZOOM = 0.06, 7.5, 0.1  # how pictures vary: deviations, in sides, degrees, shares
_GAIN, _OFFSET = 0.12, 0.06  # the same of their light
_RAMP = 0.1  # share of the steps in which the rate rises
_LEAST_RATE = 0.02  # at the end, as a share
_AT_ONCE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmenterConfig:
    """How to learn.

    Args:
        steps: of the network.
        batch: faces a step.
        rate: largest learning rate.
        seed: of every random choice.
    """

    steps: int = 250
    batch: int = 12
    rate: float = 3e-3
    seed: int = 0


def train_segmenter(
    examples: Mapping[str, Tensors],
    config: SegmenterConfig | None = None,
    on_step: OnStep = lambda *_: None,
) -> OccluderNet:
    """Train the network, on the processor: it is small.

    Args:
        examples: by kind ("drawn", "pasted", "made up", "clear"), one at least: (n, C, h, w) what is seen,
            (n, h, w) what hides it, (n, h, w) where that is known, all float32.
        config: how; the defaults where None.
        on_step: hears of steps done and of how many there are.

    Returns:
        The network. It is the same with the same seed, on the same processor with the same number of threads.
    """
    config = config or SegmenterConfig()
    random = np.random.default_rng(config.seed)
    kinds = list(examples)
    shares = np.array([_SHARES[kind] for kind in kinds])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        net = OccluderNet().train()
    optimizer = AdamW([list(net.parameters())], lr=config.rate, betas=(0.9, 0.99), weight_decay=0.01)
    bf16 = has_fast_bf16(torch.device("cpu"))
    for step in range(config.steps):
        rising, done = (step + 1) / (_RAMP * config.steps), step / config.steps
        falling = _LEAST_RATE + (1 - _LEAST_RATE) * (0.5 + 0.5 * np.cos(np.pi * done))
        optimizer.param_groups[0]["lr"] = config.rate * min(rising, falling)
        chosen = [kinds[i] for i in random.choice(len(kinds), config.batch, p=shares / shares.sum())]
        rows = [(kind, int(random.integers(len(examples[kind][0])))) for kind in chosen]
        seen, hidden, counts = (torch.stack([examples[kind][i][at] for kind, at in rows]) for i in range(3))
        seen, hidden, counts = _varied(seen, hidden, counts, random)
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            odds = net(seen)
        loss = _loss(odds.float(), hidden, counts)
        for weight in net.parameters():
            weight.grad = None
        loss.backward()
        optimizer.step()
        on_step(step + 1, config.steps)
    return net.eval()


@torch.inference_mode()
def told_right(net: OccluderNet, examples: Tensors) -> tuple[float, float]:
    """How much of what hides faces is told, and how much of what nothing hides is told to be hidden.

    Args:
        net: from `train_segmenter`.
        examples: of one kind.

    Returns:
        Two shares of pixels; 1 and 0 where there are none.
    """
    seen, hidden, counts = examples
    told = torch.cat([torch.sigmoid(net(some)) for some in seen.split(_AT_ONCE)]) * (counts > 0.5)
    real = (hidden > 0.5) & (counts > 0.5)
    free = (hidden < 0.5) & (counts > 0.5)
    return float(told[real].mean()) if real.any() else 1.0, float(told[free].mean()) if free.any() else 0.0


def _loss(odds_BHW: Tensor, hidden_BHW: Tensor, counts_BHW: Tensor) -> Tensor:
    """Cross entropy of pixels, and how little of each whole is shared (Dice)."""
    each = nn.functional.binary_cross_entropy_with_logits(odds_BHW, hidden_BHW, reduction="none")
    entropy = (each * counts_BHW).sum() / counts_BHW.sum().clamp(min=1)
    said, real = torch.sigmoid(odds_BHW) * counts_BHW, hidden_BHW * counts_BHW
    shared = 2 * (said * real).sum(dim=(1, 2)) + 4
    return entropy + 0.5 * (1 - shared / (said.sum(dim=(1, 2)) + real.sum(dim=(1, 2)) + 4)).mean()


def _varied(
    seen_BCHW: Tensor, hidden_BHW: Tensor, counts_BHW: Tensor, random: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """The same faces elsewhere in the picture, mirrored, and in other light."""
    count = len(seen_BCHW)
    gain = torch.from_numpy(random.normal(0, _GAIN, (count, 1, 1, 1)).astype(np.float32))
    offset = torch.from_numpy(random.normal(0, _OFFSET, (count, 3, 1, 1)).astype(np.float32))
    change = seen_BCHW[:, :3] * gain + offset
    # drawn faces follow the light: what differs stays as it is
    seen_BCHW = torch.cat([seen_BCHW[:, :3] + change, seen_BCHW[:, 3:]], dim=1)
    angle = np.radians(random.normal(0, _TILT, count))
    scale = 1 + random.normal(0, _ZOOM, count)
    mirror = np.where(random.random(count) < 0.5, -1.0, 1.0)
    move = random.normal(0, 2 * _MOVE, (count, 2))
    turn = np.stack([np.stack([mirror * np.cos(angle), -np.sin(angle)], -1),
                     np.stack([mirror * np.sin(angle), np.cos(angle)], -1)], 1)  # fmt: skip
    matrix = np.concatenate([scale[:, None, None] * turn, move[..., None]], axis=2).astype(np.float32)
    planes = torch.cat([seen_BCHW, hidden_BHW[:, None], counts_BHW[:, None]], dim=1)
    grid = nn.functional.affine_grid(torch.from_numpy(matrix), list(planes.shape), align_corners=False)
    planes = nn.functional.grid_sample(planes, grid, padding_mode="border", align_corners=False)
    return planes[:, :-2], planes[:, -2], planes[:, -1]
