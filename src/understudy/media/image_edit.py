"""An image file changed where somebody drew on it: its depth, its transparency and the rest stay."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.types import Image
from understudy.media.images import decode_image
from understudy.media.picture_header import check_size

_DEEP = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_ANYDEPTH


def edited(data: bytes, new: Image) -> tuple[NDArray[Any], bool]:
    """Do to an image as it is stored what was done to what `read_image` showed of it.

    A stored number n becomes n + (new - seen) / alpha, seen being what was shown: grain below 8 bits stays.
    What is wholly transparent stays so.

    Args:
        data: content of the file.
        new: (h, w, 3) RGB uint8, as large as what was shown.

    Returns:
        (h, w, 3) RGB or (h, w, 4) RGBA, colours not multiplied by alpha, uint8 or uint16; and whether
        anything was changed.

    Raises:
        ValueError: it is no image, or of another size.
    """
    seen = decode_image(data)
    if seen.shape != new.shape:
        raise ValueError(f"need a picture of {seen.shape}, got {new.shape}")
    stored = _stored(data)
    if stored.shape[:2] != seen.shape[:2] or stored.dtype.name not in ("uint8", "uint16"):
        stored = seen
    if np.array_equal(seen, new):
        return stored, False
    most = 65535 if stored.dtype == np.uint16 else 255
    change = (new.astype(np.float32) - seen) * (most / 255)
    if stored.shape[2] == 4:
        alpha = stored[..., 3:].astype(np.float32) / most
        change = np.where(alpha > 0, change / np.maximum(alpha, 1 / most), 0)
    changed = stored.copy()
    changed[..., :3] = np.rint(np.clip(stored[..., :3] + change, 0, most)).astype(stored.dtype)
    return changed, True


def is_transparent(data: bytes) -> bool:
    """Whether some of an image lets what lies behind it through; False of what is no image."""
    stored = _decoded(data, cv2.IMREAD_UNCHANGED)
    if stored is None or stored.ndim != 3 or stored.shape[2] != 4:
        return False
    return bool(stored[..., 3].min() < np.iinfo(stored.dtype).max)


def _stored(data: bytes) -> NDArray[Any]:
    """RGB or RGBA at the file's depth, turned as `read_image` turns it."""
    whole = _decoded(data, cv2.IMREAD_UNCHANGED)
    if whole is not None and whole.ndim == 3 and whole.shape[2] == 4:
        return np.asarray(cv2.cvtColor(whole, cv2.COLOR_BGRA2RGBA))
    upright = _decoded(data, _DEEP)
    assert upright is not None  # it was shown
    return upright


def _decoded(data: bytes, mode: int) -> NDArray[Any] | None:
    try:
        check_size(data)
        return cv2.imdecode(np.frombuffer(data, np.uint8), mode)
    except (ValueError, cv2.error):
        return None
