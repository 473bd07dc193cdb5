"""What speech in another voice says of itself: tags for who reads no manifests, and a signed manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from understudy.media.footage import sha256_of
from understudy.media.output import Finish
from understudy.provenance.certificate import Signer
from understudy.provenance.manifest import Ingredient, Relation
from understudy.provenance.places import media_type_of
from understudy.provenance.watermark_binding import SOUND_ALGORITHM, soft_binding_of
from understudy.provenance.watermark_code import payload_of
from understudy.workflows.sealing import Sealing
from understudy.workflows.voice_chosen import ChosenVoice

VOICE_NOTICE = "Synthetic media: the voice in this recording was made by a trained model (understudy)"
VOICE_DONE = "speech was said in another voice"


def voice_tags(consent: str) -> dict[str, str]:
    """Tags of the output; `consent` is put behind the notice."""
    return {"comment": VOICE_NOTICE + consent}


def speech_ingredient(path: Path, relation: Relation = "parentOf", *, has_history: bool = True) -> Ingredient:
    """A recording, with the manifest that it has itself where `has_history`."""
    return Ingredient(
        title=path.name,
        relation=relation,
        sha256=sha256_of(path),
        media_type=media_type_of(path),
        footage=path if has_history else None,
    )


def sound_payload(heard: str, making: Mapping[str, Any]) -> int:
    """What a watermark in speech carries: the beginning of a digest of all that it was made with.

    Args:
        heard: digest of what it was made of.
        making: what the manifest says besides.
    """
    return payload_of(json.dumps({"speech": heard, **making}))


def voice_seal(
    out: Path,
    voice: ChosenVoice,
    making: Mapping[str, Any],
    made_of: Sequence[Ingredient],
    signer: Signer,
    *,
    payload: int | None,
    done: str = VOICE_DONE,
) -> Finish:
    """What signs a finished sound file.

    Args:
        out: the file.
        voice: it is said in.
        making: what the manifest says besides.
        made_of: what was heard, or what it was made with.
        signer: who signs.
        payload: of the watermark; None without one.
        done: what was done, in a few words.
    """
    return Sealing(
        out=out,
        done=done,
        making=making,
        ingredients=lambda: [*made_of, *voice.ingredients],
        signer=signer,
        soft_binding=None if payload is None else soft_binding_of(payload, SOUND_ALGORITHM),
    )
