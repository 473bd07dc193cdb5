"""What passes before a face is looked for where it may be, and found in every frame that it is in."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from understudy.compositing.looked import Looked
from understudy.compositing.mask import face_hull_mask
from understudy.faces.mesh import template
from understudy.workflows.convert_cut import CutPart
from understudy.workflows.convert_front import Front
from understudy.workflows.convert_keys import Keys

SIDE = 128
POINTS = (template()[:, :2] * 90 + 64).astype(np.float32)
HULL = face_hull_mask(POINTS, SIDE)
SKIN = (184, 138, 115)


@dataclass
class Painter:
    """Draws everybody as bare skin."""

    asked: list[int] = field(default_factory=list)

    def draw(self, crops: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
        assert name == "anna"
        self.asked.append(len(crops))
        faces = np.broadcast_to(np.array(SKIN, np.float32) / 255, crops.shape)
        return faces, np.ones(crops.shape[:3], np.float32)


@dataclass(frozen=True)
class OnTrack:
    """As much of a part as is looked at."""

    track: tuple[str, int] = ("anna", 1)


def cuts_of(bars: list[int | None]) -> list[CutPart]:
    """A face a frame, with a blue bar before it at these columns."""
    keys, cuts = Keys(), []
    for number, bar in enumerate(bars):
        crop = np.full((SIDE, SIDE, 3), SKIN, np.uint8)
        if bar is not None:
            crop[:, bar : bar + 24] = (50, 90, 190)
        cuts.append(
            CutPart(
                part=OnTrack(),  # type: ignore[arg-type]
                crop=crop,
                crop_from_frame=np.eye(2, 3, dtype=np.float32),
                landmarks_px=POINTS,
                hull=HULL,
                key=keys.of(number, OnTrack().track, crop),
            )
        )
    return cuts


@pytest.mark.parametrize("at_once", [1, 3, 8, 24])
def test_a_bar_is_found_in_every_frame_and_nothing_else_is(at_once: int) -> None:
    bars = [None] * 6 + [30 + 2 * i for i in range(11)] + [None] * 7
    painter = Painter()
    front, found = Front(painter, {}), []  # type: ignore[arg-type]
    cuts = cuts_of(bars)
    for begin in range(0, len(cuts), at_once):
        found += front.hidden("anna", cuts[begin : begin + at_once])
    for bar, mask in zip(bars, found, strict=True):
        assert (mask is None) == (bar is None)
        if bar is not None:
            assert mask[64, bar + 12] == 1
    # the keys, what is unlike them, and what follows on those that show something
    assert sum(painter.asked) < len(bars) - 5


def test_what_was_drawn_is_taken_as_it_is_and_not_looked_for() -> None:
    drawn = np.zeros((SIDE, SIDE), np.float32)
    drawn[:, 50:80] = 0.5
    cuts, painter = cuts_of([50] * 9), Painter()
    front = Front(painter, {})  # type: ignore[arg-type]
    found = front.hidden("anna", [replace(each, drawn=drawn) for each in cuts[:6]] + cuts[6:])
    assert painter.asked == [1, 2]  # the key of its own, and what follows one that shows something
    assert all(mask is drawn for mask in found[:6])
    assert all(mask is not None and mask[64, 60] == 1 for mask in found[6:])


def test_a_bar_that_stays_is_found_in_the_frames_that_are_like_the_key() -> None:
    found = Front(Painter(), {}).hidden("anna", cuts_of([50] * 9))  # type: ignore[arg-type]
    assert all(mask is not None for mask in found)


def looked_at(bars: list[int | None]) -> list[bool]:
    """Of each frame whether it was looked at for what passes before the face."""
    looked: list[bool] = []
    front = Front(painter := Painter(), {})  # type: ignore[arg-type]
    for cut in cuts_of(bars):
        before = len(painter.asked)
        front.hidden("anna", [cut])
        looked.append(len(painter.asked) > before)
    return looked


def test_what_comes_between_two_turns_is_followed_until_it_goes() -> None:
    bars = [
        None,
        40,
        40,
        40,
        40,
    ]  # the second is a key as it is unlike the first, and the next ones are like it
    assert looked_at(bars) == [True] * 5
    found = Front(Painter(), {}).hidden("anna", cuts_of(bars))  # type: ignore[arg-type]
    assert [mask is not None for mask in found] == [False, True, True, True, True]
    # where it has gone, as a key says, nothing is looked for before the next turn
    assert looked_at([40, None, None, None, None]) == [True, True, False, False, True]


class Everything:
    """Was told that all of a face is hidden."""

    def hidden(self, looked: Looked) -> np.ndarray:
        return looked.hull


def test_what_was_learnt_from_drawn_masks_tells_of_its_person_alone() -> None:
    cuts = cuts_of([None] * 5)
    of_her = Front(Painter(), {}, {"anna": Everything()})  # type: ignore[arg-type,dict-item]
    found = of_her.hidden("anna", cuts)
    assert all(mask is HULL for mask in found)  # in frames between keys, too
    of_another = Front(Painter(), {}, {"bo": Everything()})  # type: ignore[arg-type,dict-item]
    assert of_another.hidden("anna", cuts) == [None] * 5
