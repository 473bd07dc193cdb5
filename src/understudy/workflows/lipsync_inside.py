"""What the person's own mouth shows inside, from a little open to wide open."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from understudy.core.types import Image
from understudy.expression.mouth import Interior
from understudy.expression.mouth_shown import LIP_CORNERS, gap_of, lips_outline
from understudy.expression.patches import Box, outlined
from understudy.expression.read import Clip
from understudy.expression.topology import LOWER_LIP, UPPER_LIP
from understudy.media.footage import open_footage

# of a mouth's width: open enough to show its inside; quantile of gaps; how many insides are kept
_OPEN, _WIDE_OPEN, _INSIDES = 0.135, 0.97, 5
_WIDER = 1.3  # than it is: lips of another shape part further out
_LIPS = np.concatenate([UPPER_LIP, LOWER_LIP, LIP_CORNERS])


@dataclass(frozen=True, kw_only=True)
class Inside:
    """An open mouth.

    Args:
        gap: how far it is open, over its width.
        shown: the picture of it.
    """

    gap: float
    shown: Interior


def insides_of(path: Path, clip: Clip) -> list[Inside]:
    """Frames of footage whose mouth is shown where it was shut; none where it always is.

    Args:
        path: of the footage.
        clip: the face's landmarks in it.
    """
    seen = np.flatnonzero(np.isfinite(clip.landmarks_px).all(axis=(1, 2)))
    gaps = np.array([gap_of(clip.landmarks_px[number]) for number in seen])
    open_most = float(np.quantile(gaps, _WIDE_OPEN))
    if open_most <= _OPEN:
        return []
    wanted = np.linspace(_OPEN, open_most, _INSIDES + 1)[1:]
    chosen = {int(seen[np.abs(gaps - gap).argmin()]) for gap in wanted}
    found: list[Inside] = []
    with open_footage(path) as footage:
        for number, frame in enumerate(footage.partial()):
            if number in chosen:
                mesh = clip.landmarks_px[number]
                shown = widened(Interior(picture=frame.image.whole(), mesh_px=mesh))
                found.append(Inside(gap=gap_of(mesh), shown=shown))
            if number >= max(chosen):
                break
    return found


def widened(inside: Interior) -> Interior:
    """The same mouth with its inside going on beyond its corners, where there would be nothing but dark."""
    mesh = inside.mesh_px.copy()
    corners = mesh[LIP_CORNERS, :2]
    across = (corners[1] - corners[0]) / max(float(np.linalg.norm(corners[1] - corners[0])), 1e-6)
    along = (mesh[_LIPS, :2] - corners.mean(axis=0)) @ across
    mesh[_LIPS, :2] += (_WIDER - 1) * along[:, None] * across
    before, after = (lips_outline(points, None, 1.0) for points in (inside.mesh_px, mesh))
    box = Box.around(after, 4).within(inside.picture)
    if box is None:
        return inside
    new = (outlined(after - box.corner, (box.height, box.width)) > 0) & (
        outlined(before - box.corner, (box.height, box.width)) < 1
    )
    picture: Image = inside.picture.copy()
    # lips are taken for unknown: what is inside goes on there
    known = outlined(before - box.corner, (box.height, box.width)) >= 1
    if not known.any():
        return inside
    place = picture[box.top : box.top + box.height, box.left : box.left + box.width]
    own = np.where(known[..., None], place, 0).astype(np.float32)
    total, weight = np.zeros_like(own), np.full(known.shape, 1e-6, np.float32)
    for sigma in (1.0, 2.0, 4.0, 8.0, 16.0):  # the nearest that there is, softly
        share = np.float32(4.0**-sigma)
        total += share * cv2.GaussianBlur(own, (0, 0), sigma)
        weight += share * cv2.GaussianBlur(known.astype(np.float32), (0, 0), sigma)
    place[new] = np.clip(total / weight[..., None], 0, 255)[new].astype(np.uint8)
    return Interior(picture=picture, mesh_px=mesh)
