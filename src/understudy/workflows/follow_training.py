"""The part of those processes of a training that do not lead it: they write nothing and say nothing."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from understudy.core.errors import FacesetError
from understudy.core.events import ignore
from understudy.faces.faceset import Faceset
from understudy.training.augment import AUGMENTATION
from understudy.training.batches import Batch, batches_in_parts
from understudy.training.division import Division
from understudy.training.following import follow
from understudy.training.loop import Trainer
from understudy.training.model import Model
from understudy.training.model_index import ModelIndex
from understudy.training.processor import tuned
from understudy.training.team import Team
from understudy.workflows.memory import advised
from understudy.workflows.training_faces import load_faces
from understudy.workflows.worst_list import WorstList


class Job(BaseModel):
    """What all processes of a training must know.

    Args:
        preset: architecture.
        identities: names, in order.
        facesets: of each, and its content digest.
        batch: faces an identity of all processes together, in each of a step's batches.
        accumulate: parts a step.
        bf16: compute in bfloat16.
        frozen: leave the encoder as it is.
        rates: of learning, see `Model.rates`.
        losses: weights where they are not the preset's.
        worst: frames whose faces are drawn more often.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    preset: str
    identities: list[str]
    facesets: list[tuple[Path, str]]
    batch: int
    accumulate: int
    bf16: bool
    frozen: bool
    rates: list[float]
    losses: dict[str, float]
    worst: WorstList | None


def tell_job(
    team: Team,
    model: Model,
    facesets: Sequence[tuple[Path, str]],
    batch: int,
    accumulate: int,
    losses: Mapping[str, float],
    worst: WorstList | None = None,
) -> None:
    """Let the other processes prepare while the leader does.

    Args:
        team: the processes.
        model: as it will be trained.
        facesets: see `Job`.
        batch: see `Job`.
        accumulate: see `Job`.
        losses: see `Job`.
        worst: see `Job`.

    Raises:
        ProcessLost: one of them has ended.
    """
    job = Job(
        preset=model.preset_name,
        identities=list(model.identities),
        facesets=[(folder.absolute(), digest) for folder, digest in facesets],
        batch=batch,
        accumulate=accumulate,
        bf16=model.bf16,
        frozen=not any(weight.requires_grad for weight in model.encoder.parameters()),
        rates=model.rates,
        losses=dict(losses),
        worst=worst,
    )
    team.tell("job", text=job.model_dump_json())


def tell_end(team: Team, index: ModelIndex) -> None:
    """Let the other processes end; they hear what was reached.

    Raises:
        ProcessLost: one of them has ended.
    """
    team.tell("end", text=index.model_dump_json())


def follow_training(team: Team) -> ModelIndex:
    """Do as the leader says, to the end.

    Returns:
        What is known of the model then.

    Raises:
        ProcessLost: the leader, or another process, has ended before.
        ConfigError: memory ran out.
        FacesetError: a faceset is not the leader's.
    """
    with _deaf():
        job = Job.model_validate_json(team.hear().text)
        _check(job)
        model = Model(job.preset, job.identities, bf16=job.bf16)
        model.averaged = None  # only the leader draws
        if job.frozen:
            model.encoder.requires_grad_(False)
        model.rates = job.rates
        identities = load_faces([folder for folder, _ in job.facesets], model, ignore, worst=job.worst)
        division = Division(len(identities), job.accumulate, team)
        size, augmentation = job.batch * job.accumulate, AUGMENTATION[job.preset]

        def make(seed: int, first_step: int) -> Generator[list[Batch]]:
            return batches_in_parts(identities, size, seed, first_step, division.parts, augmentation)

        faces = [len(samples) for samples in identities]
        with tuned(), advised(model, faces, job.batch, division):
            words = follow(team, Trainer(model, division=division, losses=job.losses), make)
    return ModelIndex.model_validate_json(words)


def _check(job: Job) -> None:
    for folder, digest in job.facesets:
        with Faceset.open(folder) as faceset:
            if faceset.digest() != digest:
                raise FacesetError(
                    f"{folder} is not the same here as where the training is led", "copy it from there"
                )


@contextmanager
def _deaf() -> Generator[None]:
    """Leave Ctrl-C and SIGTERM to the leader, which saves and then ends everybody."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
