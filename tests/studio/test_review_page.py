"""The review page in a real browser: what is decided on the wall is in the faceset, and stays there."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from made_facesets import write_faceset
from understudy.faces.faceset import Faceset
from understudy.faces.faceset_decisions import Edit
from understudy.faces.faceset_review import ReviewedFaceset
from understudy.faces.faceset_schema import CROPS, MASKS
from understudy.workflows.review import Review
from understudy.workflows.review_move import move_out

COUNT = 120
UNDRAWN = ".wall .faces:not([hidden]) :is(.blank, .small)"
LOOKS = [{"mouth": 0.02 * ((7 * i) % 10), "pose_deg": (float(i % 40) - 20, 0.0, 0.0)} for i in range(COUNT)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Facesets to copy: drawing them takes longer than a test."""
    folder = tmp_path_factory.mktemp("made")
    source = write_faceset(folder / "source.faceset", "a.mp4", LOOKS)
    write_faceset(source, "b.mp4", [{}] * 12, track=3)
    write_faceset(folder / "target.faceset", "c.mp4", [{"pose_deg": (-30.0, 0.0, 0.0)}] * 30 + [{}] * 30)
    return folder


@pytest.fixture
def facesets(made: Path, studio) -> Path:
    shutil.copytree(made, studio.context.production, dirs_exist_ok=True)
    return studio.context.production


@pytest.fixture
def review(facesets: Path, studio, page):
    """The page, opened at the review of the source."""
    open_review(page, studio, facesets / "source.faceset")
    return page


def open_review(page, studio, folder: Path, more: str = "") -> None:
    page.goto(f"{studio.base}/review?faceset={studio.context.know(folder)}{more}")
    page.wait_for_selector("body.loaded")


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def count(page, state: str) -> int:
    return int(page.inner_text(f'[data-state="{state}"] span').replace("\u202f", ""))


def wait_for(page, condition) -> None:
    # not wait_for_function: it needs eval, which the page forbids
    for _ in range(200):
        if condition():
            return
        page.wait_for_timeout(25)
    pytest.fail("it has not come about in 5 s")


def rejected(folder: Path) -> dict[int, str]:
    with Faceset.open(folder) as faceset:
        return {face.id: face.reason for face in faceset.faces("rejected")}


def shown(page) -> list[int]:
    """Ids of the faces of the lines that exist, from the top."""
    return page.evaluate(
        "[...document.querySelectorAll('.wall .faces:not([hidden])')]"
        ".sort((a, b) => a.getAttribute('aria-rowindex') - b.getAttribute('aria-rowindex'))"
        ".flatMap((line) => [...line.children].map((cell) => Number(cell.id.slice(5))))"
    )


def test_what_is_rejected_stays_rejected_and_what_is_taken_back_does_not(
    review, studio, facesets: Path
) -> None:
    page, folder = review, facesets / "source.faceset"
    assert (count(page, "all"), count(page, "kept")) == (COUNT + 12, COUNT + 12)
    page.click("#face-3")
    page.click("#face-5", modifiers=["Control"])
    assert page.inner_text(".picked") == "2 selected"
    page.select_option("#reason", "too blurred")
    press(page, "x")
    wait_for(page, lambda: count(page, "rejected") == 2)
    assert rejected(folder) == {3: "too blurred", 5: "too blurred"}
    press(page, "Control+z")
    wait_for(page, lambda: count(page, "rejected") == 0)
    press(page, "Control+y")
    wait_for(page, lambda: count(page, "rejected") == 2)
    page.click("#face-5")
    press(page, "k")
    wait_for(page, lambda: count(page, "rejected") == 1)
    page.reload()
    page.wait_for_selector("body.loaded")
    assert count(page, "rejected") == 1
    assert "rejected, too blurred" in page.get_attribute("#face-3", "aria-label")
    assert rejected(folder) == {3: "too blurred"}
    page.click('[data-state="rejected"]')
    assert shown(page) == [3]
    page.click('[data-do="undo"]')  # steps of before the reload, too
    wait_for(page, lambda: count(page, "rejected") == 2)


