"""A voice model on disk: weights as safetensors, what is known of them as JSON; saved whole or not at all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from understudy.core.bounded import read_bounded
from understudy.core.errors import ModelError
from understudy.core.identity_record import ConsentReference
from understudy.core.weights_file import read_weights, save_weights, weights_path
from understudy.nets.voice import VoiceNet, VoiceNetConfig, parameters_of
from understudy.speech.speaker import OCTAVE, SpeakerStats
from understudy.speech.world import BANDS, ORDER

_INDEX = "voice.json"
_MOST_INDEX_BYTES, _MOST_WEIGHTS_BYTES = 1 << 20, 256 << 20
_MOST_SIZE = 1024

_ARRAYS = ("mean", "std", "noise")  # of `SpeakerStats`
_NUMBERS = ("log_f0_mean", "log_f0_std", "f0_low_hz", "f0_high_hz", "creaked", "creak_depth")  # likewise
_Number = Annotated[float, Field(allow_inf_nan=False, ge=-1e4, le=1e4)]
_Positive = Annotated[float, Field(allow_inf_nan=False, gt=0, le=1e4)]
_Size = Annotated[int, Field(ge=1, le=_MOST_SIZE)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StatsEntry(_Table):
    """`SpeakerStats` as numbers of JSON."""

    mean: list[_Number] = Field(min_length=2, max_length=_MOST_SIZE)
    std: list[_Positive] = Field(min_length=2, max_length=_MOST_SIZE)
    noise: list[_Number] = Field(min_length=1, max_length=_MOST_SIZE)
    log_f0_mean: _Number
    log_f0_std: _Positive
    f0_low_hz: _Positive
    f0_high_hz: _Positive
    creaked: float = Field(default=0.0, allow_inf_nan=False, ge=0, le=1)
    creak_depth: float = Field(default=OCTAVE, allow_inf_nan=False, gt=0, le=5)

    @classmethod
    def of(cls, stats: SpeakerStats) -> StatsEntry:
        """As it is stored."""
        arrays = {name: getattr(stats, name).astype(float).tolist() for name in _ARRAYS}
        numbers = {name: getattr(stats, name) for name in _NUMBERS}
        return cls(**arrays, **numbers)

    def stats(self) -> SpeakerStats:
        """As it is used."""
        return SpeakerStats(
            mean=np.array(self.mean, np.float32),
            std=np.array(self.std, np.float32),
            noise=np.array(self.noise, np.float32),
            log_f0_mean=self.log_f0_mean,
            log_f0_std=self.log_f0_std,
            f0_low_hz=self.f0_low_hz,
            f0_high_hz=self.f0_high_hz,
            creaked=self.creaked,
            creak_depth=self.creak_depth,
        )


class SpeakerEntry(_Table):
    """One speaker of a model.

    Args:
        name: of the identity.
        digest: SHA-256 of the sound that was learnt from.
        speech_s: seconds of speech in it.
        stats: where it lies.
        consent: record by which the voice is used; None of who is only changed, never imitated.
    """

    name: str = Field(min_length=1, max_length=200)
    digest: str = Field(max_length=64)
    speech_s: _Number
    stats: StatsEntry
    consent: ConsentReference | None = None


class VoiceIndex(_Table):
    """What `voice.json` says; it comes from outside, so it is checked.

    Args:
        format: version of the folder's layout.
        coefficients: of the mel-cepstrum.
        width: see `VoiceNetConfig`.
        code: see `VoiceNetConfig`.
        blocks: see `VoiceNetConfig`.
        speakers: in the order of the decoders.
        steps: optimizer steps done.
        seconds: they took.
        settings: of the training.
        figures: what it reached, distances in dB.
        versions: of what made it.
        weights_sha256: of the weights file, whose name begins with it.
    """

    format: Literal[1] = 1
    coefficients: _Size
    width: _Size
    code: _Size
    blocks: Annotated[int, Field(ge=0, le=32)]
    speakers: list[SpeakerEntry] = Field(min_length=1, max_length=16)
    steps: Annotated[int, Field(ge=0, le=1 << 53)] = 0
    seconds: Annotated[float, Field(allow_inf_nan=False, ge=0)] = 0.0
    settings: dict[str, Any] = Field(default_factory=dict)
    figures: dict[str, _Number] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    weights_sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")

    @property
    def names(self) -> list[str]:
        """Of the speakers."""
        return [one.name for one in self.speakers]


@dataclass(kw_only=True)
class VoiceModel:
    """Networks and what is known of them."""

    net: VoiceNet
    index: VoiceIndex


def save_voice(folder: Path, net: VoiceNet, index: VoiceIndex) -> VoiceIndex:
    """Save a model; one that lies there is there, whole, until the new one is.

    Returns:
        The index, which names the weights.

    Raises:
        UnderstudyError: the folder cannot be written to, or the disk is full.
    """
    data = save_tensors({name: value.contiguous() for name, value in net.state_dict().items()})
    saved = index.model_copy(update={"weights_sha256": hashlib.sha256(data).hexdigest()})
    save_weights(folder, data, _INDEX, saved.model_dump_json(indent=1, exclude_none=True))
    return saved


def holds_voice(folder: Path) -> bool:
    """Whether a voice model lies in a folder."""
    return (folder / _INDEX).exists()


def load_voice(folder: Path) -> VoiceModel:
    """Load a model, which may come from anybody.

    Raises:
        ModelError: there is none, or it is damaged.
    """
    if not holds_voice(folder):
        raise ModelError(
            f"{folder} holds no voice model",
            "train one first: understudy voice train --source A --target B --out MODEL",
        )
    index = _index_of(folder / _INDEX)
    weights = weights_path(folder, index.weights_sha256)
    data = read_weights(folder, index.weights_sha256, _MOST_WEIGHTS_BYTES, "model")
    sizes = VoiceNetConfig(
        coefficients=index.coefficients, width=index.width, code=index.code, blocks=index.blocks
    )
    try:
        tensors = load_tensors(data)
        # a network is only made once its numbers are there: an index may claim any size
        if sum(one.numel() for one in tensors.values()) != parameters_of(sizes, len(index.names)):
            raise ValueError("another network's")
        net = VoiceNet(sizes, index.names)
        net.load_state_dict(tensors, assign=True)
    except (SafetensorError, RuntimeError, ValueError) as error:
        raise ModelError(f"{weights} does not fit {_INDEX}", "train it again") from error
    if not all(
        value.dtype == torch.float32 and value.isfinite().all() for value in net.state_dict().values()
    ):
        raise ModelError(f"{weights} holds numbers that are none", "train it again")
    return VoiceModel(net=net.eval(), index=index)


def _index_of(path: Path) -> VoiceIndex:
    try:
        index = VoiceIndex.model_validate_json(read_bounded(path, _MOST_INDEX_BYTES))
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror})", "get the model anew") from error
    except ValidationError as error:
        mistake = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, mistake["loc"])) or "it"
        raise ModelError(
            f"{path} is damaged, or of another version ({where}: {mistake['msg']})", "train it again"
        ) from error
    for one in index.speakers:
        sizes = (index.coefficients, len(one.stats.mean), len(one.stats.std), len(one.stats.noise))
        if sizes != (ORDER + 1, ORDER + 1, ORDER + 1, BANDS):
            raise ModelError(f"{path} is damaged: {one.name} has other coefficients", "train it again")
    if len(set(index.names)) != len(index.names):
        raise ModelError(f"{path} is damaged: two speakers have the same name", "train it again")
    return index
