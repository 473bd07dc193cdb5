"""How work shares a process."""

from __future__ import annotations

import gc

import pytest

from understudy.workflows.threads import unsearched_objects


def test_what_exists_is_not_searched_meanwhile_and_is_again_afterwards() -> None:
    before = gc.get_freeze_count()
    with unsearched_objects():
        assert gc.get_freeze_count() > before + 1000
        ring: list[object] = []
        ring.append(ring)
        del ring
        assert gc.collect() >= 1  # what is made meanwhile is
    assert gc.get_freeze_count() == 0
    with pytest.raises(OSError, match="full"), unsearched_objects():
        raise OSError("full")
    assert gc.get_freeze_count() == 0
