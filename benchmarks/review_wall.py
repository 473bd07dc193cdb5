"""The wall of the review page with 20,000 faces, in a real browser: first paint, scrolling, rejecting 500.

    python benchmarks/review_wall.py [--faces 20000] [--keep FOLDER] > benchmarks/results/review_wall.json

The faces are those of a built-in actor, a little different each time. A tile counts as blank while it is in
sight without any picture, and as blurred while it shows a preview of 32 px. "first_ever" is the page's first
visit, when no thumbnail is made yet; "tiles", "first" and "all" are when there are tiles, when the first
has its picture, and when all in sight have theirs.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import socket
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from machine import about
from many_faces import make_faceset
from playwright.sync_api import Page, sync_playwright

from understudy.studio.context import StudioContext
from understudy.studio.serve import serve
from understudy.workflows.review import Review

TOKEN = "benchmark" * 3
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
SELECTED = 500
LOADED = "body.loaded"

# runs before the page's own scripts: when is the first picture there, when are all those in sight
WATCH = """
window.seen = {};
(function look() {
  const wall = document.querySelector('.wall');
  const cells = wall ? [...wall.querySelectorAll('.face')].filter((one) => !one.parentNode.hidden) : [];
  if (cells.length) {
    const box = wall.getBoundingClientRect();
    const inSight = cells.filter((one) => {
      const rect = one.getBoundingClientRect();
      return rect.bottom > box.top && rect.top < box.bottom;
    });
    if (!seen.tiles) seen.tiles = performance.now();
    if (!seen.first && inSight.some((one) => !one.matches('.blank'))) seen.first = performance.now();
    const isDone = inSight.length && inSight.every((one) => !one.matches('.blank, .small'));
    if (!seen.all && isDone) seen.all = performance.now();
  }
  if (!seen.all) requestAnimationFrame(look);
})();
"""
# scrolls for some seconds and gives how long tiles in sight stayed blank, and how far frames were apart
SCROLL = """
([how, ms]) => new Promise((done) => {
  const wall = document.querySelector('.wall');
  const box = wall.getBoundingClientRect();
  const seen = { blank: { since: new Map(), times: [] }, small: { since: new Map(), times: [] } };
  const gaps = [];
  const begun = performance.now();
  let last = begun, jumped = begun;
  wall.scrollTop = 0;
  (function frame() {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
    for (const kind of ['blank', 'small']) {
      const found = new Set();
      for (const cell of wall.querySelectorAll(`.face.${kind}`)) {
        const rect = cell.getBoundingClientRect();
        if (!cell.parentNode.hidden && rect.bottom > box.top && rect.top < box.bottom) found.add(cell.id);
      }
      const { since, times } = seen[kind];
      for (const id of found) if (!since.has(id)) since.set(id, now);
      for (const [id, start] of since) if (!found.has(id)) { times.push(now - start); since.delete(id); }
      if (now - begun > ms) times.push(...[...since.values()].map((start) => now - start));
    }
    if (now - begun > ms) {
      const longest = (kind) => Math.max(0, ...seen[kind].times);
      gaps.sort((a, b) => b - a);
      done({ longest_blank_ms: longest('blank'), blank_tiles: seen.blank.times.length,
        longest_blurred_ms: longest('small'), frames: gaps.length, longest_frame_ms: gaps[0],
        median_frame_ms: gaps[gaps.length >> 1] });
      return;
    }
    if (how === 'wheel') wall.scrollTop += 60;
    else if (now - jumped > 400) {
      jumped = now;
      const share = how === 'pages' ? wall.scrollTop + box.height : Math.random() * wall.scrollHeight;
      wall.scrollTop = share;
    }
    requestAnimationFrame(frame);
  })();
})
"""
# presses a key and gives how long it takes until a count has changed and that was drawn
TIMED = """
([key, control]) => new Promise((done) => {
  const wall = document.querySelector('.wall');
  const count = document.querySelector('[data-state="rejected"] span');
  const before = count.textContent;
  const begun = performance.now();
  const options = { key, ctrlKey: control, bubbles: true, cancelable: true };
  wall.dispatchEvent(new KeyboardEvent('keydown', options));
  (function look() {
    if (count.textContent === before) requestAnimationFrame(look);
    else requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun), 0));
  })();
})
"""


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--faces", type=int, default=20_000)
    parser.add_argument("--keep", type=Path, help="folder in which the faceset is kept for the next time")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = args.keep or Path(name)
        faceset = folder / "source.faceset"
        if not faceset.exists():
            folder.mkdir(parents=True, exist_ok=True)
            make_faceset(faceset, args.faces)
        shutil.rmtree(faceset / "thumbnails", ignore_errors=True)
        print(json.dumps({"machine": about(), "faces": args.faces, **measured(faceset)}, indent=1))


def measured(faceset: Path) -> dict[str, Any]:
    """Serve the faceset, and look at it."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    server = multiprocessing.get_context("spawn").Process(target=served, args=(faceset.parent, port))
    started = time.perf_counter()
    server.start()
    try:
        wait_until_open(port)
        found: dict[str, Any] = {"start_of_the_studio_s": round(time.perf_counter() - started, 2)}
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            found["browser"] = browser.version
            found["first_ever"] = first_paint(new_page(browser), port)
            wait_for_thumbnails(faceset)
            page = new_page(browser)
            found["first_paint"] = first_paint(page, port)
            found["scrolling"] = scrolled(page)
            found["reject_500"] = rejected(page)
            browser.close()
    finally:
        server.terminate()
        server.join()
    review = Review(faceset)
    found["found_on_disk"] = len(review.undo().faces)
    review.close()
    return found


