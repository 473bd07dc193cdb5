"""A moved face drawn anew by the networks that know its person: what a warp gets wrong they never saw."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from understudy.compositing.blend_feather import Feather
from understudy.compositing.light import TargetLight
from understudy.compositing.mask import blend_mask, face_hull_mask
from understudy.compositing.paste import place
from understudy.core.errors import ConfigError
from understudy.core.geometry import transform_points
from understudy.core.types import Image, Points
from understudy.faces.crop import cut
from understudy.faces.face import FaceSquare
from understudy.training.model import Model
from understudy.training.model_folder import find_generation, load_model
from understudy.training.model_index import IdentityEntry, ModelIndex
from understudy.training.processor import find_device, has_fast_bf16
from understudy.workflows.animate_config import AnimateConfig


@dataclass(frozen=True, kw_only=True)
class OwnFace:
    """Reads a face with a model's encoder and draws it with the decoder of the same person.

    Args:
        model: the networks, on their device.
        identity: whose face it is, as the model calls them.
        index: what the model says of itself.
        title: of its folder.
    """

    model: Model
    identity: str
    index: ModelIndex
    title: str

    @classmethod
    def loaded(cls, folder: Path, person: str) -> OwnFace:
        """Load what draws one person; errors as of `identity_of`, and what `load_model` raises."""
        device = find_device("auto")
        loaded = load_model(folder, bf16=has_fast_bf16(device))
        identity = identity_of(loaded.index, folder, person)
        model = loaded.model.to(device).eval()
        return cls(model=model, identity=identity, index=loaded.index, title=folder.name)

    def given(self, image: Image, mesh_px: Points, square: FaceSquare) -> Image:
        """A picture with its face drawn anew, in the light that it has there.

        Args:
            image: (h, w, 3) RGB uint8.
            mesh_px: (468, 3) float32 of the face in it.
            square: of the same.

        Returns:
            (h, w, 3) uint8; what lies around the face is the picture's.
        """
        preset = self.model.preset
        matrix = square.crop_from_frame(preset.size_px, preset.coverage)
        crop = cut(image, matrix, preset.size_px)
        (face,), (drawn_mask,) = self.model.draw(crop[None], self.identity, of=self.identity)
        hull = face_hull_mask(transform_points(matrix, mesh_px[:, :2]), preset.size_px)
        mask = blend_mask(drawn_mask, hull, preset.size_px / preset.coverage)
        lit = TargetLight().given(face, crop, mask)
        placed = place(lit, mask, matrix, (image.shape[1], image.shape[0]))
        if placed is None:
            return image
        x0, y0, x1, y1 = placed.window.box
        before = image[y0:y1, x0:x1].astype(np.float32) / np.float32(255)
        after = Feather()(before, placed.face, placed.weight)
        result = image.copy()
        result[y0:y1, x0:x1] = cv2.convertScaleAbs(np.clip(after, 0, 1), alpha=255)
        return result


def own_face(config: AnimateConfig, person: str) -> OwnFace | None:
    """What draws somebody's face anew, where a model is given; errors as of `OwnFace.loaded`."""
    return None if config.model is None else OwnFace.loaded(config.model, person)


def check_known(folder: Path, person: str) -> None:
    """Find out whether a model knows somebody; nothing large is loaded.

    Raises:
        ConfigError: it does not know them.
        ModelError: it cannot be read.
    """
    identity_of(find_generation(folder).index, folder, person)


def identity_of(index: ModelIndex, folder: Path, person: str) -> str:
    """What a model calls somebody: by the record it was trained by, or the name where there was none.

    Raises:
        ConfigError: it does not know them.
    """
    for entry in index.identities:
        if person == _record_of(entry):
            return entry.name
    names = ", ".join(map(_record_of, index.identities))
    raise ConfigError(f"{folder} knows no {person}", f"say with --identity who of these it is: {names}")


def _record_of(entry: IdentityEntry) -> str:
    return entry.name if entry.consent is None else entry.consent.identity
