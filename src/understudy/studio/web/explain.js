// The eight steps: what is said, and what is shown of the chosen face.
import { api, h, say, svg, toast, told } from "/web/studio.js";
import { STEPS } from "/web/explain_words.js";
import { latest } from "/web/latest.js";
import { waitUntilOpen } from "/web/opening.js";

const place = (id) => document.getElementById(id);
const state = { swap: new URLSearchParams(location.search).get("swap") ?? "", about: null, data: null, seed: 0 };

async function begin() {
  const opened = await waitUntilOpen("/api/explain/open", { swap: state.swap }, place("opening"));
  if (!opened) return;
  state.about = await told(() => api("/api/explain/about", { swap: state.swap }));
  if (!state.about) return;
  introduce();
  place("face").max = state.about.faces - 1;
  await show(null);
  place("opening").hidden = true;
  for (const id of ["tools", "steps", "content"]) place(id).hidden = false;
  document.body.classList.add("shown");
}

function introduce() {
  const about = state.about;
  const people = about.built_in
    ? "There is no production with two facesets here, so two rendered actors are shown. Nobody in these pictures exists. "
    : `The pictures are this production's own: ${about.source} is put into footage of ${about.target}. `;
  place("about").textContent = people + (about.steps
    ? `They are drawn by its model (${about.preset}, trained for ${about.steps.toLocaleString("en")} steps).`
    : "");
  if (!about.steps) {
    place("teach").hidden = false;
    place("teach-text").textContent =
      "No model has been trained on these two yet. The shipped start draws instead. It has seen many rendered " +
      "people and neither of these two, so both decoders still draw the same average face. Expressions move it " +
      "all the same.";
    place("teach-button").textContent = `Learn these two for ${about.minutes} minutes`;
  }
  const names = Object.entries(about.swaps);
  place("swap-label").hidden = names.length < 2;
  place("swap").replaceChildren(...names.map(([id, name]) =>
    h("option", { value: id, selected: id === about.swap }, name)));
  place("steps").replaceChildren(...STEPS.map((step, index) =>
    h("a", { href: `#step-${index + 1}` }, h("b", {}, `${index + 1}`), step.title)));
}

async function show(face) {
  const asked = { swap: state.swap, face, seed: state.seed };
  const data = await told(() => api("/api/explain/steps", asked));
  if (!data) return;
  state.data = data;
  place("face").value = data.face;
  const figures = [frame, box, landmarks, aligned, undone, code, decoders, blend];
  place("content").replaceChildren(...STEPS.map((step, index) =>
    section(step, index, figures[index](data))));
}

function section(step, index, figure) {
  const math = step.math(state.data, state.about);
  return h("section", { class: "step card", id: `step-${index + 1}`, "aria-labelledby": `title-${index + 1}` },
    h("div", { class: "words" },
      h("h2", { id: `title-${index + 1}` }, h("span", { class: "number", "aria-hidden": "true" }, `${index + 1}`), step.title),
      step.words(state.data, state.about).map((sentence) => h("p", {}, sentence))),
    h("div", { class: "figure" }, figure),
    h("div", { class: "math" }, h("p", { class: "formula" }, math.formula), math.words.map((one) => h("p", {}, one))));
}

function shot(data, ...shapes) {
  const { width, height, picture } = data.frame;
  return svg("svg", { class: "shot", viewBox: `0 0 ${width} ${height}`, role: "img" },
    svg("image", { href: picture, width, height }), ...shapes);
}

function named(element, text) {
  element.setAttribute("aria-label", text);
  return element;
}

function frame(data) {
  return named(shot(data), `The frame at ${data.frame.time_s} seconds`);
}

function box(data) {
  const [x0, y0, x1, y1] = data.frame.box;
  return named(shot(data, svg("rect", { class: "boxed", x: x0, y: y0, width: x1 - x0, height: y1 - y0 })),
    "The frame with a box around the face");
}

