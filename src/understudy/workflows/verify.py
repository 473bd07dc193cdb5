"""What made a file, with whose consent, and whether it was changed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from understudy.core.errors import MediaError, UnderstudyError
from understudy.core.events import OnEvent, ignore
from understudy.media.footage import image_files
from understudy.media.sound import SOUND_SUFFIXES
from understudy.provenance.certificate import local_roots
from understudy.provenance.file_list import LIST, Differences, differences
from understudy.provenance.library import PRODUCER
from understudy.provenance.page import read_inside
from understudy.provenance.places import other_file_of, sidecar_of
from understudy.provenance.read import Read, read_manifest
from understudy.provenance.said import Said, said_in
from understudy.provenance.traces import Trace, trace_in
from understudy.workflows.verify_asset import Asset, asset_of, sequence_around
from understudy.workflows.verify_result import SignedBy, Verdict, VerifyConfig, VerifyResult, WatermarkFound
from understudy.workflows.verify_watermark import sound_mark_in, watermark_in

_NAMED = 5  # files
_MEANINGS = {
    "assertion.hashedURI.mismatch": "a part of the manifest was changed",
    "claimSignature.mismatch": "the signature does not fit what it signs",
    "claimSignature.missing": "the signature is missing",
    "signingCredential.expired": "the signer's certificate has expired",
    "signingCredential.invalid": "the signer's certificate is not one for media",
    "signingCredential.revoked": "the signer's certificate was revoked",
    "claimSignature.outsideValidity": "it was signed outside the time that the certificate is valid for",
    "assertion.missing": "a part of the manifest is missing",
    "assertion.action.malformed": "what it says was done has a wrong form",
    "ingredient.manifest.mismatch": "the manifest of something that it was made from was changed",
    "ingredient.claimSignature.mismatch": "the manifest of something that it was made from was changed",
    "general.error": "it fails the C2PA library's checks, which do not say why",
}
_SUMMARIES: dict[Verdict, str] = {
    "intact": "nothing was changed since it was signed",
    "edited": "the content is not what was signed: it was changed afterwards",
    "manifest invalid": "there is a manifest, but it fails its checks, so what it says is not proved",
    "manifest removed": "its tags say that understudy made it, and the manifest that belongs to it is gone",
    "no manifest": "there is no manifest, so nothing can be said of where it comes from",
}
_SUMMARIES_IF_MARKED: dict[Verdict, str] = {
    "manifest removed": "its tags and the watermark in its {part} say that understudy made it, and the "
    "manifest that belongs to it is gone",
    "no manifest": "there is no manifest, but the watermark in its {part} says that understudy made it",
}


# instead of what the C2PA library says, which means something to its authors only
_UNREADABLE = {
    "invalid": "the manifest cannot be read: it is damaged, or the file is cut off",
    "absent": "the file is damaged or cut off: a manifest that it had could not be found",
}
_SUMMARY_OF_ONE = (
    "this image is as it was signed, as far as the first 64 bits of its digest tell; "
    "others of its sequence are not"
)


def run(config: VerifyConfig, on_event: OnEvent = ignore) -> VerifyResult:
    """Verify a file, whoever made it. Nothing is fetched from the network, but for the weights of
    the networks that find faces where a watermark is looked for the first time.

    Raises:
        MediaError: there is no such file, or it cannot be read.
    """
    asset = asset_of(config.file)
    try:
        asset, read = _read(asset)
        trace: Trace = "none"
        if read.state == "absent" and asset.files and not _is_signed_alone(asset):
            trace = trace_in(asset.files[0])
        is_empty = not asset.is_sequence and asset.path.stat().st_size == 0
    except OSError as error:
        raise MediaError(
            f"cannot read {config.file} ({error.strerror or error})", "check the path and its permissions"
        ) from error
    said = said_in(read.active if _counts(read) else {})
    differing = differences(said.table(LIST), asset.digests) if read.edited and asset.is_sequence else None
    is_spared = differing is not None and _is_spared(asset, config.file, differing)
    edited = False if is_spared else read.edited
    verdict = _verdict(read, trace, edited=edited)
    mark = watermark_in(asset, config.file, said.marks, on_event) if config.watermark else None
    heard = sound_mark_in(asset, said.marks, on_event) if config.watermark else None
    parts = _marked_parts(asset.path, mark, heard)
    is_marked = bool(parts)
    summary = _if_marked(verdict, parts) if is_marked else _SUMMARY_OF_ONE if is_spared else None
    reasons = ["the file is empty"] if is_empty else []
    if config.file.is_dir() and (others := _others_in(config.file, asset)):
        reasons.append(f"not signed: {_named(others)}")
    if asset.path.is_dir():
        reasons.append("it is a folder: each file in it may have a manifest of its own")
    if differing is not None:
        reasons += _differing(differing)
    return VerifyResult(
        file=config.file,
        verdict=verdict,
        summary=summary or _SUMMARIES[verdict],
        manifest=read.state,
        edited=edited,
        place=_place(asset, read),
        reasons=reasons + _reasons(read, said, trace),
        codes=list(read.failures),
        signed_by=_signed_by(read, said),
        made_by=said.made_by,
        done=said.done,
        when=said.when,
        is_synthetic=said.is_synthetic if read.active else (True if trace != "none" or is_marked else None),
        model=said.table("model") or None,
        roles=said.listed("roles"),
        consent=said.listed("consent"),
        settings=said.table("settings"),
        made_from=said.ingredients,
        watermark=mark,
        sound_watermark=heard,
    )


def says_synthetic(file: Path) -> bool:
    """Whether a file, whoever made it, says that a trained model had a part in it."""
    try:
        return run(VerifyConfig(file=file)).is_synthetic is True
    except UnderstudyError:  # a pattern of no numbers, say: nothing says so
        return False


def _read(asset: Asset) -> tuple[Asset, Read]:
    """The manifest inside a file; else that beside it; else that of the sequence it belongs to."""
    roots = local_roots()
    if not asset.is_sequence:
        with asset.opened() as content:
            inside = read_inside(content, media_type=asset.media_type, roots=roots)
        if inside.state != "absent":
            return asset, inside
        around = sequence_around(asset.path) if asset.sidecar is None else None
        if around is None and asset.sidecar is None:
            return asset, inside
        asset = around or asset
    if (beside := asset.manifest_beside()) is None:
        return asset, Read(state="absent")
    with asset.opened() as content:
        read = read_manifest(content, media_type=asset.media_type, beside=beside, roots=roots)
    if read.edited and _is_anothers(asset, read):
        return replace(asset, sidecar=None), Read(state="absent")
    return asset, read


def _is_anothers(asset: Asset, read: Read) -> bool:
    """Whether a manifest beside a file is that of another one of the same stem, as clip.mkv's of clip.mp4."""
    if asset.is_sequence:
        return False
    other = other_file_of(asset.path, str(read.active.get("title")))
    return other is not None and sidecar_of(other) == asset.sidecar


