"""`understudy verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.cli.errors import FAILED
from understudy.cli.output import print_rows
from understudy.cli.own_words import own_words
from understudy.cli.perform import Debug, Json, perform
from understudy.core.events import OnEvent

if TYPE_CHECKING:
    from understudy.workflows.verify_result import VerifyResult

_DIGITS = 12  # of a digest, for people
_LONGEST = 200  # characters of one value


def verify(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A picture, a video or sound; or numbered images: a folder or frames/%06d.png.",
        ),
    ],
    watermark: Annotated[
        bool,
        typer.Option(
            "--watermark",
            help="Look for the invisible mark in faces and sound, too: takes seconds to a minute of a video.",
        ),
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Say what made a file, with whose consent, and whether it was changed since.

    Works on any file. Exit code 0 where it is intact, 1 where it is not or cannot be told.
    """
    results: list[VerifyResult] = []

    def work(on_event: OnEvent) -> VerifyResult:
        from understudy import verify as api

        results.append(api(file, watermark=watermark, on_event=on_event))
        return results[-1]

    with own_words(unless=debug):
        perform(work, _show, as_json=json, debug=debug)
    if results and results[-1].verdict != "intact":
        raise typer.Exit(FAILED)


def _show(result: VerifyResult) -> None:
    rows = [("verdict", f"{result.verdict}: {result.summary}")]
    if result.place is not None:
        where = "in the file" if result.place == "inside" else result.place
        rows.append(("manifest", f"{result.manifest}, {where}"))
    if (signer := result.signed_by) is not None:
        known = "known to this machine" if signer.is_trusted else "not known to this machine"
        names = ", ".join(name for name in (signer.name, signer.organisation) if name)
        rows.append(("signed by", f"{names or 'nobody named'}; {known}"))
    if result.made_by:
        rows.append(("made by", result.made_by + (f", {result.when}" if result.when else "")))
    if result.done:
        synthetic = {True: "; synthetic media", False: "", None: ""}[result.is_synthetic]
        rows.append(("done", result.done + synthetic))
    rows += [("put in", f"{role.get('source')} for {role.get('target')}") for role in result.roles]
    if result.model is not None:
        rows.append(("model", _model(result.model)))
    rows += [("consent", _consent(entry)) for entry in result.consent]
    if result.model is not None and not result.consent:
        rows.append(("consent", "nothing is recorded in the file"))
    if result.settings:
        rows.append(("settings", _flat(result.settings)))
    rows += [(_relation(each["relation"]), _ingredient(each)) for each in result.made_from]
    if result.watermark is not None:
        rows.append(("watermark", result.watermark.summary))
    if result.sound_watermark is not None:
        rows.append(("in its sound", result.sound_watermark.summary))
    rows += [("note", reason) for reason in result.reasons]
    print_rows(rows)


def _model(model: dict[str, object]) -> str:
    said = [f"{model['preset']}"] if "preset" in model else []
    said += [f"{model['steps']} steps"] if "steps" in model else []
    return ", ".join([*said, f"sha256 {str(model.get('sha256', 'unknown'))[:_DIGITS]}"])


def _relation(relation: str | None) -> str:
    return {"parentOf": "changed from", "inputTo": "made with", "componentOf": "contains"}.get(
        relation or "", "from"
    )


def _ingredient(entry: dict[str, object]) -> str:
    digest = f", sha256 {str(entry['sha256'])[:_DIGITS]}" if entry.get("sha256") else ""
    return f"{entry.get('title') or 'something without a name'}{digest}"


def _consent(entry: dict[str, object]) -> str:
    """Whose consent of what kind, by whom and when; then whatever else a stranger's manifest says of it."""
    rest = dict(entry)
    said = [f"of {_word(rest.pop('identity', 'nobody named'))}: {_word(rest.pop('kind', 'of no kind'))}"]
    if granted_by := rest.pop("granted_by", None):
        said.append(f"granted by {_word(granted_by)}")
    if recorded := rest.pop("recorded", None):
        said.append(f"recorded {_word(recorded)}")
    if digest := rest.pop("sha256", None):
        said.append(f"record's sha256 {str(digest)[:_DIGITS]}")
    return ", ".join([*said, *([_flat(rest)] if rest else ())])


def _flat(entry: dict[str, object]) -> str:
    """Names and values; what was not set is left out."""
    return ", ".join(f"{_word(key)} {_word(value)}" for key, value in entry.items() if value is not None)


def _word(value: object) -> str:
    """A value for people; strangers write manifests, and a screen is to hold what they say."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
