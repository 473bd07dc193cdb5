"""Why a face is plainly of no use for training: a reason that people can read."""

from __future__ import annotations

from collections.abc import Mapping

from understudy.faces.faceset_records import StoredFace
from understudy.faces.landmark import PRESENCE_PX

# Each lies far below or above what usable faces of real footage reach: whoever wants more can review.
SMALLEST_SIDE_PX = 24.0
_LEAST_CONFIDENCE = 0.7  # real faces, hands before them too, are above 0.99
_LEAST_IN_FRAME = 0.5
_MOST_CLIPPED = 0.5
_MOST_HIDDEN = 0.6
_RARELY = 0.1  # of a person's faces: where more are unlike the usual look, that may be what is hidden
_LEAST_CRISPNESS = 0.4  # of the person's usual; in real footage the softest of some thousand have 0.65
_FULL_SIZE_PX = 140.0  # from which a face is no less sharp for its size

TOO_SMALL = f"smaller than {SMALLEST_SIDE_PX:g} px"
NO_FACE = "hardly a face"
OUT_OF_FRAME = "mostly out of the picture"
BLACK, BURNT_OUT = "too dark to be seen", "burnt out"
HIDDEN = "mostly hidden"
BLURRED = "too blurred"
FAULTS = (TOO_SMALL, NO_FACE, OUT_OF_FRAME, BLACK, BURNT_OUT, HIDDEN, BLURRED)


def is_a_face(stored: StoredFace) -> bool:
    """Whether it shows the faceset's person, kept or too badly to learn from; not who a person threw out."""
    return stored.state == "kept" or (stored.reason in FAULTS and stored.reason != NO_FACE)


def fault_of(figures: Mapping[str, float], confidence: float) -> str:
    """What is wrong with a face by itself.

    Args:
        figures: as in `Face.quality`; what is not in it is taken to be well.
        confidence: as of `Face`.

    Returns:
        One of `FAULTS`, "" where the face is of use.
    """
    if figures.get("side_px", SMALLEST_SIDE_PX) < SMALLEST_SIDE_PX:
        return TOO_SMALL
    # of smaller ones a second look has decided
    if confidence < _LEAST_CONFIDENCE and figures.get("side_px", PRESENCE_PX) >= PRESENCE_PX:
        return NO_FACE
    if figures.get("in_frame", 1.0) < _LEAST_IN_FRAME:
        return OUT_OF_FRAME
    if figures.get("clipped", 0.0) > _MOST_CLIPPED:
        return BLACK if figures["brightness"] < 128 else BURNT_OUT
    return HIDDEN if figures.get("occlusion", 0.0) > _MOST_HIDDEN else ""


def crispness(figures: Mapping[str, float]) -> float:
    """Sharpness apart from what a small face loses by being small; 0 where it is not known."""
    size = min(1.0, figures.get("side_px", _FULL_SIZE_PX) / _FULL_SIZE_PX)
    return figures.get("sharpness", 0.0) / max(size, 1e-6)


def is_blurred(crispness: float, usual_crispness: float) -> bool:
    """Whether a face is much less crisp than the person's faces usually are.

    Soft footage is no fault of a face: nothing sharper of that person may exist.
    """
    return crispness < _LEAST_CRISPNESS * usual_crispness


def is_rare(count: int, of: int) -> bool:
    """Whether so few of a person's faces look hidden that the usual look is surely that of the bare face."""
    return count <= _RARELY * of
