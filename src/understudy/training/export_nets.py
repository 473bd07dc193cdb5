"""A model's networks as other programs run them.

Shapes: face_B3HW a face in [0, 1], RGB; code whatever the encoder gives; whole_BHW3 the picture that
programs of the field cut out around a face, BGR, larger than what the network draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from understudy.nets.presets import Preset
from understudy.training.model import Model

# DeepFaceLive cuts 1.47 sides of our face square out, DeepFaceLab's "whole face" shows about as much, and
# FaceFusion 1.36; their middle lies 0.03 to 0.05 sides higher (all by landmarks of the same mean face)
_WHOLE_FACE_COVERAGE = 1.45
_WHOLE_FACE_RISE = 0.035


@dataclass(frozen=True, kw_only=True)
class WholeFace:
    """The picture around a face that a `.dfm` is given, and where in it lies what the network draws.

    Both have pixels of the same size, so that nothing is resampled.

    Args:
        size_px: side of the picture.
        face_px: side of the network's aligned face in it.
        left_px: columns to its left.
        top_px: rows above it.
    """

    size_px: int
    face_px: int
    left_px: int
    top_px: int

    @classmethod
    def around(cls, preset: Preset) -> WholeFace:
        """The one around a preset's aligned face; both are the same where that shows as much itself."""
        margin = max(0, round(preset.size_px * (_WHOLE_FACE_COVERAGE / preset.coverage - 1) / 2))
        rise = round(preset.size_px * _WHOLE_FACE_RISE / preset.coverage)
        return cls(
            size_px=preset.size_px + 2 * margin,
            face_px=preset.size_px,
            left_px=margin,
            top_px=min(margin + rise, 2 * margin),
        )

    @property
    def rows(self) -> slice:
        """Of the aligned face."""
        return slice(self.top_px, self.top_px + self.face_px)

    @property
    def columns(self) -> slice:
        """Of the aligned face."""
        return slice(self.left_px, self.left_px + self.face_px)

    @property
    def margins_px(self) -> tuple[int, int, int, int]:
        """Left, right, top and bottom."""
        beyond = self.size_px - self.face_px
        return self.left_px, beyond - self.left_px, self.top_px, beyond - self.top_px


class FaceAndMask(nn.Module):
    """A decoder whose face and mask are two outputs."""

    def __init__(self, decoder: nn.Module) -> None:
        """Draw with `decoder`."""
        super().__init__()
        self.decoder = decoder

    def forward(self, code: Tensor) -> tuple[Tensor, Tensor]:
        """A code to (B, 3, S, S) RGB and (B, 1, S, S) mask, in [0, 1]."""
        drawn_B4HW = self.decoder(code)
        return drawn_B4HW[:, :3], drawn_B4HW[:, 3:]


class WholeFaceSwap(nn.Module):
    """The whole way from a picture of anybody to one of the source, as `.dfm` files hold it.

    Args:
        model: whose networks are used.
        source: whose face is drawn.
        target: whose decoder says where the face is that is read; the source's where None.
        place: see `WholeFace`.
    """

    def __init__(self, model: Model, source: str, target: str | None, place: WholeFace) -> None:
        """Share the model's networks."""
        super().__init__()
        self.encoder = model.drawing_encoder
        self.source = model.decoder(source)
        self.target = None if target is None else model.decoder(target)
        self.place = place
        beyond = pad(torch.zeros(1, 1, place.face_px, place.face_px), place.margins_px, value=1.0)
        self.beyond_11HW = nn.Buffer(beyond)
        self.swapped = nn.Buffer(torch.tensor([2, 1, 0]))

    def forward(self, whole_BHW3: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Swap.

        Args:
            whole_BHW3: (B, H, H, 3) float32 BGR in [0, 1].

        Returns:
            Mask of the face that is read, (B, H, H, 1); the source's face, (B, H, H, 3) BGR, with what was
            given beyond what the network draws; its mask, (B, H, H, 1).
        """
        whole_B3HW = whole_BHW3.permute(0, 3, 1, 2)
        face_B3HW = whole_B3HW[:, :, self.place.rows, self.place.columns].index_select(1, self.swapped)
        code = self.encoder(face_B3HW)
        drawn_B4HW = self.source(code)
        mask_B1HW = drawn_B4HW[:, 3:]
        read_B1HW = mask_B1HW if self.target is None else self.target(code)[:, 3:]
        bgr_B3HW = pad(drawn_B4HW[:, :3].index_select(1, self.swapped), self.place.margins_px)
        bgr_B3HW = bgr_B3HW + whole_B3HW * self.beyond_11HW
        outputs = pad(read_B1HW, self.place.margins_px), bgr_B3HW, pad(mask_B1HW, self.place.margins_px)
        read, bgr, mask = (output.permute(0, 2, 3, 1) for output in outputs)
        return read, bgr, mask
