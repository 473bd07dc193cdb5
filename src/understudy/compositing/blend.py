"""The ways to put a drawn face into a window of a frame, by name."""

from __future__ import annotations

from collections.abc import Callable

from understudy.compositing.blend_feather import Feather
from understudy.compositing.blend_parts import Blend, FloatImage
from understudy.compositing.blend_poisson import Poisson
from understudy.compositing.blend_pyramid import Pyramid
from understudy.core.types import Mask

# each takes `strength` and its own settings by keyword
BLENDS: dict[str, Callable[..., Blend]] = {"feather": Feather, "pyramid": Pyramid, "poisson": Poisson}


def blend(
    before: FloatImage, face: FloatImage, weight: Mask, name: str = "feather", *, strength: float = 1.0
) -> FloatImage:
    """Put a drawn face into a window of a frame.

    Args:
        before: (h, w, 3) float32 RGB in [0, 1], the frame's window.
        face: (h, w, 3) float32 RGB, the drawn face on the same pixels.
        weight: (h, w) float32 in [0, 1], how much of the face is shown.
        name: a key of `BLENDS`.
        strength: 0 leaves the window as it is, 1 blends fully.

    Returns:
        (h, w, 3) float32 in [0, 1]; where `weight` is 0 it is `before`, bit for bit.

    Raises:
        ValueError: an unknown name, a strength outside [0, 1], or arrays of different size.
    """
    if name not in BLENDS:
        raise ValueError(f"no blend {name!r}: it is one of {', '.join(BLENDS)}")
    return BLENDS[name](strength=strength)(before, face, weight)
