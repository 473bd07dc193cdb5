"""What converted speech says of itself: tags for who reads no manifests, and a signed manifest."""

from __future__ import annotations

import json
from typing import Any

from understudy.media.footage import sha256_of
from understudy.media.output import Finish
from understudy.provenance.certificate import Signer
from understudy.provenance.manifest import Ingredient
from understudy.provenance.places import media_type_of
from understudy.provenance.watermark_binding import SOUND_ALGORITHM, soft_binding_of
from understudy.provenance.watermark_code import payload_of
from understudy.speech.voice_model import SpeakerEntry, VoiceModel
from understudy.workflows.consent import Agreed
from understudy.workflows.marks import by_digest
from understudy.workflows.sealing import Sealing
from understudy.workflows.voice_configs import VoiceConvertConfig

VOICE_NOTICE = "Synthetic media: the voice in this recording was made by a trained model (understudy)"
_DONE = "speech was said in another voice"


def voice_tags(consent: str) -> dict[str, str]:
    """Tags of the output; `consent` is put behind the notice."""
    return {"comment": VOICE_NOTICE + consent}


def voice_seal(
    config: VoiceConvertConfig, model: VoiceModel, entry: SpeakerEntry, consent: Agreed, signer: Signer
) -> tuple[Finish, int | None]:
    """What signs the finished sound file of a conversion, and the payload of its watermark, None without one.

    Args:
        config: of the conversion.
        model: that is used.
        entry: whose voice.
        consent: by which.
        signer: who signs.
    """

    def ingredients() -> list[Ingredient]:
        speech = Ingredient(
            title=config.speech.name,
            relation="parentOf",
            sha256=sha256_of(config.speech),
            media_type=media_type_of(config.speech),
            footage=config.speech,
        )
        return [
            speech,
            by_digest(f"voice of {entry.name}", entry.digest),
            by_digest(f"model {config.model.name}".strip(), model.index.weights_sha256),
        ]

    about_model = {
        "sha256": model.index.weights_sha256,
        "preset": "voice",
        "steps": model.index.steps,
        "people": model.index.names,
    }
    making = {
        "command": "voice convert",
        "model": about_model,
        "settings": {"as": entry.name, "pitch": config.pitch, "watermark": config.watermark},
        "consent": consent.said,
    }
    payload = _payload(config, making) if config.watermark else None
    seal = Sealing(
        out=config.out,
        done=_DONE,
        making=making,
        ingredients=ingredients,
        signer=signer,
        soft_binding=None if payload is None else soft_binding_of(payload, SOUND_ALGORITHM),
    )
    return seal, payload


def _payload(config: VoiceConvertConfig, making: dict[str, Any]) -> int:
    """The beginning of a digest of all that the output was made with."""
    return payload_of(json.dumps({"speech": sha256_of(config.speech), **making}))
