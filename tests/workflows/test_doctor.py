"""What the doctor finds, on this machine and on worse ones."""

from __future__ import annotations

from collections import namedtuple
from pathlib import Path

import pytest

from understudy.workflows import doctor

Usage = namedtuple("Usage", ["total", "used", "free"])


@pytest.fixture
def no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNDERSTUDY_WEIGHTS", str(tmp_path))
    return tmp_path


def test_it_sees_this_machine(no_weights: Path) -> None:
    events = []
    found = doctor.run(events.append)
    assert found.cpu_cores >= 1
    assert found.packages["torch"]
    assert "ruff" not in found.packages
    assert found.memory_mb is None or found.memory_mb > (found.memory_free_mb or 0)
    assert events[-1].done == events[-1].total
    assert all(row.state == "absent" for row in found.weights)
    missing = [m for m in found.missing if "weights pull" in m.next_step]
    assert len(missing) == len(found.weights)
    assert str(no_weights) in missing[0].what


def test_a_small_machine_is_told(no_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_memory_mb", lambda: (2000.0, 900.0))
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: Usage(10e9, 9.9e9, 0.1e9))
    said = " ".join(m.what for m in doctor.run().missing)
    assert "900 MB of memory" in said
    assert "100 MB are free on the disk" in said


def test_an_absent_package_is_told(no_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "requires", lambda _: ["no-such-package-here>=1", 'x; extra == "dev"'])
    found = doctor.run()
    assert found.packages == {"no-such-package-here": None}
    assert "no-such-package-here is not installed" in found.missing[0].what


def test_a_cache_that_is_not_there_yet(monkeypatch: pytest.MonkeyPatch, no_weights: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(no_weights / "a" / "b"))
    assert doctor.run().disk_free_mb > 0
