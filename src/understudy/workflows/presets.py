"""The presets with what each costs, to choose by."""

from __future__ import annotations

from dataclasses import dataclass

from understudy.core.events import OnEvent, ignore
from understudy.nets.counts import counts_of
from understudy.nets.presets import PRESETS
from understudy.training.processor import has_fast_bf16
from understudy.training.samples import sample_bytes
from understudy.workflows.memory import training_bytes


@dataclass(frozen=True, kw_only=True)
class PresetRow:
    """One preset.

    Args:
        name: as `--preset` takes it.
        size_px: side of the aligned face.
        encoder_parameters: numbers that everybody shares.
        decoder_parameters: numbers of one person.
        flops: operations of reading and drawing one face; training on it takes three times as many.
        batch: faces a person and step, where none is given.
        training_mb: about the memory that training two people takes at that batch, without their faces.
        faces_mb: memory of 1,000 faces.
        purpose: what it is for.
    """

    name: str
    size_px: int
    encoder_parameters: int
    decoder_parameters: int
    flops: int
    batch: int
    training_mb: float
    faces_mb: float
    purpose: str


@dataclass(frozen=True, kw_only=True)
class PresetsResult:
    """All presets, in the order in which they are best tried."""

    presets: list[PresetRow]


def run(on_event: OnEvent = ignore) -> PresetsResult:
    """Count what every preset costs on a processor like this one."""
    del on_event  # it is done at once
    return PresetsResult(presets=[_row(name) for name in PRESETS])


def _row(name: str) -> PresetRow:
    preset, counts = PRESETS[name], counts_of(name)
    return PresetRow(
        name=name,
        size_px=preset.size_px,
        encoder_parameters=counts.encoder,
        decoder_parameters=counts.decoder,
        flops=counts.flops,
        batch=preset.batch,
        training_mb=training_bytes(name, 2, preset.batch, bf16=has_fast_bf16()) / 1e6,
        faces_mb=1000 * sample_bytes(preset.size_px) / 1e6,
        purpose=preset.purpose,
    )
