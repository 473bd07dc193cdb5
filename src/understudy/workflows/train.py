"""Facesets to a model."""

from __future__ import annotations

from typing import Any, Literal

import torch

from understudy.core.errors import ModelError, UnderstudyError
from understudy.core.events import Notice, OnEvent, ignore
from understudy.provenance.certificate import signer_of
from understudy.training.base import start_from_base
from understudy.training.division import Division
from understudy.training.loss_watch import LossState
from understudy.training.model import Model
from understudy.training.model_folder import LoadedModel, find_generation, holds_model, load_model
from understudy.training.model_index import Budget, IdentityEntry, ModelIndex
from understudy.training.processor import CPU, find_device, has_fast_bf16, tuned
from understudy.training.samples import Samples
from understudy.training.team import Team
from understudy.workflows.configs import TrainConfig, TrainResult
from understudy.workflows.consent_of_models import entries_with_consent
from understudy.workflows.encoder_origin import start_from_encoder_of
from understudy.workflows.follow_training import follow_training, tell_end, tell_job
from understudy.workflows.learning_rates import set_rates
from understudy.workflows.memory import Spread, available_bytes, batch_for, check_memory, must_be_mapped
from understudy.workflows.same_run import is_same_run, settings_of
from understudy.workflows.team_start import team_of
from understudy.workflows.torchrun import started_together
from understudy.workflows.train_checks import check
from understudy.workflows.training_board import TensorBoard
from understudy.workflows.training_changes import ordered_focus
from understudy.workflows.training_faces import entries_of, load_faces, refocused, same_faces
from understudy.workflows.training_orders import forget_all
from understudy.workflows.training_result import result_of, versions
from understudy.workflows.training_session import TrainingSession
from understudy.workflows.usual_faces import keep_tolerances, keep_tolerances_of_best
from understudy.workflows.worst_list import WorstList, read_worst

Mode = Literal["fresh", "continue", "further"]


def run(config: TrainConfig, on_event: OnEvent = ignore) -> TrainResult:
    """Train a shared encoder and a decoder for each faceset's identity.

    A run that was stopped goes on with what is left of its time when it is started again with the
    same settings; `resume` trains any model further for the time given. Ctrl-C (KeyboardInterrupt)
    ends training early, saves, and is told by `interrupted`.

    Of several processes, the first one decides, writes, and hears events; a process that torchrun has
    started beside it gets the same result.

    Raises:
        ConfigError: settings that do not go together, no such device, too little memory, or no TensorBoard.
        ConsentError: no record says that the first identity's face may be used, or somebody took that back.
        FacesetError: a faceset is missing or too small.
        ModelError: the model folder is taken, or holds another model.
        ProcessLost: another process has ended; what was learnt before is saved.
    """
    started = started_together(config.devices)
    size = started.size if started else config.devices or 1
    if started is None:
        check(config)
    if size == 1:
        return _lead(config, on_event)
    with team_of(size, started) as team:
        if not team.leads:
            return result_of(config.model, follow_training(team))
        check(config, size)  # so late, so that of what torchrun has started one process says what is wrong
        return _lead(config, on_event, team, started.size_here if started else size)


def _lead(
    config: TrainConfig, on_event: OnEvent, team: Team | None = None, processes_here: int = 1
) -> TrainResult:
    """All but what the other processes of a team do."""
    # several processes share the cores of processors
    mode, device = mode_of(config), CPU if team is not None else find_device(config.device)
    worst = None if config.focus is None else read_worst(config.focus)
    entries, bf16 = entries_of(config.facesets), has_fast_bf16(device)
    entries, told = entries_with_consent(entries, config.facesets, config.consent, on_event)
    if mode == "fresh":
        loaded = _fresh(config, entries, bf16=bf16)
    else:
        loaded = _found(config, entries, further=mode == "further", bf16=bf16)
    if mode != "continue":
        forget_all(config.model)  # orders that nobody has taken were for another training
    worst = ordered_focus(config.model, loaded.index, worst)
    loaded.warnings += [*told, *same_faces(entries)]
    model, batch = loaded.model, config.batch or batch_for(config.preset, len(entries), device)
    set_rates(model, loaded.index)
    spread = Spread(processes=processes_here, accumulate=config.accumulate)
    faces, available = [entry.faces for entry in entries], available_bytes(device)
    is_mapped = must_be_mapped(model, faces, batch, available, spread)
    if is_mapped:
        loaded.warnings.append("the faces do not fit into memory: they are read from disk at every step")
    else:
        check_memory(model, faces, batch, available, spread)
    model.to(device)
    if team is not None and config.device == "auto" and torch.cuda.is_available():
        loaded.warnings.append("several processes train on processors only: the GPU is left alone")
    board = TensorBoard(config.model) if config.tensorboard else None
    signer = signer_of(config.cert, config.key) if config.cert is not None else None
    digests = [entry.faceset_digest for entry in entries]
    if team is not None:
        facesets = list(zip(config.facesets, digests, strict=True))
        losses = loaded.index.settings.get("losses", {})
        tell_job(team, model, facesets, batch, config.accumulate, losses, worst)
    is_divided = team is not None or config.accumulate > 1
    division = Division(len(entries), config.accumulate, team) if is_divided else None
    identities = load_faces(config.facesets, model, on_event, config.model if is_mapped else None, worst)

    def refocus(worst: WorstList | None) -> list[Samples]:
        return refocused(config.facesets, identities, digests, worst, on_event)

    with tuned():
        where = (config.model, identities, batch, on_event, board, division, signer)
        result = TrainingSession(loaded, *where, refocus=refocus if team is None else None).run()
    index = find_generation(config.model).index
    if team is not None:
        tell_end(team, index)
    try:
        keep_tolerances(config.model, model, index, config.facesets)
        keep_tolerances_of_best(config.model, model, index, config.facesets)
    except UnderstudyError as error:  # the model is saved; conversion finds out, or guesses
        on_event(Notice(message=str(error)))
    return result


