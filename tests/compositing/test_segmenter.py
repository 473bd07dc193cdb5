"""From two drawn masks it is told what passes before a face in other frames, even of the colour of skin."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from understudy.compositing.looked import Looked
from understudy.compositing.mask import face_hull_mask
from understudy.compositing.occluder import occlusion_mask
from understudy.compositing.segmenter import Segmenter
from understudy.compositing.segmenter_examples import MaskedFace, occluder_examples
from understudy.faces.mesh import template
from understudy.nets.segmenter import CHANNELS, OccluderNet
from understudy.training.segmenter import SegmenterConfig, told_right, train_segmenter

SIDE = 96
POINTS = (template()[:, :2] * 68 + 48).astype(np.float32)
HULL = face_hull_mask(POINTS, SIDE)
SKIN = np.array((184, 138, 115), np.float32)


def face() -> np.ndarray:
    """(s, s, 3) float32, 0 to 255: skin, eyes, a mouth."""
    picture = np.broadcast_to(SKIN, (SIDE, SIDE, 3)).copy()
    for x, y, rx, ry in ((34, 39, 7, 3), (62, 39, 7, 3), (48, 69, 12, 4)):
        cv2.ellipse(picture, (x, y), (rx, ry), 0, 0, 360, (64, 38, 36), -1)
    return cv2.GaussianBlur(picture, (0, 0), 1.2)


def draw(crops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draws everybody as the face that nothing hides."""
    return np.stack([face() / 255] * len(crops)), np.ones(crops.shape[:3], np.float32)


def seen(angle: float | None, middle: tuple[int, int] = (48, 60), seed: int = 0) -> MaskedFace:
    """The face, with an arm of the colour of skin before it."""
    random = np.random.default_rng(seed)
    picture, hidden = face(), np.zeros((SIDE, SIDE), np.float32)
    if angle is not None:
        cv2.ellipse(hidden, middle, (60, 9), angle, 0, 360, (1.0,), -1)
        arm = SKIN * 0.97 + 9 * cv2.resize(random.normal(size=(24, 24, 1)), (SIDE, SIDE))[..., None]
        picture = np.where(hidden[..., None] > 0.5, arm, picture)
    crop = np.clip(picture + random.normal(0, 2, picture.shape), 0, 255).astype(np.uint8)
    return MaskedFace(crop=crop, hull=HULL, landmarks_px=POINTS, hidden=hidden)


def looked(one: MaskedFace) -> Looked:
    (own,), (mask,) = draw(one.crop[None])
    return Looked(crop=one.crop, reconstruction=own, reconstruction_mask=mask, hull=HULL, landmarks_px=POINTS)


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    drawn = [seen(20, seed=1), seen(-30, (40, 55), seed=2)]
    others = [seen(None, seed=seed) for seed in range(10, 18)]
    examples = occluder_examples(drawn, others, draw, None)
    assert list(examples) == ["drawn", "pasted", "made up", "clear"]
    tensors = {kind: of.tensors() for kind, of in examples.items()}
    return Segmenter(train_segmenter(tensors, SegmenterConfig(steps=100, batch=8)), None)


@pytest.mark.parametrize(("angle", "middle"), [(70, (50, 50)), (0, (48, 70)), (-60, (60, 48))])
def test_an_arm_is_told_where_nobody_drew_it(
    segmenter: Segmenter, angle: float, middle: tuple[int, int]
) -> None:
    one = seen(angle, middle, seed=7)
    arm, inside = one.hidden > 0.5, HULL > 0.5
    found = segmenter.hidden(looked(one))
    assert found.dtype == np.float32
    assert found[arm & inside].mean() > 0.75
    assert found[~cv2.dilate(one.hidden, np.ones((7, 7))).astype(bool) & inside].mean() < 0.05
    assert found[HULL == 0].max() == 0
    # it is of the skin's own colour: nothing tells it to who has not seen any of it
    assert occlusion_mask(looked(one))[arm & inside].mean() < 0.4


def test_what_nobody_drew_is_searched_for_beside_it(segmenter: Segmenter) -> None:
    one = seen(0, (30, 66), seed=5)
    crop = one.crop.copy()
    crop[22:40, 44:66] = (30, 60, 200)
    found = segmenter.hidden(looked(replace(one, crop=crop)))
    inside = HULL > 0.5
    assert found[24:38, 46:64][inside[24:38, 46:64]].mean() > 0.9
    assert found[(one.hidden > 0.5) & inside].mean() > 0.5


