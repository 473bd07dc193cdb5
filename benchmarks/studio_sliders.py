"""The sliders of the studio's pages "Expression" and "How it works" by the clock, in a real browser.

    python benchmarks/studio_sliders.py > benchmarks/results/studio_sliders.json

A slider is moved at every frame of the screen for some seconds, as a hand drags it: "a_second" is how many
pictures are
drawn then. "single_ms" is from one move of a slider that rests until the picture is drawn. The photo is a
built-in
actor's, 512 x 512; the explained network is the shipped start of `tiny`, which draws two faces for each move.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import socket
import statistics
import tempfile
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import Any

import cv2
from machine import about
from playwright.sync_api import Page, sync_playwright
from review_wall import CHROMIUM, FLAGS, TOKEN, served, wait_until_open

import understudy
from understudy.core.identity_folder import FOLDER_VARIABLE
from understudy.media.images import write_image
from understudy.media.reader import VideoReader

SIDE_PX = 512
DRAGGED_MS = 6000
SINGLES = 20
# moves a slider at every frame for some time; gives how many pictures were drawn, and gaps between them
DRAG = """
([selector, ms]) => new Promise((done) => {
  const slider = document.querySelector(selector);
  const drawn = () => Number(document.body.dataset.drawn ?? 0);
  const [low, high] = [Number(slider.min), Number(slider.max)];
  const begun = performance.now(), first = drawn();
  const gaps = [];
  let seen = first, last = begun;
  (function frame() {
    const now = performance.now();
    if (drawn() !== seen) { gaps.push(now - last); seen = drawn(); last = now; }
    if (now - begun > ms) { done({ drawn: seen - first, ms: now - begun, gaps }); return; }
    slider.value = low + (high - low) * (0.5 + 0.5 * Math.sin(now / 400));
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    requestAnimationFrame(frame);
  })();
})
"""
# moves it once, and gives how long it takes until the picture is drawn
MOVE = """
([selector, share]) => new Promise((done) => {
  const slider = document.querySelector(selector);
  const first = Number(document.body.dataset.drawn ?? 0);
  const begun = performance.now();
  slider.value = Number(slider.min) + share * (slider.max - slider.min);
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  (function look() {
    if (Number(document.body.dataset.drawn ?? 0) === first) setTimeout(look, 1);
    else done(performance.now() - begun);
  })();
})
"""


def main() -> None:
    """Print one JSON object."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ[FOLDER_VARIABLE] = str(folder / "identities")
        understudy.add_identity("actor", rendered=True)
        print(json.dumps({"machine": about(), **measured(folder, photo_in(folder))}, indent=1))


def photo_in(folder: Path) -> Path:
    """A square photo of a built-in actor, where the studio may take it from."""
    actor = Path(str(files("understudy"))) / "assets" / "demo" / "A_testA.mp4"
    with VideoReader(actor) as reader:
        image = next(iter(reader)).image
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = image[top : top + side, left : left + side]
    path = folder / "production" / "footage" / "actor.png"
    path.parent.mkdir(parents=True)
    write_image(path, cv2.resize(square, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA))
    return path


def measured(folder: Path, photo: Path) -> dict[str, Any]:
    """Serve a studio, and move the sliders of both pages."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    server = multiprocessing.get_context("spawn").Process(target=served, args=(folder / "production", port))
    server.start()
    try:
        wait_until_open(port)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
            page.set_default_timeout(300_000)
            found: dict[str, Any] = {"browser": browser.version}
            page.goto(f"http://127.0.0.1:{port}/expression?photo={photo}&token={TOKEN}")
            page.wait_for_selector("body.ready")
            page.fill("#name", "actor")
            page.get_by_role("button", name="Open", exact=True).click()
            page.wait_for_selector("body.shown")
            found["expression"] = moved(page, "#slider-jawOpen") | {"photo_px": SIDE_PX}
            page.goto(f"http://127.0.0.1:{port}/explain")
            page.wait_for_selector("body.shown")
            found["explain"] = moved(page, "#direction-0")
            browser.close()
    finally:
        server.terminate()
        server.join()
    return found


def moved(page: Page, slider: str) -> dict[str, float]:
    """Drag a slider, and move it again and again from rest."""
    page.wait_for_timeout(1000)
    page.evaluate(MOVE, [slider, 0.3])  # what is made once is made
    dragged = page.evaluate(DRAG, [slider, DRAGGED_MS])
    page.wait_for_timeout(1000)
    singles: list[float] = []
    for number in range(SINGLES):
        singles.append(page.evaluate(MOVE, [slider, 0.2 + 0.6 * (number % 2)]))
        page.wait_for_timeout(100)
    return {
        "a_second": round(1000 * dragged["drawn"] / dragged["ms"], 1),
        "longest_gap_ms": round(max(dragged["gaps"])),
        "single_ms": round(statistics.median(singles), 1),
        "slowest_single_ms": round(max(singles), 1),
    }


if __name__ == "__main__":
    main()
