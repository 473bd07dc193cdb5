"""What `model.json` says of a model."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from understudy.core.identity_record import ConsentReference
from understudy.training.loss_watch import LossState

# 1 knew nothing of rollbacks and of the best validation, 2 of where an encoder came from and of when somebody
# joined, 3 of where codes lie and of critics, 4 of consent, 5 of changes while it trains; they can be read
FORMAT = 6

# a model may come from anybody: what would be too much for later arithmetic is no index
_Count = Annotated[int, Field(ge=0, le=1 << 53)]
_Number = Annotated[float, Field(allow_inf_nan=False)]


class IdentityEntry(BaseModel):
    """One identity of a model.

    Args:
        name: of the identity.
        faceset_digest: content digest of the faceset it was trained on.
        faces: how many faces that were.
        mean_identity: mean identity vector, 128 numbers, None where unknown.
        first_step: steps of the model before they joined it.
        consent: record of the person that was found when it was last trained; None where there was none.
    """

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=1000)
    faceset_digest: str = Field(max_length=1000)
    faces: _Count
    mean_identity: list[_Number] | None = Field(default=None, max_length=128)
    first_step: _Count = 0
    consent: ConsentReference | None = None


class Budget(BaseModel):
    """How long the model is trained for at present; a stopped run goes on with what is left of it.

    Args:
        seconds: wall time, or None.
        steps: optimizer steps, or None; one of both is given, or `until_flat`.
        first_step: step of the model at which this budget began.
        spent_s: wall time spent of it.
        finished: whether it is used up.
        until_flat: whether it may end before, or without either, once figures stop improving.
        tail_from: step at which they had.
        tail_steps: steps at a falling rate from there on.
        rate: of the learning rate, as it was changed while it trained.
        focus: digest of the list that faces to draw more often were changed to, which lies beside; "" where
            to none; None where it was not changed.
        paused: whether it waits to be told to go on.
    """

    model_config = ConfigDict(extra="forbid")
    seconds: _Number | None = None
    steps: _Count | None = None
    first_step: _Count = 0
    spent_s: _Number = 0.0
    finished: bool = False
    until_flat: bool = False
    tail_from: _Count | None = None
    tail_steps: _Count = 0
    rate: _Number = 1.0
    focus: str | None = Field(default=None, pattern=r"^([0-9a-f]{64})?$")  # a file's name is made of it
    paused: bool = False


class Change(BaseModel):
    """A setting that was changed while the model trained.

    Args:
        step: of the model.
        seconds: trained until then.
        what: "rate", "focus" or "finish".
        said: to what, in words.
    """

    model_config = ConfigDict(extra="forbid")
    step: _Count
    seconds: _Number
    what: str = Field(max_length=20)
    said: str = Field(max_length=1000)


class EncoderOrigin(BaseModel):
    """The model whose encoder a model started from.

    Args:
        folder: where it lay then.
        step: its steps.
        weights_sha256: of its weights.
        identities: names of all whose faces that encoder had learnt from.
    """

    model_config = ConfigDict(extra="forbid")
    folder: str
    step: _Count
    weights_sha256: str
    identities: list[str]


class Best(BaseModel):
    """The best validation so far: its step, and the mean of the identities' held-out SSIM."""

    model_config = ConfigDict(extra="forbid")
    step: _Count
    ssim: _Number


class ModelIndex(BaseModel):
    """What `model.json` says; it comes from outside, so it is checked.

    Args:
        format: version of the folder's layout.
        preset: architecture.
        identities: in the order of the decoders.
        encoder_from: the model whose encoder it started from, None where it did not.
        settings: resolved settings of the last run.
        versions: of what made it.
        step: optimizer steps done.
        seconds: wall time trained.
        seed: with `step`, the state of every random choice: batch n depends on both alone.
        budget: of the last run.
        loss: what is remembered of the losses.
        rollbacks: how often training broke down and went back; batches and noise depend on it, too.
        rate_factor: of the learning rate, lowered at each of these.
        history: one entry a validation.
        changes: of settings, while it trained.
        best: the best of them, whose weights are kept beside.
        weights_sha256: of the weights file that belongs to this index.
        optimizer_sha256: likewise.
    """

    model_config = ConfigDict(extra="forbid")
    format: _Count = FORMAT
    preset: str
    identities: list[IdentityEntry] = Field(min_length=1)
    encoder_from: EncoderOrigin | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    step: _Count = 0
    seconds: _Number = 0.0
    seed: _Count = 0
    budget: Budget = Field(default_factory=Budget)
    loss: LossState = Field(default_factory=LossState)
    rollbacks: _Count = 0
    rate_factor: _Number = 1.0
    history: list[dict[str, Any]] = Field(default_factory=list)
    changes: list[Change] = Field(default_factory=list[Change], max_length=100_000)
    best: Best | None = None
    weights_sha256: str = ""
    optimizer_sha256: str = ""

    @property
    def full_rate(self) -> float:
        """Of the learning rate: as training broke down, and as it was told to."""
        return self.rate_factor * self.budget.rate

    @model_validator(mode="after")
    def _goes_together(self) -> ModelIndex:
        if len({entry.name for entry in self.identities}) != len(self.identities):
            raise ValueError("two identities have the same name")
        return self
