"""Codes of one person are brought to where another's lie."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from understudy.faces.expression import EXPRESSION_SIZE
from understudy.training.known_codes import KnownCodes
from understudy.training.loop import Trainer
from understudy.training.model import Model
from understudy.training.model_folder import load_model, save_model
from understudy.training.model_index import IdentityEntry, ModelIndex

RNG = np.random.default_rng(5)
SAID, REST = 3, 4


def known() -> tuple[KnownCodes, torch.Tensor, torch.Tensor]:
    codes = KnownCodes(2, SAID, REST)
    first, second = torch.randn(60, REST) * 2 + 1, torch.randn(60, REST) * 0.5 - 3
    said = torch.tensor([[0.0, -1.0], [1.0, 1.0]])  # of the third number nothing is known
    codes.note(0, first, said)
    codes.note(1, second, said * 3)
    return codes, first, second


def test_the_rest_of_one_gets_mean_and_deviation_of_the_other() -> None:
    codes, first, second = known()
    moved = codes.moved(torch.cat([torch.zeros(60, SAID), second], dim=1), 1, 0)[:, SAID:]
    torch.testing.assert_close(moved.mean(dim=0), first.mean(dim=0))
    torch.testing.assert_close(moved.std(dim=0), first.std(dim=0))
    # and who was above the mean stays there
    assert ((moved > moved.mean(dim=0)) == (second > second.mean(dim=0))).all()


def test_an_expression_is_held_a_little_beyond_what_was_seen() -> None:
    codes, _, _ = known()
    code = torch.tensor([[5.0, -5.0, 9.0], [0.5, 0.25, -9.0]])
    moved = codes.moved(torch.cat([code, torch.zeros(2, REST)], dim=1), 1, 0)[:, :SAID]
    torch.testing.assert_close(moved, torch.tensor([[1.1, -1.2, 9.0], [0.5, 0.25, -9.0]]))


def test_nothing_moves_for_oneself_or_for_who_is_not_known() -> None:
    codes, _, second = known()
    code = torch.cat([torch.full((60, SAID), 8.0), second], dim=1)
    assert torch.equal(codes.moved(code, 0, 0), code)
    fresh = KnownCodes(2, SAID, REST)
    assert torch.equal(fresh.moved(code, 1, 0), code)
    fresh.note(0, second, torch.zeros(2, SAID))
    assert torch.equal(fresh.moved(code, 1, 0), code)


def test_a_number_that_does_not_vary_is_not_blown_up() -> None:
    codes = KnownCodes(2, SAID, REST)
    codes.note(0, torch.randn(30, REST), torch.zeros(2, SAID))
    codes.note(1, torch.full((30, REST), 2.0), torch.zeros(2, SAID))
    moved = codes.moved(torch.cat([torch.zeros(1, SAID), torch.full((1, REST), 2.0)], dim=1), 1, 0)
    torch.testing.assert_close(moved[0, SAID:], codes.means[0])


@pytest.mark.parametrize("preset", ["tiny", "standard"])
def test_a_model_draws_another_otherwise_once_it_knows_both(preset: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = Model(preset, ["a", "b"], bf16=False)
    side = model.preset.size_px
    faces = RNG.integers(0, 256, (4, side, side, 3), np.uint8)
    plain, _ = model.draw(faces, "a")
    assert (model.draw(faces, "a", of="b")[0] == plain).all()
    said = RNG.normal(0, 0.01, (8, EXPRESSION_SIZE)).astype(np.float32)
    for number, name in enumerate(model.identities):
        model.know_codes(name, faces // 2 + 100 * np.uint8(number), said)
    assert (model.draw(faces, "a")[0] == plain).all()
    swapped, _ = model.draw(faces, "a", of="b")
    assert np.abs(swapped - plain).max() > 1e-4

    entries = [IdentityEntry(name=name, faceset_digest="", faces=4) for name in model.identities]
    index = ModelIndex(preset=preset, identities=entries)
    save_model(tmp_path, model, Trainer(model).optimizer, index)
    loaded = load_model(tmp_path, bf16=False).model
    np.testing.assert_array_equal(loaded.draw(faces, "a", of="b")[0], swapped)
    three = loaded.with_identity("c", 5)
    np.testing.assert_array_equal(three.draw(faces, "a", of="b")[0], swapped)
    assert (three.draw(faces, "a", of="c")[0] == three.draw(faces, "a")[0]).all()


def test_the_original_method_has_no_expression_that_could_be_kept() -> None:
    model = Model("classic", ["a", "b"], bf16=False)
    faces = RNG.integers(0, 256, (2, 64, 64, 3), np.uint8)
    model.know_codes("a", faces, np.zeros((2, EXPRESSION_SIZE), np.float32))
    assert (model.draw(faces, "a", of="b")[0] == model.draw(faces, "a")[0]).all()
