"""A moved face mended by a trained animator, at the picture's own size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from understudy.core.types import Image
from understudy.expression.morph import Morph
from understudy.expression.performance import Performance
from understudy.faces.crop import cut
from understudy.faces.face import FaceSquare
from understudy.nets.animator import Animator, Mending
from understudy.training.animator_model import AnimatorIndex, load_animator
from understudy.training.processor import find_device
from understudy.workflows.animate_config import AnimateConfig
from understudy.workflows.animate_mark import box_around
from understudy.workflows.animator_inputs import told_origin, told_points

Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class LearnedFace:
    """Mends what a mesh has moved; detail that is only moved keeps the picture's own sharpness.

    Args:
        net: the network, on its device.
        index: what is known of it.
        title: of its folder.
    """

    net: Animator
    index: AnimatorIndex
    title: str

    @classmethod
    def loaded(cls, folder: Path) -> LearnedFace:
        """Load an animator; raises ModelError where there is none, or it is damaged."""
        loaded = load_animator(folder)
        return cls(net=loaded.net.to(find_device("auto")), index=loaded.index, title=folder.name)

    def given(
        self, drawn: Image, photo: Image, own: FaceSquare, morph: Morph, one: Performance, square: FaceSquare
    ) -> Image:
        """A photo with its face moved, mended.

        Args:
            drawn: (h, w, 3) RGB uint8, what the morph drew.
            photo: likewise, before.
            own: square of the face in the photo.
            morph: of the photo.
            one: performance of one frame.
            square: of the face there.
        """
        fields = self._fields(drawn, photo, own, morph, one, square)
        mended = given_to(drawn, fields, square, self.net.config.coverage)
        if morph.is_grey:
            mended[:] = cv2.cvtColor(mended, cv2.COLOR_RGB2GRAY)[..., None]
        return mended

    @torch.inference_mode()
    def _fields(
        self, drawn: Image, photo: Image, own: FaceSquare, morph: Morph, one: Performance, square: FaceSquare
    ) -> Mending:
        size, coverage = self.net.config.size_px, self.net.config.coverage
        matrix = square.crop_from_frame(size, coverage)
        pictures = (cut(photo, own.crop_from_frame(size, coverage), size), cut(drawn, matrix, size))
        origin = told_origin(morph.places(one, 0), square, own, size, coverage)
        points = told_points(morph.mesh(one, 0), matrix, size)
        device = next(self.net.parameters()).device
        told = [
            torch.from_numpy(picture).to(device).permute(2, 0, 1)[None].float() / 255 for picture in pictures
        ]
        where = [torch.from_numpy(array)[None].to(device) for array in (origin, points)]
        return self.net(told[0], told[1], where[0], where[1])


def given_to(picture: Image, mending: Mending, square: FaceSquare, coverage: float) -> Image:
    """A picture with the face in it mended: pixels are fetched from further away, lit, or drawn anew.

    Args:
        picture: (h, w, 3) RGB uint8.
        mending: of the one face.
        square: of the face.
        coverage: side of the mending in sides of the square.
    """
    box = box_around(square, (picture.shape[1], picture.shape[0]), coverage)
    if box is None:
        return picture
    x0, y0, x1, y1 = box
    size = mending.shift_B2HW.shape[-1]
    matrix = square.crop_from_frame(size, coverage).astype(np.float64)
    matrix[:, 2] += matrix[:, :2] @ (x0, y0)

    def laid(field: torch.Tensor) -> Floats:
        field_HWC = np.ascontiguousarray(field[0].float().cpu().permute(1, 2, 0).numpy())
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        out = cv2.warpAffine(field_HWC, matrix, (x1 - x0, y1 - y0), flags=flags)
        return np.asarray(out, np.float32)

    # a shift in halves of the crop, turned and scaled into pixels of the picture
    frame_from_crop = np.linalg.inv(matrix[:, :2]).astype(np.float32) * (size / 2)
    shift = laid(mending.shift_B2HW) @ frame_from_crop.T
    rows, columns = np.mgrid[y0:y1, x0:x1].astype(np.float32)
    kept = cv2.remap(
        picture,
        columns + shift[..., 0],
        rows + shift[..., 1],
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    ).astype(np.float32)
    kept += 255 * laid(mending.light_B3HW)
    anew = laid(mending.anew_B1HW).reshape(*kept.shape[:2], 1)
    kept += anew * (255 * laid(mending.colour_B3HW) - kept)
    result = picture.copy()
    result[y0:y1, x0:x1] = np.clip(np.rint(kept), 0, 255).astype(np.uint8)
    return result


def learned_face(config: AnimateConfig) -> LearnedFace | None:
    """What mends moved faces, where that is asked for; errors as of `LearnedFace.loaded`."""
    return None if config.animator is None else LearnedFace.loaded(config.animator)


def said_of_animator(index: AnimatorIndex) -> dict[str, Any]:
    """What a manifest says of an animator."""
    people = dict.fromkeys(clip.name for clip in index.clips if not clip.held_out)
    return {"sha256": index.weights_sha256, "steps": index.steps, "people": list(people)}
