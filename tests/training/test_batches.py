from collections import Counter
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from training.made_samples import made_samples
from understudy.faces.expression import EXPRESSION_SIZE, PLACEMENT_SIZE
from understudy.nets.part import Part
from understudy.training.augment import AugmentConfig
from understudy.training.batches import Batch, batches, batches_in_parts
from understudy.training.samples import Samples

NAMES = ("face_B3HW", "truth_B4HW", "focus_B1HW", "expression_BX")
STILL = AugmentConfig(rotation_deg=0, scale=0, shift=0, warp=0, flip=0, light=0, tint=0)


@pytest.fixture(scope="module")
def identities() -> list[Samples]:
    return [made_samples("a", 30), made_samples("b", 25, seed=1)]


def equal(one: Batch, other: Batch) -> bool:
    return all(torch.equal(getattr(one, name), getattr(other, name)) for name in NAMES)


def test_a_step_has_the_same_batch_wherever_training_started(identities: list[Samples]) -> None:
    from_0 = list(islice(batches(identities, 3, seed=5, first_step=0), 6))
    from_4 = list(islice(batches(identities, 3, seed=5, first_step=4), 2))
    assert equal(from_0[4], from_4[0])
    assert equal(from_0[5], from_4[1])


def test_parts_are_the_faces_that_the_whole_batch_has(identities: list[Samples]) -> None:
    parts = [Part(index=index, count=3, identities=2) for index in (1, 2)]
    divided = batches_in_parts(identities, 6, 5, 14, parts)
    for whole, made in islice(zip(batches(identities, 6, 5, 14), divided, strict=False), 4):
        for part, batch in zip(parts, made, strict=True):
            assert len(batch.face_B3HW) == 4
            for name in NAMES:
                torch.testing.assert_close(getattr(batch, name), part.of(getattr(whole, name)))


def test_steps_and_seeds_differ(identities: list[Samples]) -> None:
    first, second = islice(batches(identities, 3, seed=5, first_step=0), 2)
    (other,) = islice(batches(identities, 3, seed=6, first_step=0), 1)
    assert not equal(first, second)
    assert not equal(first, other)


def test_shapes_ranges_and_layout(identities: list[Samples]) -> None:
    batch = next(batches(identities, 4, seed=0, first_step=0))
    assert batch.face_B3HW.shape == (8, 3, 32, 32)
    assert batch.truth_B4HW.shape == (8, 4, 32, 32)
    assert batch.focus_B1HW.shape == (8, 1, 32, 32)
    assert batch.expression_BX.shape == (8, EXPRESSION_SIZE + PLACEMENT_SIZE)
    for name in NAMES:
        assert getattr(batch, name).dtype == torch.float32
    for name in NAMES[:3]:
        assert 0 <= getattr(batch, name).min() <= getattr(batch, name).max() <= 1 + 1e-6
    torch.testing.assert_close(batch.truth_B4HW[:, 3], torch.ones(8, 32, 32))


def test_identity_by_identity_and_nothing_held_out(identities: list[Samples]) -> None:
    seen: list[set[int]] = [set(), set()]
    for batch in islice(batches(identities, 8, seed=0, first_step=0, config=STILL), 30):
        # without augmentation the truth is the centre of the sample that the expression names
        for row in range(16):
            identity, index = divmod(row, 8)[0], int(batch.expression_BX[row, 0])
            seen[identity].add(index)
            planes = identities[identity].planes[index, :4, 3:35, 3:35]
            np.testing.assert_allclose(batch.truth_B4HW[row].numpy() * 255, planes, atol=0.05)
    for identity, samples in enumerate(identities):
        assert seen[identity] == set(samples.training.tolist())


def drawn(identities: list[Samples], steps: int, first_step: int = 0) -> list[list[int]]:
    """Faces drawn at each step, all identities' one after another."""
    made = batches(identities, 8, seed=0, first_step=first_step, config=STILL)
    return [batch.expression_BX[:, 0].int().tolist() for batch in islice(made, steps)]


def test_a_quarter_of_the_faces_is_drawn_from_the_focus_and_the_rest_as_ever(
    identities: list[Samples],
) -> None:
    focus = np.array([3, 4, 11])
    steps = 400
    counts = Counter(face for step in drawn([replace(identities[0], focus=focus)], steps) for face in step)
    others = [counts[face] for face in identities[0].training if face not in focus]
    usual = steps * 8 * 0.75 / len(identities[0].training)
    # four deviations of a count
    for face in focus:
        wanted = steps * 8 * 0.25 / len(focus) + usual
        assert abs(counts[int(face)] - wanted) < 4 * wanted**0.5
    for count in others:
        assert 0 < count < usual + 4 * usual**0.5
    assert set(counts) == set(identities[0].training.tolist())


def test_a_focus_of_one_leaves_the_others_batches_alone(identities: list[Samples]) -> None:
    plain = drawn(identities, 5)
    with_focus = drawn([identities[0], replace(identities[1], focus=np.array([2]))], 5)
    for before, after in zip(plain, with_focus, strict=True):
        assert before[:8] == after[:8]
        assert after[8:].count(2) > before[8:].count(2)


def test_with_a_focus_a_step_has_the_same_batch_wherever_training_started(identities: list[Samples]) -> None:
    focused = [replace(samples, focus=np.array([1, 5])) for samples in identities]
    assert drawn(focused, 6)[4:] == drawn(focused, 2, first_step=4)
    assert drawn(focused, 6) != drawn(identities, 6)
    parts = [Part(index=index, count=2, identities=2) for index in (0, 1)]
    divided = batches_in_parts(focused, 8, 0, 3, parts, STILL)
    for whole, made in islice(zip(batches(focused, 8, 0, 3, STILL), divided, strict=False), 3):
        for part, batch in zip(parts, made, strict=True):
            torch.testing.assert_close(batch.face_B3HW, part.of(whole.face_B3HW))


def test_a_mirrored_pair_has_the_mirrored_expression(identities: list[Samples]) -> None:
    always = AugmentConfig(rotation_deg=0, scale=0, shift=0, warp=0, flip=1.0, light=0, tint=0)
    assert (next(batches(identities, 4, 0, 0, always)).expression_BX[:, 1] == 1).all()
    assert (next(batches(identities, 4, 0, 0, STILL)).expression_BX[:, 1] == 0).all()
    mirrored = next(batches(identities, 4, 0, 0, always)).truth_B4HW.flip(-1)
    torch.testing.assert_close(mirrored, next(batches(identities, 4, 0, 0, STILL)).truth_B4HW)
