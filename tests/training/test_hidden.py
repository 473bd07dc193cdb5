"""What a person has drawn to lie before a face: it moves with the picture, and nothing of it is learnt."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from made_facesets import write_faceset
from training.made_samples import made_samples
from understudy.core.errors import MediaError
from understudy.core.events import Event, Notice
from understudy.faces.faceset import Faceset
from understudy.faces.stored_crop import decode_crop
from understudy.media.images import encode_jpeg
from understudy.nets.part import Part
from understudy.training.augment import AUGMENTATION
from understudy.training.batches import batches, batches_in_parts
from understudy.training.growth import at_size
from understudy.training.loop import Trainer
from understudy.training.model import Model
from understudy.training.samples import Hidden, Samples, load_samples
from understudy.training.validate import Validation, mean_face
from understudy.workflows.review import Review
from understudy.workflows.review_face import draw_mask
from understudy.workflows.training_faces import load_faces

SIZE, COVERAGE = 64, 1.25
BLUE = (0, 0, 255)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A faceset in which something blue lies before the second and the fourth face, and was drawn."""
    made = write_faceset(tmp_path_factory.mktemp("hidden") / "anna", "a.mp4", [{}] * 6)
    review = Review(made)
    for face in (2, 4):
        stored = review.stored(face)
        crop = decode_crop(stored).copy()
        mask = np.zeros(crop.shape[:2], np.uint8)
        third = len(crop) // 3
        mask[third : 2 * third, : len(crop) // 2] = 255
        crop[mask > 0] = BLUE
        stored.crop_path.write_bytes(encode_jpeg(crop))
        draw_mask(review, face, cv2.imencode(".png", mask)[1].tobytes())
    review.close()
    return made


@pytest.fixture(scope="module")
def anna(folder: Path) -> Samples:
    with Faceset.open(folder) as faceset:
        return load_samples("anna", list(faceset.faces()), SIZE, COVERAGE)


@pytest.fixture(scope="module")
def both(anna: Samples) -> list[Samples]:
    return [anna, made_samples("bert", 8, SIZE)]


def is_blue(pictures: torch.Tensor) -> torch.Tensor:
    """Of (n, 3, h, w) in [0, 1]."""
    return (pictures[:, 2] > 0.7) & (pictures[:, 0] < 0.25)


def test_a_drawn_mask_lies_where_the_picture_shows_it(anna: Samples) -> None:
    assert anna.hidden is not None
    assert anna.hidden.of.tolist() == [0, 1, 0, 2, 0, 0]
    assert len(anna.hidden.masks) == 3
    blue = is_blue(torch.from_numpy(anna.planes[:, :3]) / 255).numpy()
    hidden = anna.hidden.masks[anna.hidden.of] > 127
    assert hidden[1].mean() > 0.1
    assert (blue != hidden).mean() < 0.02  # but for the border, where a JPEG mixes


def test_it_moves_as_the_picture_does_and_the_face_mask_leaves_it_out(both: list[Samples]) -> None:
    batch = next(batches(both, 16, 3, 0, AUGMENTATION["tiny"]))
    assert batch.hidden_B1HW is not None
    hidden = batch.hidden_B1HW[:, 0]
    assert (is_blue(batch.truth_B4HW[:, :3])[hidden > 0.999]).float().mean() > 0.97
    assert (is_blue(batch.truth_B4HW[:, :3])[hidden == 0]).float().mean() < 0.01
    assert batch.truth_B4HW[:, 3][hidden == 1].abs().max() == 0
    assert not hidden[16:].any()  # of bert
    assert {round(float(mean), 1) > 0 for mean in hidden[:16].mean(dim=(1, 2))} == {True, False}
    half = at_size(batch, SIZE // 2).hidden_B1HW
    assert half is not None
    torch.testing.assert_close(half.mean(), batch.hidden_B1HW.mean())


def test_where_nothing_was_drawn_batches_are_as_ever(both: list[Samples]) -> None:
    plain = next(batches([replace(both[0], hidden=None), both[1]], 4, 3, 0))
    assert plain.hidden_B1HW is None
    drawn = next(batches(both, 4, 3, 0))
    torch.testing.assert_close(drawn.face_B3HW, plain.face_B3HW, rtol=0, atol=0)
    torch.testing.assert_close(drawn.truth_B4HW[:, :3], plain.truth_B4HW[:, :3], rtol=0, atol=0)


def test_a_batch_is_the_same_wherever_training_resumes_and_however_it_is_divided(both: list[Samples]) -> None:
    running = batches(both, 4, 3, 0)
    third = [next(running) for _ in range(3)][2]
    again = next(batches(both, 4, 3, 2))
    assert third.hidden_B1HW is not None
    assert again.hidden_B1HW is not None
    assert torch.equal(third.hidden_B1HW, again.hidden_B1HW)
    part = Part(index=1, count=2, identities=2)
    (second,) = next(batches_in_parts(both, 4, 3, 2, (part,)))
    assert second.hidden_B1HW is not None
    assert torch.equal(second.hidden_B1HW, third.hidden_B1HW[part.rows(8)])


def test_what_lies_behind_the_drawn_mask_changes_no_weight(both: list[Samples]) -> None:
    """Of the picture that is to be drawn; what is read shows it."""
    batch = next(batches(both, 4, 3, 0))
    assert batch.hidden_B1HW is not None
    other = batch.truth_B4HW.clone()
    other[:, :3] = torch.where(batch.hidden_B1HW == 1, 1 - other[:, :3], other[:, :3])
    assert (other != batch.truth_B4HW).any()
    gradients = []
    for truth in (batch.truth_B4HW, other):
        torch.manual_seed(0)
        trainer = Trainer(Model("classic", ["anna", "bert"], bf16=False))
        trainer.model.train()
        trainer._seed_noise(0)
        trainer._add_gradient(replace(batch, truth_B4HW=truth), (None, None))
        gradients.append([weight.grad for weight in trainer.model.decoders.parameters()])
    for one, another in zip(*gradients, strict=True):
        torch.testing.assert_close(one, another)


class Grey(Model):
    """Draws everybody grey."""

    def draw(self, faces: np.ndarray, identity: str, of: str | None = None) -> tuple[np.ndarray, np.ndarray]:
        return np.full(faces.shape, 0.5, np.float32), np.ones(faces.shape[:3], np.float32)


@pytest.fixture(scope="module")
def model() -> Grey:
    return Grey("classic", ["a", "b"], bf16=False)


def test_it_is_told_how_many_faces_have_a_mask(folder: Path, model: Grey) -> None:
    told: list[Event] = []
    (samples,) = load_faces([folder], model, told.append)
    assert samples.hidden is not None
    said = [event.message for event in told if isinstance(event, Notice)]
    assert said == ["2 of 6 faces of anna have a drawn mask: what it hides is not learnt"]


def test_neither_validation_nor_the_mean_face_look_at_it(model: Grey) -> None:
    samples = made_samples("a", 20, SIZE)
    hidden = Hidden(masks=np.zeros((2, *samples.planes.shape[2:]), np.uint8), of=np.arange(20) % 2)
    hidden.masks[1, 20:40, 30:50] = 255
    samples = replace(samples, hidden=hidden)
    hand = replace(samples, planes=samples.planes.copy())
    hand.planes[:, :3] = np.where(hidden.masks[hidden.of][:, None] > 0, 0, hand.planes[:, :3])
    assert Validation([hand]).ssim(model) == Validation([samples]).ssim(model)
    assert Validation([replace(hand, hidden=None)]).ssim(model) != Validation([samples]).ssim(model)
    np.testing.assert_array_equal(mean_face(hand), mean_face(samples))
    seen = samples.planes[samples.training][:, :3, 25 + 6, 35 + 6][hidden.of[samples.training] == 0]
    np.testing.assert_allclose(mean_face(samples)[25, 35], seen.mean(axis=0) / 255, atol=1e-6)


def test_a_mask_counts_in_the_digest_and_a_broken_one_is_told(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "anna"
    shutil.copytree(folder, copy)
    with Faceset.open(copy) as faceset:
        before, face = faceset.digest(), faceset.faces_by_id([2])
    assert face[0].mask_path is not None
    path = face[0].mask_path
    secret = tmp_path / "elsewhere.png"
    path.rename(secret)
    for make in (lambda: path.symlink_to(secret), lambda: path.write_bytes(b"no picture")):
        make()
        with pytest.raises(MediaError, match="not a mask that can be read"):
            load_samples("anna", face, SIZE, COVERAGE)
        path.unlink()
    review = Review(copy)
    review.undo()
    review.close()
    with Faceset.open(copy) as faceset:
        after = faceset.digest()
    with Faceset.open(folder) as faceset:
        assert faceset.digest() == before != after
