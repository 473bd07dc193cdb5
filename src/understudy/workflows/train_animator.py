"""Clips of people who move, to an animator."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import torch

from understudy.core.errors import ConfigError, ModelError
from understudy.core.events import Notice, OnEvent, Progress, Written, ignore
from understudy.core.files import check_writable, peak_rss_mb
from understudy.media.footage import sha256_of
from understudy.nets.animator import Animator, AnimatorConfig
from understudy.training.animator_loop import AnimatorTraining, likeness, train_animator
from understudy.training.animator_model import (
    INDEX,
    PAIRS,
    AnimatorIndex,
    ClipEntry,
    holds_animator,
    load_index,
    save_animator,
)
from understudy.training.animator_pairs import AnimatorPairs, joined, load_pairs, save_pairs
from understudy.training.processor import find_device
from understudy.workflows.animator_inputs import LANDMARKS
from understudy.workflows.animator_pairs import frames_numbered, pairs_of_clip
from understudy.workflows.consent import agreed_earlier
from understudy.workflows.expression import clip_of
from understudy.workflows.expression_faces import faces_of_footage
from understudy.workflows.first_checks import check_readable
from understudy.workflows.person_names import name_of_footage
from understudy.workflows.threads import single_threaded_opencv
from understudy.workflows.training_result import versions

DEFAULT_STEPS = 3000
_BATCH = {"cuda": 32, "cpu": 4}


@dataclass(frozen=True, kw_only=True)
class TrainAnimatorConfig:
    """Clips to an animator.

    Args:
        clips: footage, a file a person; who is seen most in it is learnt from.
        out: folder to write.
        hold_out: footage of other people, only measured on.
        minutes: wall time to train for.
        steps: training steps instead; `DEFAULT_STEPS` where neither is given.
        photos: frames of a clip that are taken for photos.
        frames: of a clip, that each of them is moved to.
        batch: pairs a step; as the device has room for where None.
        seed: of every random choice.
        device: "auto", "cpu", "cuda".
        resume: go on with what lies in the folder; no clips are read.
        sizes: of the network.
    """

    clips: tuple[Path, ...]
    out: Path
    hold_out: tuple[Path, ...] = ()
    minutes: float | None = None
    steps: int | None = None
    photos: int = 2
    frames: int = 40
    batch: int | None = None
    seed: int = 0
    device: str = "auto"
    resume: bool = False
    sizes: AnimatorConfig = field(default_factory=lambda: AnimatorConfig(points=len(LANDMARKS)))

    def __post_init__(self) -> None:
        if self.minutes is not None and self.steps is not None:
            raise ConfigError("how long to train is not clear", "give either minutes or steps")
        for what, number in (
            ("minutes", self.minutes), ("steps", self.steps), ("photos", self.photos),
            ("frames", self.frames), ("batch", self.batch),
        ):  # fmt: skip
            if number is not None and not 0 < number < float("inf"):
                raise ConfigError(f"{number:g} {what}", "give a number above 0")
        if bool(self.clips or self.hold_out) == self.resume:
            what = (
                "clips are given, and those of before are gone on with"
                if self.resume
                else "no clips are given"
            )
            raise ConfigError(what, "give clips, or --resume")


@dataclass(frozen=True, kw_only=True)
class TrainAnimatorResult:
    """What training reached.

    Args:
        model: the folder.
        people: who was learnt from.
        held_out: who was only measured on.
        pairs: learnt from.
        steps: of the network in all.
        seconds: of this run's training.
        warp_ssim: mean SSIM within the faces of those held out, of the warp; None where nobody is.
        animator_ssim: likewise, of the animator.
        peak_rss_mb: most memory held.
        warnings: what the user should know.
    """

    model: Path
    people: list[str]
    held_out: list[str]
    pairs: int
    steps: int
    seconds: float
    warp_ssim: float | None
    animator_ssim: float | None
    peak_rss_mb: float
    warnings: list[str] = field(default_factory=list[str])


def run(config: TrainAnimatorConfig, on_event: OnEvent = ignore) -> TrainAnimatorResult:
    """Train an animator, or train one further.

    Raises:
        ConfigError: settings or clips that do not go together, or no such device.
        ConsentError: somebody who is seen took their consent back.
        MediaError: a clip cannot be read or hardly shows a face.
        ModelError: the folder holds an animator, or none to go on with, or a damaged one.
    """
    device = find_device(config.device)
    if config.resume:
        index, pairs = load_index(config.out), load_pairs(config.out / PAIRS)
        for clip in index.clips:
            agreed_earlier(clip.name, "face")
    else:
        index, pairs = _prepared(config, on_event)
    held_out = [clip.name for clip in index.clips if clip.held_out]
    learnt = [name for name in pairs.people if name not in held_out]
    training = AnimatorTraining(
        seconds=None if config.minutes is None else 60 * config.minutes,
        steps=None if config.minutes is not None else config.steps or DEFAULT_STEPS,
        seed=index.seed,
        batch=config.batch or index.batch or _BATCH[device.type],
    )
    torch.manual_seed(index.seed)
    net = Animator(index.config)
    if not config.resume:
        index = save_animator(config.out, net, index)  # from here on what is stopped can be gone on with
    trained = train_animator(
        pairs.of(learnt), net, training, device,
        folder=config.out, resume=config.resume, told=_told(on_event, training),
    )  # fmt: skip
    figures = likeness(pairs.of(held_out), trained.net, device) if held_out else {}
    index = index.model_copy(
        update={
            "steps": trained.steps,
            "seconds": index.seconds + trained.seconds,
            "batch": training.batch,
            "figures": {f"{name}_ssim": round(value, 4) for name, value in figures.items()},
            "versions": versions(),
        }
    )
    save_animator(config.out, trained.net, index)
    warnings = _doubts(figures)
    for message in warnings:
        on_event(Notice(message=message))
    on_event(Written(path=config.out, what="animator"))
    return TrainAnimatorResult(
        model=config.out,
        people=learnt,
        held_out=held_out,
        pairs=len(pairs.of(learnt)),
        steps=trained.steps,
        seconds=trained.seconds,
        warp_ssim=figures.get("warp"),
        animator_ssim=figures.get("animator"),
        peak_rss_mb=peak_rss_mb(),
        warnings=warnings,
    )


def _prepared(config: TrainAnimatorConfig, on_event: OnEvent) -> tuple[AnimatorIndex, AnimatorPairs]:
    """Pairs of all clips, stored in the folder, and an index of a network that has learnt nothing."""
    _check_folder(config.out)
    paths = [*config.clips, *config.hold_out]
    check_readable(paths)
    names = [name_of_footage(path, "the name of its file") for path in paths]
    learnt, held_out = names[: len(config.clips)], names[len(config.clips) :]
    if both := [name for name in held_out if name in learnt]:
        raise ConfigError(f"{both[0]} is learnt from and held out", "give each person's clips in one place")
    if not learnt:
        raise ConfigError("no clips are given to learn from", "give clips beside those that are held out")
    records = [agreed_earlier(name, "face") for name in names]
    parts = list[AnimatorPairs]()
    with single_threaded_opencv():
        for path, name in zip(paths, names, strict=True):
            clip = clip_of(faces_of_footage(path, on_event), 1, path)

            def told(done: int, total: int, name: str = name) -> None:
                on_event(Progress(stage=f"prepare {name}", done=done, total=total, unit="pairs"))

            parts.append(
                pairs_of_clip(
                    name,
                    clip,
                    partial(frames_numbered, path),
                    config.sizes,
                    photos=config.photos,
                    frames=config.frames,
                    told=told,
                )
            )
    pairs = joined(parts)
    save_pairs(config.out / PAIRS, pairs)
    clips = [
        ClipEntry(
            name=name, sha256=sha256_of(path), pairs=len(part), held_out=name in held_out, consent=record
        )
        for path, name, part, record in zip(paths, names, parts, records, strict=True)
    ]
    return index_for(config.sizes, clips, config.seed), pairs


def index_for(sizes: AnimatorConfig, clips: list[ClipEntry], seed: int = 0) -> AnimatorIndex:
    """What is known of a network that has learnt nothing."""
    return AnimatorIndex(
        size_px=sizes.size_px,
        coverage=sizes.coverage,
        points=sizes.points,
        widths=sizes.widths,
        photo=sizes.photo,
        blocks=sizes.blocks,
        seed=seed,
        clips=clips,
    )


def _check_folder(folder: Path) -> None:
    if holds_animator(folder):
        raise ModelError(f"{folder} holds an animator already", "name another folder, or give --resume")
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    check_writable(folder / INDEX)
    for one in missing:  # the animator is not there yet, and may never be
        with suppress(OSError):
            one.rmdir()


def _told(on_event: OnEvent, training: AnimatorTraining) -> Callable[[int, float, dict[str, float]], None]:
    def told(step: int, done: float, losses: dict[str, float]) -> None:
        if training.steps is not None:
            total, unit = float(training.steps), "steps"
        else:
            total, unit = training.seconds or 0.0, "s"
        figures = losses | {"steps": float(step)}
        on_event(Progress(stage="train", done=done * total, total=total, unit=unit, figures=figures))

    return told


def _doubts(figures: dict[str, float]) -> list[str]:
    if figures and figures["animator"] <= figures["warp"]:
        return [
            f"on people it has not seen the animator (SSIM {figures['animator']:.3f}) is no better than the "
            f"warp ({figures['warp']:.3f}): train longer, on more people"
        ]
    return []
