// A frame under several choices, side by side; and the worst frames of what was made.
import { api, h, say, told } from "/web/studio.js";
import { latest } from "/web/latest.js";
import { waitUntilOpen } from "/web/opening.js";
import { tellTraining } from "/web/words.js";

const COLOURS = {
  auto: "whichever is nearest", none: "as drawn", lab: "mean and contrast", mkl: "colours turned together",
  histogram: "tone by tone", sliced: "in many directions",
};
const BLENDS = { light: "with the target's light", feather: "soft border", pyramid: "coarse wide, fine narrow", poisson: "by its edges" };
const place = (id) => document.getElementById(id);
const state = {
  swap: new URLSearchParams(location.search).get("swap") ?? "", about: null, view: "face", playing: 0,
  choices: [{ colour: "auto", blend: "light" }, { colour: "none", blend: "feather" }].map(whole),
};

function whole(choice) {
  return { colour: "auto", blend: "light", strength: 1, occlusion: true, texture: false, ...choice };
}

async function begin() {
  const first = await told(() => api("/api/convert/open", { swap: state.swap }));
  if (!first) return;
  if (first.state === "none") {
    place("opening").replaceChildren("There is no swap here yet. ", h("a", { href: "/" }, "Begin one"), ".");
    return;
  }
  if (!await waitUntilOpen("/api/convert/open", { swap: state.swap }, place("opening"))) return;
  state.about = await told(() => api("/api/convert/about", { swap: state.swap }));
  if (!state.about) return;
  const { about } = state;
  place("about").textContent = `${about.source} is put into ${about.footage}, over the face of ${about.target}.`;
  place("frame").max = Math.max(0, about.frames - 1);
  place("frame").value = Math.floor(about.frames / 2);
  const names = Object.entries(about.swaps);
  place("swap-label").hidden = names.length < 2;
  place("swap").replaceChildren(...names.map(([id, name]) => h("option", { value: id, selected: id === about.swap }, name)));
  place("opening").hidden = true;
  place("content").hidden = false;
  lay();
  worst();
  await show();
  document.body.classList.add("shown");
}

function lay() {
  const target = h("div", { class: "column" }, h("h2", {}, "Target"), h("img", { alt: "The target's frame", id: "before" }));
  const others = state.choices.map((choice, index) => h("div", { class: "column" },
    h("h2", {}, `Choice ${index + 1}`, state.choices.length > 1
      ? h("button", { type: "button", class: "quiet", "aria-label": `Take choice ${index + 1} away`, onclick: () => {
        state.choices.splice(index, 1);
        lay();
        show();
      } }, "×") : null),
    h("img", { alt: `The frame by choice ${index + 1}`, id: `after-${index}` }),
    controls(choice, index),
    h("p", { class: "took", id: `took-${index}` })));
  place("columns").replaceChildren(target, ...others);
  place("add").disabled = state.choices.length >= state.about.most;
}

function controls(choice, index) {
  const select = (key, words, names, says) => h("label", {}, h("span", {}, words), h("select", {
    id: `${key}-${index}`, onchange: (event) => { choice[key] = event.currentTarget.value; show(); },
  }, names.map((name) => h("option", { value: name, selected: choice[key] === name }, `${name}: ${says[name] ?? ""}`))));
  const check = (key, words) => h("label", { class: "check" }, h("input", {
    type: "checkbox", id: `${key}-${index}`, checked: choice[key],
    onchange: (event) => { choice[key] = event.currentTarget.checked; show(); },
  }), words);
  return h("div", { class: "choice" },
    select("colour", "Colours", state.about.colours, COLOURS),
    select("blend", "Blend", state.about.blends, BLENDS),
    h("label", {}, h("span", {}, "How much"), h("input", {
      type: "range", min: 0, max: 1, step: 0.05, value: choice.strength, id: `strength-${index}`,
      oninput: (event) => { choice.strength = Number(event.currentTarget.value); show(); },
    })),
    check("occlusion", "Mask leaves out what passes before the face"),
    check("texture", "Take on the target's blur and grain"));
}

