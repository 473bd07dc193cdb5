"""Other parts for the family's networks, held against its own at equal time: results/parts.json.

    python benchmarks/parts.py SOURCE.faceset TARGET.faceset --work FOLDER --seconds 200

Each variant trains the same preset on the same faces for the same wall time, all at once, a process each: a
GPU is shared about evenly. What comes out is how held-out faces are drawn, and how many steps the time was
good for. A part that wins goes into `nets/`; those here are what did not, or not surely.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from held_out import drawn_figures, held_out_planes
from machine import about
from torch import Tensor, nn

from understudy.nets import family
from understudy.nets.presets import PRESETS
from understudy.workflows import train
from understudy.workflows.configs import TrainConfig

RESULTS = Path(__file__).parent / "results"
PATCH = 4


class RmsNorm(nn.Module):
    """Divide each pixel by the root mean square of its channels. Zhang and Sennrich, NeurIPS 2019."""

    def __init__(self, channels: int) -> None:
        """For `channels`."""
        super().__init__()
        self.gain = nn.Parameter(torch.ones(channels))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """The same shape."""
        power = x_BCHW.square().mean(dim=1, keepdim=True)
        return x_BCHW * torch.rsqrt(power + 1e-6) * self.gain[:, None, None]


class Residual(nn.Module):
    """The family's residual block with a norm before it or with another activation."""

    def __init__(self, channels: int, norm: Callable[[int], nn.Module], act: Callable[[], nn.Module]) -> None:
        """Two 3x3 convolutions."""
        super().__init__()
        self.norm, self.act = norm(channels), act()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """The same shape."""
        return x_BCHW + self.second(self.act(self.first(self.act(self.norm(x_BCHW)))))


class ConvNext(nn.Module):
    """A large kernel a channel, then two 1x1 convolutions. Liu et al., A ConvNet for the 2020s, CVPR 2022."""

    def __init__(self, channels: int, widen: int = 4) -> None:
        """7x7, channel by channel, and `widen` times as many channels in between."""
        super().__init__()
        self.deep = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = RmsNorm(channels)
        self.first = nn.Conv2d(channels, widen * channels, 1)
        self.second = nn.Conv2d(widen * channels, channels, 1)
        self.act = nn.GELU()
        nn.init.zeros_(self.second.weight)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """The same shape."""
        return x_BCHW + self.second(self.act(self.first(self.norm(self.deep(x_BCHW)))))


class Strided(nn.Module):
    """Halve by a strided convolution, without a filter."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        """Map (B, in, 2H, 2W) to (B, out, H, W)."""
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, padding=1, stride=2)
        self.act = nn.LeakyReLU(0.1)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """(B, C, 2H, 2W) to (B, out, H, W)."""
        return self.conv(self.act(x_BCHW))


class Blurred(Strided):
    """Halve behind a binomial filter of 4x4. Zhang, ICML 2019."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        """As `Strided`."""
        super().__init__(in_channels, out_channels)
        self.conv = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        row = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
        self.register_buffer("kernel", (row[:, None] * row).expand(in_channels, 1, 4, 4).clone(), False)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """(B, C, 2H, 2W) to (B, out, H, W)."""
        x = self.act(x_BCHW)
        kernel = self.get_buffer("kernel").to(x.dtype)
        return self.conv(nn.functional.conv2d(x, kernel, None, (2, 2), (1, 1), (1, 1), x.shape[1]))


class Haar(nn.Module):
    """Sixteen wavelet coefficients a block of 4x4 to its pixels: the head draws bands, not pixels."""

    def __init__(self) -> None:
        """Two levels."""
        super().__init__()
        pair = torch.tensor([[1.0, 1.0], [1.0, -1.0]]) / 2**0.5
        one = torch.kron(torch.eye(2), pair.T.contiguous())  # 4 coefficients (l h l h) to 4 pixels
        two = torch.eye(4)
        two[[[0], [2]], [0, 2]] = pair.T
        line = one @ two
        self.register_buffer("pixels", torch.kron(line, line), False)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """(B, 16 C, H, W) to the same shape."""
        count, channels, height, width = x_BCHW.shape
        x = x_BCHW.permute(0, 2, 3, 1).reshape(count, height, width, channels // 16, 16)
        x = x @ self.get_buffer("pixels").T.to(x.dtype)
        return x.reshape(count, height, width, channels).permute(0, 3, 1, 2)


def wavelets() -> None:
    """Let heads draw wavelets; they start as resizing, like the family's own."""
    usual = family.FamilyDecoder.__init__

    def built(self: family.FamilyDecoder, config: family.FamilyConfig) -> None:
        usual(self, config)
        self.add_module("shuffle", nn.Sequential(Haar(), nn.PixelShuffle(PATCH)))
        for head in self.heads:
            with torch.no_grad():
                for values in head.parameters():
                    coarse = PATCH * values[:: PATCH**2].clone()  # what each pixel of a block shows
                    values.zero_()
                    values[:: PATCH**2] = coarse

    family.FamilyDecoder.__init__ = built  # type: ignore[method-assign]


