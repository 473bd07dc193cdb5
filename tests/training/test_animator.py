"""Training an animator: it learns, goes on exactly, and what is stored is what is loaded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from training.made_animator import SHIFT_PX, SIZE, SMALL, made_pairs
from understudy.core.errors import ModelError
from understudy.nets.animator import Animator, heat_maps, places, sampled
from understudy.training.animator_batches import AnimatorBatches
from understudy.training.animator_loop import AnimatorTraining, Trained, likeness, train_animator
from understudy.training.animator_model import (
    INDEX,
    AnimatorIndex,
    load_animator,
    load_index,
    save_animator,
)
from understudy.training.animator_pairs import joined, load_pairs, save_pairs
from understudy.training.processor import CPU

FIELDS = ("size_px", "coverage", "points", "widths", "photo", "blocks")
EMPTY = AnimatorIndex(**{name: getattr(SMALL, name) for name in FIELDS}, seed=3)


def trained(steps: int, folder: Path | None = None, *, resume: bool = False) -> Trained:
    torch.manual_seed(0)
    training = AnimatorTraining(steps=steps, batch=4, rate=2e-3)
    return train_animator(made_pairs(), Animator(SMALL), training, CPU, folder=folder, resume=resume)


def test_it_learns_what_the_warp_gets_wrong() -> None:
    net = trained(50).net
    found = likeness(made_pairs(), net, CPU)
    assert found["animator"] > found["warp"] + 0.1
    batch = next(AnimatorBatches(made_pairs(), CPU, batch=12, seed=0).all())
    with torch.no_grad():
        mending = net(batch.photo_B3HW, batch.warped_B3HW, batch.from_B2hw, batch.points_BK2)
    shift_px = mending.shift_B2HW[..., 16:48, 16:48].mean(dim=(0, 2, 3)) * SIZE / 2
    assert 0.3 * SHIFT_PX < float(shift_px[1]) < 1.5 * SHIFT_PX  # by moving it, not by painting alone


def test_stopped_and_gone_on_with_it_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = trained(6)
    monkeypatch.setattr("understudy.training.animator_loop._SAVE_EVERY_S", 0.0)
    drawn = AnimatorBatches.drawn

    def stopping(self: AnimatorBatches, step: int) -> object:
        if step == 4:
            raise KeyboardInterrupt
        return drawn(self, step)

    with monkeypatch.context() as patched:
        patched.setattr(AnimatorBatches, "drawn", stopping)
        with pytest.raises(KeyboardInterrupt):
            trained(6, tmp_path)
    gone_on = trained(6, tmp_path, resume=True)
    assert gone_on.steps == whole.steps == 6
    for name, value in whole.net.state_dict().items():
        torch.testing.assert_close(gone_on.net.state_dict()[name], value, rtol=0, atol=0)
    assert trained(2, tmp_path, resume=True).steps == 8  # what is whole is trained further


def test_a_batch_is_a_function_of_the_step_and_stays_of_one_piece() -> None:
    """Turned, grown and mirrored, places and landmarks still lie where the pictures have them."""
    pairs = made_pairs()
    spots = heat_maps(torch.from_numpy(pairs.points.astype(np.float32)), SIZE, 0.08)[:, :3]
    pictures = np.concatenate([(spots.permute(0, 2, 3, 1) * 255).byte().numpy()] * 2)
    batches = AnimatorBatches(replace(pairs, pictures=pictures), CPU, batch=32, seed=1)
    one, again, other = batches.drawn(5), batches.drawn(5), batches.drawn(6)
    torch.testing.assert_close(one.warped_B3HW, again.warped_B3HW, rtol=0, atol=0)
    assert (one.points_BK2 - other.points_BK2).abs().max() > 0
    bright = sampled(one.warped_B3HW, one.points_BK2.mT[..., None])[..., 0]
    on = bright > 0.85 * one.warped_B3HW.amax(dim=(2, 3))[..., None]  # which spot's landmark is where it is
    crossed = on[:, 0, 1] & on[:, 1, 0]  # mirrored, the first two change places
    assert (crossed | (on[:, 0, 0] & on[:, 1, 1])).all()
    assert 0 < crossed.sum() < 32
    assert on[:, 2, 2].all()
    # the made-up origin says "where it is", and still does
    inner = one.from_B2hw[:, :, 6:-6, 6:-6]
    here = places(32, inner)[:, :, 6:-6, 6:-6].expand_as(inner)
    torch.testing.assert_close(inner, here, rtol=0, atol=2e-3)


def test_pairs_come_back(tmp_path: Path) -> None:
    pairs = joined([made_pairs(6, ("anna",)), made_pairs(4, ("bert",))])
    assert (pairs.people, len(pairs), len(pairs.of(["bert"]))) == (("anna", "bert"), 10, 4)
    np.testing.assert_array_equal(pairs.pictures[pairs.of(["bert"]).truth], made_pairs(4).pictures[4:])
    save_pairs(tmp_path / "p.safetensors", pairs)
    back = load_pairs(tmp_path / "p.safetensors")
    assert back.people == pairs.people
    assert back.coverage == pairs.coverage
    np.testing.assert_array_equal(back.origin, pairs.origin)
    assert np.abs(back.pictures.astype(int) - pairs.pictures).mean() < 3
    (tmp_path / "p.safetensors").write_bytes(b"none")
    with pytest.raises(ModelError, match="no pairs"):
        load_pairs(tmp_path / "p.safetensors")


def test_a_saved_animator_draws_the_same(tmp_path: Path) -> None:
    net = trained(2).net
    save_animator(tmp_path, net, EMPTY)
    loaded = load_animator(tmp_path)
    assert loaded.index.seed == 3
    assert {file.name.split("-")[0] for file in tmp_path.iterdir()} == {INDEX, "weights"}
    for name, value in net.state_dict().items():
        torch.testing.assert_close(loaded.net.state_dict()[name], value.half().float(), rtol=0, atol=0)


def test_what_is_damaged_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no animator"):
        load_animator(tmp_path)
    save_animator(tmp_path, Animator(SMALL), EMPTY)
    (weights,) = tmp_path.glob("weights-*")
    whole, index = weights.read_bytes(), (tmp_path / INDEX).read_text()
    weights.write_bytes(whole[:-1] + b"x")
    with pytest.raises(ModelError, match="is damaged"):
        load_animator(tmp_path)
    weights.write_bytes(whole)
    (tmp_path / INDEX).write_text(index.replace('"points": 6', '"points": 7'))
    with pytest.raises(ModelError, match="does not fit"):
        load_animator(tmp_path)
    (tmp_path / INDEX).write_text(index.replace('"blocks": 1', '"blocks": 1000000'))
    with pytest.raises(ModelError, match="blocks"):
        load_index(tmp_path)
