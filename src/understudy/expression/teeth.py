"""Teeth, tongue and dark for a mouth whose inside no picture shows."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image, Points
from understudy.expression.eyes import lids_outline
from understudy.expression.patches import Box, outlined
from understudy.faces.mesh import OUTER_LIPS

# mean sizes of adults, millimetres: from the middle outwards
_EYES_APART = 90.0  # outer corners of the eyes
_UPPER_WIDTHS, _UPPER_LENGTHS = (8.5, 6.8, 7.6, 7.0, 7.0), (9.5, 8.5, 9.3, 8.0, 7.5)
_LOWER_WIDTHS, _LOWER_LENGTHS = (5.2, 5.8, 6.6, 7.0, 7.0), (8.0, 8.0, 8.5, 8.0, 7.5)
_ARCH_UPPER, _ARCH_LOWER = 27.0, 25.0  # radius of the dental arch
_EDGE_UPPER, _EDGE_LOWER = 3.4, 0.6  # below the line of shut lips
_RISE = 0.004  # of the edge towards the sides, a millimetre: parabola
_BRIGHT_UPPER, _BRIGHT_LOWER = (1.0, 0.96, 0.86, 0.7, 0.52), (0.8, 0.78, 0.7, 0.55, 0.4)
_GAP = 0.35
_FINER = 6  # pixels in one, to draw with

_Floats = NDArray[np.float32]
_LIPS = np.array(OUTER_LIPS)


@dataclass(frozen=True, kw_only=True)
class MouthLight:
    """Colours of a mouth's inside in a photo's light, (3,) float32 RGB 0 to 255."""

    tooth: _Floats
    gum: _Floats
    tongue: _Floats
    cavity: _Floats

    @classmethod
    def of(cls, photo: Image, mesh_px: Points) -> MouthLight:
        """By how bright the white of the eyes, skin and lips are."""
        skin = _pixels(photo, _around(mesh_px[[117, 346, 4, 151], :2]))
        lips = _pixels(photo, mesh_px[_LIPS, :2])
        lit = np.percentile(skin, 75, axis=0)
        whites = [_pixels(photo, lids_outline(mesh_px, side)) for side in (0, 1)]
        bright = np.percentile(np.concatenate(whites), 93, axis=0)
        luma = float(np.clip(bright.mean(), 0.75 * lit.mean(), max(215.0, float(lit.mean()))))
        tint = 0.5 + 0.5 * bright / max(float(bright.mean()), 1.0)
        lip = np.median(lips, axis=0)
        return cls(
            tooth=(luma * 1.08 * tint * (1.02, 1.0, 0.93)).astype(np.float32),
            gum=(0.75 * lip).astype(np.float32),
            tongue=(0.62 * lip * (1.02, 0.95, 0.95)).astype(np.float32),
            cavity=(luma * np.array([0.17, 0.08, 0.08])).astype(np.float32),
        )


@dataclass(frozen=True, kw_only=True)
class Teeth:
    """Where teeth lie in a photo: a box of its pixels, and millimetres in it.

    Args:
        home: the box.
        origin_px: (2,) the middle of shut lips.
        right_px: (2,) a millimetre to the picture's right.
        down_px: (2,) a millimetre down.
    """

    home: Box
    origin_px: NDArray[np.float64]
    right_px: NDArray[np.float64]
    down_px: NDArray[np.float64]

    @classmethod
    def of(cls, rest_px: Points) -> Teeth:
        """Of a face whose mouth is at rest."""
        eyes = (rest_px[263, :2] - rest_px[33, :2]).astype(np.float64)
        right = eyes / _EYES_APART
        down = np.array([-right[1], right[0]])
        origin = rest_px[[13, 14], :2].mean(axis=0).astype(np.float64)
        corners = [origin + x * right + y * down for x in (-34, 34) for y in (-16, 28)]
        return cls(home=Box.around(np.array(corners), 2), origin_px=origin, right_px=right, down_px=down)

    def upper(self, light: MouthLight) -> _Floats:
        """(h, w, 4) colour times cover, and cover, of the upper teeth and gum."""
        gum = self._area([(-30, -14), (30, -14), (30, -5.5), (15, -6.2), (0, -6.5), (-15, -6.2), (-30, -5.5)])
        layer = _over(None, gum, light.gum)
        return self._row(
            layer, light, _UPPER_WIDTHS, _UPPER_LENGTHS, _BRIGHT_UPPER, _ARCH_UPPER, _EDGE_UPPER, -1
        )

    def lower(self, light: MouthLight) -> _Floats:
        """The same of the lower ones."""
        return self._row(
            None, light, _LOWER_WIDTHS, _LOWER_LENGTHS, _BRIGHT_LOWER, _ARCH_LOWER, _EDGE_LOWER, 1
        )

    def tongue(self, light: MouthLight) -> _Floats:
        """The same of the tongue."""
        angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        outline = [(19 * np.cos(a), 7 + 13 * np.sin(a)) for a in angle]
        lit = [(12 * np.cos(a), 1 + 6 * np.sin(a)) for a in angle]
        layer = _over(None, self._area(outline, 1.6), light.tongue)
        return _over(layer, 0.5 * self._area(lit, 3.0), 1.25 * light.tongue)

    def _row(
        self, layer: _Floats | None, light: MouthLight, widths: tuple[float, ...], lengths: tuple[float, ...],
        bright: tuple[float, ...], arch: float, edge: float, way: int,
    ) -> _Floats:  # fmt: skip
        """Teeth side by side; `way` is -1 where they grow upwards from their edges."""
        start = 0.0
        teeth = list[tuple[list[tuple[float, float]], float]]()
        for width, length, light_share in zip(widths, lengths, bright, strict=True):
            a, b = (arch * np.sin(min(at / arch, 1.5)) for at in (start + _GAP / 2, start + width - _GAP / 2))
            start += width
            teeth += [(_tooth(side * a, side * b, edge, length, way), light_share) for side in (1, -1)]
        reach = arch * np.sin(min(start / arch, 1.5))
        behind = [(x, edge - _RISE * x * x + way * y) for x, y in _band(reach, lengths[0])]
        layer = _over(layer, self._area(behind), 0.5 * light.tooth)
        for outline, share in teeth:
            layer = _over(layer, self._area(outline), share * light.tooth)
            inner = [(x, y + way * 0.45 * lengths[0]) for x, y in outline]
            cover = self._area(outline) * self._area(inner, 1.2)
            layer = _over(layer, 0.5 * cover, 0.82 * share * light.tooth * (1.0, 0.96, 0.92))
        assert layer is not None
        return layer

    def _area(self, outline_mm: list[tuple[float, float]], soft_mm: float = 0.25) -> _Floats:
        at = np.array(outline_mm)
        points = self.origin_px + at[:, :1] * self.right_px + at[:, 1:] * self.down_px - self.home.corner
        soft = max(0.3, soft_mm * float(np.linalg.norm(self.right_px)))
        return outlined(points, (self.home.height, self.home.width), soft)


def _tooth(inner: float, outer: float, edge: float, length: float, way: int) -> list[tuple[float, float]]:
    """The outline of a tooth from one side to the other, its edge's corners rounded, narrower at its neck."""
    wide = outer - inner
    across = (0.08, 0.0, 0.02, 0.12, 0.3, 0.7, 0.88, 0.98, 1.0, 0.92)
    along = (1.0, 0.45, 0.16, 0.05, 0.0, 0.0, 0.05, 0.16, 0.45, 1.0)
    points = [
        (inner + share * wide, edge + way * at * length) for share, at in zip(across, along, strict=True)
    ]
    return [(x, y - _RISE * x * x) for x, y in points]


def _band(reach: float, length: float) -> list[tuple[float, float]]:
    xs = np.linspace(-reach, reach, 15)
    return [(x, 0.6) for x in xs] + [(x, 0.9 * length) for x in xs[::-1]]


def _over(layer: _Floats | None, cover: _Floats, colour: NDArray[np.floating]) -> _Floats:
    top = np.dstack([cover[..., None] * colour, cover]).astype(np.float32)
    return top if layer is None else np.asarray(top + (1 - cover[..., None]) * layer, np.float32)


def _around(points_px: Points) -> Points:
    return np.asarray(cv2.convexHull(points_px.astype(np.float32))[:, 0], np.float32)


def _pixels(photo: Image, outline_px: Points) -> _Floats:
    """(n, 3) the pixels of a photo within an outline."""
    box = Box.around(outline_px, 1)
    inside = outlined(outline_px - box.corner, (box.height, box.width)) > 0.5
    part = box.cut(photo)
    return (part[inside] if inside.any() else part.reshape(-1, 3)).astype(np.float32)
