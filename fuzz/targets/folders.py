"""What lies in the folders of voices, animators and trainings that run, and the curves of an expression."""

from __future__ import annotations

from contextlib import suppress

from targets.scratch import scratch, written
from understudy.core.errors import UnderstudyError
from understudy.expression.file import read_expression
from understudy.speech.voice_model import load_voice
from understudy.training.animator_model import load_animator
from understudy.workflows.training_orders import training_orders


def check(data: bytes) -> None:
    """As each of them."""
    written("voice/voice.json", data)
    with suppress(UnderstudyError):
        load_voice(scratch() / "voice")
    written("animator/animator.json", data)
    with suppress(UnderstudyError):
        load_animator(scratch() / "animator")
    with suppress(UnderstudyError):
        read_expression(written("curves.json", data))
    written("model/orders/1.json", data)
    training_orders(scratch() / "model")
