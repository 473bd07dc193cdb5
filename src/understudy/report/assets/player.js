"use strict";
// One clock drives everything: panels, wipe, scrubber and the playheads of the charts.
(() => {
  const data = JSON.parse(document.getElementById("report-data").textContent);
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const one = (selector) => document.querySelector(selector);
  if (!data.clips.length) return;
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  let missing = data.clips.reduce((sum, clip) => sum + clip.frames.length, 0);
  const clips = data.clips.map((clip) => ({
    ...clip,
    pictures: clip.frames.map((base64) => {
      const picture = new Image();
      picture.onload = () => {
        missing -= 1;
        document.body.classList.toggle("ready", missing === 0);
        redraw();
      };
      picture.src = "data:image/webp;base64," + base64;
      return picture;
    }),
  }));
  const state = { time: 0, playing: false, rate: 1, view: data.views[0], wipe: 0.5, pair: data.pairs[0] || null };
  const clipOf = (name) => clips.find((clip) => clip.name === name && clip.view === state.view);
  // frames are stepped on the clip that was made: the last one that shares the target's clock
  const reference = () => {
    const here = clips.filter((clip) => clip.view === state.view);
    return here.find((c) => c.name === "output") || here.filter((c) => c.in_step).pop() || here[0];
  };
  // the usual time from frame to frame; a long clip has gaps where nothing was kept
  clips.forEach((clip) => {
    const steps = clip.times.slice(1).map((time, i) => time - clip.times[i]).sort((a, b) => a - b);
    clip.step = steps.length ? steps[steps.length >> 1] : 1;
  });
  const period = (clip) => clip.times[clip.times.length - 1] + clip.step;
  const duration = () => period(reference());

  // the last frame whose time has come
  function indexAt(clip, time) {
    const wanted = (clip.in_step ? time : time % period(clip)) + 1e-6;
    let low = 0, high = clip.times.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (clip.times[middle] <= wanted) low = middle; else high = middle - 1;
    }
    return low;
  }

  function drawClip(canvas, clip, from, to) {
    const picture = clip.pictures[indexAt(clip, state.time)];
    if (!picture.complete || !picture.naturalWidth) return false;
    const x = Math.round(from * canvas.width), w = Math.round(to * canvas.width) - x;
    if (w <= 0) return true;
    const scale = picture.naturalWidth / canvas.width;
    canvas.getContext("2d").drawImage(picture, x * scale, 0, w * scale, picture.naturalHeight, x, 0, w, canvas.height);
    return true;
  }

  const panels = all(".panel");
  const wipe = one(".wipe"), wipeCanvas = one(".wipe canvas");
  const scrub = one(".scrub"), timeText = one(".time");
  const docked = all(".dock canvas");

  const isHere = (pair) => Boolean(pair && clipOf(pair[0]) && clipOf(pair[1]));
  function layOut() {
    // a clip may be missing from a view: compare what is there
    if (!isHere(state.pair)) state.pair = data.pairs.find(isHere) || null;
    panels.forEach((panel) => {
      const clip = clipOf(panel.dataset.clip);
      panel.hidden = !clip;
      if (clip) resize(panel.querySelector("canvas"), clip);
    });
    const shown = panels.filter((panel) => !panel.hidden).length;
    one(".panels").toggleAttribute("data-odd", shown % 2 === 1);
    if (wipe) {
      one(".compare").hidden = !state.pair;
      if (state.pair) {
        resize(wipeCanvas, clipOf(state.pair[1]));
        one(".tag.left").textContent = state.pair[0];
        one(".tag.right").textContent = state.pair[1];
        docked.forEach((canvas, i) => resize(canvas, clipOf(state.pair[i])));
      }
    }
    all("[data-view]").forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.view === state.view)));
    all("[data-pair]").forEach((b) => { b.hidden = !isHere(data.pairs[b.dataset.pair]); });
    all("[data-pair]").forEach((b) => b.setAttribute("aria-pressed", String(data.pairs[b.dataset.pair] === state.pair)));
    scrub.max = reference().times.length - 1;
    redraw();
  }
  function resize(canvas, clip) {
    if (canvas.width !== clip.width || canvas.height !== clip.height) {
      canvas.width = clip.width;
      canvas.height = clip.height;
    }
  }

  let waiting = false;
  function redraw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(); });
  }
  function draw() {
    panels.forEach((panel) => {
      const clip = clipOf(panel.dataset.clip);
      if (clip) drawClip(panel.querySelector("canvas"), clip, 0, 1);
    });
    if (wipe && state.pair) {
      drawClip(wipeCanvas, clipOf(state.pair[0]), 0, state.wipe);
      drawClip(wipeCanvas, clipOf(state.pair[1]), state.wipe, 1);
      one(".divider").style.left = state.wipe * 100 + "%";
      if (document.body.classList.contains("away")) docked.forEach((canvas, i) => drawClip(canvas, clipOf(state.pair[i]), 0, 1));
    }
    const frame = indexAt(reference(), state.time);
    scrub.value = frame;
    scrub.setAttribute("aria-valuetext", `frame ${frame + 1} of ${Number(scrub.max) + 1}`);
    timeText.textContent = `${state.time.toFixed(2)} s \u00b7 ${frame + 1}/${Number(scrub.max) + 1}`;
    document.body.classList.toggle("playing", state.playing);
    one(".play").setAttribute("aria-label", state.playing ? "Pause" : "Play");
    all("svg[data-seek]").forEach((svg) => {
      const axis = axisOf(svg), head = svg.querySelector(".playhead");
      const part = Math.min(1, Math.max(0, (state.time + data.origin - axis.t0) / (axis.t1 - axis.t0)));
      const x = axis.x0 + part * (axis.x1 - axis.x0);
      head.setAttribute("x1", x);
      head.setAttribute("x2", x);
    });
  }
  const axisOf = (svg) => ({ t0: +svg.dataset.t0, t1: +svg.dataset.t1, x0: +svg.dataset.x0, x1: +svg.dataset.x1 });

  function seek(time) {
    state.time = Math.min(Math.max(time, 0), duration() - 1e-3);
    redraw();
  }
  function step(by) {
    play(false);
    const clip = reference(), count = clip.times.length;
    seek(clip.times[(indexAt(clip, state.time) + by + count) % count]);
  }
  // from a stretch that was kept on to the next one
  function overGap(time) {
    const clip = reference(), i = indexAt(clip, time);
    const isGap = i + 1 < clip.times.length && clip.times[i + 1] - clip.times[i] > 3 * clip.step;
    return isGap && time - clip.times[i] > clip.step ? clip.times[i + 1] : time;
  }
  let before = 0;
  function tick(now) {
    if (!state.playing) return;
    // a tab that was hidden goes on where it was, so a long gap counts as one frame
    const passed = Math.min((now - before) / 1000, 0.1);
    before = now;
    state.time = overGap((state.time + passed * state.rate) % duration());
    draw();
    requestAnimationFrame(tick);
  }
  function play(on) {
    if (on === state.playing) return;
    state.playing = on;
    before = performance.now();
    if (on) requestAnimationFrame(tick); else redraw();
  }

  one(".play").addEventListener("click", () => play(!state.playing));
  one(".back").addEventListener("click", () => step(-1));
  one(".forth").addEventListener("click", () => step(1));
  scrub.addEventListener("input", () => { play(false); seek(reference().times[Number(scrub.value)]); });
  one(".speed select").addEventListener("change", (event) => { state.rate = Number(event.target.value); });
  all("[data-view]").forEach((b) => b.addEventListener("click", () => { state.view = b.dataset.view; seek(state.time); layOut(); }));
  all("[data-pair]").forEach((b) => b.addEventListener("click", () => { state.pair = data.pairs[b.dataset.pair]; layOut(); }));
  all("svg[data-seek]").forEach((svg) => svg.addEventListener("click", (event) => {
    const box = svg.getBoundingClientRect(), axis = axisOf(svg);
    const x = (event.clientX - box.left) / box.width * svg.viewBox.baseVal.width;
    play(false);
    seek(axis.t0 + (x - axis.x0) / (axis.x1 - axis.x0) * (axis.t1 - axis.t0) - data.origin);
  }));
  all("[data-go]").forEach((button) => button.addEventListener("click", () => {
    play(false);
    seek(Number(button.dataset.go) - data.origin);
    one(".stage").scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" });
  }));
  if (window.IntersectionObserver) {
    new IntersectionObserver(([entry]) => {
      document.body.classList.toggle("away", !entry.isIntersecting && Boolean(state.pair));
      redraw();
    }).observe(one(".stage"));
  }
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, select, summary") || (event.key === " " && event.target.closest("button")) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " ") play(!state.playing);
    else if (event.key === "ArrowLeft") step(-1);
    else if (event.key === "ArrowRight") step(1);
    else return;
    event.preventDefault();
  });
  if (wipe) {
    const range = wipe.querySelector("input");
    const moveTo = (part) => {
      state.wipe = Math.min(1, Math.max(0, part));
      range.value = Math.round(state.wipe * 100);
      redraw();
    };
    const follow = (event) => {
      const box = wipeCanvas.getBoundingClientRect();
      moveTo((event.clientX - box.left) / box.width);
    };
    wipe.addEventListener("pointerdown", (event) => { wipe.setPointerCapture(event.pointerId); follow(event); });
    wipe.addEventListener("pointermove", (event) => { if (wipe.hasPointerCapture(event.pointerId)) follow(event); });
    range.addEventListener("input", () => moveTo(Number(range.value) / 100));
  }

  layOut();
  if (!still) play(true);
})();
