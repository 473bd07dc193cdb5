"""The target's sharpness and grain given to drawn faces, steadied along each track."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from understudy.compositing.paste import Placed
from understudy.compositing.texture import Texture, give_texture, measure_texture
from understudy.workflows.convert_colours import Track

_SHARE = 0.25  # of a new frame's measure: what is shot through one lens changes slowly, motion blur does not
_KEPT = 64  # frames after which a track that is not seen is forgotten


class Textures:
    """Remembers what was measured on the last faces of each track; frames come in order."""

    def __init__(self) -> None:
        """Start without a track."""
        self._known: dict[Track, tuple[int, Texture, Texture]] = {}

    def given(
        self, track: Track, number: int, before: NDArray[np.float32], placed: Placed
    ) -> NDArray[np.float32]:
        """A drawn face as soft and as grainy as the one that it covers.

        Args:
            track: whose it is.
            number: of the frame, which decides where each grain lies.
            before: (h, w, 3) float32 RGB in [0, 1], the frame's window.
            placed: the drawn face on the same pixels.

        Returns:
            (h, w, 3) float32 RGB in [0, 1].
        """
        target = measure_texture(before, placed.weight, is_drawn=False)
        drawn = measure_texture(placed.face, placed.weight, is_drawn=True)
        last = self._known.get(track)
        if target is None or drawn is None:
            if last is None:
                return placed.face
            _, target, drawn = last
        elif last is not None:
            target, drawn = last[1].towards(target, _SHARE), last[2].towards(drawn, _SHARE)
        self._known = {each: of for each, of in self._known.items() if number - of[0] < _KEPT}
        self._known[track] = (number, target, drawn)
        return give_texture(placed.face, drawn, target, number)
