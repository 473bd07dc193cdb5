// A photo, sliders, and the picture that follows them.
import { ApiError, api, h, say, toast, told } from "/web/studio.js";
import { choose, dropped } from "/web/chooser.js";
import { latest } from "/web/latest.js";
import { waitUntilOpen } from "/web/opening.js";

const place = (id) => document.getElementById(id);
const state = { photo: "", name: "", evidence: null, record: null, sliders: [], changed: new Map(), times: [] };
const KNOWN = {
  yaw: "Turn", pitch: "Nod", roll: "Tilt", gaze_yaw: "Look sideways", gaze_pitch: "Look down",
  jawLeft: "To the left", jawRight: "To the right", mouthLeft: "To the left", mouthRight: "To the right",
  mouthRollLower: "Lower lip rolled in", mouthRollUpper: "Upper lip rolled in", mouthClose: "Lips kept shut",
};
const PREFIX = /^(brow|eye|jaw|mouth)/;
const kind = () => document.querySelector("input[name=kind]:checked")?.value;

/** "mouthSmileLeft" to "Smile left"; "gaze_yaw" to "Gaze sideways". */
function words(name, isBoth) {
  if (KNOWN[name]) return KNOWN[name];
  const plain = (isBoth ? name.replace(/Left$/, "") : name).replace(PREFIX, "").replace(/^Upper(?=Up)/, "UpperLip")
    .replace(/^Lower(?=Down)/, "LowerLip").replace(/([A-Z])/g, " $1").trim().toLowerCase();
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}

const partner = (name) => {
  const other = /Left$/.test(name) ? name.replace(/Left$/, "Right") : null;
  return other && !/^(jaw|mouth)Left$/.test(name) && state.sliders.some((one) => one.name === other) ? other : null;
};

// ---- which photo, and by whose leave
place("choose").addEventListener("click", async () => {
  const [path] = await choose({ title: "Choose a photo" });
  if (path) chosen(path);
});

dropped(place("drop"), chosen);

function chosen(path) {
  state.photo = path;
  place("chosen").textContent = path.split("/").pop();
  place("opening").textContent = "";
}

place("name").addEventListener("change", look);
async function look() {
  const name = place("name").value.trim();
  state.record = name ? await told(() => api("/api/start/record", { name })) : null;
  const isValid = state.record?.state === "valid";
  place("kinds").hidden = isValid;
  place("record").hidden = !state.record;
  place("record").className = `chip ${isValid ? "good" : "bad"}`;
  if (state.record) place("record").textContent = isValid ? `${name}: consent is recorded` : `The consent of ${name} is ${state.record.state}`;
}

for (const input of document.querySelectorAll("input[name=kind]")) {
  input.addEventListener("change", () => {
    place("consent-more").hidden = kind() !== "consent";
    place("why-more").hidden = kind() !== "public-domain";
  });
}
place("evidence").addEventListener("click", async () => {
  const [path] = await choose({ title: "Choose the signed release", kind: "evidence" });
  if (!path) return;
  state.evidence = path;
  place("evidence-name").textContent = path.split("/").pop();
});

/** What has to be said before the photo is opened; "" where nothing is missing. */
function lacks() {
  if (!state.photo) return "Choose a photo.";
  if (!state.name) return "Say who is in the photo.";
  if (state.record?.state === "valid") return "";
  if (!kind()) return "Say why this face may be used.";
  if (kind() === "consent" && !state.evidence) return "Choose the signed release.";
  return kind() === "public-domain" && !place("why").value.trim() ? "Say why nobody has to agree." : "";
}

place("ask").addEventListener("submit", async (event) => {
  event.preventDefault();
  await look();
  state.name = place("name").value.trim();
  const missing = lacks();
  place("opening").textContent = missing;
  if (missing) return undefined;
  const consent = state.record ? null : { kind: kind(), evidence: state.evidence, why: place("why").value || null };
  const asked = { photo: state.photo, name: state.name };
  place("opening").textContent = "Looking for the face …";
  if (!await waitUntilOpen("/api/expression/open", { ...asked, consent, again: true }, place("opening"), { ...asked, consent })) return undefined;
  const about = await told(() => api("/api/expression/about", asked));
  if (!about) return undefined;
  place("opening").textContent = about.warnings.join(" ");
  place("picture").width = about.width;
  place("picture").height = about.height;
  state.sliders = about.sliders;
  state.changed.clear();
  place("work").hidden = false;
  lay();
  await draw();
  document.body.classList.add("shown");
  return undefined;
});

