"""Whatever a command writes that shows a drawn face says so: every file of every command is looked at."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import pytest

import understudy
from understudy.core.errors import UnderstudyError
from understudy.media.footage import sha256_of
from understudy.media.images import write_image
from understudy.media.reader import VideoReader
from understudy.provenance.certificate import local_roots
from understudy.provenance.page import read_page
from understudy.provenance.read import read_manifest
from understudy.workflows import held_out, train, verify
from understudy.workflows.configs import TrainConfig
from understudy.workflows.verify_result import VerifyConfig, VerifyResult

from .conftest import shortened

SHOWN = {".mp4", ".mov", ".mkv", ".png", ".jpg", ".jpeg", ".tif", ".webp", ".html", ".svg"}
# these show nobody's drawn face: footage; masks; the pictures that were learnt from, and who is who in them
PLAIN = {"A.png", "target.mp4", "matte.mp4", "people.jpg", "coverage.png", "coverage.html"}
PLAIN_FOLDERS = {"crops"}


def result_of(path: Path) -> VerifyResult:
    return verify.run(VerifyConfig(file=path))


def shown_in(folder: Path) -> list[Path]:
    """Every picture, video and page that may show a drawn face."""
    found = [path for path in sorted(folder.rglob("*")) if path.suffix in SHOWN]
    return [path for path in found if path.name not in PLAIN and not PLAIN_FOLDERS & set(path.parts)]


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Source and target, a second each."""
    folder = tmp_path_factory.mktemp("footage")
    names = {"source": "B_train", "target": "A_testA"}
    return {key: shortened(name, folder / f"{key}.mp4", 24) for key, name in names.items()}


