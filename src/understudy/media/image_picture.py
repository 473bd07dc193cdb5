"""A picture that is only known as RGB, to be drawn on like one that was decoded."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.picture import WholePicture
from understudy.core.types import Image, Mask


class ImagePicture(WholePicture):
    """An image, see `core.picture.Picture`, with what `DecodedPicture` has for whoever draws on it."""

    @property
    def coded(self) -> None:
        """There is no decoded picture."""
        return

    @property
    def editable_grid_px(self) -> tuple[int, int]:
        """Boxes of `put` may start and end anywhere."""
        return 1, 1

    def copy(self) -> ImagePicture:
        """The same picture, to be changed on its own."""
        return ImagePicture(self._image)

    def put(self, x0: int, y0: int, after: NDArray[np.float32], weight: Mask) -> None:
        """Change a part of the picture, as `DecodedPicture.put`; what was given out of it stays as it is."""
        self._image = drawn_on(self._image, x0, y0, after, weight)


def drawn_on(image: Image, x0: int, y0: int, after: NDArray[np.float32], weight: Mask) -> Image:
    """A copy of an image, changed where the weight is above 0.

    Args:
        image: (h, w, 3) RGB uint8.
        x0: first column of the part.
        y0: first row.
        after: RGB in [0, 1], what the part shows then.
        weight: of the part.
    """
    height, width = weight.shape
    whole = image.copy()
    new = np.rint(np.clip(after, 0, 1) * 255).astype(np.uint8)
    cv2.copyTo(new, (weight > 0).view(np.uint8), whole[y0 : y0 + height, x0 : x0 + width])
    return whole
