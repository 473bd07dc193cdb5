"""What is recorded of a person whose face or voice is used: who agreed, to what, until when."""

from __future__ import annotations

import hashlib
import json
import tomllib
import unicodedata
from datetime import date, datetime
from typing import Annotated, Literal, cast, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from understudy.core.errors import ConsentError

FORMAT = 1
MOST_BYTES = 24_576  # of a record: the largest that can be written is below it

Kind = Literal["consent", "self", "rendered", "public-domain"]
Use = Literal["face", "voice"]
USES: tuple[Use, ...] = get_args(Use)

# characters that would let a name look like another one, or end the line it is printed in
_NOT_IN_NAMES = {"Cc", "Cs", "Zl", "Zp"}
_TURNS_TEXT = {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}


def checked_name(name: str) -> str:
    """A person's name in the form that it is compared in: NFC, without spaces around it.

    Raises:
        ValueError: it is empty, too long, or holds characters that no name has.
    """
    name = unicodedata.normalize("NFC", name.strip())
    if not name:
        raise ValueError("a name is empty")
    if len(name) > 200:
        raise ValueError("a name is longer than 200 characters")
    for character in name:
        if unicodedata.category(character) in _NOT_IN_NAMES or character in _TURNS_TEXT:
            raise ValueError(f"a name holds the character U+{ord(character):04X}")
    return name


def _line(text: str) -> str:
    if any(unicodedata.category(character) in _NOT_IN_NAMES for character in text):
        raise ValueError("it holds control characters")
    return text


Name = Annotated[str, AfterValidator(checked_name)]
Line = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_line)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Number = Annotated[float, Field(allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_line)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Evidence(_Table):
    """The file that shows the agreement, e.g. a signed release; it is not copied.

    Args:
        path: where it lay.
        sha256: of its content.
    """

    path: Text
    sha256: Sha256


class FaceOf(_Table):
    """What the person's face is like.

    Args:
        vector: mean identity vector, 128 numbers.
        faceset: content digest of the faceset, model, photo or footage it was taken from.
        pictures: 1 where it is of a single picture, which says less than a mean.
    """

    vector: list[Number] = Field(min_length=128, max_length=128)
    faceset: Sha256
    pictures: Literal[1] | None = None


class VoiceOf(_Table):
    """What the person's voice is like.

    Args:
        vector: mean speaker vector.
    """

    vector: list[Number] = Field(min_length=1, max_length=512)


class Revocation(_Table):
    """That the agreement was taken back.

    Args:
        on: the day.
        why: in words.
    """

    on: date
    why: Line | None = None


class ConsentReference(_Table):
    """What a model or an output says of a record; not the evidence.

    Args:
        identity: whose record it is.
        sha256: its digest.
        kind: see `IdentityRecord`.
        granted_by: see `IdentityRecord`.
        recorded: the day, as ISO 8601 says it.
    """

    identity: Name
    sha256: Sha256
    kind: Kind
    granted_by: Name | None = None
    recorded: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")


class IdentityRecord(_Table):
    """One person, and what may be done with their face and voice.

    Args:
        format: version of this layout.
        name: of the identity.
        kind: "consent" (somebody agreed, `evidence` shows it), "self" (it is the user), "rendered"
            (nobody who exists), or "public-domain".
        granted_by: who agreed; None where nobody had to.
        recorded: when this was written down, with a time zone.
        uses: "face", "voice".
        scope: what for, in words.
        until: last day of the agreement.
        why: why nobody's agreement is needed, of "public-domain".
        evidence: of "consent".
        face: what the face is like.
        voice: what the voice is like.
        revoked: that it is no longer valid.
    """

    format: Literal[1] = FORMAT
    name: Name
    kind: Kind
    granted_by: Name | None = None
    recorded: datetime
    uses: list[Use] = Field(min_length=1, max_length=len(USES))
    scope: Line | None = None
    until: date | None = None
    why: Line | None = None
    evidence: Evidence | None = None
    face: FaceOf | None = None
    voice: VoiceOf | None = None
    revoked: Revocation | None = None

    @model_validator(mode="after")
    def _goes_together(self) -> IdentityRecord:
        if self.recorded.tzinfo is None:
            raise ValueError("recorded has no time zone")
        if (self.kind == "consent") != (self.evidence is not None):
            raise ValueError("kind consent, and no other, has evidence")
        if (self.kind == "public-domain") != (self.why is not None):
            raise ValueError("kind public-domain, and no other, says why")
        if (self.kind in ("consent", "self")) != (self.granted_by is not None):
            raise ValueError("kinds consent and self, and no others, say who has granted it")
        return self

    def digest(self) -> str:
        """64 hex digits over what was agreed; not over what faces are like, nor whether it was revoked."""
        agreed = self.model_dump(mode="json", exclude={"face", "voice", "revoked"}, exclude_none=True)
        return hashlib.sha256(json.dumps(agreed, sort_keys=True).encode()).hexdigest()

    def reference(self) -> ConsentReference:
        """What a model or an output says of it."""
        return ConsentReference(
            identity=self.name,
            sha256=self.digest(),
            kind=self.kind,
            granted_by=self.granted_by,
            recorded=self.recorded.date().isoformat(),
        )

    def state(self, today: date) -> Literal["valid", "revoked", "expired"]:
        """Whether it holds on a day."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.until is not None and today > self.until else "valid"


def record_from_toml(data: bytes, where: str) -> IdentityRecord:
    """Read a record, which may come from anybody.

    Args:
        data: the file's content.
        where: what it is called in errors.

    Raises:
        ConsentError: it is too large, no TOML, or a field is unknown, missing or wrong; one line.
    """
    if len(data) > MOST_BYTES:
        raise _no_record(where, f"it has more than {MOST_BYTES} bytes")
    try:
        content = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # not TOML or UTF-8, numbers too large, too deep
        raise _no_record(where, _short(str(error) or type(error).__name__)) from error
    try:
        return IdentityRecord.model_validate(content)
    except ValidationError as error:
        mistake = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, mistake["loc"]))
        said = f"{field}: {mistake['msg']}" if field else mistake["msg"]
        raise _no_record(where, _short(said)) from error


def _no_record(where: str, why: str) -> ConsentError:
    return ConsentError(f"{where} is no identity record ({why})", "correct it, or remove it and add it anew")


def _short(text: str) -> str:
    """One line that is fit to be printed, whatever a file holds."""
    shown = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(shown.split())[:160]


def record_to_toml(record: IdentityRecord) -> bytes:
    """Write a record so that people can read it; `record_from_toml` gives the same again."""
    fields = cast("dict[str, object]", record.model_dump(exclude_none=True))
    tables = {k: cast("dict[str, object]", v) for k, v in fields.items() if isinstance(v, dict)}
    lines = ["# What was agreed about a face or voice; written by `understudy identity`, meant to be read."]
    lines += [f"{key} = {_value(value)}" for key, value in fields.items() if key not in tables]
    for name, table in tables.items():
        lines += ["", f"[{name}]", *(f"{key} = {_value(value)}" for key, value in table.items())]
    return ("\n".join(lines) + "\n").encode()


def _value(value: object) -> str:
    if isinstance(value, str):
        # JSON's strings are TOML's, but for one character
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{', '.join(map(_value, cast('list[object]', value)))}]"
    assert isinstance(value, (int, float))
    return repr(value)