def _is_signed_alone(asset: Asset) -> bool:
    """Whether a folder's images have manifests of their own, as those of worst frames: none was removed."""
    if not asset.path.is_dir():
        return False
    one = Asset(path=asset.files[0], files=asset.files[:1])
    with one.opened() as content:
        return read_inside(content, media_type=one.media_type).state != "absent"


# of a certificate that was good when it signed
_OUT_OF_DATE = {"signingCredential.expired", "claimSignature.outsideValidity", "signingCredential.untrusted"}


def _counts(read: Read) -> bool:
    """Whether what a manifest says is what its signer said, even if its certificate no longer counts."""
    return read.state == "valid" or (bool(read.failures) and set(read.failures) <= _OUT_OF_DATE)


def _marked_parts(path: Path, mark: WatermarkFound | None, heard: WatermarkFound | None) -> list[str]:
    """In what of a file a watermark was found."""
    first = "sound" if path.suffix.lower() in SOUND_SUFFIXES else "faces"
    found = ((first, mark), ("sound", heard))
    return [part for part, one in found if one is not None and one.found is True]


def _if_marked(verdict: Verdict, parts: Sequence[str]) -> str | None:
    """The sentence of a file in which a watermark was found, where it says more than the verdict's own."""
    summary = _SUMMARIES_IF_MARKED.get(verdict)
    return None if summary is None else summary.format(part=" and ".join(parts))


def _verdict(read: Read, trace: Trace, *, edited: bool | None) -> Verdict:
    if read.state == "invalid":
        return "manifest invalid"
    if read.state == "valid":
        return "edited" if edited else "intact"
    return "manifest removed" if trace == "ours" else "no manifest"


def _place(asset: Asset, read: Read) -> str | None:
    if read.state == "absent":
        return None
    return "inside" if read.is_embedded else str(asset.sidecar)


def _signed_by(read: Read, said: Said) -> SignedBy | None:
    if not read.active or not _counts(read):
        return None
    return SignedBy(name=said.signer or "", organisation=said.organisation or "", is_trusted=read.is_trusted)


def _reasons(read: Read, said: Said, trace: Trace) -> list[str]:
    """What is wrong or worth knowing, a line each."""
    lines = [
        _MEANINGS.get(code, f"the check {code} fails") for code in read.failures if not _is_content(code)
    ]
    if read.problem:
        lines.append(_UNREADABLE[read.state])
    if read.remote_url and not read.active:
        lines.append(f"its manifest lies at {read.remote_url}, which is not fetched")
    if read.active and _counts(read) and not read.is_trusted:
        lines.append(
            "this machine does not know the signer's certificate: anybody can have made it, and only whether "
            "the file was changed since can be told"
        )
    if read.active and _counts(read) and said.making is None and (said.made_by or "").startswith(PRODUCER):
        lines.append("it says that understudy made it, but lacks what understudy's manifests say")
    if trace == "synthetic":
        lines.append("its tags say that it was made or changed with a trained model, not by whom")
    return lines


def _is_spared(asset: Asset, file: Path, differing: Differences) -> bool:
    """Whether one image of a sequence is asked for, and it is not among those that were changed."""
    return file in asset.files and file.name not in (*differing.changed, *differing.extra)


def _differing(found: Differences) -> list[str]:
    """Which of many files are not as they were signed, a line for each way."""
    ways = [("changed", found.changed), ("missing", found.missing), ("not signed", found.extra)]
    return [f"{way}: {_named(names)}" for way, names in ways if names]


def _others_in(folder: Path, asset: Asset) -> list[str]:
    """Pictures in a folder that are no part of the sequence in it, by name."""
    return [path.name for path in image_files(folder) if asset.is_sequence and path not in asset.files]


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _is_content(code: str) -> bool:
    return code.endswith("Hash.mismatch")
