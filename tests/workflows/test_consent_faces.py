"""Records get to know the face that they are of, and one that somebody else writes meanwhile stays."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from understudy.core.errors import ConsentError
from understudy.core.events import Event, Notice
from understudy.core.identity_folder import FOLDER_VARIABLE, find_record, store_new_record, store_record
from understudy.core.identity_record import FaceOf, IdentityRecord, Revocation
from understudy.workflows import consent
from understudy.workflows.consent import agreed
from understudy.workflows.consent_choice import Given, evidence_of, new_record


@pytest.fixture(autouse=True)
def _records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "records"))


def face(seed: int) -> FaceOf:
    vector = np.random.default_rng(seed).normal(size=128)
    return FaceOf(vector=(vector / np.linalg.norm(vector)).tolist(), faceset="ab" * 32)


def recorded() -> IdentityRecord:
    return store_new_record(new_record("Anna", Given(kind="self"))).record


def known() -> IdentityRecord:
    found = find_record("Anna")
    assert found is not None
    return found.record


def test_a_record_without_a_face_learns_the_first_and_tells_others_from_it() -> None:
    before, heard = recorded(), list[Event]()
    assert before.face is None
    assert agreed({"Anna": None}, "face", None, heard.append).warnings == []
    assert known().face is None
    assert agreed({"Anna": face(1)}, "face", None, heard.append).warnings == []
    assert known().face == face(1)
    assert known().digest() == before.digest()  # what was agreed is as it was
    assert any(isinstance(one, Notice) and "what this face is like" in one.message for one in heard)
    assert agreed({"Anna": face(1)}, "face").warnings == []
    (warning,) = agreed({"Anna": face(2)}, "face").warnings
    assert "not like those that the record of Anna was made with" in warning
    assert known().face == face(1)


def test_what_was_revoked_meanwhile_stays_revoked() -> None:
    seen = recorded()
    store_record(seen.model_copy(update={"revoked": Revocation(on=date.today())}))
    consent._learn_face(seen, face(1), lambda _: None)
    assert known().revoked is not None
    assert known().face is None


def test_of_two_who_make_a_record_the_first_counts() -> None:
    recorded()
    with pytest.raises(ConsentError, match="was made meanwhile"):
        store_new_record(new_record("Anna", Given(kind="rendered")))
    assert known().kind == "self"
    assert len(list((Path(find_record("Anna").path)).parent.iterdir())) == 1  # type: ignore[union-attr]


def test_a_sentence_is_no_file() -> None:
    with pytest.raises(ConsentError, match="is no file"):
        evidence_of(Path("she said yes when I asked her about it, " * 20))
