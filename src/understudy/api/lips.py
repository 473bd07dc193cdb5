"""Footage whose mouth says something else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from understudy.api.paths import AnyPath, OneOrMorePaths, all_paths, maybe_consent, maybe_path
from understudy.core.events import OnEvent, ignore

if TYPE_CHECKING:
    from understudy.workflows.lipsync_config import LipsyncResult


def lipsync(
    footage: AnyPath,
    speech: AnyPath,
    out: AnyPath,
    *,
    learn: OneOrMorePaths = (),
    learn_speaker: OneOrMorePaths = (),
    length: str = "pingpong",
    strength: float = 1.0,
    person: int = 1,
    seed: int = 0,
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
) -> LipsyncResult:
    """Let the mouth of somebody in footage follow other speech; all else of the picture stays.

    Args:
        footage: a video, or images, that shows the face.
        speech: a file with the speech; of footage its sound. It becomes the output's sound.
        out: video to write, or numbered images ("frames/%06d.png").
        learn: footage in which the same person talks, 20 s in all or more, of which lips are learnt: videos,
            folders of videos and patterns; the footage itself where none is given.
        learn_speaker: footage in which whoever says the speech talks, likewise, where that is somebody else:
            what their sounds do to lips is learnt, too; 5 s of talking do.
        length: "pingpong": as long as the speech, the footage played forth and back where it is shorter;
            "cut": as long as the shorter of both; "footage": as long as the footage.
        strength: how far the mouth moves, 0 to 2; 1 as learnt.
        person: whose face of the footage, by how often they are seen: 1 is who is seen most.
        seed: of learning.
        codec: "h264", "hevc", "prores", "ffv1", or "auto".
        crf: constant quality, 0 (lossless) to 51; hard to tell from the original where None.
        identity: who is in the footage, as their record is called; the footage's name where None.
        consent: why their face may be used, where there is no record of it yet: a file that shows it
            (a signed release), "self", "rendered" or "public-domain:WHY". It is recorded, once.
        cert: PEM file of the certificates to sign with, the signer's first; this machine's own where None.
        key: PEM file of its key, without a passphrase.
        watermark: put an invisible mark into the part of the face that is changed (docs/watermark.md). The
            manifest says whether it is there.
        label: put a visible label into a corner of every frame that shows a drawn mouth, never over a face: a
            text, or "auto" for "AI-generated face".
        thumbnails: whether the manifest shows a small picture of the footage. Names and digests of files stay
            in it.
        on_event: hears of progress and warnings.

    Returns:
        How many frames were made, and how well lips were learnt.

    Raises:
        UnderstudyError: what failed and what to do next.
    """
    from understudy.workflows import lipsync as workflow
    from understudy.workflows.lipsync_config import LipsyncConfig

    config = LipsyncConfig(
        footage=Path(footage),
        speech=Path(speech),
        out=Path(out),
        learn=all_paths(learn),
        learn_speaker=all_paths(learn_speaker),
        length=length,
        strength=strength,
        person=person,
        seed=seed,
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
