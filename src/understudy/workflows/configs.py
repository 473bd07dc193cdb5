"""What each command needs to know and what it answers; the command line mirrors these fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class ExtractConfig:
    """Footage to a faceset.

    Args:
        footage: files, folders or patterns.
        faceset: folder to write; an unfinished one is continued.
        identity: name of the identity; the faceset folder's name where None.
        every: look at one frame in so many.
        from_s: leave out what comes before this time, in each piece of footage.
        to_s: leave out what comes from this time on.
        people: "largest" keeps who is seen most, "all" gives each a faceset of their own below `faceset`.
        only: picture or faceset of the person to keep instead of who is seen most.
    """

    footage: tuple[Path, ...]
    faceset: Path
    identity: str | None = None
    every: int = 1
    from_s: float | None = None
    to_s: float | None = None
    people: str = "largest"
    only: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Person:
    """One person found by extraction.

    Args:
        name: the identity where theirs are the faces kept, else person_1 and so on by size; "others" are all
            who are seen too rarely to be told apart.
        faces: usable ones.
        path: faceset in which they are kept.
    """

    name: str
    faces: int
    path: Path | None


@dataclass(frozen=True, kw_only=True)
class ExtractResult:
    """What extraction found; first in `people` is who is kept in `faceset`, then the largest.

    Args:
        faceset: folder that was written.
        frames: looked at, in this run and before.
        faces: kept; of everybody, where each person has a faceset of their own.
        rejected: kept nowhere.
        people: who was found.
        fps: frames looked at a second; 0 where all were looked at before.
        seconds: how long it took.
        peak_rss_mb: most memory held.
        warnings: what the user should know.
        reasons: reason to number of the rejected faces, the commonest first.
    """

    faceset: Path
    frames: int
    faces: int
    rejected: int
    people: list[Person]
    fps: float
    seconds: float
    peak_rss_mb: float
    warnings: list[str]
    reasons: dict[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Facesets to a model.

    Args:
        facesets: one folder an identity, 2 to 16.
        model: folder to write; an existing one is only continued with `resume`.
        preset: network, by name; see `nets.presets.PRESETS`.
        minutes: wall time to train for; one of minutes and steps.
        steps: optimizer steps to train for.
        start: "base" (pretrained on rendered people, tiny only) or "scratch".
        batch: faces an identity and step; what suits the preset and the device where None.
        seed: seed of every random choice.
        until_flat: end by itself once held-out figures have stopped improving; minutes or steps are
            then the most it takes, and may be left out.
        tensorboard: write scalars and previews to the model's folder `tensorboard`.
        resume: go on with the model in `model`; facesets beyond its own add an identity each.
        encoder: "trained"; "slow", at a tenth of the learning rate; or "frozen" as it is: then the
            decoders alone go on learning. Where None, "slow" while an identity joins, else "trained".
        from_model: folder of a model of the same preset whose encoder a new model starts from.
        device: "cpu", "cuda", "cuda:1" and so on, or "auto" for a GPU where there is one.
        devices: processes that share the faces of each step; None for those that torchrun has started.
        accumulate: batches whose gradients make one step together.
        losses: weights of what is minimised, by name, where they are not the preset's; 0 switches one off;
            see `workflows.loss_choice`.
        focus: `worst.json` of a swap: faces like those in these frames are drawn more often; see
            `workflows.focus`.
        consent: why the first identity's face may be used, where there is no record of it yet; see
            `workflows.consent`.
        cert: PEM file of the certificates to sign previews with, as in `ConvertConfig`.
        key: PEM file of its key.
    """

    facesets: tuple[Path, ...]
    model: Path
    preset: str = "tiny"
    minutes: float | None = None
    steps: int | None = None
    start: str = "base"
    batch: int | None = None
    seed: int = 0
    resume: bool = False
    until_flat: bool = False
    tensorboard: bool = False
    encoder: str | None = None
    from_model: Path | None = None
    device: str = "auto"
    devices: int | None = 1
    accumulate: int = 1
    losses: Mapping[str, float] = field(default_factory=dict[str, float])
    focus: Path | None = None
    consent: str | None = None
    cert: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, kw_only=True)
class TrainResult:
    """What training reached; `validation` is on held-out faces.

    `validation` holds ssim_in_mask {identity: x} and mean_face_ssim_in_mask {identity: x};
    `history` one dict a validation: step, seconds, and the same figures; `best_step` is that of the
    best of these, whose weights lie in the model's folder `best`, itself a model to convert with.
    `further_hour` is what an hour more is likely to add to the mean held-out SSIM (ssim_gain, and the
    standard error uncertainty), None after too few validations.
    """

    model: Path
    steps: int
    seconds: float
    steps_per_s: float
    validation: dict[str, dict[str, float]]
    history: list[dict[str, float]]
    previews: list[Path]
    peak_rss_mb: float
    interrupted: bool
    warnings: list[str]
    best_step: int | None = None
    further_hour: dict[str, float] | None = None


