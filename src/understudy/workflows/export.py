"""A model to files that other programs load."""

from __future__ import annotations

import time
from pathlib import Path

from understudy.core.errors import ConfigError, ModelError
from understudy.core.events import Notice, OnEvent, Written, ignore
from understudy.core.files import check_writable, peak_rss_mb
from understudy.training.export_onnx import check_packages
from understudy.training.model import Model
from understudy.training.model_folder import load_model
from understudy.workflows.choices import nearest
from understudy.workflows.consent_of_models import check_none_revoked
from understudy.workflows.export_dfm import SUFFIX, write_dfm
from understudy.workflows.export_folder import check_folder, write_folder
from understudy.workflows.export_result import ExportConfig, ExportedFile, ExportResult


def run(config: ExportConfig, on_event: OnEvent = ignore) -> ExportResult:
    """Write a model's networks as ONNX, each compared with torch before it gets its name.

    Raises:
        ConsentError: somebody in it took back what they had agreed to.
        ConfigError: nothing to write is named, or an identity that the model does not have, or a name that
            an export cannot have.
        ModelError: the model cannot be loaded, or ONNX Runtime computes something else.
        UnderstudyError: a package is missing, or a file cannot be written.
    """
    started = time.monotonic()
    _check(config)
    loaded = load_model(config.model, bf16=False)
    model, files = loaded.model.eval(), list[ExportedFile]()
    _check_grown(model, config.model)
    source, target = _identities(config, model.identities)
    check_none_revoked(loaded.index)
    if config.onnx is not None:
        check_folder(config.onnx)
    if config.dfm is not None:
        check_writable(config.dfm)
    if config.onnx is not None:
        files += write_folder(config.onnx, model, loaded.index)
        on_event(Written(path=config.onnx, what="ONNX networks"))
    if config.dfm is not None:
        files.append(write_dfm(config.dfm, model, loaded.index, source, target))
        on_event(Written(path=config.dfm, what="dfm model"))
    for message in loaded.warnings:
        on_event(Notice(message=message))
    return ExportResult(
        model=config.model,
        files=files,
        largest_difference=max(file.difference or 0.0 for file in files),
        seconds=time.monotonic() - started,
        peak_rss_mb=peak_rss_mb(),
        warnings=loaded.warnings,
    )


def _check(config: ExportConfig) -> None:
    """Find out before the work what would keep it from being written."""
    if config.onnx is None and config.dfm is None:
        raise ConfigError(
            f"nothing to write of {config.model} is named", "name an ONNX folder, a .dfm file or both"
        )
    if config.dfm is None and (config.source or config.target_identity):
        raise ConfigError(
            "source and target are for a .dfm file", "name one, or leave them out: ONNX has everybody"
        )
    if config.dfm is not None and config.dfm.suffix.lower() != SUFFIX:
        raise ConfigError(
            f"{config.dfm} does not end in {SUFFIX}, as the programs that load it want",
            f"name it {config.dfm.stem}{SUFFIX}",
        )
    check_packages()


def _check_grown(model: Model, folder: Path) -> None:
    if model.drawn_px < model.preset.size_px:
        raise ModelError(
            f"{folder} has grown to {model.drawn_px} of its {model.preset.size_px} px only",
            "train it to the end of its time, then export it",
        )


def _identities(config: ExportConfig, known: tuple[str, ...]) -> tuple[str, str | None]:
    """Whom a `.dfm` draws, and who says where the face is that is read."""
    for name in (config.source, config.target_identity):
        if name is not None and name not in known:
            raise ConfigError(f"{config.model} has no identity {name!r}", nearest(name, known))
    source = config.source or known[0]
    target = config.target_identity or next((name for name in known if name != source), None)
    return source, target
