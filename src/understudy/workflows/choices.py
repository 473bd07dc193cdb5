"""What can be chosen from, known without importing what it names."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Literal, get_args

PresetName = Literal[
    "tiny", "classic", "standard", "high", "ultra", "cinema"
]  # the keys of `nets.presets.PRESETS`
Start = Literal["base", "scratch"]
LossName = Literal[  # parts of what training minimises
    "l1", "ssim", "focus", "mask", "expression", "consistency", "adversarial"
]
People = Literal["largest", "all"]

PRESET_NAMES: tuple[str, ...] = get_args(PresetName)
STARTS: tuple[str, ...] = get_args(Start)
LOSSES: tuple[str, ...] = get_args(LossName)
ENCODERS: tuple[str, ...] = ("trained", "slow", "frozen")
AUTO = "auto"
COLOURS: tuple[str, ...] = ("none", "lab", "mkl", "histogram", "sliced")  # as of `compositing.colour.methods`
BLENDS: tuple[str, ...] = ("light", "feather", "pyramid", "poisson")  # as of `compositing.blend`
WARP, LEARNED = METHODS = ("warp", "learned")  # of animating
CODECS: tuple[str, ...] = ("h264", "hevc", "prores", "ffv1")  # as of `media.encoding`
PEOPLE: tuple[str, ...] = get_args(People)
FEWEST_IDENTITIES, MOST_IDENTITIES = 2, 16  # of one model
_ALIKE = 0.6  # of `SequenceMatcher.ratio`: at 0.4 "banana" was taken for "none", and "reinhard" for "pyramid"
FEWEST_COMPARED, MOST_COMPARED = 2, 6  # outputs at once
COMPARED_WANTED = (
    f"give {FEWEST_COMPARED} to {MOST_COMPARED} outputs of one target; "
    "`understudy evaluate` measures one alone"
)


def nearest(wrong: str, known: tuple[str, ...]) -> str:
    """What the user may have meant, as the next step of an error; where nothing is like it, all there is."""
    near = nearest_name(wrong, known)
    return f"did you mean {near}?" if near is not None else f"known are {', '.join(known)}"


def nearest_name(wrong: str, known: tuple[str, ...]) -> str | None:
    """Which of the names the user may have meant; None where none is like it."""
    folded = {name.casefold(): name for name in reversed(known)}
    near = get_close_matches(wrong.casefold(), list(folded), n=1, cutoff=_ALIKE)
    return folded[near[0]] if near else None
