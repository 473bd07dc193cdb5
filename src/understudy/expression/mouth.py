"""What an opened mouth shows: teeth that stay with the skull, what moves with the jaw, and dark behind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image, Mask, Points
from understudy.expression.head_move import HeadMove, moved
from understudy.expression.lip_line import draw_lip_line
from understudy.expression.mouth_shown import LIP_CORNERS, fitted, gap_of, lips_outline, shown
from understudy.expression.patches import Box, blended, outlined, warped
from understudy.expression.teeth import MouthLight, Teeth
from understudy.expression.topology import UPPER_LIP
from understudy.faces.mesh import CHIN

_OPEN = 0.1  # of the mouth's width: a gap from which on the inside is seen
_SHADE = 0.1  # of the mouth's width: how far the lips' shadow reaches in
_LIGHTEST, _DARKEST, _DARKEST_OWN = 1.0, 0.55, 0.8  # the photo's own inside has its shadow already
_NARROW, _NARROW_LIT = 0.12, 0.4  # of the mouth's width: gaps that let in less light; how much a line does
_SOFT = 0.012  # of the mouth's width
_LOWER_LIP, _BY_LIP = 14, 0.65
_AS_IN_PHOTO = 0.06  # of the mouth's width: lips within it lie as in the photo
_GUM, _GUM_STEPS = 0.1, 4  # of the mouth's width: how far above the photo's teeth a raised lip shows gum

_Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Interior:
    """A picture of an open mouth, of the same person best, to show where the photo's is shut.

    Args:
        picture: (h, w, 3) RGB uint8.
        mesh_px: (468, 3) float32 mesh of the face in it.
    """

    picture: Image
    mesh_px: Points


@dataclass(frozen=True)
class _Layer:
    """(h, w, 4) colour times cover, and cover; where the jaw is when it lies as drawn."""

    pixels: _Floats
    jaw_px: NDArray[np.floating] | None = None  # None: it is fixed to the skull
    only_as_photo: bool = False  # goes when the lips have left where they are in the photo


class Mouth:
    """The inside of a photo's mouth.

    Args:
        photo: (h, w, 3) RGB uint8.
        mesh_px: (468, 3) float32.
        rest_px: (468, 3) float32, the same face with its mouth at rest, the head as in the photo.
        depth_px: how far the teeth lie behind the head's centre.
        interior: where the photo's mouth is shut; made up where None.
    """

    def __init__(
        self,
        photo: Image,
        mesh_px: Points,
        rest_px: Points,
        depth_px: float,
        interior: Interior | None = None,
    ) -> None:
        """Take the inside from the photo, from the other picture, or make it up."""
        self._mesh, self._depth = mesh_px[:, :2], depth_px
        self._width = float(np.linalg.norm(np.diff(rest_px[LIP_CORNERS, :2], axis=0)))
        light = MouthLight.of(photo, mesh_px)
        teeth = Teeth.of(rest_px)
        self._cavity, self._gum, self._home = light.cavity, light.gum, teeth.home
        self._own = gap_of(mesh_px) > _OPEN
        self._own_lit = self._lit(lips_outline(mesh_px, None, 1.0), 1.0) if self._own else 1.0
        self._made = partial(self._make, (photo, mesh_px), rest_px, (light, teeth), interior)

    @cached_property
    def _layers(self) -> list[_Layer]:
        """From the back to the front; made when the mouth is first seen open."""
        return self._made()

    def _make(
        self,
        own: tuple[Image, Points],
        rest_px: Points,
        made_up: tuple[MouthLight, Teeth],
        interior: Interior | None,
    ) -> list[_Layer]:
        at_rest, (light, teeth) = _jaw(rest_px), made_up
        layers = [_Layer(teeth.tongue(light), at_rest)]
        source = None
        if self._own:
            source = own
        elif interior is not None and gap_of(interior.mesh_px) > _OPEN:
            source = fitted(interior.picture, interior.mesh_px, *own)
        if source is None:
            return [*layers, _Layer(teeth.lower(light), at_rest), _Layer(teeth.upper(light))]
        with_jaw, with_skull, is_rim = shown(*source, self._home)
        if is_rim:  # what lies behind it, the picture does not show
            layers.append(_Layer(teeth.lower(light), at_rest))
        above = _gum_above(
            with_skull[..., 3], -_GUM * self._width * teeth.down_px / np.linalg.norm(teeth.down_px), light.gum
        )
        return [*layers, _Layer(with_jaw, _jaw(source[1]), is_rim), _Layer(above), _Layer(with_skull)]

    def draw(self, picture: Image, mesh_px: Points, move: HeadMove) -> None:
        """Draw it where the lips of a moved face are open; where they no longer are, the line between them.

        Args:
            picture: (h, w, 3) RGB uint8, changed in place.
            mesh_px: (468, 3) float32, where the face's mesh goes.
            move: of the head.
        """
        self._draw_inside(picture, mesh_px, move)
        if self._own:
            draw_lip_line(picture, mesh_px, self._gum)

    def _draw_inside(self, picture: Image, mesh_px: Points, move: HeadMove) -> None:
        opening = lips_outline(mesh_px, None if self._own else self._mesh, move.growth)
        box = Box.around(opening, 3).within(picture)
        if box is None:
            return
        shape = (box.height, box.width)
        mask = outlined(opening - box.corner, shape, _SOFT * self._width)
        if mask.max() < 0.02:
            return
        skull = move.affine(self._depth)
        changed = self._changed(opening, move)
        inside = np.broadcast_to(self._cavity, (*shape, 3)).astype(np.float32)
        for layer in self._layers:
            matrix = skull.copy()
            if layer.jaw_px is not None:
                matrix[:, 2] += _jaw(mesh_px) - moved(skull, layer.jaw_px[None])[0]
            seen = warped(layer.pixels, self._home, matrix, box, empty=True)
            if layer.only_as_photo:
                seen *= np.float32(1 - changed)
            inside = seen[..., :3] + (1 - seen[..., 3:]) * inside
        lit = min(1.0, self._lit(opening, move.growth) / self._own_lit) * self._shade(mask, move.growth)
        shade = 1 - changed * (1 - lit)
        blended(picture, box, np.asarray(inside * shade[..., None], np.float32), mask)

    def _changed(self, opening: Points, move: HeadMove) -> float:
        """0 where the lips lie as in a photo whose own shadow is seen, to 1."""
        if not self._own:
            return 1.0
        off = opening - moved(move.affine(self._depth), lips_outline(self._mesh, None, 1.0))
        return min(1.0, float(np.abs(off).mean()) / (_AS_IN_PHOTO * self._width * move.growth))

    def _lit(self, opening: Points, growth: float) -> float:
        """How much light comes through a gap: teeth behind lips that hardly part are dark."""
        count = len(UPPER_LIP)
        upper, lower = opening[: -count - 1 : -1], opening[1 : count + 1]
        gap = float(np.linalg.norm(lower - upper, axis=1).mean()) / (self._width * growth)
        return _NARROW_LIT + (1 - _NARROW_LIT) * min(1.0, gap / _NARROW)

    def _shade(self, mask: Mask, growth: float) -> Mask:
        """(h, w) how much light falls in between the lips: less near them."""
        reach = cv2.GaussianBlur(mask, (0, 0), _SHADE * self._width * growth, borderType=cv2.BORDER_CONSTANT)
        darkest = _DARKEST_OWN if self._own else _DARKEST
        return np.asarray(darkest + (_LIGHTEST - darkest) * np.clip(1.6 * reach - 0.4, 0, 1), np.float32)


def _gum_above(cover: Mask, up_px: NDArray[np.floating], gum: _Floats) -> _Floats:
    """(h, w, 4) colour times cover, and cover, of the gum over what moves with the skull."""
    size = (cover.shape[1], cover.shape[0])
    whole = cover
    for share in np.linspace(0, 1, _GUM_STEPS + 1)[1:]:
        x, y = share * up_px
        higher = cv2.warpAffine(cover, np.array([[1, 0, x], [0, 1, y]], np.float64), size)
        whole = np.maximum(whole, higher)
    soft = cv2.GaussianBlur(whole, (0, 0), 1.0, borderType=cv2.BORDER_CONSTANT)[..., None]
    return np.dstack([soft * gum, soft]).astype(np.float32)


def _jaw(mesh_px: Points) -> NDArray[np.floating]:
    """(2,) a point that moves as the lower teeth do; of the chin alone it would be too little."""
    return _BY_LIP * mesh_px[_LOWER_LIP, :2] + (1 - _BY_LIP) * mesh_px[CHIN, :2]