function landmarks(data) {
  const points = data.frame.points;
  const path = state.about.lines.map(([a, b]) =>
    `M${points[a][0]} ${points[a][1]}L${points[b][0]} ${points[b][1]}`).join("");
  const [x0, y0, x1, y1] = data.frame.box;
  const side = Math.max(x1 - x0, y1 - y0) * 1.5;
  const [left, top] = [(x0 + x1 - side) / 2, (y0 + y1 - side) / 2];
  const size = side / 320;
  const shown = shot(data, svg("path", { class: "mesh", d: path }),
    points.map(([x, y]) => svg("circle", { class: "dot", cx: x, cy: y, r: size })));
  shown.setAttribute("viewBox", `${left} ${top} ${side} ${side}`);
  return named(shown, "The face with 468 points joined by lines");
}

function tile(picture, caption, extra = null) {
  return h("figure", { class: "tile" },
    h("div", { class: "bent" }, h("img", { src: picture, alt: caption }), extra), h("figcaption", {}, caption));
}

const arrow = () => h("span", { class: "arrow", "aria-hidden": "true" }, "→");

function aligned(data) {
  const corners = data.aligned.corners.map((point) => point.join(",")).join(" ");
  return h("div", { class: "two" },
    h("figure", {}, named(shot(data, svg("polygon", { class: "boxed", points: corners })), "The frame with a tilted square"),
      h("figcaption", {}, "The square in the frame")),
    h("figure", {}, h("img", { src: data.aligned.picture, alt: "The face cut out, upright", class: "wide-picture" }),
      h("figcaption", {}, `The aligned face, ${state.about.size} by ${state.about.size} points`)));
}

function bend(data) {
  const strength = 4;
  const lines = data.undone.grid.map((line, index) => {
    const count = data.undone.grid.length / 2;
    return svg("polyline", {
      points: line.map(([x, y], at) => {
        const along = 0.06 + 0.88 * at / (line.length - 1);
        const fixed = 0.06 + 0.88 * (index % count) / (count - 1);
        const [x0, y0] = index < count ? [along, fixed] : [fixed, along];
        return `${x0 + strength * (x - x0)},${y0 + strength * (y - y0)}`;
      }).join(" "),
    });
  });
  return svg("svg", { viewBox: "0 0 1 1", "aria-hidden": "true" }, lines);
}

function undone(data) {
  const tiles = () => [
    tile(data.undone.read, "What it is given, with the bending drawn four times as strong", bend(data)), arrow(),
    tile(data.undone.drawn, "What it draws"),
    tile(data.undone.wanted, "What it should draw"),
  ];
  const pictures = h("div", { class: "pictures" }, tiles());
  const again = h("button", {
    type: "button", id: "bend",
    onclick: () => told(async () => {
      state.seed += 1;
      data.undone = await api("/api/explain/bend", { swap: state.swap, face: data.face, seed: state.seed });
      pictures.replaceChildren(...tiles());
    }),
  }, "Bend it another way");
  return [pictures, h("p", {}, again)];
}

function code(data) {
  const values = data.code.values;
  const width = values.length;
  const most = [...values].map(Math.abs).sort((a, b) => a - b)[Math.floor(0.98 * width)] || 1;
  const bars = data.code.groups.flatMap((group, number) => values.slice(group.from, group.to).map((value, at) => {
    const height = Math.min(1, Math.abs(value) / most);
    return svg("rect", { class: `g${number}`, x: group.from + at, y: value > 0 ? 1 - height : 1, width: 0.8, height });
  }));
  const chart = named(svg("svg", { class: "code-bars", viewBox: `0 0 ${width} 2`, preserveAspectRatio: "none", role: "img" }, bars),
    `The code: ${width} numbers, as bars upwards and downwards`);
  const legend = h("ul", { class: "legend" }, data.code.groups.map((group) =>
    h("li", {}, `${group.to - group.from} numbers: ${group.name}`)));
  return [chart, data.code.groups.length > 1 ? legend : null, trial(data)];
}

