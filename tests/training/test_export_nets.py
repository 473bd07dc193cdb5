"""What goes in and comes out of exported networks, against slow and obvious ways to compute the same."""

import numpy as np
import pytest
import torch

from understudy.faces.face import FaceSquare
from understudy.nets.presets import PRESETS
from understudy.training.export_nets import FaceAndMask, WholeFace, WholeFaceSwap
from understudy.training.model import Model


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_the_aligned_face_lies_in_the_whole_face_where_the_face_square_says(name: str) -> None:
    preset = PRESETS[name]
    place = WholeFace.around(preset)
    # a face whose square is anywhere, cut out by the network's coverage and by that of the whole face
    square = FaceSquare(x_px=300.0, y_px=200.0, side_px=180.0, roll_rad=0.2)
    aligned = square.crop_from_frame(preset.size_px, preset.coverage)
    coverage = preset.coverage * place.size_px / preset.size_px
    up = -0.035 * square.side_px  # the whole face's middle is higher, in the face's own direction
    higher = FaceSquare(
        x_px=square.x_px - up * np.sin(0.2),
        y_px=square.y_px + up * np.cos(0.2),
        side_px=square.side_px,
        roll_rad=0.2,
    )
    whole = higher.crop_from_frame(place.size_px, coverage)
    assert coverage == pytest.approx(1.45, rel=0.02)
    np.testing.assert_allclose(whole[:, :2], aligned[:, :2], atol=1e-5)
    shift = whole[:, 2] - aligned[:, 2]
    np.testing.assert_allclose(shift, (place.left_px, place.top_px), atol=1.0)
    assert (place.rows.stop, place.columns.stop) <= (place.size_px, place.size_px)


@pytest.fixture
def model() -> Model:
    torch.manual_seed(2)
    model = Model("tiny", ["a", "b"], bf16=False).eval()
    for parameter in model.parameters():
        parameter.data += 0.03 * torch.randn_like(parameter)
    return model


@pytest.mark.parametrize("target", ["b", None])
@torch.no_grad()
def test_a_swap_reads_the_middle_and_leaves_the_rest(model: Model, target: str | None) -> None:
    place = WholeFace.around(model.preset)
    rgb = np.random.default_rng(0).integers(0, 256, (2, place.size_px, place.size_px, 3), np.uint8)
    bgr = torch.from_numpy(rgb[..., ::-1].copy()).float() / 255
    read, drawn, mask = (value.numpy() for value in WholeFaceSwap(model, "a", target, place)(bgr))
    inside = (slice(None), place.rows, place.columns)
    face, face_mask = model.draw(rgb[inside], "a")
    np.testing.assert_allclose(drawn[inside], face[..., ::-1], atol=1e-5)
    np.testing.assert_allclose(mask[inside][..., 0], face_mask, atol=1e-5)
    expected = face_mask if target is None else model.draw(rgb[inside], target)[1]
    np.testing.assert_allclose(read[inside][..., 0], expected, atol=1e-5)
    assert np.abs(face_mask - model.draw(rgb[inside], "b")[1]).max() > 0.01  # else nothing was told apart
    beyond = np.ones(drawn.shape[:3], bool)
    beyond[inside] = False
    np.testing.assert_array_equal(drawn[beyond], bgr.numpy()[beyond])
    assert not mask[beyond].any()
    assert not read[beyond].any()


@torch.no_grad()
def test_a_decoder_gives_face_and_mask_apart(model: Model) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (2, 128, 128, 3), np.uint8)
    code = model.drawing_encoder(torch.from_numpy(rgb).float().permute(0, 3, 1, 2) / 255)
    face, mask = FaceAndMask(model.decoder("b"))(code)
    assert (face.shape, mask.shape) == ((2, 3, 128, 128), (2, 1, 128, 128))
    drawn = model.draw(rgb, "b")
    np.testing.assert_allclose(face.permute(0, 2, 3, 1), drawn[0], atol=1e-5)
    np.testing.assert_allclose(mask[:, 0], drawn[1], atol=1e-5)
