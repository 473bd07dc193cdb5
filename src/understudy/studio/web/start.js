// The start page: what goes in, why it may be used, and the queue.
import { api, duration, h, say, toast, told } from "/web/studio.js";
import { choose, dropped } from "/web/chooser.js";
import { amount, isAtRest, stageName, stateChip } from "/web/words.js";

const form = document.querySelector("#order");
const field = (id) => document.getElementById(id);
const footage = { source: [], target: [], target_footage: [] };
let evidence = null;
let known = null; // the record of who is put in

// ---- footage

const TITLES = { source: "Footage of who is put in", target: "The video that is changed", target_footage: "More footage" };

for (const [role, title] of Object.entries(TITLES)) {
  const part = document.querySelector(`[data-role="${role}"]`);
  const drop = part.querySelector(":scope > .drop");
  const several = role !== "target";
  drop.querySelector(".choose").addEventListener("click", async () => {
    for (const path of await choose({ title, several, folders: several })) await add(role, path);
  });
  dropped(drop, (path) => add(role, path));
}

async function add(role, path) {
  const found = await told(() => api("/api/start/footage", { path }));
  if (!found) return;
  if (role === "target") footage.target.length = 0;
  if (footage[role].some((one) => one.path === found.path)) return;
  footage[role].push(found);
  draw(role);
  if (role === "source" && !field("source_name").value) {
    field("source_name").value = found.name.replace(/\.[^.]*$/, "");
    await lookUp();
  }
  say(`${found.name} taken`);
}

function draw(role) {
  const list = document.querySelector(`[data-role="${role}"] > .footage`);
  list.replaceChildren(...footage[role].map((one, index) => h("li", {},
    h("img", { src: `/api/start/footage/${one.id}/picture`, alt: "", loading: "lazy" }),
    h("div", {}, h("div", { class: "name" }, one.name),
      h("div", { class: "soft" }, [
        `${one.width_px} × ${one.height_px}`,
        one.seconds === null ? null : duration(one.seconds),
        one.fps === null ? null : `${Number(one.fps.toFixed(2))} a second`,
      ].filter(Boolean).join(", "))),
    h("button", { type: "button", class: "quiet", "aria-label": `Leave ${one.name} out`,
      onclick: () => { footage[role].splice(index, 1); draw(role); } }, "×"))));
  check();
}

// ---- consent

let asked = 0;
async function lookUp() {
  const turn = ++asked;
  known = null; // what was found of another name says nothing of this one
  const name = field("source_name").value.trim();
  const record = name ? await told(() => api("/api/start/record", { name })) : null;
  if (turn !== asked) return;
  known = record ?? null;
  const said = field("record");
  said.hidden = known === null;
  field("kinds").hidden = known?.state === "valid";
  if (known) {
    const kinds = { self: "your own face", consent: "agreed", rendered: "rendered", "public-domain": "public domain" };
    said.className = `chip ${known.state === "valid" ? "good" : "bad"}`;
    said.textContent = `${known.name}: ${kinds[known.kind]}, recorded ${known.recorded.slice(0, 10)}`
      + (known.state === "valid" ? "" : `, ${known.state}`);
  }
  check();
}
let soon = 0;
field("source_name").addEventListener("input", () => {
  known = null;
  field("kinds").hidden = false;
  field("record").hidden = true;
  clearTimeout(soon);
  soon = setTimeout(lookUp, 250);
});
const kind = () => form.querySelector("[name=kind]:checked")?.value ?? null;
for (const radio of form.querySelectorAll("[name=kind]")) {
  radio.addEventListener("change", () => {
    for (const more of form.querySelectorAll(".more")) more.hidden = more.dataset.kind !== kind();
    check();
  });
}
field("evidence").addEventListener("click", async () => {
  const [path] = await choose({ title: "The signed release", kind: "evidence" });
  if (!path) return;
  evidence = path;
  field("evidence_name").textContent = path.split("/").pop();
  check();
});

// ---- the order

function missing() {
  if (!footage.source.length) return "Choose footage of who is put in.";
  if (!field("source_name").value.trim()) return "Give the name of who is put in.";
  if (!footage.target.length) return "Choose the video that is changed.";
  if (known && known.state !== "valid") return `The consent of ${known.name} is ${known.state}.`;
  if (!known && !kind()) return "Say why this face may be used.";
  if (!known && kind() === "consent" && !evidence) return "Choose the signed release.";
  if (!known && kind() === "public-domain" && !field("why").value.trim()) return "Say why nobody has to agree.";
  if (!field("steps").value && !(Number(field("minutes").value) > 0)) return "Say how long it learns.";
  return "";
}
function check() {
  const why = missing();
  field("make").disabled = Boolean(why);
  if (field("missing").textContent !== why) field("missing").textContent = why;
}
form.addEventListener("input", check);

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (missing()) return;
  const text = (id) => field(id).value.trim() || null;
  const steps = Number(field("steps").value) || null;
  field("make").disabled = true;
  const placed = await told(() => api("/api/start/order", {
    source: footage.source.map((one) => one.path),
    target: footage.target[0].path,
    target_footage: footage.target_footage.map((one) => one.path),
    source_name: text("source_name"),
    target_name: text("target_name"),
    minutes: steps ? null : Number(field("minutes").value),
    steps,
    preset: field("preset").value || null,
    consent: known ? null
      : { kind: kind(), evidence, why: text("why"), granted_by: text("granted_by"), scope: text("scope") },
  }));
  check();
  if (placed) location.href = `/jobs/${placed.id}`;
});