def mode_of(config: TrainConfig) -> Mode:
    """Whether a run starts a model, goes on with a stopped one, or trains one further.

    Raises:
        ModelError: the folder holds a model and it is not clear that it is meant, or none to resume.
    """
    if not holds_model(config.model):
        if config.resume:
            raise ModelError(
                f"{config.model} holds no model to go on with", "leave out --resume to start one"
            )
        return "fresh"
    index = find_generation(config.model).index
    if config.resume and len(config.facesets) > len(index.identities):
        return "further"
    # what was trained further and stopped goes on with that, too
    began_further = index.budget.first_step > 0
    if not index.budget.finished and is_same_run(config, index) and (began_further or not config.resume):
        return "continue"
    if config.resume:
        return "further"
    raise ModelError(
        f"{config.model} holds a model already", "train it further with --resume, or name another folder"
    )


def finished_result(config: TrainConfig) -> TrainResult | None:
    """What an earlier run of just this training reached, None where it is not finished.

    Raises:
        FacesetError: a faceset cannot be read.
    """
    if not holds_model(config.model):
        return None
    index = find_generation(config.model).index
    digests = [entry.faceset_digest for entry in entries_of(config.facesets)]
    same = is_same_run(config, index) and digests == [entry.faceset_digest for entry in index.identities]
    return result_of(config.model, index) if same and index.budget.finished else None


def _fresh(config: TrainConfig, entries: list[IdentityEntry], *, bf16: bool) -> LoadedModel:
    torch.manual_seed(config.seed)
    model = Model(config.preset, [entry.name for entry in entries], bf16=bf16)
    model.grow(0)
    warnings: list[str] = []
    if config.start == "base" and model.preset.has_base:
        start_from_base(model)
    elif config.start == "base":
        what = "it starts" if config.from_model is None else "its decoders start"
        warnings.append(f"{config.preset} has no pretrained start: {what} from scratch")
    origin = None
    if config.from_model is not None:
        origin, told = start_from_encoder_of(config.from_model, model)
        warnings += told
    index = ModelIndex(
        preset=config.preset,
        encoder_from=origin,
        identities=entries,
        seed=config.seed,
        versions=versions(),
        budget=_budget(config, 0),
    )
    index.settings = settings_of(config, index)
    return LoadedModel(model=model, index=index, warnings=warnings)


def _found(config: TrainConfig, entries: list[IdentityEntry], *, further: bool, bf16: bool) -> LoadedModel:
    loaded = load_model(config.model, bf16=bf16)
    old = loaded.index
    names, given = [entry.name for entry in old.identities], [entry.name for entry in entries]
    added = given[len(names) :] if further else []
    if names != given[: len(given) - len(added)] or old.preset != config.preset:
        raise ModelError(
            f"{config.model} is a {old.preset} model of {', '.join(names)}",
            "give its facesets in that order, and its preset",
        )
    warnings = [
        f"the faceset of {new.name} has changed since the last run"
        for before, new in zip(old.identities, entries, strict=False)  # there may be new ones
        if before.faceset_digest != new.faceset_digest
    ]
    firsts = [entry.first_step for entry in old.identities] + [old.step] * len(added)
    entries = [
        entry.model_copy(update={"first_step": first}) for entry, first in zip(entries, firsts, strict=True)
    ]
    update: dict[str, Any] = {"identities": entries, "versions": versions()}
    if further:
        update |= {"budget": _budget(config, old.step), "rate_factor": 1.0}
    if added:  # what is remembered of figures is of other people
        update |= {"loss": LossState(), "best": None}
    model = loaded.model
    for name in added:
        model = model.with_identity(name, old.step)
        update["optimizer_sha256"] = ""  # it knows nothing of the new decoder
    index = old.model_copy(update=update)
    index.settings = settings_of(config, index)
    return LoadedModel(model=model, index=index, warnings=[*loaded.warnings, *warnings])


def _budget(config: TrainConfig, first_step: int) -> Budget:
    seconds = None if config.minutes is None else 60 * config.minutes
    return Budget(seconds=seconds, steps=config.steps, first_step=first_step, until_flat=config.until_flat)
