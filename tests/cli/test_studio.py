"""`understudy studio` and `understudy review`, as processes of their own."""

from __future__ import annotations

import json
import signal
import socket
from pathlib import Path

import httpx

from made_facesets import write_faceset

from .conftest import Run, start


def _served(*args: object) -> tuple[object, dict[str, str]]:
    process = start(*args, "--no-browser", "--json")
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


def test_it_serves_until_it_is_interrupted(tmp_path: Path) -> None:
    process, said = _served("studio", tmp_path / "p")
    with httpx.Client(follow_redirects=True) as client:
        assert "New swap" in client.get(said["url"]).text
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err == "the studio has ended; what was done is kept\n"
    assert not (tmp_path / "p").exists(), "looking at it makes nothing"


def test_a_used_port_is_one_line(run: Run, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ran = run("studio", tmp_path, "--no-browser", "--port", port)
    assert ran.code == 1
    assert ran.err == f"error: port {port} is in use\nnext: name another --port, or leave it out\n"


def test_what_is_no_faceset_cannot_be_reviewed(run: Run, tmp_path: Path) -> None:
    ran = run("review", tmp_path / "none", "--json")
    assert ran.code == 1
    assert "no faceset" in ran.json["error"]
    assert "extract" in ran.json["next_step"]


def test_a_file_is_no_production(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    ran = run("studio", tmp_path / "a.mp4", "--no-browser")
    assert (ran.code, ran.err.count("\n")) == (1, 2)


def test_a_review_opens_at_its_faceset(tmp_path: Path) -> None:
    folder = write_faceset(tmp_path / "anna.faceset", "a.mp4", [{}])
    process, said = _served("review", folder)
    address, _, query = said["url"].partition("?")
    assert address.endswith("/review")
    names = dict(pair.split("=") for pair in query.split("&"))
    with httpx.Client() as client:
        client.get(said["url"])
        assert client.get(address.replace("/review", "/api/start/facesets")).json() == [
            {"id": names["faceset"], "name": f"{tmp_path.name}/anna.faceset"}
        ]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 130