def test_faces_whose_pictures_are_lost_are_shown_without(
    made: Path, studio, page, seen, tmp_path: Path
) -> None:
    shutil.copytree(made / "source.faceset", tmp_path / "source.faceset")
    for crop in sorted((tmp_path / "source.faceset" / CROPS).iterdir())[5:]:
        crop.write_bytes(b"no picture")
    folder = studio.context.production / "source.faceset"
    shutil.move(tmp_path / "source.faceset", folder)
    open_review(page, studio, folder)
    wait_for(page, lambda: page.locator(UNDRAWN).count() == 0)
    assert page.locator(".wall .face").count() - page.locator(".wall .missing").count() == 5
    packs = [url for url in seen.requests if "/thumbnails/" in url]
    assert len(packs) == len(set(packs)) == 2


def test_ranges_are_selected_with_the_keys(review, facesets: Path) -> None:
    page = review
    columns = int(page.get_attribute(".wall", "aria-colcount"))
    press(page, "Home", "ArrowRight", "Shift+ArrowDown", "Shift+ArrowRight")
    assert page.inner_text(".picked") == f"{columns + 2} selected"
    assert page.get_attribute(".wall", "aria-activedescendant") == f"face-{columns + 3}"
    assert page.get_attribute("#face-2", "aria-selected") == "true"
    assert page.get_attribute("#face-1", "aria-selected") == "false"
    press(page, "Shift+ArrowLeft")  # back again
    assert page.inner_text(".picked") == f"{columns + 1} selected"
    press(page, "Escape", "Home", " ")
    assert page.inner_text(".picked") == "1 selected"
    press(page, " ", "Delete")  # nothing is selected: the face with the cursor, and on to the next
    wait_for(page, lambda: count(page, "rejected") == 1)
    wait_for(page, lambda: page.get_attribute(".wall", "aria-activedescendant") == "face-2")
    assert list(rejected(facesets / "source.faceset")) == [1]


def test_groups_and_orders(review, facesets: Path) -> None:
    page = review
    page.select_option("#group", "track")
    assert page.locator('.wall [aria-rowindex="1"]').inner_text() == f"track 0, a.mp4 · {COUNT}"
    page.focus(".wall")
    press(page, "End", "Control+a")
    assert page.inner_text(".picked") == "12 selected"
    press(page, "Control+a")
    assert page.inner_text(".picked") == f"{COUNT + 12} selected"
    press(page, "Escape")
    page.select_option("#group", "none")
    page.select_option("#sort", "mouth_open")
    page.click("#down")
    press_wall(page, "Home")
    with ReviewedFaceset.open(facesets / "source.faceset") as faceset:
        mouths = {
            face.id: LOOKS[face.id - 1]["mouth"] if face.id <= COUNT else 0.0 for face in faceset.faces()
        }
    order = [mouths[face] for face in shown(page)]
    assert order == sorted(order, reverse=True)
    assert order[0] > order[-1]
    page.select_option("#sort", "time")
    page.click("#down")
    page.click("#face-30")
    page.click("#like")
    likest = Review(facesets / "source.faceset")
    order = np.argsort(likest.unlike(30), kind="stable") + 1
    likest.close()
    wait_for(page, lambda: shown(page)[:40] == order[:40].tolist())
    assert shown(page)[0] == 30


def press_wall(page, *keys: str) -> None:
    page.focus(".wall")
    press(page, *keys)


def test_faces_move_to_another_person_and_people_are_merged(review, facesets: Path) -> None:
    page, folder = review, facesets / "source.faceset"
    page.click("#face-4")
    press(page, "t")
    assert page.inner_text(".picked") == f"{COUNT} selected"
    press(page, "Escape")
    page.click("#face-4")
    page.click("#face-6", modifiers=["Shift"])
    press(page, "m")
    page.fill("dialog input", "Zoë")
    press(page, "Enter")
    wait_for(page, lambda: count(page, "rejected") == 3)
    assert rejected(folder) == dict.fromkeys((4, 5, 6), "another person")
    page.click("#face-9")
    press(page, "m")
    page.fill("dialog input", "source.faceset")
    press(page, "Enter")
    wait_for(page, lambda: not page.locator("dialog").count())
    press(page, "p")
    page.select_option("dialog select >> nth=0", "Zoë")
    page.select_option("dialog select >> nth=1", "source.faceset")
    page.click("dialog .primary")
    wait_for(page, lambda: count(page, "rejected") == 0)
    with ReviewedFaceset(folder) as faceset:
        assert set(faceset.states().people.values()) == {"source.faceset"}