// ---- the sliders
function lay() {
  const isBoth = place("both").checked;
  const parts = [...new Set(state.sliders.map((one) => one.part))];
  const open = new Set([...document.querySelectorAll(".part[open]")].map((one) => one.dataset.part));
  place("sliders").replaceChildren(...parts.map((part, index) => h("details", {
    class: "part", "data-part": part, open: open.size ? open.has(part) : index >= 2,
  }, h("summary", {}, part), state.sliders.filter((one) => one.part === part)
    .filter((one) => !(isBoth && /Right$/.test(one.name) && partner(one.name.replace(/Right$/, "Left"))))
    .map((one) => slider(one, isBoth)))));
}

function slider(one, isBoth) {
  const other = isBoth ? partner(one.name) : null;
  const isAngle = one.low < 0;
  const value = state.changed.get(one.name) ?? one.value;
  const shown = h("output", {}, said(value, isAngle));
  const input = h("input", {
    type: "range", id: `slider-${one.name}`, min: one.low, max: one.high, step: isAngle ? 0.5 : 0.01, value,
    "aria-valuetext": said(value, isAngle),
    oninput: (event) => {
      const now = Number(event.currentTarget.value);
      for (const name of other ? [one.name, other] : [one.name]) state.changed.set(name, now);
      shown.textContent = said(now, isAngle);
      input.setAttribute("aria-valuetext", shown.textContent);
      draw();
    },
  });
  return h("label", { class: "slide" }, h("span", {}, words(one.name, other !== null)), shown, input);
}

const said = (value, isAngle) => (isAngle ? `${value}°` : value.toFixed(2));
const asked = () => ({ photo: state.photo, name: state.name, values: Object.fromEntries(state.changed) });

const draw = latest(() => told(async () => {
  const began = performance.now();
  const response = await fetch("/api/expression/draw", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked()),
  });
  if (!response.ok) {
    const error = await response.json();
    throw new ApiError(error.error, error.next_step, response.status);
  }
  const picture = await createImageBitmap(await response.blob());
  place("picture").getContext("2d").drawImage(picture, 0, 0, place("picture").width, place("picture").height);
  state.times = [...state.times.slice(-14), performance.now() - began];
  const middle = [...state.times].sort((a, b) => a - b)[Math.floor(state.times.length / 2)];
  place("rate").textContent = `Drawn in ${middle.toFixed(0)} ms.`;
  document.body.dataset.drawn = Number(document.body.dataset.drawn ?? 0) + 1;
}));

place("both").addEventListener("change", lay);
place("as-photo").addEventListener("click", () => { state.changed.clear(); lay(); draw(); say("As in the photo"); });
place("at-rest").addEventListener("click", () => {
  for (const one of state.sliders) state.changed.set(one.name, 0);
  lay();
  draw();
  say("At rest");
});

// ---- what is kept
for (const what of ["picture", "clip", "file"]) {
  const button = place(`save-${what}`);
  button.addEventListener("click", () => told(async () => {
    button.disabled = true;
    try {
      const kept = await api("/api/expression/keep", { ...asked(), what });
      place("kept").prepend(h("li", {}, h("a", { href: kept.url, download: kept.name }, kept.name), ` in ${kept.path}`));
      toast(`${kept.name} is saved.`, "good");
    } finally {
      button.disabled = false;
    }
  }));
}
place("drive").addEventListener("click", async () => {
  const [driving] = await choose({ title: "Choose a recording of a face" });
  if (!driving) return;
  if (await told(() => api("/api/expression/drive", { photo: state.photo, name: state.name, driving }))) {
    toast("It is in the queue: see the start page.", "good");
  }
});

// a photo may be named by the address, and is opened like any other
const given = new URLSearchParams(location.search).get("photo");
if (given) chosen(given);
