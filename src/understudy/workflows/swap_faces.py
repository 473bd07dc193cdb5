"""What is found out about the faces of a swap before more is done with them."""

from __future__ import annotations

from pathlib import Path

from understudy.core.errors import FacesetError
from understudy.media.footage import expand_footage, sha256_of
from understudy.workflows.configs import ExtractResult, SwapConfig
from understudy.workflows.swap_names import SOURCE, TARGET
from understudy.workflows.training_faces import FEWEST_FACES

_MORE = {SOURCE: "--source", TARGET: "--target-footage"}  # options that take more footage of somebody


def check_enough(role: str, person: str, found: ExtractResult, footage: tuple[Path, ...]) -> None:
    """Refuse too few faces to learn from: as soon as they are counted, as the other one's take minutes.

    Args:
        role: SOURCE or TARGET.
        person: what they are called.
        found: what extraction found.
        footage: of them.

    Raises:
        FacesetError: there are too few.
    """
    if found.faces >= FEWEST_FACES:
        return
    names = ", ".join(path.name for path in footage)
    raise FacesetError(
        f"{names} shows {found.faces} usable face{'s' if found.faces != 1 else ''} of {person}, "
        f"{FEWEST_FACES} are needed",
        f"give more footage of {person}, too, with a further {_MORE[role]}",
    )


def same_footage(config: SwapConfig) -> list[str]:
    """A warning where source and target are taken from the same file: one face is put in for itself.

    Raises:
        MediaError: a piece of footage is not there.
        UnderstudyError: one cannot be read.
    """
    target = sha256_of(config.target)
    same = [path for path in expand_footage(config.source) if sha256_of(path) == target]
    if not same:
        return []
    return [
        f"source and target are the same footage ({same[0].name}): the face that is seen most in it would "
        "be put in for itself"
    ]
