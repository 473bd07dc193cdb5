"""The networks by name, with the settings that suit them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from understudy.nets.classic import CLASSIC_CODE, CLASSIC_SIZE_PX, ClassicDecoder, ClassicEncoder
from understudy.nets.tiny import TinyConfig, TinyDecoder, TinyEncoder


@dataclass(frozen=True, kw_only=True)
class Preset:
    """One architecture and how it is trained.

    Args:
        size_px: side of the aligned face.
        coverage: side of the aligned face in units of the face square.
        code: numbers in the code.
        batch: faces an identity and step.
        learning_rate: at its peak.
        betas: of AdamW.
        expression_weight: weight of reading the landmarks from the code; 0 where the encoder cannot.
        has_base: whether a pretrained start is shipped.
        encoder: builds the encoder.
        decoder: builds one identity's decoder.
    """

    size_px: int
    coverage: float
    code: int
    batch: int
    learning_rate: float
    betas: tuple[float, float]
    expression_weight: float
    has_base: bool
    encoder: Callable[[], nn.Module]
    decoder: Callable[[], nn.Module]


_TINY = TinyConfig()

PRESETS: dict[str, Preset] = {
    "tiny": Preset(
        size_px=_TINY.size_px,
        coverage=1.25,
        code=_TINY.code,
        batch=8,
        learning_rate=1e-3,
        betas=(0.9, 0.98),
        expression_weight=0.5,
        has_base=True,
        encoder=lambda: TinyEncoder(_TINY),
        decoder=lambda: TinyDecoder(_TINY),
    ),
    "classic": Preset(
        size_px=CLASSIC_SIZE_PX,
        coverage=1.25,
        code=CLASSIC_CODE,
        batch=16,
        learning_rate=5e-5,
        betas=(0.5, 0.999),
        expression_weight=0.0,
        has_base=False,
        encoder=ClassicEncoder,
        decoder=ClassicDecoder,
    ),
}
