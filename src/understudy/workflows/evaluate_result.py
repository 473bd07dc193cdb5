"""What an output is measured against, and the figures that come of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from understudy.measure.comparison import Series

_MOST = 0.5  # share of frames


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig:
    """What is compared with what.

    Args:
        output: the swapped video.
        target: the footage that it was made from.
        source: faceset or footage of the identity put in; without it identity is not measured.
        target_faceset: faceset of the person replaced, which tells that person from others in the
            frame; the largest face is taken where None.
        truth: footage of the source doing what the target does, frame for frame.
        every: measure one frame in so many.
        worst: folder for the worst frames of all; see `workflows.worst_list`.
        cert: PEM file of the certificates to sign with, the signer's first; this machine's own where None.
        key: PEM file of its key.
    """

    output: Path
    target: Path
    source: Path | None = None
    target_faceset: Path | None = None
    truth: Path | None = None
    every: int = 1
    worst: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    def __post_init__(self) -> None:
        """Check the values."""
        if self.every < 1:
            raise ValueError(f"every must be at least 1, got {self.every}")


@dataclass(frozen=True, kw_only=True)
class EvaluateResult:
    """The figures; one that could not be measured is None. Definitions are in `measure`.

    Args:
        frames: frames compared.
        measured: frames measured, fewer where `every` is more than 1.
        identity: nearer_to_source (0 to 1), d_source, d_target.
        expression: rms and rms_motion in inter-ocular distances, and r, a dict of correlations; one
            is None where the target moves no more than landmarks jitter.
        pose_deg: mean absolute difference, degrees.
        gaze_deg: the same of the eyes.
        flicker: grey levels above the target's own.
        seam: grey levels a pixel.
        sync_ms: largest difference of the streams' starts and lengths, milliseconds.
        truth: ssim, psnr of the output; ssim_target, psnr_target of the unswapped target; ssim_gain.
        background: grey levels of difference away from the face, encoding included.
        unswapped: share of frames, 0 to 1, that show the target's own face.
        faces: measured frames in which the target shows the face, and the output where the target does;
            what compares faces is the mean over the latter.
        fps: frames compared a second.
        seconds: how long it took.
        peak_rss_mb: most memory held.
        series: name to one value a measured frame, and "time_s".
        warnings: what the user should know.
    """

    frames: int
    measured: int
    identity: dict[str, float | None]
    expression: dict[str, float | dict[str, float | None] | None]
    pose_deg: float | None
    gaze_deg: float | None
    flicker: float | None
    seam: float | None
    sync_ms: float | None
    truth: dict[str, float | None]
    background: float | None = None
    unswapped: float | None = None
    faces: dict[str, int] = field(default_factory=dict[str, int])
    fps: float = 0.0
    seconds: float = 0.0
    peak_rss_mb: float = 0.0
    series: Series = field(default_factory=dict[str, "list[float | None]"])
    warnings: list[str] = field(default_factory=list[str])

    @property
    def is_unswapped(self) -> bool:
        """Whether most frames show the target's own face, by their pixels or by whose face it is."""
        nearer = self.identity.get("nearer_to_source")
        return (self.unswapped or 0.0) > _MOST or (nearer is not None and nearer < _MOST)

    @property
    def remark(self) -> str:
        """What the output is, in two words."""
        return "not swapped" if self.is_unswapped else "synthetic"
