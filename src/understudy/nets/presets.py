"""The networks by name, with the settings that suit them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from understudy.nets.classic import CLASSIC_CODE, CLASSIC_SIZE_PX, ClassicDecoder, ClassicEncoder
from understudy.nets.family import FamilyConfig, FamilyDecoder, FamilyEncoder
from understudy.nets.tiny import TinyConfig, TinyDecoder, TinyEncoder


@dataclass(frozen=True, kw_only=True)
class Preset:
    """One architecture and how it is trained.

    Args:
        size_px: side of the aligned face.
        coverage: side of the aligned face in units of the face square.
        code: numbers in the code.
        batch: faces an identity and step, on a processor.
        learning_rate: at its peak.
        betas: of AdamW.
        expression_weight: weight of reading the landmarks from the code; 0 where the encoder cannot.
        consistency_weight: weight of reading the same expression from a swap; 0 where the encoder cannot.
        has_base: whether a pretrained start is shipped.
        encoder: builds the encoder.
        decoder: builds one identity's decoder.
        purpose: what it is for, in a few words.
        average: share of the averaged weights that a step leaves as they are; 0 keeps no average.
        doublings: how often the picture doubles while it is trained; 0 for networks that do not grow.
        gpu_batch: faces an identity and step on a GPU, where they fit.
        has_critic: whether a critic may be heard in the last part of training, see `training.adversarial`.
    """

    size_px: int
    coverage: float
    code: int
    batch: int
    learning_rate: float
    betas: tuple[float, float]
    expression_weight: float
    consistency_weight: float
    has_base: bool
    encoder: Callable[[], nn.Module]
    decoder: Callable[[], nn.Module]
    purpose: str = ""
    average: float = 0.0
    doublings: int = 0
    gpu_batch: int = 32
    has_critic: bool = False


_TINY = TinyConfig()
_CONSISTENCY = 0.15  # see docs/training.md: three times as much, and a swap is less like its source


def family_preset(
    config: FamilyConfig, *, batch: int, learning_rate: float, purpose: str, gpu_batch: int = 32
) -> Preset:
    """A member of the family with the settings that they share.

    Args:
        config: its sizes.
        batch: see `Preset`.
        learning_rate: see `Preset`.
        purpose: see `Preset`.
        gpu_batch: see `Preset`.
    """
    return Preset(
        size_px=config.size_px,
        coverage=1.25,
        code=config.code,
        batch=batch,
        learning_rate=learning_rate,
        betas=(0.9, 0.98),
        expression_weight=0.5,
        consistency_weight=_CONSISTENCY,
        has_base=False,
        encoder=lambda: FamilyEncoder(config),
        decoder=lambda: FamilyDecoder(config),
        purpose=purpose,
        average=0.999,
        doublings=config.doublings,
        gpu_batch=gpu_batch,
        has_critic=config.doublings > 0,  # their pictures show single teeth and lashes
    )


# the smallest first
PRESETS: dict[str, Preset] = {
    "tiny": Preset(
        size_px=_TINY.size_px,
        coverage=1.25,
        code=_TINY.code,
        batch=8,
        learning_rate=1e-3,
        betas=(0.9, 0.98),
        expression_weight=0.5,
        consistency_weight=_CONSISTENCY,
        has_base=True,
        encoder=lambda: TinyEncoder(_TINY),
        decoder=lambda: TinyDecoder(_TINY),
        purpose="minutes on a CPU",
    ),
    "classic": Preset(
        size_px=CLASSIC_SIZE_PX,
        coverage=1.25,
        code=CLASSIC_CODE,
        batch=16,
        learning_rate=5e-5,
        betas=(0.5, 0.999),
        expression_weight=0.0,
        consistency_weight=0.0,
        has_base=False,
        encoder=ClassicEncoder,
        decoder=ClassicDecoder,
        purpose="the original method, to compare with",
    ),
    "standard": family_preset(
        FamilyConfig(widths=(384, 192, 96), blocks=(2, 1, 1), narrow=448, rest=128),
        batch=8,
        learning_rate=5e-4,
        purpose="hours on a CPU, minutes on a GPU",
    ),
    "high": family_preset(
        FamilyConfig(widths=(512, 256, 128, 64), blocks=(2, 2, 1, 1), narrow=640, rest=192),
        batch=8,
        learning_rate=4e-4,
        purpose="faces up to a quarter of a full HD picture's height",
    ),
    "ultra": family_preset(
        FamilyConfig(widths=(640, 320, 160, 96, 48), blocks=(2, 2, 1, 1, 1), narrow=640, rest=256),
        batch=6,
        learning_rate=3e-4,
        purpose="close-ups in full HD",
        gpu_batch=16,
    ),
    "cinema": family_preset(
        FamilyConfig(widths=(640, 384, 192, 96, 48, 24), blocks=(2, 2, 2, 1, 1, 1), narrow=640, rest=320),
        batch=4,
        learning_rate=3e-4,
        purpose="close-ups in 4K",
        gpu_batch=8,
    ),
}