def test_a_face_alone_hides_nothing(segmenter: Segmenter) -> None:
    assert segmenter.hidden(looked(seen(None, seed=30))).max() == 0


def test_what_was_drawn_is_laid_over_other_faces_and_what_seems_hidden_is_no_clear_face() -> None:
    piece = seen(20, seed=1)
    blue = replace(
        seen(None, seed=4),
        crop=np.where(piece.hidden[..., None] > 0.5, (30, 60, 200), face()).astype(np.uint8),
    )
    examples = occluder_examples([piece], [seen(None, seed=3), blue], draw, None)
    assert len(examples["drawn"].seen) == 1 == len(examples["clear"].seen)
    assert len(examples["pasted"].seen) == 16
    assert examples["pasted"].seen.shape[1:] == (CHANNELS, 64, 64)
    shares = examples["pasted"].hidden.mean(axis=(1, 2))
    assert shares.max() > 0.05
    assert np.ptp(shares) > 0.01  # each another place
    again = occluder_examples([piece], [seen(None, seed=3), blue], draw, None)
    assert all(np.array_equal(again[kind].seen, examples[kind].seen) for kind in examples)


def test_without_a_clear_face_it_is_laid_over_what_there_is() -> None:
    examples = occluder_examples([seen(20, seed=1)], [], draw, None)
    assert "clear" not in examples
    assert (examples["pasted"].hidden.sum(axis=(1, 2)) >= examples["drawn"].hidden.sum()).all()


def test_nothing_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing was drawn"):
        occluder_examples([seen(None)], [seen(None)], draw, None)


def test_the_same_seed_learns_the_same() -> None:
    examples = occluder_examples([seen(20, seed=1)], [seen(None, seed=3)], draw, None)
    tensors = {kind: of.tensors() for kind, of in examples.items()}
    config, told = SegmenterConfig(steps=3, batch=4), list[tuple[int, int]]()
    one = train_segmenter(tensors, config, lambda *step: told.append(step))
    same, other = train_segmenter(tensors, config), train_segmenter(tensors, replace(config, seed=1))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), same.parameters(), strict=True))
    assert not torch.equal(next(one.parameters()), next(other.parameters()))


def test_any_size_that_can_be_halved_three_times_is_told() -> None:
    assert OccluderNet()(torch.zeros(2, CHANNELS, 24, 40)).shape == (2, 24, 40)


def test_what_is_not_known_is_not_learnt_from() -> None:
    examples = occluder_examples([seen(20, seed=1)], [seen(None, seed=3)], draw, None)
    known = {kind: of.tensors() for kind, of in examples.items()}
    other = {
        kind: (shown, torch.where(counts > 0, hidden, 1 - hidden), counts)
        for kind, (shown, hidden, counts) in known.items()
    }
    config = SegmenterConfig(steps=2, batch=4)
    one, same = (list(train_segmenter(each, config).parameters()) for each in (known, other))
    wrong = {kind: (shown, 1 - hidden, counts) for kind, (shown, hidden, counts) in known.items()}
    third = list(train_segmenter(wrong, config).parameters())

    def apart(a: list[torch.nn.Parameter], b: list[torch.nn.Parameter]) -> float:
        return float(torch.cat([(x - y).detach().flatten() for x, y in zip(a, b, strict=True)]).norm())

    # it is moved by part of a pixel while it learns, so at the border a little is mixed in
    assert apart(one, same) < 0.3 * apart(one, third)


def test_how_much_is_told_is_a_share_of_what_is_known() -> None:
    class Half(OccluderNet):
        def forward(self, seen_BCHW: torch.Tensor) -> torch.Tensor:
            return torch.where(torch.arange(seen_BCHW.shape[3]) < 4, 20.0, -20.0).expand(len(seen_BCHW), 8, 8)

    hidden, counts = torch.zeros(2, 8, 8), torch.ones(2, 8, 8)
    hidden[:, :, 2:6] = 1  # of which two columns of four are told, and of the others two of four
    counts[:, :, 7] = 0  # but one of those is not known
    right, wrong = told_right(Half(), (torch.zeros(2, CHANNELS, 8, 8), hidden, counts))
    assert right == pytest.approx(0.5)
    assert wrong == pytest.approx(2 / 3)
