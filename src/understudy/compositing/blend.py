"""The ways to put a drawn face into a window of a frame, by name."""

from __future__ import annotations

from collections.abc import Callable

from understudy.compositing.blend_feather import Feather
from understudy.compositing.blend_parts import Blend
from understudy.compositing.blend_poisson import Poisson
from understudy.compositing.blend_pyramid import Pyramid

# each takes `strength` (0 leaves the window as it is) and its own settings by keyword
# "light" is a plain mix, too, of a face that has taken on the target's light before: see `compositing.light`
BLENDS: dict[str, Callable[..., Blend]] = {
    "light": Feather,
    "feather": Feather,
    "pyramid": Pyramid,
    "poisson": Poisson,
}
