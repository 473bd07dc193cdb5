"""An animator trained on clips, and a photo animated with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import understudy
from understudy.core.errors import ConfigError, ConsentError, ModelError
from understudy.faces.crop import cut
from understudy.faces.face import FaceSquare
from understudy.faces.mesh import template
from understudy.media.images import read_image, write_image
from understudy.media.reader import VideoReader
from understudy.nets.animator import AnimatorConfig, Mending
from understudy.training.animator_model import PAIRS, load_index
from understudy.training.animator_pairs import AnimatorPairs, load_pairs, origin_of
from understudy.workflows import train_animator
from understudy.workflows.animate_learned import given_to
from understudy.workflows.animator_inputs import LANDMARKS, mirrored
from understudy.workflows.train_animator import TrainAnimatorConfig, TrainAnimatorResult

SIZES = AnimatorConfig(
    size_px=64, points=len(LANDMARKS), widths=(8, 12, 16, 16, 16), photo=(4, 6, 8), blocks=1
)
GIVEN = {"expression": "jaw_open=0.5", "identity": "source"}


@pytest.fixture(scope="module")
def trained(clips: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> TrainAnimatorResult:
    """One learnt from, the other held out; a few steps."""
    config = TrainAnimatorConfig(
        clips=(clips["source"],), hold_out=(clips["target"],), out=tmp_path_factory.mktemp("a") / "animator",
        steps=4, photos=1, frames=4, sizes=SIZES,
    )  # fmt: skip
    return train_animator.run(config)


@pytest.fixture(scope="module")
def pairs(trained: TrainAnimatorResult) -> AnimatorPairs:
    return load_pairs(trained.model / PAIRS)


@pytest.fixture(scope="module")
def photo(clips: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    with VideoReader(clips["source"]) as reader:
        write_image(path, next(iter(reader)).image)
    return path


def test_who_is_learnt_from_and_who_is_measured(trained: TrainAnimatorResult) -> None:
    assert (trained.people, trained.held_out, trained.steps) == (["source"], ["target"], 4)
    assert trained.warp_ssim is not None
    assert 0.4 < trained.warp_ssim < 1
    index = load_index(trained.model)
    assert [(clip.name, clip.held_out) for clip in index.clips] == [("source", False), ("target", True)]
    assert index.clips[0].consent is not None
    assert index.figures["warp_ssim"] == pytest.approx(trained.warp_ssim, abs=1e-3)


def test_what_was_stopped_is_gone_on_with(
    clips: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    config = TrainAnimatorConfig(
        clips=(clips["source"],), out=tmp_path / "a", steps=2, photos=1, frames=2, sizes=SIZES
    )
    with monkeypatch.context() as patched:
        patched.setattr(train_animator, "train_animator", stopped)
        with pytest.raises(KeyboardInterrupt):
            train_animator.run(config)
    result = understudy.train_animator((), tmp_path / "a", steps=2, resume=True)
    assert (result.people, result.steps, result.animator_ssim) == (["source"], 2, None)
    assert understudy.train_animator((), tmp_path / "a", steps=3, resume=True).steps == 5


def test_the_moved_photo_is_like_the_frame_it_was_moved_to(pairs: AnimatorPairs) -> None:
    """And more so than the photo is: pictures, landmarks and origins belong together."""
    size = pairs.pictures.shape[1]
    inner = slice(size // 4, -size // 4)
    shown = pairs.pictures[:, inner, inner].astype(float)
    off = [np.abs(shown[one] - shown[pairs.truth]).mean() for one in (pairs.warped, pairs.photo)]
    assert off[0] < off[1]
    # what a place of the moved face shows is what the photo shows at its origin
    grid = np.clip((origin_of(pairs.origin)[:, :, 8:24, 8:24] + 1) * size / 2 - 0.5, 0, size - 1)
    rows, columns = (np.rint(grid[:, k]).astype(int) for k in (1, 0))
    photo = pairs.pictures[pairs.photo[:, None, None], rows, columns].astype(float)
    step = size // 32
    moved = pairs.pictures[pairs.warped][:, 8 * step : 24 * step : step, 8 * step : 24 * step : step]
    assert np.median(np.abs(photo - moved)) < 12
    lips = pairs.points[:, 32:52].astype(float).mean(axis=1)
    assert (np.abs(lips - (0, 0.35)) < 0.25).all()


def test_mirrored_landmarks_are_each_others() -> None:
    where = mirrored()
    np.testing.assert_array_equal(where[where], np.arange(len(LANDMARKS)))
    points = template()[LANDMARKS, :2]
    assert np.abs(points[where] * (-1, 1) - points).max() < 0.05


def test_a_photo_is_mended_and_says_by_what(
    trained: TrainAnimatorResult, photo: Path, tmp_path: Path
) -> None:
    plain, learned = tmp_path / "plain.png", tmp_path / "learned.png"
    understudy.animate(photo, plain, **GIVEN)
    understudy.animate(photo, learned, method="learned", animator=trained.model, **GIVEN)
    off = np.abs(read_image(plain).astype(int) - read_image(learned))
    assert off.max() > 0
    assert off[:8].max() == off[-8:].max() == 0  # what is not near the face is left alone
    said = understudy.verify(learned)
    assert said.verdict == "intact"
    digest = load_index(trained.model).weights_sha256
    assert digest in [one["sha256"] for one in said.made_from]


def test_at_the_pictures_own_size_it_is_what_the_network_was_taught() -> None:
    """Pixels and torch put the same together where the crop is the picture itself."""
    torch.manual_seed(0)
    picture = cv2_smooth(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    square = FaceSquare(x_px=31.5, y_px=31.5, side_px=40, roll_rad=0)
    calm = torch.nn.functional.interpolate(torch.rand(1, 9, 4, 4), (64, 64), mode="bicubic")
    rim = torch.hann_window(64)[:, None] * torch.hann_window(64)
    mending = Mending(
        shift_B2HW=0.1 * rim * (calm[:, :2] - 0.5), anew_B1HW=0.5 * rim * calm[:, 2:3].clamp(0, 1),
        light_B3HW=0.2 * rim * (calm[:, 3:6] - 0.5), colour_B3HW=calm[:, 6:].clamp(0, 1),
    )  # fmt: skip
    warped = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
    taught = mending.given(warped)[0].permute(1, 2, 0).numpy() * 255
    drawn = given_to(picture, mending, square, 1.6)
    assert np.abs(drawn[2:-2, 2:-2] - np.clip(taught, 0, 255)[2:-2, 2:-2]).max() < 6
    assert np.abs(drawn.astype(float) - picture).max() > 20
    # and where it is turned and larger, the same is seen in the crop
    turned = replace(square, side_px=80, x_px=75, y_px=70, roll_rad=0.5)
    large = cut(picture, inverse_of(turned.crop_from_frame(64, 1.6)), 150)
    again = cut(given_to(large, mending, turned, 1.6), turned.crop_from_frame(64, 1.6), 64)
    assert np.abs(again[8:-8, 8:-8] - np.clip(taught, 0, 255)[8:-8, 8:-8]).mean() < 3


def test_what_does_not_go_together(
    trained: TrainAnimatorResult, clips: dict[str, Path], photo: Path, tmp_path: Path
) -> None:
    out = tmp_path / "o.png"
    with pytest.raises(ConfigError, match="no animator"):
        understudy.animate(photo, out, method="learned", **GIVEN)
    with pytest.raises(ConfigError, match="another method"):
        understudy.animate(photo, out, animator=trained.model, **GIVEN)
    with pytest.raises(ModelError, match="holds no animator"):
        understudy.animate(photo, out, method="learned", animator=tmp_path, **GIVEN)
    with pytest.raises(ConfigError, match="photos only"):
        understudy.animate(
            clips["source"], tmp_path / "o.mp4", method="learned", animator=trained.model, **GIVEN
        )
    with pytest.raises(ModelError, match="holds an animator already"):
        understudy.train_animator(clips["source"], trained.model, steps=1)
    with pytest.raises(ConfigError, match="learnt from and held out"):
        understudy.train_animator(clips["source"], tmp_path / "a", hold_out=clips["source"], steps=1)
    assert not (tmp_path / "a").exists()


def test_who_took_their_consent_back_is_not_learnt(
    clips: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERSTUDY_IDENTITIES", str(tmp_path / "ids"))
    understudy.add_identity("source", consent="rendered")
    understudy.revoke_identity("source")
    with pytest.raises(ConsentError):
        understudy.train_animator(clips["source"], tmp_path / "a", steps=1)
    assert not (tmp_path / "a").exists()


def cv2_smooth(picture: np.ndarray) -> np.ndarray:
    import cv2

    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 3), np.uint8)


def inverse_of(matrix: np.ndarray) -> np.ndarray:
    """The turned crop's picture as a frame: what lies at its places in the small one."""
    from understudy.core.geometry import inverse

    return inverse(matrix)
