"""Every figure is near its ideal on the truth, moves the right way under damage, and its check can fail.

The truth is a rendered actor who really gives the target's performance; the networks are real.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from actors import frames_of
from measure import checks
from measure.damages import Performance, Shot, Take, each, face_mask, seen
from understudy.core.types import Vector
from understudy.faces.identify import Identifier
from understudy.measure.comparison import Comparison, Moment
from understudy.measure.identity import IdentityFigures, identity_figures
from understudy.measure.ssim import ssim_map
from understudy.measure.sync import sync_figures
from understudy.measure.truth import compare_with_truth
from understudy.media.probe import stream_spans

Vectors = dict[str, list[Vector]]
LOOKS = 12  # at each person's face


LAST: deque[tuple[Take, Take, Comparison]] = deque(maxlen=8)  # takes are large, so only a few are kept


def compared(output: Take, target: Take) -> Comparison:
    """All figures of two takes; those compared last are not compared again for each figure."""
    for shown, wanted, comparison in LAST:
        if shown is output and wanted is target:
            return comparison
    comparison = Comparison()
    for one, other in zip(output, target, strict=True):
        comparison.add(
            Moment(output=one.image, output_face=one.face, target=other.image, target_face=other.face)
        )
    LAST.append((output, target, comparison))
    return comparison


def figure(name: str) -> checks.Figure:
    def measure(output: Take, target: Take) -> float:
        value = compared(output, target).mean(name)
        assert value is not None
        return value

    return measure


def correlation(output: Take, target: Take, name: str) -> float:
    r = compared(output, target).correlation(name)
    return 0.0 if r is None else r


def truth_ssim(output: Take, truth: Take) -> float:
    values = [
        compare_with_truth(a.image, a.face, b.image, b.face) for a, b in zip(output, truth, strict=True)
    ]
    return float(np.mean([value.ssim for value in values if value is not None]))


def sync_ms(output: Path, target: Path) -> float:
    figures = sync_figures(stream_spans(output), stream_spans(target))
    assert figures is not None
    return figures.largest


@pytest.fixture(scope="session")
def vectors(performance: Performance) -> Vectors:
    embedder = Identifier()

    def of(take: Take) -> list[Vector]:
        return [embedder.vector(shot.image, shot.face) for shot in take[:: len(take) // LOOKS][:LOOKS]]

    source = seen(performance.finder, [frame.image for frame in frames_of("B_train", 120, 10)])
    return {"truth": of(performance.truth), "target": of(performance.target), "source": of(source)}


def check_identity(measure: Callable[..., IdentityFigures], vectors: Vectors) -> None:
    source = np.mean(vectors["source"], axis=0).astype(np.float32)
    checks.identity(measure, vectors["truth"], source, vectors["target"])


REAL: dict[str, tuple[Callable[..., None], Callable[..., object]]] = {
    "expression r": (checks.expression_r, correlation),
    "expression rms": (checks.expression_rms, figure("rms")),
    "pose": (checks.pose, figure("pose_deg")),
    "gaze": (checks.gaze, figure("gaze_deg")),
    "flicker": (checks.flicker, figure("flicker")),
    "seam": (checks.seam, figure("seam")),
    "truth": (checks.truth, truth_ssim),
    "background": (checks.background, figure("background")),
}


@pytest.mark.parametrize("name", REAL)
def test_the_figure_tells_truth_from_damage(name: str, performance: Performance) -> None:
    check, measure = REAL[name]
    check(measure, performance)


def test_identity_tells_truth_from_the_target_pasted_back(vectors: Vectors) -> None:
    check_identity(identity_figures, vectors)


def test_sync_tells_sound_that_is_late_lost_or_longer(tmp_path: Path) -> None:
    checks.sync(sync_ms, tmp_path)


# ---- the same checks, given figures that are broken on purpose


def negative(measure: checks.Figure) -> checks.Figure:
    return lambda output, target: -measure(output, target)


def pixel_change(take: Take, where: slice) -> float:
    """From frame to frame, with no regard to motion."""
    pairs = zip(take[1:], take, strict=False)
    return float(np.mean([np.abs(a.image.astype(float) - b.image)[where, where].mean() for a, b in pairs]))


def mean_of_frames(compare: Callable[[Shot, Shot], float]) -> checks.Figure:
    return lambda output, target: float(np.mean([compare(a, b) for a, b in zip(output, target, strict=True)]))


def pictures_apart(a: Shot, b: Shot) -> float:
    return float(np.abs(a.image.astype(float) - b.image).mean())


def raw_landmarks_apart(a: Shot, b: Shot) -> float:
    apart = (a.face.landmarks_px - b.face.landmarks_px)[:, :2] / a.face.square.side_px
    return float(np.sqrt(np.square(apart).sum(axis=1).mean()))


def ignoring_time(output: Take, target: Take, name: str) -> float:
    series = compared(output, target).series
    both = [np.sort([v for v in series[f"{name}_{side}"] if v is not None]) for side in ("output", "target")]
    return float(np.corrcoef(*both)[0, 1])


def angles_apart(angles: slice) -> checks.Figure:
    return mean_of_frames(lambda a, b: float(np.abs(a.face.pose_deg - b.face.pose_deg)[angles].mean()))


def against_grey(output: Take, target: Take) -> float:
    """The seam with no regard to the target's own edges."""
    return figure("seam")(output, each(target, lambda _, shot: np.full_like(shot.image, 128)))


