"""Footage and a model to new footage, or to some frames of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from understudy.api.paths import AnyPath, maybe_consent, maybe_path
from understudy.core.errors import ConfigError
from understudy.core.events import OnEvent, ignore
from understudy.workflows.configs import ConvertConfig, ConvertResult


def convert(
    target: AnyPath,
    model: AnyPath,
    out: AnyPath | None = None,
    *,
    source: str | None = None,
    target_identity: str | None = None,
    mapped: Mapping[str, str] | None = None,
    faces: Sequence[AnyPath] = (),
    colour: str = "auto",
    blend: str | None = None,
    strength: float = 1.0,
    occlusion: bool = True,
    texture: bool = False,
    codec: str = "auto",
    crf: int | None = None,
    matte: AnyPath | None = None,
    worst: AnyPath | None = None,
    frame: float | Sequence[int | float] = (),
    grid: AnyPath | None = None,
    device: str = "auto",
    consent: AnyPath | None = None,
    cert: AnyPath | None = None,
    key: AnyPath | None = None,
    watermark: bool = True,
    label: str | None = None,
    thumbnails: bool = True,
    jobs: int = 1,
    voice: AnyPath | None = None,
    voice_as: str | None = None,
    voice_consent: AnyPath | None = None,
    on_event: OnEvent = ignore,
) -> ConvertResult:
    """Draw the source's face over the target's in every frame of a video, or in images.

    Args:
        target: footage that is changed: a video, or images as a folder or a pattern.
        model: model folder.
        out: video to write, or numbered images: "frames/%06d.png", .tif or .jpg; with `frame`, a picture.
        source: name of the person put in; the model's first where None.
        target_identity: name of the person replaced; the model's second where None.
        mapped: where several people are replaced, whose face each gets: name put in by name replaced.
        faces: facesets of those who are replaced, made of every frame of this target: their faces, as they
            were reviewed, are taken instead of looking for them.
        colour: how colours are matched: "none", "lab", "mkl", "histogram", "sliced", or "auto" for what comes
            nearest in the first frames.
        blend: how the face is joined to what is around it: "light" (None), "feather", "pyramid" or "poisson".
        strength: how much of it is shown, 0 (the target) to 1.
        occlusion: leave what passes before the face (a hand, a microphone) in front of it: exactly where a
            mask was drawn in the review of one of `faces`, in other frames as such masks teach, else as far
            as that is told apart.
        texture: let the face take on the target's blur and grain; for footage that has some.
        codec: "h264", "hevc", "prores", "ffv1", or "auto" for the video's own, or what holds its depth.
        crf: constant quality, 0 (lossless) to 51; hard to tell from the video where None.
        matte: a further video or numbered images to write, white where the picture is new.
        worst: judge each frame while it is made, and write the figures and the worst frames to this folder:
            for review, and for the `focus` of training.
        frame: convert this one only and write a picture of it: its position from 0, or (as float) seconds.
        grid: instead of `out`, a picture that sets the faces of each `frame` side by side, matched and joined
            in every way, or in those that `colour` and `blend` name ("lab,mkl").
        device: what draws: "cpu", "cuda", "cuda:1" and so on, or "auto" for a GPU where there is one.
        consent: why the source's face may be used, where there is no record of it yet: a file that shows it
            (a signed release), "self", "rendered" or "public-domain:WHY". It is recorded, once.
        cert: PEM file of the certificates to sign with, the signer's first; this machine's own where None.
        key: PEM file of its key, without a passphrase.
        watermark: put an invisible mark into the faces of moving pictures, which `verify` can find after
            compression, scaling and cropping (docs/watermark.md). The manifest says whether it is there.
        label: put a visible label into a corner of every frame that shows a drawn face, never over one: a
            text, or "auto" for "AI-generated face".
        thumbnails: whether the manifest shows small pictures of target and source; not where nobody shall see
            who they are. Names and digests of their files stay in it.
        jobs: processes that share the footage; worth it with many cores, or beside a GPU. Each needs the
            memory of a conversion.
        voice: folder of a voice model (see `voice_train`) in whose voice the video's sound is said, at the
            same times; the sound is the target's own, untouched, where None.
        voice_as: whose voice; that of who is put in where the model has it, else the model's source's.
        voice_consent: why that voice may be used, where there is no record of it yet; as `consent`, but of
            the voice, which is a permission of its own.
        on_event: hears of progress and warnings.

    Raises:
        UnderstudyError: what failed and what to do next.
    """
    from understudy.workflows import convert as workflow

    config = ConvertConfig(
        target=Path(target), model=Path(model),
        out=_written(out, grid, {"colour": colour, "blend": blend}),
        source=source,
        target_identity=target_identity,
        mapped=mapped or {},
        faces=tuple(map(Path, faces)),
        colour=colour, blend=blend or "light", strength=strength,
        occlusion=occlusion, texture=texture,
        codec=codec, crf=crf,
        matte=maybe_path(matte),
        worst=maybe_path(worst),
        device=device,
        consent=maybe_consent(consent),
        cert=maybe_path(cert), key=maybe_path(key),
        watermark=watermark,
        label=label,
        thumbnails=thumbnails, jobs=jobs,
        voice=maybe_path(voice), voice_as=voice_as, voice_consent=maybe_consent(voice_consent),
    )  # fmt: skip
    frames = (frame,) if isinstance(frame, int | float) else tuple(frame)
    if not frames and grid is None:
        return workflow.run(config, on_event)
    return _previewed(config, frames, (colour, blend), on_event, is_grid=grid is not None)


def _previewed(
    config: ConvertConfig,
    frames: tuple[int | float, ...],
    ways: tuple[str, str | None],
    on_event: OnEvent,
    *,
    is_grid: bool,
) -> ConvertResult:
    """Some frames as a picture; `ways` are names of colours and blends as they were given."""
    from understudy.workflows import preview
    from understudy.workflows.preview_config import asked

    return preview.run(asked(config, frames, *ways, is_grid=is_grid), on_event)


def _written(out: AnyPath | None, grid: AnyPath | None, ways: Mapping[str, str | None]) -> Path:
    """What a conversion writes: one of the two; several ways by one name go into a grid only."""
    for name, value in ways.items():
        if grid is None and "," in (value or ""):
            raise ConfigError(f"{name} names several ways ({value})", "give one, or a grid, which shows them")
    if out is not None and grid is not None:
        raise ConfigError("both an output and a grid are given", "a grid is written instead of the output")
    written = out if grid is None else grid
    if written is None:
        raise ConfigError("no output is named", "give out, or a frame and a grid")
    return Path(written)