function trial(data) {
  const own = h("img", { id: "own", src: data.drawn.own, alt: `${state.about.target}, drawn from the code` });
  const other = h("img", { id: "other", src: data.drawn.other, alt: `${state.about.source}, drawn from the same code` });
  const inputs = state.about.directions.map((one, index) => h("input", {
    type: "range", min: -3, max: 3, step: 0.05, value: 0, id: `direction-${index}`, class: "direction",
    "aria-valuetext": "as it is", oninput: () => changed(),
  }));
  const changed = latest(async () => {
    for (const input of inputs) input.setAttribute("aria-valuetext", spoken(Number(input.value)));
    const offsets = inputs.map((input) => Number(input.value));
    const began = performance.now();
    const drawn = await told(() => api("/api/explain/draw", { swap: state.swap, face: data.face, offsets }));
    if (!drawn) return;
    own.src = drawn.own;
    other.src = drawn.other;
    await Promise.all([own.decode(), other.decode()]).catch(() => null);
    document.body.dataset.latency = (performance.now() - began).toFixed(0);
    document.body.dataset.drawn = Number(document.body.dataset.drawn ?? 0) + 1;
  });
  const reset = h("button", { type: "button", onclick: () => {
    for (const input of inputs) input.value = 0;
    changed();
    say("As it is in the frame");
  } }, "As it is in the frame");
  return h("div", { class: "try" },
    h("div", {},
      h("div", { class: "faces" },
        h("figure", {}, own, h("figcaption", {}, `${state.about.target}'s decoder`)),
        h("figure", {}, other, h("figcaption", {}, `${state.about.source}'s decoder`))),
      h("p", {}), reset),
    h("div", { class: "sliders" }, inputs.map((input, index) => {
      const one = state.about.directions[index];
      return h("label", {}, h("span", {}, `${index + 1} ${one.moves}`),
        h("span", { class: "share", title: "of all that varies" }, `${percent(one.share)}`), input);
    })));
}

const percent = (share) => (share >= 0.1 ? `${Math.round(100 * share)} %` : `${(100 * share).toFixed(1)} %`);
const spoken = (value) => (value === 0 ? "as it is" : `${Math.abs(value)} ${value > 0 ? "more" : "less"}`);

function decoders(data) {
  const { source, target } = state.about;
  return h("div", { class: "pictures" },
    tile(data.aligned.picture, `${target}, as the encoder sees the face`), arrow(),
    tile(data.drawn.own, `Drawn by ${target}'s own decoder`),
    tile(data.drawn.other, `Drawn by ${source}'s decoder, from the same code`));
}

function blend(data) {
  const stages = [
    ["laid", "The square as drawn"], ["soft", "Through a soft mask"], ["matched", "Colours and light matched"], ["mask", "The mask"],
  ];
  const top = h("img", { src: data.blend.matched, alt: "The frame with the drawn face", id: "blended" });
  const strength = h("input", { type: "range", id: "blend", min: 0, max: 100, value: 100, "aria-valuetext": "100 percent" });
  const shown = h("output", {}, "100 %");
  const faded = () => {
    top.style.opacity = strength.value / 100;
    shown.textContent = `${strength.value} %`;
    strength.setAttribute("aria-valuetext", `${strength.value} percent`);
  };
  strength.addEventListener("input", faded);
  const buttons = stages.map(([name, words]) => h("button", {
    type: "button", "aria-pressed": String(name === "matched"),
    onclick: (event) => {
      for (const button of buttons) button.setAttribute("aria-pressed", String(button === event.currentTarget));
      top.src = data.blend[name];
      top.alt = words;
    },
  }, words));
  return [
    h("div", { class: "stack" }, h("img", { src: data.blend.before, alt: "The frame as it was" }), top),
    h("div", { class: "blend-tools" },
      h("label", {}, "How much", strength, shown),
      h("div", { class: "segments", role: "group", "aria-label": "What has been done" }, buttons)),
  ];
}

place("teach-button").addEventListener("click", (event) => told(async () => {
  const button = event.currentTarget;
  await api("/api/explain/teach", { swap: state.swap });
  button.disabled = true;
  toast("It is in the queue: see the start page. Come back here when it is done.", "good");
}));
place("mathematics").addEventListener("click", (event) => {
  const isOn = event.currentTarget.getAttribute("aria-pressed") !== "true";
  event.currentTarget.setAttribute("aria-pressed", String(isOn));
  document.body.classList.toggle("mathematics", isOn);
});
place("face").addEventListener("change", (event) => show(Number(event.currentTarget.value)));
place("swap").addEventListener("change", (event) => location.assign(`/explain?swap=${event.currentTarget.value}`));

await begin();