const asked = () => ({ swap: state.swap, frame: Number(place("frame").value), choices: state.choices, view: state.view });
const ask = latest(async (isOutdated) => {
  for (const column of place("columns").children) column.classList.add("busy");
  const answer = await told(() => api("/api/convert/frame", asked()));
  for (const column of place("columns").children) column.classList.remove("busy");
  if (answer && !isOutdated()) shown(answer);
});

async function show() {
  stop();
  position();
  await ask();
}

function shown(answer) {
  place("before").src = answer.before;
  answer.results.forEach((result, index) => {
    place(`after-${index}`).src = result.picture;
    const auto = state.choices[index].colour === "auto" && result.colours ? `Colours: ${result.colours}. ` : "";
    place(`took-${index}`).textContent = `${auto}Finished in ${result.ms} ms.`;
  });
  place("note").textContent = answer.replaced ? "" : "Nobody who is replaced was found in this frame.";
  document.body.dataset.shown = Number(document.body.dataset.shown ?? 0) + 1;
  say(`Frame ${answer.frame} is shown`);
}

function position() {
  const frame = Number(place("frame").value);
  const text = `${frame}, ${(frame / state.about.rate_hz).toFixed(2)} s`;
  place("at").textContent = text;
  place("frame").setAttribute("aria-valuetext", text);
}

function stop() {
  clearInterval(state.playing);
  state.playing = 0;
  place("play").setAttribute("aria-pressed", "false");
}

async function play() {
  if (state.playing) { stop(); await show(); return; }
  place("play").disabled = true;
  const range = await told(() => api("/api/convert/range", asked()));
  place("play").disabled = false;
  if (!range) return;
  place("play").setAttribute("aria-pressed", "true");
  let at = 0;
  state.playing = setInterval(() => {
    place("before").src = range.before[at];
    range.results.forEach((way, index) => {
      const picture = place(`after-${index}`);
      if (picture) picture.src = way[at];
    });
    at = (at + 1) % range.before.length;
  }, 1000 / Math.min(range.rate_hz, 30));
}

function worst() {
  const lists = state.about.worst;
  place("worst").hidden = !lists.length;
  place("lists").replaceChildren(...lists.map((list) => {
    const train = h("button", { type: "button", class: "primary", onclick: async () => {
      train.disabled = true;
      const answer = await told(() => api("/api/convert/train", { swap: state.swap, list: list.id }));
      if (answer) tellTraining(answer);
      train.disabled = Boolean(answer);
    } }, "Train on these");
    return h("div", { class: "card" },
      h("div", { class: "row" }, h("h3", {}, list.name), train),
      h("ul", { class: "worst-list" }, list.frames.map((one) => h("li", {}, h("button", {
        type: "button", onclick: () => { place("frame").value = one.frame; show(); scrollTo({ top: 0 }); },
      }, h("img", { src: one.picture, alt: "", loading: "lazy" }),
      h("span", {}, `Frame ${one.frame}, ${one.time_s} s: ${one.reason}`))))));
  }));
}

function view(name) {
  state.view = name;
  place("view-face").setAttribute("aria-pressed", String(name === "face"));
  place("view-frame").setAttribute("aria-pressed", String(name === "frame"));
  place("columns").classList.toggle("frames", name === "frame");
  show();
}

place("frame").addEventListener("input", position);
place("frame").addEventListener("change", show);
place("view-face").addEventListener("click", () => view("face"));
place("view-frame").addEventListener("click", () => view("frame"));
place("play").addEventListener("click", play);
place("add").addEventListener("click", () => {
  state.choices.push(whole({ colour: state.about.colours[(state.choices.length + 1) % state.about.colours.length] }));
  lay();
  show();
});
place("swap").addEventListener("change", (event) => location.assign(`/convert?swap=${event.currentTarget.value}`));

await begin();
