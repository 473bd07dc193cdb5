"""Put one consenting person's face on another's footage, and understand how it is done.

Each function here is one command of the command line, with the same parameters. What is slow to
import (torch, OpenCV, PyAV) is imported by the first call.
"""

from __future__ import annotations

from understudy.api.animating import animate
from understudy.api.animating_learned import train_animator
from understudy.api.converting import convert
from understudy.api.exporting import export
from understudy.api.expressing import read_expression
from understudy.api.facesets import extract, import_faces
from understudy.api.identities import add_identity, list_identities, revoke_identity, show_identity
from understudy.api.judging import compare, coverage, evaluate
from understudy.api.lips import lipsync
from understudy.api.provenance import verify
from understudy.api.swapping import swap
from understudy.api.training import adjust, train
from understudy.api.voice import voice_convert, voice_say, voice_train
from understudy.core.errors import UnderstudyError
from understudy.core.events import Event, Notice, OnEvent, Progress, Written
from understudy.studio.opening import open_review, open_studio
from understudy.workflows.configs import ConvertResult, ExtractResult, SwapResult, TrainResult
from understudy.workflows.voice_configs import VoiceConvertResult, VoiceSayResult, VoiceTrainResult

__all__ = [
    "ConvertResult",
    "Event",
    "ExtractResult",
    "Notice",
    "OnEvent",
    "Progress",
    "SwapResult",
    "TrainResult",
    "UnderstudyError",
    "VoiceConvertResult",
    "VoiceSayResult",
    "VoiceTrainResult",
    "Written",
    "add_identity",
    "adjust",
    "animate",
    "compare",
    "convert",
    "coverage",
    "evaluate",
    "export",
    "extract",
    "import_faces",
    "lipsync",
    "list_identities",
    "open_review",
    "open_studio",
    "read_expression",
    "revoke_identity",
    "show_identity",
    "swap",
    "train",
    "train_animator",
    "verify",
    "voice_convert",
    "voice_say",
    "voice_train",
]