def test_faces_move_to_another_faceset_and_come_back(review, studio, facesets: Path) -> None:
    page, folders = review, [facesets / "source.faceset", facesets / "target.faceset"]
    page.click("#face-3")
    page.click("#face-5", modifiers=["Control"])
    press(page, "m")
    page.click("dialog >> text=faceset target")
    wait_for(page, lambda: count(page, "rejected") == 2)
    assert "rejected, moved to target" in page.get_attribute("#face-3", "aria-label")
    wait_for(page, lambda: "moved 2 to the faceset target" in page.inner_text(".history"))
    assert kept(folders) == [COUNT + 10, 62]
    press_wall(page, "Control+z")
    wait_for(page, lambda: count(page, "rejected") == 0)
    wait_for(page, lambda: kept(folders) == [COUNT + 12, 60])
    press_wall(page, "Control+y")
    wait_for(page, lambda: kept(folders) == [COUNT + 10, 62])
    open_review(page, studio, folders[1])  # where they are last, and shown
    assert count(page, "kept") == 62
    press_wall(page, "End")
    wait_for(page, lambda: not page.locator(UNDRAWN).count())
    assert page.locator("#face-62").count() == 1


def test_what_a_kill_has_left_between_two_facesets_is_done_when_the_studio_opens_them(
    page, studio, facesets: Path
) -> None:
    folders = [facesets / "source.faceset", facesets / "target.faceset"]
    source, target = map(Review, folders)
    move_out(source, [7, 8], target)
    source.close()
    target.close()
    assert kept(folders) == [COUNT + 10, 60]
    open_review(page, studio, folders[0])
    wait_for(page, lambda: kept(folders) == [COUNT + 10, 62])


def kept(folders: list[Path]) -> list[int]:
    counts: list[int] = []
    for folder in folders:
        with Faceset.open(folder) as faceset:
            counts.append(faceset.count("kept"))
    return counts


def test_what_fails_after_a_step_is_saved_is_told_and_the_wall_shows_the_step(
    review, studio, facesets: Path
) -> None:
    page, folder, other = review, facesets / "source.faceset", facesets / "target.faceset"
    aside = other.with_name("aside")
    (other / CROPS).rename(aside)
    (other / CROPS).write_bytes(b"in the way")
    page.click("#face-3")
    press(page, "m")
    page.click("dialog >> text=faceset target")
    page.wait_for_selector(".toast.bad >> text=The other faceset does not follow yet")
    assert count(page, "rejected") == 1
    assert rejected(folder) == {3: "moved to target"}
    (other / CROPS).unlink()
    aside.rename(other / CROPS)
    page.click("#face-5")
    press(page, "x")  # the next step brings it after
    wait_for(page, lambda: count(page, "rejected") == 2)
    assert kept([folder, other]) == [COUNT + 10, 61]


def test_a_step_that_fails_leaves_the_wall_as_the_faceset_is(review, seen, studio, facesets: Path) -> None:
    page, folder = review, facesets / "source.faceset"
    page.click("#face-3")
    page.click("#face-5", modifiers=["Control"])
    with studio.client() as client:  # another page, of which this one knows nothing
        step = {"do": "reject", "faces": [4], "reason": "black"}
        assert client.post(f"/api/review/{studio.context.know(folder)}/step", json=step).status_code == 200
    page.evaluate(
        "document.querySelector('#reason').append(new Option('x'.repeat(201), 'x'.repeat(201), true, true))"
    )
    press(page, "x")
    page.wait_for_selector(".toast.bad >> text=the reason is not one short line")
    wait_for(page, lambda: count(page, "rejected") == 1)
    assert page.inner_text(".picked") == "2 selected", "for another try"
    seen.complaints.clear()


def test_a_cell_of_the_coverage_shows_its_faces(review, studio, facesets: Path) -> None:
    page = review
    page.wait_for_selector(".coverage td button.missing")
    covered = page.locator(".coverage td button.covered").first
    said = covered.get_attribute("aria-label")
    ours = int(said.split("source ")[1].split(",")[0])
    covered.click()
    assert len(shown(page)) == min(ours, len(shown(page)))
    wait_for(page, lambda: page.inner_text(".live") == f"{ours} faces shown.")
    page.locator(".limits button").click()
    wait_for(page, lambda: page.inner_text(".live") == f"{COUNT + 12} faces shown.")
    missing = page.locator(".coverage td button.missing").first
    theirs = int(missing.get_attribute("aria-label").split("target ")[1].split(",")[0])
    missing.click()
    page.click(".coverage a")
    wait_for(page, lambda: page.locator("#faceset option:checked").inner_text() == "target")
    page.wait_for_selector("body.loaded")
    assert len(shown(page)) == theirs  # those of the target that the source lacks


