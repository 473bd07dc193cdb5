"""What pages may name, and what they may put into the production."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from understudy.core.errors import UnderstudyError
from understudy.studio import choose
from understudy.studio.choose import NotAllowedError, allowed, keep, listing, places
from understudy.studio.context import StudioContext

from .conftest import Studio


@pytest.fixture
def context(tmp_path: Path, monkeypatch) -> StudioContext:
    """A home with footage, and a secret beside it."""
    home = tmp_path / "home"
    (home / "clips" / "inner").mkdir(parents=True)
    for name in ("a.mp4", "B.MOV", "notes.txt", ".hidden.mp4"):
        (home / "clips" / name).write_bytes(b"x" * 7)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.mp4").touch()
    (home / "clips" / "out").symlink_to(tmp_path / "outside")
    (home / "clips" / "out.mp4").symlink_to(tmp_path / "outside" / "secret.mp4")
    (home / "clips" / "round").symlink_to(home / "clips" / "round")
    monkeypatch.setattr(Path, "home", lambda: home)
    return StudioContext(production=home / "production", started_in=home / "clips")


def test_only_footage_of_the_places_is_listed(context: StudioContext, tmp_path: Path) -> None:
    found = listing(context, str(tmp_path / "home" / "clips"))
    assert (found.folders, found.files) == (["inner"], [("a.mp4", 7), ("B.MOV", 7)])
    assert found.parent == str(tmp_path / "home")
    assert listing(context, str(tmp_path / "home")).parent is None, "above home nothing may be seen"
    assert ("notes.txt", 7) in listing(context, found.path, None).files


def test_the_built_in_actors_can_be_chosen(context: StudioContext) -> None:
    actors = next(place for place in places(context) if place.name == "Built-in actors")
    assert "A_train.mp4" in dict(listing(context, str(actors.path)).files)


@pytest.mark.parametrize(
    "path",
    [
        "{0}/outside/secret.mp4",
        "{0}/home/../outside/secret.mp4",
        "{0}/home/clips/out/secret.mp4",
        "{0}/home/clips/out.mp4",
        "{0}/home/clips/round",
        "{0}/home/none.mp4",
        "{0}/homely",
        "/etc/passwd",
        "/",
        "",
        "a\0b",
        "clips/a.mp4",
    ],
)
def test_nothing_outside_can_be_named(context: StudioContext, tmp_path: Path, path: str) -> None:
    (tmp_path / "homely").mkdir()  # begins like a place, and is none
    with pytest.raises(NotAllowedError):
        allowed(context, path.format(tmp_path))


def test_many_files_are_counted_not_shown(context: StudioContext, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(choose, "_MOST_SHOWN", 2)
    assert listing(context, str(tmp_path / "home" / "clips")).left_out == 1


def _run(work: Coroutine[None, None, Path]) -> Path:
    """In a thread of its own: a browser that tests share keeps an event loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def _chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def _kept(context: StudioContext, name: str, *parts: bytes, kind: str = "footage") -> Path:
    return _run(keep(context, name, kind, _chunks(*parts)))


def test_what_is_sent_lies_in_the_production_and_nothing_is_written_over(context: StudioContext) -> None:
    paths = [_kept(context, "a.mp4", b"one", b"two"), _kept(context, "a.mp4", b"three")]
    assert [path.name for path in paths] == ["a.mp4", "a-2.mp4"]
    assert [path.read_bytes() for path in paths] == [b"onetwo", b"three"]
    assert {path.parent for path in paths} == {context.production / "footage"}
    release = _kept(context, "release.pdf", b"I agree", kind="evidence")
    assert release.parent == context.production / "consent"


@pytest.mark.parametrize(
    ("name", "becomes"),
    [
        ("../../a.mp4", "a.mp4"),
        ("..\\..\\a.mp4", "a.mp4"),
        ("/etc/a.mp4", "a.mp4"),
        ("a\nb\x1b.mp4", "a_b_.mp4"),
        ("...a.mp4", "a.mp4"),
        ("c:d.mp4", "c_d.mp4"),
        ("x" * 300 + ".mp4", "x" * 80 + ".mp4"),
    ],
)
def test_names_stay_inside(context: StudioContext, name: str, becomes: str) -> None:
    path = _kept(context, name, b"x")
    assert path == context.production / "footage" / becomes


@pytest.mark.parametrize("name", ["a.exe", "a", ".mp4", "", "..", "a.mp4.html", "/"])
def test_what_is_no_footage_is_not_kept(context: StudioContext, name: str) -> None:
    with pytest.raises(UnderstudyError):
        _kept(context, name, b"x")
    assert not (context.production / "footage").exists()


def test_what_is_too_large_or_broken_off_leaves_nothing(context: StudioContext, monkeypatch) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x"
        raise ConnectionResetError

    monkeypatch.setattr(choose, "MOST_FOOTAGE_BYTES", 10)
    for parts in ((b"x" * 6, b"x" * 5), ()):
        with pytest.raises(UnderstudyError):
            _kept(context, "a.mp4", *parts)
    with pytest.raises(UnderstudyError):
        _run(keep(context, "a.mp4", "footage", broken()))
    monkeypatch.setattr(choose.shutil, "disk_usage", lambda _: SimpleNamespace(free=1 << 30))
    with pytest.raises(UnderstudyError, match="disk"):
        _kept(context, "a.mp4", b"x")
    assert list((context.production / "footage").iterdir()) == []


def test_a_link_in_place_of_the_folder_is_not_followed(context: StudioContext, tmp_path: Path) -> None:
    context.production.mkdir()
    (context.production / "footage").symlink_to(tmp_path / "outside")
    with pytest.raises(UnderstudyError, match="link"):
        _kept(context, "a.mp4", b"x")
    assert [path.name for path in (tmp_path / "outside").iterdir()] == ["secret.mp4"]


def test_every_route_that_takes_a_path_asks(studio: Studio) -> None:
    secret = "/etc/hostname"
    order = {"source_name": "A", "minutes": 1, "target": secret, "source": [secret]}
    with studio.client() as client:
        for route, body in {"folder": {"path": "/etc"}, "footage": {"path": secret}, "order": order}.items():
            answer = client.post(f"/api/start/{route}", json=body)
            assert answer.status_code == 400
            assert "may use" in answer.json()["error"]
        short = studio.context.know(Path(secret))
        assert "may use" in client.get(f"/api/start/footage/{short}/picture").json()["error"]
        assert client.get("/api/start/footage/none/picture").status_code == 404
        evidence = {"kind": "consent", "evidence": secret}
        inside = [str(path) for path in Path(choose.places(studio.context)[0].path).glob("A_*.mp4")]
        told = order | {
            "source": inside,
            "target": inside[0],
            "source_name": "Nobody yet",
            "consent": evidence,
        }
        assert "may use" in client.post("/api/start/order", json=told).json()["error"]
    assert not studio.context.production.exists()
