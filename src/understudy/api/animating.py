"""A photo, or footage, whose face is given an expression."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from understudy.api.paths import AnyPath, maybe_consent, maybe_path
from understudy.core.events import OnEvent, ignore

if TYPE_CHECKING:
    from understudy.workflows.animate_config import AnimateResult


def animate(
    photo: AnyPath,
    out: AnyPath,
    *,
    driving: AnyPath | None = None,
    expression: str | Mapping[str, float] | None = None,
    person: int = 1,
    photo_person: int = 1,
    strength: float = 1.0,
    keep_pose: bool = False,
    model: AnyPath | None = None,
    method: str = "warp",
    animator: AnyPath | None = None,
    size: int | None = None,
    codec: str = "auto",
    crf: int | None = None,
    identity: str | None = None,
    consent: AnyPath | None = None,
    cert: AnyPath | None = None,
    key: AnyPath | None = None,
    watermark: bool = True,
    label: str | None = None,
    thumbnails: bool = True,
    on_event: OnEvent = ignore,
) -> AnimateResult:
    """Give a photo's face the expression of somebody else, or one that is named; or footage's.

    Args:
        photo: a picture; or footage, in which only the expression is replaced: pose, pictures and sound stay.
        out: video to write, or numbered images ("frames/%06d.png"); for one expression a picture.
        driving: footage whose face gives expression, pose and sound; or a file that `read_expression` wrote.
        expression: instead of that, values by name: "smile=0.8, jaw_open=0.3, yaw=-10", or the same as a
            mapping; see docs/expression.md.
        person: whose face of the driving, by how often they are seen: 1 is who is seen most.
        photo_person: whose face of a photo, by size: 1 is the largest; of footage by how often they are seen.
        strength: how far expressions are shown, 0 to 2; 1 as they are.
        keep_pose: leave the head as it is in the photo.
        model: trained with the photo's person: draws the moved face anew, as it knows it.
        method: "warp" bends the photo; "learned" has a trained animator mend what was bent (experimental,
            photos only).
        animator: its folder, as `train_animator` writes it; only where learned.
        size: longest side in px, at most; 1280 where None for a video, and for a picture the photo's own.
        codec: "h264", "hevc", "prores", "ffv1", or "auto".
        crf: constant quality, 0 (lossless) to 51; hard to tell from the original where None.
        identity: who is in the photo, as their record is called; the photo's name where None.
        consent: why their face may be used, where there is no record of it yet: a file that shows it
            (a signed release), "self", "rendered" or "public-domain:WHY". It is recorded, once.
        cert: PEM file of the certificates to sign with, the signer's first; this machine's own where None.
        key: PEM file of its key, without a passphrase.
        watermark: put an invisible mark into the face of moving pictures, which `verify` can find after
            compression, scaling and cropping (docs/watermark.md). The manifest says whether it is there.
        label: put a visible label into a corner of every frame that shows a drawn face, never over one: a
            text, or "auto" for "AI-generated face".
        thumbnails: whether the manifest shows small pictures of photo and driving. Names and digests of their
            files stay in it.
        on_event: hears of progress and warnings.

    Returns:
        How many frames were made, and in how many the driving shows no face.

    Raises:
        UnderstudyError: what failed and what to do next.
    """
    from understudy.workflows import animate as workflow
    from understudy.workflows.animate_config import AnimateConfig

    config = AnimateConfig(
        photo=Path(photo),
        out=Path(out),
        driving=maybe_path(driving),
        expression=expression,
        person=person,
        photo_person=photo_person,
        strength=strength,
        keep_pose=keep_pose,
        model=maybe_path(model),
        method=method,
        animator=maybe_path(animator),
        size=size,
        codec=codec,
        crf=crf,
        identity=identity,
        consent=maybe_consent(consent),
        cert=maybe_path(cert),
        key=maybe_path(key),
        watermark=watermark,
        label=label,
        thumbnails=thumbnails,
    )
    return workflow.run(config, on_event)
