"""An animator on disk: weights as safetensors, what is known of them as JSON; saved whole or not at all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from understudy.core.bounded import read_bounded
from understudy.core.errors import ModelError
from understudy.core.files import write_atomically
from understudy.core.identity_record import ConsentReference
from understudy.core.weights_file import read_weights, save_weights, weights_path
from understudy.nets.animator import Animator, AnimatorConfig

INDEX = "animator.json"
PAIRS = "pairs.safetensors"
_STATE = "state.safetensors"
_MOST_INDEX_BYTES, _MOST_WEIGHTS_BYTES, _MOST_STATE_BYTES = 1 << 20, 64 << 20, 512 << 20

_Count = Annotated[int, Field(ge=0, le=1 << 53)]
_Width = Annotated[int, Field(ge=1, le=512)]
_Number = Annotated[float, Field(allow_inf_nan=False)]
_Digest = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ClipEntry(_Table):
    """A clip that was learnt from, or only measured on.

    Args:
        name: of whom it shows.
        sha256: of the file.
        pairs: how many it gave.
        held_out: whether it was only measured on.
        consent: record of the person that was found; None where there was none.
    """

    name: str = Field(min_length=1, max_length=200)
    sha256: _Digest = ""
    pairs: _Count = 0
    held_out: bool = False
    consent: ConsentReference | None = None


class AnimatorIndex(_Table):
    """What `animator.json` says; it may come from anybody, so it is checked.

    Args:
        format: version of the folder's layout.
        size_px: see `AnimatorConfig`, likewise what follows.
        coverage: likewise.
        points: likewise.
        widths: likewise.
        photo: likewise.
        blocks: likewise.
        steps: optimizer steps done.
        seconds: they took.
        seed: of every random choice.
        batch: pairs a step.
        clips: learnt from and measured on.
        figures: of the held-out people: SSIM of the warp and of the animator.
        versions: of what made it.
        weights_sha256: of the weights file, whose name begins with it.
    """

    format: Literal[1] = 1
    size_px: Annotated[int, Field(ge=32, le=1024, multiple_of=16)]
    coverage: Annotated[float, Field(ge=1, le=4)]
    points: Annotated[int, Field(ge=1, le=468)]
    widths: tuple[_Width, _Width, _Width, _Width, _Width]
    photo: tuple[_Width, _Width, _Width]
    blocks: Annotated[int, Field(ge=0, le=16)]
    steps: _Count = 0
    seconds: Annotated[float, Field(allow_inf_nan=False, ge=0)] = 0.0
    seed: _Count = 0
    batch: _Count = 0
    clips: list[ClipEntry] = Field(default_factory=list[ClipEntry], max_length=10_000)
    figures: dict[str, _Number] = Field(default_factory=dict[str, float])
    versions: dict[str, str] = Field(default_factory=dict[str, str])
    weights_sha256: _Digest = ""

    @property
    def config(self) -> AnimatorConfig:
        """Sizes of the network."""
        return AnimatorConfig(
            size_px=self.size_px,
            coverage=self.coverage,
            points=self.points,
            widths=self.widths,
            photo=self.photo,
            blocks=self.blocks,
        )


@dataclass(kw_only=True)
class AnimatorModel:
    """A network and what is known of it."""

    net: Animator
    index: AnimatorIndex


def holds_animator(folder: Path) -> bool:
    """Whether an animator lies in a folder."""
    return (folder / INDEX).exists()


def save_animator(folder: Path, net: Animator, index: AnimatorIndex) -> AnimatorIndex:
    """Save an animator, its weights in 16 bits; one that lies there is there, whole, until the new one is.

    Returns:
        The index, which names the weights.

    Raises:
        UnderstudyError: the folder cannot be written to, or the disk is full.
    """
    data = save_tensors({name: value.half().cpu().contiguous() for name, value in net.state_dict().items()})
    saved = index.model_copy(update={"weights_sha256": hashlib.sha256(data).hexdigest()})
    save_weights(folder, data, INDEX, saved.model_dump_json(indent=1, exclude_none=True))
    return saved


def load_animator(folder: Path) -> AnimatorModel:
    """Load an animator, which may come from anybody.

    Raises:
        ModelError: there is none, or it is damaged.
    """
    index = load_index(folder)
    weights = weights_path(folder, index.weights_sha256)
    data = read_weights(folder, index.weights_sha256, _MOST_WEIGHTS_BYTES, "animator")
    try:
        tensors = {name: value.float() for name, value in load_tensors(data).items()}
        with torch.device("meta"):  # an index may claim any size: nothing is made before its weights fit
            net = Animator(index.config)
        net.load_state_dict(tensors, assign=True)
    except (SafetensorError, RuntimeError, ValueError) as error:
        raise ModelError(f"{weights} does not fit {INDEX}", "train it again") from error
    if not all(bool(value.isfinite().all()) for value in tensors.values()):
        raise ModelError(f"{weights} holds numbers that are none", "train it again")
    return AnimatorModel(net=net.eval(), index=index)


def load_index(folder: Path) -> AnimatorIndex:
    """What is known of the animator in a folder.

    Raises:
        ModelError: there is none, or it is damaged.
    """
    if not holds_animator(folder):
        raise ModelError(
            f"{folder} holds no animator", "train one first: understudy train-animator CLIPS --out FOLDER"
        )
    path = folder / INDEX
    try:
        return AnimatorIndex.model_validate_json(_read(path, _MOST_INDEX_BYTES))
    except ValidationError as error:
        mistake = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, mistake["loc"])) or "it"
        raise ModelError(
            f"{path} is damaged, or of another version ({where}: {mistake['msg']})", "train it again"
        ) from error


def save_state(folder: Path, tensors: dict[str, Tensor]) -> None:
    """Save what training goes on from; raises UnderstudyError where that fails."""
    whole = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    write_atomically(folder / _STATE, save_tensors(whole))


def holds_state(folder: Path) -> bool:
    """Whether there is something to go on from in a folder."""
    return (folder / _STATE).exists()


def load_state(folder: Path) -> dict[str, Tensor]:
    """What `save_state` wrote.

    Raises:
        ModelError: there is none, or it is damaged.
    """
    try:
        return load_tensors(_read(folder / _STATE, _MOST_STATE_BYTES))
    except SafetensorError as error:
        raise ModelError(f"{folder / _STATE} is damaged", "train again into another folder") from error


def _read(path: Path, most_bytes: int) -> bytes:
    try:
        return read_bounded(path, most_bytes)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror})", "get the animator anew") from error
