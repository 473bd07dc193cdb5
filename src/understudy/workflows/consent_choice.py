"""How consent is given in words: `--consent FILE|self|rendered|public-domain:WHY`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from understudy.core.errors import ConsentError
from understudy.core.files import sha256_of_file
from understudy.core.shown import shown

if TYPE_CHECKING:  # slow to import, and the command line looks at the words alone
    from collections.abc import Sequence

    from understudy.core.identity_record import Evidence, IdentityRecord, Kind, Use

WAYS = 'FILE (a signed release), self, rendered or "public-domain:WHY"'
_PUBLIC = "public-domain"
_USES = ("face", "voice")  # as of `core.identity_record`


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a user says about an agreement.

    Args:
        kind: see `IdentityRecord`.
        file: of "consent", the file that shows it.
        why: of "public-domain".
    """

    kind: Kind
    file: Path | None = None
    why: str | None = None


def parsed_consent(text: str) -> Given:
    """Read what `--consent` says; whatever is no keyword is a file.

    Raises:
        ConsentError: it says nothing, or not why.
    """
    word, colon, why = text.partition(":")
    if word == _PUBLIC:
        if not (colon and why.strip()):
            raise ConsentError(f"{text!r} does not say why nobody has to agree", 'give "public-domain:WHY"')
        return Given(kind=_PUBLIC, why=why.strip())
    if text == "self":
        return Given(kind="self")
    if text == "rendered":
        return Given(kind="rendered")
    if not text.strip():
        raise ConsentError("no consent is said", f"give {WAYS}")
    return Given(kind="consent", file=Path(text))


def one_given(
    consent: str | None, *, oneself: bool = False, rendered: bool = False, public_domain: str | None = None
) -> Given:
    """The one of several ways to say why somebody may be used that was taken.

    Args:
        consent: as of `parsed_consent`.
        oneself: it is the user.
        rendered: nobody who exists.
        public_domain: why nobody has to agree.

    Raises:
        ConsentError: none was taken or several, or what it says is not enough.
    """
    chosen = [
        *([parsed_consent(consent)] if consent is not None else ()),
        *([Given(kind="self")] if oneself else ()),
        *([Given(kind="rendered")] if rendered else ()),
        *([Given(kind=_PUBLIC, why=public_domain)] if public_domain is not None else ()),
    ]
    if len(chosen) != 1:
        raise ConsentError(
            f"{'several consents are' if chosen else 'no consent is'} said",
            "give one of --consent FILE, --self, --rendered and --public-domain WHY",
        )
    return chosen[0]


def checked_uses(given: Sequence[str]) -> tuple[Use, ...]:
    """What a face or voice may be used for, each once.

    Raises:
        ConsentError: one is neither.
    """
    for use in given:
        if use not in _USES:
            raise ConsentError(f"{use!r} is neither face nor voice", "give face, voice or both")
    if not given:
        raise ConsentError("it is not said what for", "give face, voice or both")
    return tuple(cast("Use", use) for use in dict.fromkeys(given))


def new_record(
    name: str,
    given: Given,
    *,
    uses: Sequence[Use] = ("face",),
    granted_by: str | None = None,
    scope: str | None = None,
    until: date | None = None,
) -> IdentityRecord:
    """Make a record of what was given; it is not stored.

    Args:
        name: of the identity.
        given: the agreement.
        uses: what for.
        granted_by: who agreed, where it is not the person.
        scope: in words.
        until: last day.

    Raises:
        ConsentError: the file cannot be read, or something cannot be recorded.
    """
    from pydantic import ValidationError

    from understudy.core.identity_record import IdentityRecord

    if given.kind == _PUBLIC and not (given.why or "").strip():
        raise ConsentError(
            "it is not said why nobody has to agree", 'say it, e.g. --public-domain "a film of 1911"'
        )
    if given.kind in ("consent", "self"):
        granted_by = granted_by or name
    try:
        return IdentityRecord(
            name=name,
            kind=given.kind,
            granted_by=granted_by,
            recorded=datetime.now(UTC).replace(microsecond=0),
            uses=list(dict.fromkeys(uses)),
            scope=scope,
            until=until,
            why=given.why,
            evidence=None if given.file is None else evidence_of(given.file),
        )
    except ValidationError as error:
        mistake = error.errors()[0]
        field = ".".join(map(str, mistake["loc"])) or "what was given"
        raise ConsentError(f"{field} cannot be recorded ({mistake['msg']})", "give another") from error


def evidence_of(file: Path) -> Evidence:
    """What is recorded of the file that shows an agreement.

    Raises:
        ConsentError: it is no file, or empty.
        UnderstudyError: it cannot be read.
    """
    from understudy.core.identity_record import Evidence

    try:
        is_file = file.is_file()
    except OSError:  # no name for a file, as a sentence is
        raise ConsentError(f"consent {str(file)[:60]!r} is no file", f"give {WAYS}") from None
    if not is_file:
        what = "is a folder" if file.is_dir() else "does not exist" if not file.exists() else "is no file"
        raise ConsentError(f"consent {file} {what}", f"give {WAYS}")
    if file.stat().st_size == 0:
        raise ConsentError(f"consent {file} is empty", "give the file that shows the agreement")
    path = shown(str(file.absolute()))
    path = "".join(character if character.isprintable() else "?" for character in path)
    if len(path) > 1000:
        path = shown(file.name)
    return Evidence(path=path, sha256=sha256_of_file(file))
