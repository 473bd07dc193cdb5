"""What converted speech says of itself: tags for who reads no manifests, and a signed manifest."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from understudy.core.files import lent_again
from understudy.media.footage import sha256_of
from understudy.media.xmp import append_xmp
from understudy.provenance.certificate import Signer
from understudy.provenance.manifest import Ingredient, Statement
from understudy.provenance.places import media_type_of
from understudy.provenance.sign import sign_copy
from understudy.speech.voice_model import SpeakerEntry, VoiceModel
from understudy.workflows.consent import Agreed
from understudy.workflows.marks import by_digest
from understudy.workflows.signing import check_signing
from understudy.workflows.voice_configs import VoiceConvertConfig

VOICE_NOTICE = "Synthetic media: the voice in this recording was made by a trained model (understudy)"
_DONE = "speech was said in another voice"


def voice_signer(config: VoiceConvertConfig) -> Signer:
    """Who signs, found out before long work.

    Raises:
        ConfigError: the certificate and the key will not do.
    """
    return check_signing(config.cert, config.key)


def voice_tags(consent: str) -> dict[str, str]:
    """Tags of the output; `consent` is put behind the notice."""
    return {"comment": VOICE_NOTICE + consent}


def sign_voice(
    file: Path,
    config: VoiceConvertConfig,
    model: VoiceModel,
    entry: SpeakerEntry,
    consent: Agreed,
    signer: Signer,
) -> None:
    """Put a manifest into a finished sound file that has not got its name yet.

    Args:
        file: the file, of a type that holds a manifest.
        config: of the conversion.
        model: that was used.
        entry: whose voice.
        consent: by which.
        signer: who signs.

    Raises:
        MediaError: it cannot be signed, or the disk is full.
    """
    statement = Statement(
        title=config.out.name,
        done=_DONE,
        ingredients=[
            Ingredient(
                title=config.speech.name,
                relation="parentOf",
                sha256=sha256_of(config.speech),
                media_type=media_type_of(config.speech),
                footage=config.speech,
            ),
            by_digest(f"voice of {entry.name}", entry.digest),
            by_digest(f"model {config.model.name}".strip(), model.index.weights_sha256),
        ],
        making={
            "command": "voice convert",
            "model": {
                "sha256": model.index.weights_sha256,
                "preset": "voice",
                "steps": model.index.steps,
                "people": model.index.names,
            },
            "settings": {"as": entry.name, "pitch": config.pitch},
            "consent": consent.said,
        },
    )
    append_xmp(file)
    signed = lent_again(file)
    try:
        sign_copy(file, signed, statement, signer)
        signed.replace(file)
    finally:
        with suppress(OSError):
            signed.unlink(missing_ok=True)
