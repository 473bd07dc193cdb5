"""A look at footage before it is changed: what shows nudity is not, where a detector is installed to tell."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import cv2

from understudy.core.errors import RefusedError
from understudy.core.events import OnEvent, Progress, ignore
from understudy.core.types import Image
from understudy.media.glimpses import glimpses

EXTRA = "nudenet"
_MOST = 24  # pictures of a piece of footage that are looked at
_SURE = 0.6
_NUDE = frozenset(
    {"ANUS_EXPOSED", "BUTTOCKS_EXPOSED", "FEMALE_BREAST_EXPOSED"}
    | {"FEMALE_GENITALIA_EXPOSED", "MALE_GENITALIA_EXPOSED"}
)


class NudityDetector(Protocol):
    """Tells whether somebody in a picture is nude."""

    def confidence(self, image: Image) -> float:
        """How sure it is, 0 to 1, of a (h, w, 3) RGB uint8 picture."""
        ...


class NudeNet:
    """The detector of the optional package `nudenet`, which brings its own weights.

    Reference:
        https://pypi.org/project/nudenet, an ONNX network of YOLOv8's kind; mind its licence.
    """

    def __init__(self) -> None:
        """Load the network.

        Raises:
            ImportError: the package is not installed.
        """
        from nudenet import NudeDetector  # pyright: ignore[reportMissingImports]

        self._network: Any = NudeDetector()

    def confidence(self, image: Image) -> float:
        """That of the surest find of bare skin that is usually covered."""
        found = self._network.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        return max((float(each["score"]) for each in found if each["class"] in _NUDE), default=0.0)


def is_available() -> bool:
    """Whether a detector is installed."""
    return find_spec(EXTRA) is not None


def refuse_nudity(path: Path, on_event: OnEvent = ignore, detector: NudityDetector | None = None) -> None:
    """Look at some pictures of footage that is to be changed; nothing where no detector is installed.

    Args:
        path: any footage.
        on_event: told how far it is.
        detector: the installed one where None.

    Raises:
        RefusedError: somebody in it is nude.
        MediaError: it cannot be read.
    """
    detector = detector or (_installed() if is_available() else None)
    if detector is None:
        return
    for number, (time_s, image) in enumerate(glimpses(path, _MOST)):
        on_event(Progress(stage="screen", done=number, total=_MOST, unit="pictures"))
        if (sure := detector.confidence(image)) >= _SURE:
            raise RefusedError(
                f"{path.name} seems to show nudity (at {time_s:.1f} s, {100 * sure:.0f} % sure)",
                "such footage is not changed; see docs/responsible-use.md",
            )


@cache
def _installed() -> NudityDetector:
    return NudeNet()