def served(production: Path, port: int) -> None:
    """The studio, in a process of its own."""
    serve(StudioContext(production=production, token=TOKEN), port=port, browser=False)


def wait_until_open(port: int) -> None:
    """Return when the studio answers."""
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)


def wait_for_thumbnails(faceset: Path) -> None:
    """Return when no more thumbnails are made."""
    before = -1
    while (now := sum(1 for _ in os.scandir(faceset / "thumbnails"))) != before:
        before = now
        time.sleep(3)


def new_page(browser: Any) -> Page:  # noqa: ANN401
    """A page of a browser that has been nowhere."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.set_default_timeout(120_000)
    page.add_init_script(WATCH)
    return page


def first_paint(page: Page, port: int) -> dict[str, float]:
    """Milliseconds from the address until there are tiles, a picture, and all pictures in sight."""
    page.goto(f"http://127.0.0.1:{port}/review?token={TOKEN}")
    page.wait_for_selector(LOADED)
    while True:
        seen = page.evaluate("seen")
        if "all" in seen:
            return {f"{key}_ms": round(seen[key]) for key in ("tiles", "first", "all")}
        page.wait_for_timeout(50)


def scrolled(page: Page) -> dict[str, Any]:
    """Scroll in the order of time, and sorted, where neighbours lie in any pack."""
    found: dict[str, Any] = {}
    for sort in ("time", "sharpness"):
        page.select_option("#sort", sort)
        for how in ("wheel", "pages", "jumps"):
            found[f"{how}, by {sort}"] = rounded(page.evaluate(SCROLL, [how, 6000]))
    page.select_option("#sort", "time")
    return found


def rejected(page: Page) -> dict[str, Any]:
    """Select so many with the keys, reject them, take it back, and do it again."""
    page.focus(".wall")
    page.keyboard.press("Home")
    columns = int(page.get_attribute(".wall", "aria-colcount") or 1)
    lines, rest = divmod(SELECTED - 1, columns)
    for key in ["Shift+ArrowDown"] * lines + ["Shift+ArrowRight"] * rest:
        page.keyboard.press(key)
    said = page.inner_text(".picked")
    times = [
        page.evaluate(TIMED, [key, control]) for key, control in (("x", False), ("z", True), ("y", True))
    ]
    return {"said": said, **dict(zip(("reject_ms", "undo_ms", "redo_ms"), map(round, times), strict=True))}


def rounded(found: dict[str, float]) -> dict[str, float]:
    """Figures to whole numbers."""
    return {key: round(value) for key, value in found.items()}


if __name__ == "__main__":
    main()
