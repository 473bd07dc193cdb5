"""From a slider's move to the new picture on the studio's page "Expression", in a real browser.

    python benchmarks/studio_sliders.py > benchmarks/results/studio_sliders.json

The photo is a built-in actor's, 512 x 512, drawn at its full size. "rested" moves a slider that rests, again
and again: milliseconds from the input until the page has the new picture. "dragged" moves it at every frame
of the screen for some seconds, as a hand does: milliseconds between two pictures, and pictures a second.
"load_before" is what else kept the machine busy: processes that wanted a core in the minute before.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import socket
import tempfile
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from machine import about
from playwright.sync_api import Page, sync_playwright
from review_wall import CHROMIUM, FLAGS, TOKEN, served, wait_until_open

import understudy
from understudy.core.identity_folder import FOLDER_VARIABLE
from understudy.media.images import write_image
from understudy.media.reader import VideoReader

NAME, SIDE_PX = "actor", 512
SLIDERS = ("jawOpen", "mouthSmileLeft", "yaw")  # one of a side moves both
DRAGGED_MS, MOVES = 5000, 40

# moves a slider at every frame for some time; gives the times between pictures
DRAG = """
([selector, ms]) => new Promise((done) => {
  const slider = document.querySelector(selector);
  const drawn = () => Number(document.body.dataset.drawn ?? 0);
  const [low, high] = [Number(slider.min), Number(slider.max)];
  const begun = performance.now(), gaps = [];
  let seen = drawn(), last = begun;
  (function frame() {
    const now = performance.now();
    if (drawn() !== seen) { gaps.push(now - last); seen = drawn(); last = now; }
    if (now - begun > ms) { done(gaps); return; }
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
  const first = document.body.dataset.drawn;
  const begun = performance.now();
  slider.value = Number(slider.min) + share * (slider.max - slider.min);
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  (function look() {
    if (document.body.dataset.drawn === first) setTimeout(look, 1);
    else done(performance.now() - begun);
  })();
})
"""


def main() -> None:
    """Print one JSON object."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ[FOLDER_VARIABLE] = str(folder / "identities")
        understudy.add_identity(NAME, rendered=True)
        load = round(os.getloadavg()[0], 1)
        found = measured(folder, photo_in(folder))
    print(json.dumps({"machine": about(), "load_before": load, **found}, indent=1))


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
    """Serve a studio, open the photo on its page, and move sliders."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    server = multiprocessing.get_context("spawn").Process(target=served, args=(folder / "production", port))
    server.start()
    try:
        wait_until_open(port)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
            page.set_default_timeout(120_000)
            page.goto(f"http://127.0.0.1:{port}/expression?photo={photo}&token={TOKEN}")
            page.wait_for_selector("body.ready")
            page.fill("#name", NAME)
            page.get_by_role("button", name="Open", exact=True).click()
            page.wait_for_selector("body.shown")
            found = {one: moved(page, f"#slider-{one}") for one in SLIDERS}
            version = browser.version
            browser.close()
    finally:
        server.terminate()
        server.join()
    return {"browser": version, "photo_px": SIDE_PX, "sliders": found}


def moved(page: Page, slider: str) -> dict[str, Any]:
    """Move a slider again and again from rest, then drag it."""
    page.wait_for_timeout(500)
    page.evaluate(MOVE, [slider, 0.3])  # what is made once is made
    rested: list[float] = []
    for number in range(MOVES):
        rested.append(page.evaluate(MOVE, [slider, 0.2 + 0.6 * (number % 2)]))
        page.wait_for_timeout(50)
    gaps = page.evaluate(DRAG, [slider, DRAGGED_MS])
    dragged = spread(gaps) | {"pictures_a_second": round(1000 * len(gaps) / sum(gaps), 1)}
    return {"rested": spread(rested), "dragged": dragged}


def spread(times_ms: list[float]) -> dict[str, float]:
    """Median and 95th percentile, in milliseconds."""
    median, p95 = np.percentile(times_ms, [50, 95])
    return {"median_ms": round(float(median), 1), "p95_ms": round(float(p95), 1), "times": len(times_ms)}


if __name__ == "__main__":
    main()
