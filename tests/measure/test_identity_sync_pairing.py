"""Whose face, whose sound, and which face is which."""

from fractions import Fraction

import numpy as np
import pytest

from measure.made_faces import made_face
from understudy.measure.identity import identity_figures, mean_vector
from understudy.measure.pairing import same_place
from understudy.measure.sync import sync_figures

SOURCE, TARGET = np.zeros(128, np.float32), np.full(128, 0.05, np.float32)


def test_identity_counts_what_is_nearer_to_the_source() -> None:
    vectors = [SOURCE + 0.01, SOURCE + 0.02, TARGET - 0.001, SOURCE]
    figures = identity_figures(vectors, SOURCE, TARGET)
    assert figures.nearer_to_source == 0.75
    norm = np.sqrt(128)
    assert figures.d_source == pytest.approx(norm * (0.01 + 0.02 + 0.049 + 0) / 4, rel=1e-4)
    assert figures.d_target == pytest.approx(norm * (0.04 + 0.03 + 0.001 + 0.05) / 4, rel=1e-4)
    assert mean_vector([]) is None
    with pytest.raises(ValueError, match="no face"):
        identity_figures([], SOURCE, TARGET)


def span(start: str, end: str) -> tuple[Fraction, Fraction]:
    return Fraction(start), Fraction(end)


def test_sync() -> None:
    target = {"video": span("0", "4"), "audio": span("0", "4")}
    same = sync_figures(target, target)  # type: ignore[arg-type]
    assert same is not None
    assert same.largest == 0
    # everything starts later alike: still in step
    shifted = sync_figures({"video": span("1", "5"), "audio": span("1", "5")}, target)  # type: ignore[arg-type]
    assert shifted is not None
    assert shifted.largest == 0
    late = sync_figures({"video": span("0", "4"), "audio": span("0.04", "4.04")}, target)  # type: ignore[arg-type]
    assert late is not None
    assert late.audio_start == pytest.approx(40)
    drift = sync_figures({"video": span("0", "4.1"), "audio": span("0", "4")}, target)  # type: ignore[arg-type]
    assert drift is not None
    assert drift.largest == pytest.approx(100)
    lost = sync_figures({"video": span("0", "4")}, target)  # type: ignore[arg-type]
    assert lost is not None
    assert lost.largest == pytest.approx(4000)
    silent = sync_figures({"video": span("0", "4")}, {"video": span("0", "4")})
    assert silent is not None
    assert silent.largest == 0
    assert sync_figures({"audio": span("0", "4")}, target) is None  # type: ignore[arg-type]


def test_same_place() -> None:
    a, far = made_face(), made_face(centre_px=(600, 128))
    near = made_face(centre_px=(140, 130))
    assert same_place(a, [far, near]) is near
    assert same_place(a, [far]) is None
    assert same_place(None, [a]) is None