def leaky() -> nn.Module:
    """The family's own activation."""
    return nn.LeakyReLU(0.1)


def put(**parts: Callable[..., nn.Module]) -> None:
    """Let the family be built of other parts."""
    for name, part in parts.items():
        setattr(family, name, part)


def plain(channels: int) -> nn.Module:
    """No norm."""
    del channels
    return nn.Identity()


VARIANTS: dict[str, Callable[[], None]] = {
    "usual": lambda: None,
    "RMSNorm before each block": lambda: put(ResidualBlock=partial(Residual, norm=RmsNorm, act=leaky)),
    "SiLU in blocks": lambda: put(ResidualBlock=partial(Residual, norm=plain, act=nn.SiLU)),
    "ConvNeXt blocks": lambda: put(ResidualBlock=ConvNext),
    "halved by a stride": lambda: put(Downscale=Strided),
    "halved behind a blur": lambda: put(Downscale=Blurred),
    "heads draw wavelets": wavelets,
}


def main() -> None:
    """Run them all, or, as a child, one."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("facesets", nargs=2, type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=200)
    parser.add_argument("--preset", default="standard")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--device", default="auto")
    parser.add_argument("--variant", default="", help="this one alone, with the first seed")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    if args.variant:
        one(args)
        return
    jobs = [(name, seed) for seed in args.seeds for name in VARIANTS if not out_of(args, name, seed).exists()]
    running = [
        subprocess.Popen([sys.executable, *sys.argv, "--variant", name, "--seeds", str(seed)])
        for name, seed in jobs
    ]
    for child in running:
        child.wait()
    found = {
        name: [
            json.loads(path.read_text()) for seed in args.seeds if (path := out_of(args, name, seed)).exists()
        ]
        for name in VARIANTS
    }
    settings = {"preset": args.preset, "seconds": args.seconds, "seeds": args.seeds, "at_once": len(jobs)}
    result = {"machine": about(), "settings": settings, "variants": found}
    (RESULTS / "parts.json").write_text(json.dumps(result, indent=1) + "\n")
    print(table(found))


def out_of(args: argparse.Namespace, name: str, seed: int) -> Path:
    """Where the figures of one run are kept."""
    return args.work / f"{name.replace(' ', '_')}_{seed}.json"


def one(args: argparse.Namespace) -> None:
    """Train and judge one variant."""
    VARIANTS[args.variant]()
    out = out_of(args, args.variant, args.seeds[0])
    folder = out.with_suffix(".model")
    config = TrainConfig(
        facesets=tuple(args.facesets),
        model=folder,
        preset=args.preset,
        minutes=args.seconds / 60,
        seed=args.seeds[0],
        device=args.device,
    )
    result = train.run(config)
    preset = PRESETS[args.preset]
    planes = {}
    for path, name in zip(args.facesets, result.validation["ssim_in_mask"], strict=True):
        planes[name] = held_out_planes(path, preset.size_px, preset.coverage)
    figures = drawn_figures(folder, planes)
    numbers = sum(each.numel() for each in family_numbers(args.preset))
    out.write_text(json.dumps({"steps": result.steps, "parameters": numbers, "held_out": figures}))


def family_numbers(preset: str) -> list[Tensor]:
    """Parameters of an encoder and a decoder."""
    made = PRESETS[preset]
    return [*made.encoder().parameters(), *made.decoder().parameters()]


def table(found: dict[str, list[dict[str, Any]]]) -> str:
    """Means over seeds, as Markdown."""
    lines = [
        "| parts | steps | million numbers | SSIM | eyes and mouth | sharpness |",
        "| --- |" + " --- |" * 5,
    ]
    for name, rows in found.items():
        if not rows:
            continue
        cells = [f"{fmean(row['steps'] for row in rows):.0f}", f"{rows[0]['parameters'] / 1e6:.1f}"]
        for figure in ("ssim", "ssim_eyes_mouth", "sharpness_eyes_mouth"):
            means = [fmean(row["held_out"][who][figure] for row in rows) for who in rows[0]["held_out"]]
            cells.append(" / ".join(f"{mean:.4f}" for mean in means))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