def signed_edges(a: Shot, b: Shot) -> float:
    """The slope of the difference anywhere, which another face brings along without any border."""
    apart = cv2.cvtColor(a.image, cv2.COLOR_RGB2GRAY).astype(float) - cv2.cvtColor(
        b.image, cv2.COLOR_RGB2GRAY
    )
    return float(np.abs(np.gradient(apart)).mean())


OTHER = {"mouth_open": "eye_open", "eye_open": "mouth_open", "mouth_width": "brow", "brow": "mouth_width"}
WHOLE, MIDDLE = slice(None), slice(100, 280)

BROKEN: dict[str, list[Callable[..., object]]] = {
    "expression r": [
        lambda output, target, name: 1.0,
        lambda output, target, name: -correlation(output, target, name),
        lambda output, target, name: correlation(output, target, OTHER[name]),
        lambda output, target, name: correlation(target, target, name),
        ignoring_time,
    ],
    "expression rms": [
        lambda output, target: 0.01,
        negative(figure("rms")),
        lambda output, target: figure("rms")(target, target),
        mean_of_frames(raw_landmarks_apart),
    ],
    "pose": [
        lambda output, target: 1.0,
        negative(figure("pose_deg")),
        angles_apart(slice(0, 1)),
        lambda output, target: float(np.radians(figure("pose_deg")(output, target))),
        mean_of_frames(lambda a, b: float(np.abs(a.face.pose_deg).mean())),
    ],
    "gaze": [
        lambda output, target: 1.0,
        negative(figure("gaze_deg")),
        figure("pose_deg"),
        mean_of_frames(lambda a, b: float(np.abs(a.face.iris_px - b.face.iris_px).mean())),
    ],
    "flicker": [
        lambda output, target: 0.0,
        negative(figure("flicker")),
        lambda output, target: pixel_change(output, MIDDLE) - pixel_change(target, MIDDLE),
        lambda output, target: pixel_change(output, WHOLE) - pixel_change(target, WHOLE),
        lambda output, target: figure("flicker")(output, target) + pixel_change(target, MIDDLE),
        mean_of_frames(pictures_apart),
    ],
    "seam": [
        lambda output, target: 1.0,
        negative(figure("seam")),
        against_grey,
        mean_of_frames(signed_edges),
        mean_of_frames(pictures_apart),
    ],
    "truth": [
        lambda output, truth: 1.0,
        negative(truth_ssim),
        mean_of_frames(lambda a, b: float(ssim_map(a.image, b.image).mean())),
        lambda output, truth: truth_ssim(truth, truth),
    ],
    "background": [
        lambda output, target: 0.0,
        negative(figure("background")),
        mean_of_frames(pictures_apart),
        mean_of_frames(
            lambda a, b: float(np.mean(a.image.astype(float) * face_mask(a) - b.image * face_mask(b)))
        ),
    ],
}
BROKEN_IDENTITY: list[Callable[..., IdentityFigures]] = [
    lambda vectors, source, target: IdentityFigures(nearer_to_source=1, d_source=0.2, d_target=0.6),
    lambda vectors, source, target: identity_figures(vectors, target, source),
    lambda vectors, source, target: identity_figures(vectors[:1], source, target),
    lambda vectors, source, target: identity_figures([source], source, target),
]
BROKEN_SYNC: list[Callable[[Path, Path], float]] = [
    lambda output, target: 0.0,
    lambda output, target: -sync_ms(output, target),
    lambda output, target: sync_ms(target, target),
    lambda output, target: abs(len(output.read_bytes()) - len(target.read_bytes())),
    lambda output, target: float(abs(stream_spans(output)["video"][1] - stream_spans(target)["video"][1])),
]


@pytest.mark.parametrize(
    ("name", "number"), [(name, i) for name, some in BROKEN.items() for i in range(len(some))]
)
def test_the_check_fails_with_a_broken_figure(name: str, number: int, performance: Performance) -> None:
    check, _ = REAL[name]
    with pytest.raises(AssertionError):
        check(BROKEN[name][number], performance)


@pytest.mark.parametrize("broken", BROKEN_IDENTITY)
def test_the_check_of_identity_fails(broken: Callable[..., IdentityFigures], vectors: Vectors) -> None:
    with pytest.raises(AssertionError):
        check_identity(broken, vectors)


@pytest.mark.parametrize("broken", BROKEN_SYNC)
def test_the_check_of_sync_fails(broken: Callable[[Path, Path], float], tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        checks.sync(broken, tmp_path)