@pytest.fixture(scope="module")
def made(
    footage: dict[str, Path], few_faces: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder that all commands have written to."""
    pytest.importorskip("tensorboard")
    out = tmp_path_factory.mktemp("made")
    (out / "short").mkdir()
    target = shortened("A_testA", out / "short" / "target.mp4", 12)
    understudy.swap(
        footage["source"], footage["target"], out / "swap.mp4", steps=2, report=out / "swap.html",
        worst=out / "worst", matte=out / "matte.mp4",
    )  # fmt: skip
    model = out / "trained"
    understudy.train(few_faces, model, steps=2, batch=4, tensorboard=True)
    understudy.convert(footage["target"], model, out / "convert.mkv", worst=out / "worst of convert")
    understudy.convert(target, model, out / "frames" / "%04d.png")
    for suffix in (".png", ".jpg", ".webp"):
        understudy.convert(target, model, out / f"frame{suffix}", frame=3)
    understudy.convert(target, model, frame=[3], colour="lab", blend="feather", grid=out / "grid.webp")
    understudy.evaluate(
        out / "swap.mp4",
        target,
        source=few_faces[0],
        report=out / "evaluate.html",
        worst=out / "worst of all",
    )
    outputs = [out / "convert.mkv", out / "frames" / "*.png"]
    understudy.compare(outputs, target, report=out / "compare.html")
    understudy.coverage(*few_faces, out=out / "coverage.html")
    _animate(target, out)
    return out


def _animate(target: Path, out: Path) -> None:
    """The first frame of the target does what a few frames of it do, and what it is told."""
    with VideoReader(target) as reader:
        photo = next(iter(reader)).image
    (out / "short" / "plain").mkdir()
    write_image(out / "short" / "plain" / "A.png", photo)
    photo_path, driven = out / "short" / "plain" / "A.png", {"driving": target, "size": 128}
    for name in ("animate.mp4", "animate.mkv", "animated/%04d.png"):
        understudy.animate(photo_path, out / name, **driven)
    for suffix in (".png", ".jpg", ".webp"):
        understudy.animate(photo_path, out / f"animate{suffix}", expression="smile=1")
    understudy.animate(target, out / "animate footage.mp4", expression="smile=1", identity="target")


def test_every_file_is_intact(made: Path) -> None:
    found = shown_in(made)
    told = {str(path.relative_to(made)): result_of(path).verdict for path in found}
    assert {name for name, verdict in told.items() if verdict != "intact"} == set()
    # each kind is among them
    kinds = {re.sub(r"\d{3,}", "N", name) for name in told}
    assert kinds >= {
        "swap.mp4", "swap.html", "convert.mkv", "frames/N.png", "frame.png", "frame.jpg", "frame.webp",
        "grid.webp", "evaluate.html", "compare.html", "worst/frame_N.jpg", "worst of convert/frame_N.jpg",
        "worst of all/frame_N.jpg", "trained/previews/step_N.jpg",
        "swap.mp4.production/model/previews/step_N.jpg",
        "animate.mp4", "animate.mkv", "animated/N.png", "animate.png", "animate.jpg", "animate.webp",
        "animate footage.mp4",
    }  # fmt: skip


def test_what_animations_say(made: Path) -> None:
    for name in ("animate.mp4", "animate.png"):
        said = result_of(made / name)
        assert said.is_synthetic
        assert said.done == "a face was given another expression"
        assert [entry["identity"] for entry in said.consent] == ["A"]
        photo, *driving = said.made_from
        assert (photo["title"], photo["relation"]) == ("A.png", "parentOf")
        assert photo["sha256"] == sha256_of(made / "short" / "plain" / "A.png")
        assert [(one["title"], one["relation"]) for one in driving] == (
            [("target.mp4", "inputTo")] if name == "animate.mp4" else []
        )
        assert said.settings["watermark"] is (name == "animate.mp4")
    assert result_of(made / "animate.png").settings["expression"] == "smile=1"
    assert result_of(made / "animate footage.mp4").made_from[0]["title"] == "target.mp4"


def test_what_pictures_say(made: Path, footage: dict[str, Path]) -> None:
    worst = result_of(next((made / "worst").glob("*.jpg")))
    assert worst.is_synthetic
    assert worst.roles == [{"source": "source", "target": "target"}]
    assert [entry["identity"] for entry in worst.consent] == ["source"]
    known = {entry["title"]: entry["sha256"] for entry in worst.made_from}
    assert known["target.mp4"] == sha256_of(footage["target"])
    assert known["swap.mp4"] == sha256_of(made / "swap.mp4")
    preview = result_of(next((made / "trained" / "previews").glob("*.jpg")))
    assert {entry["identity"] for entry in preview.consent} == {"source", "target"}
    assert preview.model is not None
    assert preview.model["people"] == ["source", "target"]
    page = result_of(made / "swap.html")
    assert page.place == "inside"
    assert page.consent[0]["identity"] == "source"
    assert str(made).encode() not in (made / "swap.html").read_bytes()


def test_stills_of_a_page_carry_their_own(made: Path) -> None:
    html = (made / "swap.html").read_text()
    said = {"target": set[str](), "output": set[str](), "from the top": set[str]()}
    for alt, data in re.findall(r'<img [^>]*?alt="([^"]*)"[^>]*?src="data:image/webp;base64,([^"]*)"', html):
        read = read_manifest(io.BytesIO(base64.b64decode(data)), media_type=None)
        said["from the top" if "from the top" in alt else alt].add(
            read.state if not read.edited else "edited"
        )
    assert said == {"target": {"absent"}, "output": {"valid"}, "from the top": {"valid"}}


def test_previews_on_the_board_carry_theirs(made: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulator.EventAccumulator(str(made / "trained" / "tensorboard"), size_guidance={"images": 0})
    events.Reload()
    shown = [io.BytesIO(event.encoded_image_string) for event in events.Images("preview")]
    assert shown
    assert {read_manifest(one, media_type=None).state for one in shown} == {"valid"}


def test_without_their_manifest_the_tags_are_left(made: Path, tmp_path: Path) -> None:
    html = (made / "evaluate.html").read_bytes()
    bare = re.sub(rb'<script type="application/c2pa">.*?</script>', b"", html)
    (tmp_path / "bare.html").write_bytes(bare)
    assert result_of(tmp_path / "bare.html").verdict == "manifest removed"
    assert read_page(html, local_roots()).edited is False
    for name in ("frame.png", "frame.jpg", "frame.webp", "animate.png", "animate.jpg", "animate.webp"):
        data = (made / name).read_bytes()
        for known in (b"c2pa", b"C2PA", b"caBX"):
            data = data.replace(known, b"none")
        (tmp_path / name).write_bytes(data)
        assert result_of(tmp_path / name).verdict == "manifest removed", name


def test_what_was_not_swapped_says_nothing(
    footage: dict[str, Path], few_faces: tuple[Path, Path], tmp_path: Path
) -> None:
    understudy.evaluate(
        footage["target"],
        footage["target"],
        source=few_faces[0],
        report=tmp_path / "r.html",
        worst=tmp_path / "worst",
    )
    told = {path.name: result_of(path) for path in shown_in(tmp_path)}
    assert {one.verdict for one in told.values()} == {"no manifest"}
    assert {one.is_synthetic for one in told.values()} == {None}


def test_a_preview_that_cannot_be_signed_is_not_there(
    few_faces: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise UnderstudyError("no certificate")

    monkeypatch.setattr(held_out, "marks_of_model", fails)
    result = train.run(TrainConfig(facesets=few_faces, model=tmp_path / "m", steps=1, batch=4))
    assert result.previews == []
    assert any("no preview of step 1: no certificate" in warning for warning in result.warnings)