def test_landmarks_are_dragged_and_put_back(review, facesets: Path) -> None:
    page, folder = review, facesets / "source.faceset"
    before = stored(folder, 1)
    page.click("#face-1")
    press(page, "Enter")
    page.wait_for_selector("dialog.frame")
    assert "no longer where it was" in page.inner_text(".trouble")
    page.click('[data-mode="landmarks"]')
    x, y = drawn_at(page, before.face.landmarks_px[1, :2])
    scale = page.evaluate("document.querySelector('dialog').faceView.scale")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 10 * scale, y, steps=3)
    page.mouse.up()
    page.click("dialog .primary")
    wait_for(page, lambda: not page.locator("dialog").count())
    moved = stored(folder, 1).face.landmarks_px - before.face.landmarks_px
    assert moved[1, 0] == pytest.approx(10, abs=0.2)
    assert abs(moved[10]).max() < 0.5  # the forehead is far away
    wait_for(page, lambda: page.is_enabled('[data-do="undo"]'))
    press_wall(page, "Control+z")
    wait_for(page, lambda: not page.is_enabled('[data-do="undo"]'))
    np.testing.assert_array_equal(stored(folder, 1).face.landmarks_px, before.face.landmarks_px)


def test_a_mask_is_drawn_and_shown_again(review, facesets: Path) -> None:
    page, folder = review, facesets / "source.faceset"
    face = stored(folder, 2)
    page.click("#face-2")
    press(page, "Enter")
    page.wait_for_selector("dialog.frame")
    page.click('[data-mode="brush"]')
    nose, brow = face.face.landmarks_px[1, :2], face.face.landmarks_px[10, :2]
    page.mouse.move(*drawn_at(page, nose))
    page.mouse.down()
    page.mouse.up()
    page.click('[data-mode="polygon"]')
    for dx, dy in ((-8, -8), (8, -8), (8, 8), (-8, 8)):
        page.mouse.click(*drawn_at(page, brow + np.array([dx, dy])))
    press(page, "Enter")
    page.click("dialog .primary")
    wait_for(page, lambda: not page.locator("dialog").count())
    (file,) = (folder / MASKS).iterdir()
    mask = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    assert mask.shape == (face.crop_size_px, face.crop_size_px)
    for point, value in (
        (nose, 255),
        (brow, 255),
        (brow + np.array([0, 40]), 0),
        (brow + np.array([25, 0]), 0),
    ):
        x, y = (face.crop_from_frame[:, :2] @ point + face.crop_from_frame[:, 2]).round().astype(int)
        assert mask[y, x] == value
    assert "masked" in page.get_attribute("#face-2", "class")
    press_wall(page, "Enter")
    page.wait_for_selector("dialog.frame")
    assert not page.evaluate("document.querySelector('dialog').faceView.mask.isEmpty()")


def test_what_is_drawn_is_not_dropped_unasked(review, facesets: Path) -> None:
    page, folder = review, facesets / "source.faceset"
    page.click("#face-3")
    for leave in ("Escape", "Close"):
        press(page, "Enter")
        page.wait_for_selector("dialog.frame")
        page.click('[data-mode="brush"]')
        page.mouse.move(*drawn_at(page, stored(folder, 3).face.landmarks_px[1, :2]))
        page.mouse.down()
        page.mouse.up()
        for _ in range(2):
            assert page.locator("dialog[open]").count() == 1
            if leave == "Escape":
                page.keyboard.press(leave)
            else:
                page.click("dialog .row >> text=Close")
        wait_for(page, lambda: not page.locator("dialog").count())
    press(page, "Enter")  # where nothing was drawn, it closes at once
    page.wait_for_selector("dialog.frame")
    page.keyboard.press("Escape")
    wait_for(page, lambda: not page.locator("dialog").count())


