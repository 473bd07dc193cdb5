import numpy as np
import pytest

from training.made_samples import made_samples
from understudy.measure.ssim import masked_ssim
from understudy.training.model import Model
from understudy.training.validate import Validation, centred, preview


class Echo(Model):
    """Draws what it reads."""

    def __init__(self) -> None:
        super().__init__("tiny", ["a", "b"], bf16=False)

    def draw(self, faces: np.ndarray, identity: str, of: str | None = None) -> tuple[np.ndarray, np.ndarray]:
        assert of in (None, "b")
        drawn = faces.astype(np.float32) / 255
        return (drawn if identity == "a" else 1 - drawn), np.ones(faces.shape[:3], np.float32)


@pytest.fixture(scope="module")
def echo() -> Echo:
    return Echo()


def test_the_centre_is_cut_without_resampling() -> None:
    samples = made_samples("a", 12)
    out = centred(samples, np.array([3, 7]))
    assert out.shape == (2, 32, 32, 4)
    np.testing.assert_array_equal(out[1, ..., :3], samples.planes[7, :3, 3:35, 3:35].transpose(1, 2, 0))


def test_a_model_that_draws_what_it_sees_has_one(echo: Echo) -> None:
    validation = Validation([made_samples("a", 30), made_samples("b", 30, seed=1)])
    figures = validation.ssim(echo)
    assert figures["a"] == pytest.approx(1, abs=1e-3)
    assert figures["b"] < 0.5


def test_the_mean_face_is_of_the_faces_that_are_learnt_from() -> None:
    samples = made_samples("a", 30)
    samples.planes[:, :3] = samples.planes[:, :1]  # grey, where both definitions of SSIM agree
    samples.planes[:, 3, :8] = samples.planes[:, 3, -8:] = 0
    samples.planes[:, 3, :, :8] = samples.planes[:, 3, :, -8:] = 0
    pictures = samples.planes[:, :3, 3:35, 3:35].transpose(0, 2, 3, 1).astype(np.float64) / 255
    mean = pictures[samples.training].mean(axis=0).astype(np.float32)
    mask = samples.planes[0, 3, 3:35, 3:35].astype(np.float32) / 255
    expected = np.mean([masked_ssim(mean, pictures[i].astype(np.float32), mask) for i in samples.held_out])
    assert Validation([samples]).mean_face_ssim["a"] == pytest.approx(expected, abs=2e-3)


def test_the_preview_has_five_rows_of_eight(echo: Echo) -> None:
    source, target = made_samples("a", 100), made_samples("b", 20, seed=1)
    grid = preview(echo, source, target)
    assert grid.shape == (5 * 32, 8 * 32, 3)
    assert grid.dtype == np.uint8
    rows = grid.reshape(5, 32, 8 * 32, 3)
    np.testing.assert_array_equal(rows[0], rows[1])  # the source by its own decoder
    np.testing.assert_array_equal(rows[2], 255 - rows[3])  # the target by its own
    np.testing.assert_array_equal(rows[2], rows[4])  # the swap: the target by the source's
