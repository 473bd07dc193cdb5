"""Every kind of work, ordered in a real browser and done by real commands, then heard and seen."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from PIL import Image as PillowImage

from actors import clip
from made_speech import HIGH, LOW, speech, write_wav
from made_voices import untrained_model
from understudy.core.identity_folder import FOLDER_VARIABLE
from understudy.media.reader import VideoReader
from understudy.studio.choose import sweep
from understudy.studio.job_kinds import KINDS, kind_of
from understudy.studio.job_log import JobLog
from understudy.studio.job_process import own_number

from .conftest import Studio
from .test_start_page import _faults
from .waiting import until


@pytest.fixture(autouse=True)
def records(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Records of this test alone."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "identities"))


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    with VideoReader(clip("A_testA")) as reader:
        frame = next(iter(reader))
    path = tmp_path / "Mia.png"
    PillowImage.fromarray(frame.image).save(path)
    return path


def _choose(page, role: str, name: str) -> None:
    page.click(f"[data-role={role}] > .drop .choose")
    page.click("dialog .where >> text=Where the studio was started")
    page.click(f"dialog [data-file$='{name}']")
    page.click("dialog .end .primary")
    page.wait_for_selector(f"[data-role={role}] .footage >> text={name}")


def _done(page) -> None:
    page.wait_for_selector("#state >> text=done", timeout=300_000)
    page.wait_for_selector("#verified >> text=intact", timeout=60_000)


def test_a_photo_is_given_an_expression_and_looked_at(page, studio: Studio, photo: Path) -> None:
    page.goto(studio.base + "/?make=animate")
    page.wait_for_selector("body.drawn")
    assert page.inner_text("h1") == "New animation"
    _choose(page, "photo", "Mia.png")
    assert page.input_value("#name") == "Mia", "who is in it is called like it"
    page.check("[name=kind][value=rendered]")
    assert "driving recording" in page.inner_text("#missing")
    page.click("text=An expression instead of a recording")
    page.fill("#expression", "smile=0.8")
    page.click("#make")
    page.wait_for_url("**/jobs/1")
    _done(page)
    assert page.evaluate("document.querySelector('#output').naturalWidth") > 100
    assert page.locator("#shown figure").count() == 2, "it is shown beside the photo"
    assert "Mia: rendered" in page.inner_text("#verified")
    assert (studio.context.production / "Mia_moved_by_expression" / "moved.jpg").is_file()
    assert _faults(page) == []
    page.goto(studio.base)
    page.wait_for_selector("#queue >> text=Look")


def test_speech_is_put_into_a_voice_and_heard(page, studio: Studio, tmp_path: Path) -> None:
    write_wav(tmp_path / "says.wav", speech(LOW, 2.0, seed=4))
    untrained_model(studio.context.production / "voices_of_two" / "voices")
    page.goto(studio.base + "/?make=voice-convert")
    page.wait_for_selector("body.drawn")
    _choose(page, "speech", "says.wav")
    until(lambda: page.evaluate("document.querySelector('.footage img').naturalWidth") > 100, 60)
    until(lambda: page.locator("#voice option").count() >= 2, 30)
    page.check("[name=kind][value=rendered]")
    page.click("#make")
    page.wait_for_url("**/jobs/1")
    _done(page)
    until(lambda: page.evaluate("document.querySelector('#output').duration") > 1.9, 30)
    until(lambda: page.evaluate("document.querySelector('.shape img').naturalWidth") > 100, 60)
    page.evaluate("document.querySelector('#output').play()")
    until(lambda: page.evaluate("document.querySelector('#output').currentTime") > 0.2, 30)
    assert _faults(page) == []
    record = next((tmp_path / "identities").glob("*.toml")).read_text()
    assert 'uses = ["voice"]' in record, "what was agreed to is the voice, not the face"


def test_a_face_that_may_be_used_says_nothing_of_the_voice(studio: Studio, tmp_path: Path) -> None:
    for name, speaker in (("anna", HIGH), ("bo", LOW)):
        write_wav(tmp_path / f"{name}.wav", speech(speaker, 1.0, seed=1))
    faces = {
        "source": [str(clip("A_testA"))],
        "target": str(clip("A_testA")),
        "source_name": "Anna",
        "steps": 1,
    }
    voices = {
        "kind": "voice-train",
        "source": [str(tmp_path / "anna.wav")],
        "target": [str(tmp_path / "bo.wav")],
    }
    voices |= {"source_name": "Anna", "target_name": "Bo", "steps": 1}
    with studio.client() as client:
        assert (
            client.post("/api/start/order", json=faces | {"consent": {"kind": "rendered"}}).status_code == 200
        )
        told = client.post("/api/start/order", json=voices | {"consent": {"kind": "rendered"}})
        assert "for the face, not for the voice" in told.json()["error"]
        assert client.post("/api/jobs/1/stop", json={}).status_code == 200


def test_what_is_ordered_badly_is_refused_and_nothing_is_queued(studio: Studio, photo: Path) -> None:
    animate = {"kind": "animate", "photo": str(photo), "name": "Mia", "consent": {"kind": "rendered"}}
    driving = {"driving": str(photo)}
    with studio.client() as client:
        for wrong in (
            {},
            driving | {"expression": "smile=1"},
            driving | {"strength": 3},
            driving | {"strength": "high"},
            driving | {"photo": [str(photo), str(photo)]},
            driving | {"photo": "/etc/passwd"},
            driving | {"more": 1},
            driving | {"kind": "nothing"},
        ):
            assert client.post("/api/start/order", json=animate | wrong).status_code == 400, wrong
    assert studio.context.queue.store.all() == []


def test_a_number_of_0_is_said_to_the_command(studio: Studio, photo: Path) -> None:
    asked = {"kind": "animate", "photo": str(photo), "name": "Mia", "driving": str(photo), "strength": 0}
    with studio.client() as client:
        told = client.post("/api/start/order", json=asked | {"consent": {"kind": "rendered"}})
        assert told.status_code == 200
        assert client.post("/api/jobs/1/stop", json={}).status_code == 200
    (job,) = studio.context.queue.store.all()
    assert "--strength=0" in job.arguments


def test_each_kind_is_known_again_by_its_command() -> None:
    for kind in KINDS.values():
        assert kind_of([*kind.command, "--x=1"]) is kind
    assert kind_of(["train", "a"]) is None


def test_a_consent_that_is_taken_back_while_the_page_is_open_stops_the_order(
    page, studio: Studio, photo: Path
) -> None:
    import understudy

    understudy.add_identity("Mia", rendered=True)
    page.goto(studio.base + "/?make=animate")
    page.wait_for_selector("body.drawn")
    _choose(page, "photo", "Mia.png")
    page.wait_for_selector("#record >> text=Mia: rendered")
    understudy.revoke_identity("Mia")
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.wait_for_selector("#record.bad >> text=revoked")
    assert page.is_disabled("#make")


def test_what_was_refused_or_broken_off_is_not_kept(studio: Studio) -> None:
    footage = studio.context.production / "footage"
    with studio.client() as client:
        told = client.post("/api/start/upload/footage", content=b"no video", headers={"X-Name": "a.mp4"})
        assert told.status_code == 400
        assert list(footage.iterdir()) == []
    old, new = footage / ".aa.part", footage / ".bb.part"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    sweep(studio.context)
    assert [path.name for path in footage.iterdir()] == [new.name], "what is being written stays"


def test_a_line_without_an_end_does_not_stop_the_log(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"x" * (9 << 20))
    log = JobLog(path)
    log.read()
    event = {
        "event": "progress",
        "at": 5,
        "stage": "train",
        "done": 1,
        "total": 2,
        "unit": "s",
        "figures": {},
    }
    with path.open("ab") as file:
        file.write(b"yz\n" + json.dumps(event).encode() + b"\n")
    for _ in range(3):
        log.read()
    assert list(log.stages) == ["train"]


def test_a_process_says_which_it_is(tmp_path: Path) -> None:
    lines = ['{"event": "started", "at": 1}', '{"event": "process", "at": 2, "pid": 41}', "noise",
             '{"event": "started", "at": 3}']  # fmt: skip
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join(lines) + "\n")
    assert own_number(tmp_path) is None, "that was the run before"
    with path.open("a") as file:
        file.write('{"event": "process", "at": 4, "pid": 43}\n{"event": "process", "at": 5, "pid": 44}\n')
    assert own_number(tmp_path) == 43