def drawn_at(page, point) -> tuple[float, float]:
    """Where a point of the frame is in the window."""
    return page.evaluate(
        "([x, y]) => { const { faceView } = document.querySelector('dialog');"
        "const rect = faceView.canvas.getBoundingClientRect(); const at = faceView.toScreen([x, y]);"
        "return [rect.left + at[0], rect.top + at[1]]; }",
        [float(value) for value in point],
    )


def stored(folder: Path, face: int):
    with Faceset.open(folder) as faceset:
        return faceset.faces_by_id([face])[0]


def test_only_what_is_in_sight_exists_and_shows_its_picture(review) -> None:
    page = review
    page.set_viewport_size({"width": 390, "height": 700})
    press_wall(page, "Home")
    wait_for(page, lambda: not page.locator(UNDRAWN).count())
    assert 0 < page.locator(".wall .faces:not([hidden]) .face").count() < 100
    assert page.locator("#face-1").count() == 1
    press_wall(page, "End")
    assert page.locator("#face-1").count() == 0
    last = page.locator(f"#face-{COUNT + 12}")
    box, wall = last.bounding_box(), page.locator(".wall").bounding_box()
    assert wall["y"] < box["y"] + box["height"] <= wall["y"] + wall["height"] + 1
    wait_for(page, lambda: not page.locator(UNDRAWN).count())
    canvas = f"document.querySelector('#face-{COUNT + 12} canvas')"
    pixel = page.evaluate(f"[...{canvas}.getContext('2d').getImageData(48, 48, 1, 1).data]")
    assert sum(pixel[:3]) > 100
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_checker_of_accessibility_finds_nothing_serious(review) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = review
    page.select_option("#group", "track")
    press_wall(page, "Home", " ", "x")
    wait_for(page, lambda: count(page, "rejected") == 1)
    page.wait_for_selector(".coverage td button")
    found = checked(page, axe, "light", 1280)
    page.emulate_media(color_scheme="dark")
    found += checked(page, axe, "dark", 1280)
    page.set_viewport_size({"width": 390, "height": 800})
    page.click("#aside")
    found += checked(page, axe, "dark", 390)
    page.click("#help")
    page.wait_for_selector("dialog")
    found += checked(page, axe, "keys", 390)
    page.click("dialog button")
    page.click(".face-card button")
    page.wait_for_selector("dialog.frame")
    found += checked(page, axe, "frame", 390)
    assert found == []


def checked(page, axe, where: str, width: int) -> list[tuple[str, int, str, list[str]]]:
    """What is serious."""
    return [
        (where, width, one["id"], [node["html"][:200] for node in one["nodes"]])
        for one in axe.run(page).response["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def test_the_answers_are_for_this_faceset_only(studio, facesets: Path) -> None:
    short = studio.context.know(facesets / "source.faceset")
    with studio.client() as client:
        faces = client.get(f"/api/review/{short}/faces")
        assert (faces.status_code, faces.headers["content-type"]) == (200, "application/octet-stream")
        for bad in ("..%2f..%2fetc", "nobody", "%2e%2e"):
            assert client.get(f"/api/review/{bad}/faces").status_code == 404
        assert client.get(f"/api/review/{short}/thumbnails/0/wrong").status_code == 404
        assert client.get(f"/api/review/{short}/thumbnails/99/wrong").status_code == 404
        assert client.get(f"/api/review/{short}/face/1/mask").status_code == 404
        assert client.get(f"/api/review/{short}/face/9999/crop").status_code == 400
        wrong = client.post(f"/api/review/{short}/step", json={"do": "reject", "faces": [1, 9999]})
        assert wrong.status_code == 400
        assert client.post(f"/api/review/{short}/step", json={"do": "drop"}).status_code == 422
        no_mask = client.post(f"/api/review/{short}/face/1/mask", json={"png": "data:image/png;base64,AAAA"})
        assert no_mask.status_code == 400
    assert rejected(facesets / "source.faceset") == {}
    with ReviewedFaceset(facesets / "source.faceset") as faceset:
        faceset.decide([], [Edit(face_id=1, what="mask", value="../../secret.png")], "a stranger")
    with studio.client() as client:
        assert client.get(f"/api/review/{short}/face/1/mask").status_code >= 400


def test_a_production_without_faces_says_so(page, studio) -> None:
    page.goto(f"{studio.base}/review")
    page.wait_for_selector("body.loaded")
    assert "no faces here yet" in page.inner_text("main")
