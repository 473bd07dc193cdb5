"""What is read as text: an identity's record, a production's settings, a list of worst frames."""

from __future__ import annotations

from contextlib import suppress

from targets.scratch import scratch, written
from understudy.core.errors import ConsentError, UnderstudyError
from understudy.core.identity_record import record_from_toml, record_to_toml
from understudy.workflows.settings import read_settings
from understudy.workflows.worst_list import read_worst


def check(data: bytes) -> None:
    """As each of them; a record that is taken must come back as it is written again."""
    with suppress(ConsentError):
        record = record_from_toml(data, "a.toml")
        assert record_from_toml(record_to_toml(record), "b.toml") == record
    written("understudy.toml", data)
    with suppress(UnderstudyError):
        read_settings(scratch())
    with suppress(UnderstudyError):
        read_worst(written("worst.json", data)).digest()
