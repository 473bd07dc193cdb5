"""The background stays where it is when the head moves, and is nowhere torn."""

from __future__ import annotations

import numpy as np

from expression.made_photos import BEHIND, SIZE, drawn_face, like
from understudy.expression.background import Background

STILL = np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE)), axis=-1).astype(np.float32)


def striped() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A face before stripes, its mesh, and where the person is."""
    drawn = drawn_face()
    behind = np.zeros((SIZE, SIZE, 3), np.uint8)
    behind[:] = BEHIND
    behind[:, ::16] = (90, 140, 100)
    person = ~like(drawn.photo, BEHIND, 20)
    return np.where(person[..., None], drawn.photo, behind).astype(np.uint8), drawn.face.landmarks_px, person


def test_where_nothing_moves_nothing_changes() -> None:
    photo, mesh, _ = striped()
    background = Background.of(photo, mesh)
    assert background is not None
    assert (background.restored(photo, STILL) == photo).all()


def test_a_head_that_leaves_uncovers_what_is_like_its_surroundings() -> None:
    photo, mesh, person = striped()
    background = Background.of(photo, mesh)
    assert background is not None
    shift = 24
    moved = np.roll(photo, shift, axis=1)
    place = STILL - np.float32([shift, 0])
    out = background.restored(moved, place).astype(int)
    rows = slice(90, 220)  # beside the head, above the chin
    beside = ~person & ~np.roll(person, shift, axis=1)
    beside[:, :shift] = False
    # the stripes have not gone along
    kept = np.abs(out - photo)[rows][beside[rows]].mean()
    gone_along = np.abs(moved.astype(int) - photo)[rows][beside[rows]].mean()
    assert kept < 0.3 * gone_along
    uncovered = person & ~np.roll(person, shift, axis=1)
    off = np.abs(out - np.array(BEHIND))[rows][uncovered[rows]]
    assert np.median(off) < 12
    # and the face has moved
    assert np.abs(out[190, 200 + shift] - photo[190, 200]).max() <= 3


def test_a_face_that_fills_the_picture_has_no_background() -> None:
    photo, mesh, _ = striped()
    assert Background.of(photo[90:290, 120:280], mesh - np.float32([120, 90, 0])) is None