// ---- the queue

const act = async (job, what) => {
  const answer = await told(() => api(`/api/jobs/${job.id}/${what}`, {}));
  if (answer && !answer.changed) toast("It has changed meanwhile.");
  await refresh();
};

/** The first swapped face of the newest preview: the grid's lowest row, leftmost. */
function picture(job) {
  const shown = h("div", { class: "picture" });
  if (job.preview === null) return shown;
  const image = new Image();
  image.addEventListener("load", () => {
    const rows = 5, columns = Math.max(1, Math.round(image.naturalWidth / image.naturalHeight * rows));
    shown.style.backgroundImage = `url("${image.src}")`;
    shown.style.backgroundSize = `${columns * 100}% ${rows * 100}%`;
  });
  image.src = `/api/jobs/${job.id}/previews/${job.preview}`;
  return shown;
}

function rowOf(job) {
  const works = ["running", "stopping"].includes(job.state);
  const row = h("li", { class: "card", "data-job": job.id });
  row.append(
    picture(job),
    h("div", { class: "what" },
      h("div", { class: "row" }, h("a", { href: `/jobs/${job.id}` }, job.name), stateChip(job.state)),
      job.stage && works ? h("p", { class: "soft" }, `${stageName(job.stage.name)}: ${amount(job.stage)}`) : null,
      job.stage?.total && works
        ? h("progress", { max: job.stage.total, value: job.stage.done, "aria-label": stageName(job.stage.name) }) : null,
      job.error ? h("p", {}, job.error, job.next_step ? ` – ${job.next_step}` : "") : null,
      job.seconds > 0 ? h("p", { class: "soft" }, `worked ${duration(job.seconds)}`) : null),
    h("div", { class: "buttons" },
      job.has_output ? h("a", { class: "button", href: `/jobs/${job.id}`, "aria-label": `Watch ${job.name}` }, "Watch") : null,
      ["waiting", "running"].includes(job.state)
        ? h("button", { type: "button", onclick: () => act(job, "stop"), "aria-label": `Stop ${job.name}` }, "Stop") : null,
      ["stopped", "failed"].includes(job.state)
        ? h("button", { type: "button", onclick: () => act(job, "go-on"), "aria-label": `Go on with ${job.name}` }, "Go on") : null,
      isAtRest(job.state)
        ? h("button", { type: "button", class: "quiet", onclick: () => act(job, "forget"), "aria-label": `Take ${job.name} off the list` }, "Remove") : null));
  return row;
}

let drawn = new Map();
async function refresh() {
  const jobs = await api("/api/jobs").catch(() => null);
  if (jobs === null) return;
  field("empty").hidden = jobs.length > 0;
  const queue = field("queue");
  const now = new Map();
  for (const job of jobs.reverse()) { // the newest first
    const said = JSON.stringify(job);
    const before = drawn.get(job.id);
    // a row that has not changed keeps its focus
    now.set(job.id, before?.said === said ? before : { said, row: rowOf(job) });
  }
  const rows = [...now.values()].map((one) => one.row);
  if (rows.some((row, index) => queue.children[index] !== row) || queue.children.length !== rows.length) {
    const focused = document.activeElement?.getAttribute("aria-label");
    queue.replaceChildren(...rows);
    if (focused) queue.querySelector(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
  }
  drawn = now;
}

async function others() {
  const found = await told(() => api("/api/start/facesets"));
  if (!found?.length) return;
  field("facesets").hidden = false;
  document.querySelector("#facesets .links").replaceChildren(...found.map((one) =>
    h("li", {}, h("a", { href: `/review?faceset=${one.id}` }, one.name.replace(/\.faceset$/, "")))));
}

async function presets() {
  const list = field("preset");
  const found = await told(() => api("/api/start/presets"));
  for (const one of found ?? []) {
    list.append(h("option", { value: one.name }, `${one.name}, ${one.size_px} px: ${one.purpose}`));
  }
}
document.querySelector("#preset").closest("details").addEventListener("toggle", presets, { once: true });

check();
await Promise.all([refresh(), others(), lookUp()]);
document.body.classList.add("drawn");
setInterval(() => { if (!document.hidden) refresh(); }, 1000);
