"""What verification answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Verdict = Literal["intact", "edited", "manifest invalid", "manifest removed", "no manifest"]


@dataclass(frozen=True, kw_only=True)
class VerifyConfig:
    """A file to verify.

    Args:
        file: a picture, a video, sound; or numbered images, as their folder or pattern.
        watermark: whether its faces are looked at for an invisible mark, which takes time.
    """

    file: Path
    watermark: bool = False


@dataclass(frozen=True, kw_only=True)
class SignedBy:
    """Whose certificate signed a manifest; anybody can make one in any name that nobody trusts.

    Args:
        name: as the certificate says it.
        organisation: likewise.
        is_trusted: whether it is this machine's own, or one that the C2PA library knows.
    """

    name: str
    organisation: str
    is_trusted: bool


@dataclass(frozen=True, kw_only=True)
class WatermarkFound:
    """What was found of an invisible mark.

    Args:
        summary: in words.
        found: whether there is one; None where it could not be looked for.
        payload: what it carries, 16 hex digits; None where that cannot be read, though there may be a mark.
        confidence: 0 to 1, that there is one.
        p_value: at most this is the chance of such a find in a file without a mark.
        agrees: whether it is the one that the manifest names; None where there is nothing to compare.
        faces: looked at, over all frames.
    """

    summary: str
    found: bool | None = None
    payload: str | None = None
    confidence: float | None = None
    p_value: float | None = None
    agrees: bool | None = None
    faces: int = 0


@dataclass(frozen=True, kw_only=True)
class VerifyResult:
    """What is known of a file.

    Args:
        file: what was verified.
        verdict: in a word or two; `summary` says it in a sentence.
        summary: see `verdict`.
        manifest: "valid": as its signer signed it; "invalid": changed, damaged or expired; "absent".
        edited: whether the content is another than was signed; None where that cannot be told. Of one
            image of a sequence: whether this one is; `codes` and `reasons` tell of the others.
        place: "inside", or the file that the manifest lies in; None where there is none.
        reasons: what is wrong or worth knowing, a line each.
        codes: what fails, as C2PA calls it.
        signed_by: None where there is no manifest that can be read.
        made_by: program and version, None where unknown.
        done: what was done, None where it is not said.
        when: when, as the program said; no authority vouches for it.
        is_synthetic: whether it says that it was made or changed with a trained model.
        model: of what this program has made: sha256, preset, steps, people; None of others.
        roles: who was put in for whom, a {source, target} each.
        consent: one entry for each person whose face or voice was used, as it was recorded.
        settings: of what this program has made.
        made_from: {title, relation, sha256} of each ingredient; the digest where it is known.
        watermark: None where nobody asked for it.
        sound_watermark: of the sound of a video; None likewise, and where it has none.
    """

    file: Path
    verdict: Verdict
    summary: str
    manifest: Literal["valid", "invalid", "absent"]
    edited: bool | None
    place: str | None = None
    reasons: list[str] = field(default_factory=list[str])
    codes: list[str] = field(default_factory=list[str])
    signed_by: SignedBy | None = None
    made_by: str | None = None
    done: str | None = None
    when: str | None = None
    is_synthetic: bool | None = None
    model: dict[str, Any] | None = None
    roles: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    consent: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    made_from: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    watermark: WatermarkFound | None = None
    sound_watermark: WatermarkFound | None = None