@dataclass(frozen=True, kw_only=True)
class ConvertConfig:
    """Footage and a model to new footage.

    Args:
        target: footage that is changed: a video, an image, or numbered images as a folder or a pattern.
        model: model folder.
        out: video to write, or numbered images: frames/%06d.png.
        source: identity to put in; the model's first where None.
        target_identity: identity to replace; the model's second where None.
        mapped: identity put in by identity replaced, where several are; instead of these two.
        faces: facesets of the people who are replaced, whose faces are taken instead of looking for them.
        colour: how colours are matched, by name, or "auto"; see `compositing.colour.methods`.
        blend: how a face is joined to what is around it, by name; see `compositing.blend.BLENDS`.
        strength: how much of it is shown, 0 (the target) to 1.
        occlusion: whether what passes before the face (a hand, a microphone) stays in front of it.
        texture: whether it takes on the target's blur and grain.
        codec: "auto" (the footage's own, or what holds its depth), or one of `media.encoding`.
        crf: constant quality, 0 (lossless) to 51; what is hard to tell from the original where None.
        matte: a further video or numbered images to write: how much of each pixel is new.
        worst: folder for the worst frames, which are judged while they are made; see `workflows.worst_list`.
        device: what draws: "cpu", "cuda", "cuda:1" and so on, or "auto" for a GPU where there is one.
        consent: why the face put in may be used, where there is no record of it yet; see `workflows.consent`.
        people: whose record it is by identity put in, where the model does not say and it is not called so.
        cert: PEM file of the certificates to sign with, the signer's first; this machine's own where None.
        key: PEM file of its key.
        source_footage: what the person put in was learnt from, to be named in the manifest where known.
        watermark: whether faces in moving pictures carry an invisible mark, see `provenance.watermark_embed`.
        label: a visible one that says what it is, "auto" or a text; see `workflows.convert_label`.
        thumbnails: whether the manifest shows small pictures of target and source.
        jobs: how many processes share the footage; see `workflows.convert_jobs`.
        voice: folder of a voice model in whose voice the sound is said; the target's own sound where None.
        voice_as: whose voice; that of who is put in where the model has it, else its source's, where None.
        voice_consent: why that voice may be used, where there is no record of it yet.
    """

    target: Path
    model: Path
    out: Path
    source: str | None = None
    target_identity: str | None = None
    mapped: Mapping[str, str] = field(default_factory=dict[str, str])
    faces: tuple[Path, ...] = ()
    colour: str = "auto"
    blend: str = "light"
    strength: float = 1.0
    occlusion: bool = True
    texture: bool = False
    codec: str = "auto"
    crf: int | None = None
    matte: Path | None = None
    worst: Path | None = None
    device: str = "auto"
    consent: str | None = None
    people: Mapping[str, str] = field(default_factory=dict[str, str])
    cert: Path | None = None
    key: Path | None = None
    source_footage: tuple[Path, ...] = ()
    watermark: bool = True
    label: str | None = None
    thumbnails: bool = True
    jobs: int = 1
    voice: Path | None = None
    voice_as: str | None = None
    voice_consent: str | None = None


@dataclass(frozen=True, kw_only=True)
class ConvertResult:
    """What conversion wrote."""

    output: Path
    frames: int
    swapped: int
    fps: float
    seconds: float
    peak_rss_mb: float
    warnings: list[str]
    matte: Path | None = None


@dataclass(frozen=True, kw_only=True)
class SwapConfig:
    """Source and target footage to a swapped video.

    Args:
        source: footage of the identity put in.
        target: footage that is changed, as in `ConvertConfig`.
        target_footage: more footage of the person in the target, to learn from only.
        out: as in `ConvertConfig`.
        minutes: wall time to train for.
        steps: optimizer steps instead of minutes.
        production: folder for facesets, model and previews; `OUT` with the suffix
            ".production" where None. What lies there is reused.
        preset: network, by name; see `nets.presets.PRESETS`.
        start: "base" or "scratch".
        seed: seed of every random choice.
        losses: as in `TrainConfig`.
        matte: as in `ConvertConfig`.
        source_name: who is put in, as their record, their faceset and the model call them; as the production
            has it where None, at first as the first of their footage is called.
        target_name: likewise of who is replaced.
        consent: why their face may be used, where there is no record of it yet; see `workflows.consent`.
        cert: as in `ConvertConfig`.
        key: likewise.
        worst: as in `ConvertConfig`.
        watermark: likewise.
        label: likewise.
        thumbnails: likewise.
        jobs: likewise.
        voice: likewise.
        voice_as: likewise.
        voice_consent: likewise.
    """

    source: tuple[Path, ...]
    target: Path
    out: Path
    target_footage: tuple[Path, ...] = ()
    minutes: float | None = 5.0
    steps: int | None = None
    production: Path | None = None
    preset: str = "tiny"
    start: str = "base"
    seed: int = 0
    losses: Mapping[str, float] = field(default_factory=dict[str, float])
    matte: Path | None = None
    source_name: str | None = None
    target_name: str | None = None
    consent: str | None = None
    cert: Path | None = None
    key: Path | None = None
    worst: Path | None = None
    watermark: bool = True
    label: str | None = None
    thumbnails: bool = True
    jobs: int = 1
    voice: Path | None = None
    voice_as: str | None = None
    voice_consent: str | None = None


@dataclass(frozen=True, kw_only=True)
class SwapResult:
    """What the whole chain did; `output` .. `warnings` and `matte` as in `ConvertResult`.

    `extract` is by "source" and "target", whose names are beside it.
    """

    output: Path
    frames: int
    swapped: int
    fps: float
    seconds: float
    peak_rss_mb: float
    warnings: list[str]
    production: Path
    extract: dict[str, ExtractResult] = field(default_factory=dict[str, ExtractResult])
    train: TrainResult | None = None
    matte: Path | None = None
    source_name: str = ""
    target_name: str = ""
