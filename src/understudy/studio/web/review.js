// The review page: which faces are kept, and whom they show. Each step is saved as it is made.
import { answered, api, ApiError, h, say, toast, told } from "/web/studio.js";
import { tellTraining } from "/web/words.js";
import { CoveragePart } from "/web/review_coverage.js";
import { Faces, GROUPS, SORTS, whole } from "/web/review_data.js";
import { askPeople, askWhere, showKeys } from "/web/review_dialogs.js";
import { FacePart } from "/web/review_facts.js";
import { history } from "/web/review_history.js";
import { Thumbs } from "/web/review_thumbs.js";
import { Wall } from "/web/review_wall.js";

const early = window.understudyEarly; // what was asked for before this script was there
const $ = (selector) => document.querySelector(selector);
const view = { state: "all", sort: "time", down: false, group: "none", within: [] };
let short = "";
let faces = null;
let facesets = []; // of the production: {id, name, folder}
let thumbs = null;
let steps = Promise.resolve(); // one after the other, in the order in which they were asked for
let similarTo = null;

const wall = new Wall($(".wall"), {
  moved: (row) => facts.show(row),
  opened: (row) => open(row),
  selected: () => tellSelection(),
});
const facts = new FacePart($(".face-card"), { opened: (row) => open(row) });
const coverage = new CoveragePart($(".coverage"), {
  limited(limits, label) {
    limit(limits, label);
    $(".parts").classList.remove("aside");
    $("#aside").setAttribute("aria-pressed", "false");
  },
});

// ---- what is shown ----

async function load(id) {
  const buffer = await told(() => fetched(`/api/review/${id}/faces`));
  if (!buffer) return;
  short = id;
  thumbs?.close();
  faces = new Faces(buffer);
  const { about } = faces;
  thumbs = new Thumbs((number) => `/api/review/${id}/thumbnails/${number}/${about.digests[number]}`,
    about.pack, faces.count,
    { onReady: (row, bitmap) => wall.ready(row, bitmap), onPack: (first, last) => wall.packReady(first, last) });
  similarTo = null;
  fill($("#reason"), about.usual_reasons.map((one) => [one, one]));
  document.title = `Review of ${about.identity} – Understudy studio`;
  wall.show(faces, thumbs);
  arrange();
  facts.start(short, faces);
  facts.show(wall.row);
  tellSteps(about);
  tellSelection();
  if (!about.writable) toast("This faceset cannot be written to: nothing that you decide can be saved.", "bad");
}

async function fetched(address) {
  let response;
  try {
    response = await (early.take(address) ?? fetch(address));
  } catch {
    throw new ApiError("The studio does not answer.", "See whether it still runs in its terminal.", 0);
  }
  if (response.ok) return response.arrayBuffer();
  return answered(() => Promise.resolve(response));
}

function arrange() {
  wall.arrange(faces.arranged(view));
  const counts = { all: faces.count, kept: faces.kepts, rejected: faces.count - faces.kepts };
  for (const button of document.querySelectorAll("[data-state]")) {
    button.setAttribute("aria-pressed", String(button.dataset.state === view.state));
    button.lastElementChild.textContent = whole(counts[button.dataset.state]);
  }
  $(".empty")?.remove();
  if (!wall.order.length) {
    const text = faces.count ? "No face fits what is asked for." : "This faceset has no faces yet.";
    $(".parts").querySelector(".wall").before(h("p", { class: "empty" }, text));
    $(".empty").style.position = "absolute";
  }
}

function limit(limits, label) {
  view.within = limits;
  const chip = limits.length ? h("button", {
    type: "button", class: "chip busy", title: "Show all again",
    onclick: () => { coverage.clear(); limit([], ""); wall.element.focus(); },
  }, `${label} ×`) : "";
  $(".limits").replaceChildren(chip);
  arrange();
  say(`${whole(wall.order.length)} faces shown.`);
}

async function sortByLikeness() {
  if (wall.row < 0) return;
  const id = faces.id[wall.row];
  const buffer = await told(() => fetched(`/api/review/${short}/unlike/${id}`));
  if (!buffer) return;
  faces.unlike = new Float32Array(buffer);
  similarTo = id;
  Object.assign(view, { sort: "unlike", down: false, group: "none" });
  $("#sort").value = "unlike";
  $("#group").value = "none";
  $("#down").setAttribute("aria-pressed", "false");
  arrange();
  wall.moveTo(0);
  say("Sorted by likeness, the likest first.");
}

// ---- steps ----

/** Make a step; gives what it has changed. */
function step(body) {
  const made = steps.then(async () => {
    const changed = await told(() => api(`/api/review/${short}/step`, body));
    if (changed) taken(changed);
    else await readAgain();
    return changed;
  });
  steps = made.catch(() => undefined);
  return made;
}

/** A step has failed, maybe after it was saved: the faceset says what there is. */
async function readAgain() {
  const picked = ids(faces.selection());
  const cursor = wall.row >= 0 ? faces.id[wall.row] : null;
  const before = faces;
  await load(short);
  if (faces === before) return; // it cannot be read just now, which is told
  for (const id of picked) if (faces.rows.has(id)) faces.select(faces.rows.get(id), true);
  const place = wall.order.indexOf(faces.rows.get(cursor));
  if (place >= 0) wall.moveTo(place);
  wall.refresh();
  tellSelection();
}

function taken(changed) {
  const rows = faces.apply(changed);
  if (hasToMove(rows)) arrange();
  else wall.refresh();
  const counts = { all: faces.count, kept: faces.kepts, rejected: faces.count - faces.kepts };
  for (const button of document.querySelectorAll("[data-state]")) {
    button.lastElementChild.textContent = whole(counts[button.dataset.state]);
  }
  tellSteps(changed);
  say(changed.said);
  if (changed.trouble) toast(changed.trouble, "bad");
  facts.show(wall.row);
  coverage.later();
  tellHistory();
}

/** Whether faces have to move on the wall, as what it is sorted or filtered by has changed. */
function hasToMove(rows) {
  return rows.length > 0 && (view.state !== "all" || view.group === "person" || view.group === "reason");
}

/** The selected faces that are shown, else the one with the cursor. */
function chosen() {
  if (faces.selectedCount) return faces.selection();
  return wall.row >= 0 ? [wall.row] : [];
}

const ids = (rows) => rows.map((row) => faces.id[row]);

async function decide(what) {
  const rows = chosen();
  if (!rows.length) return;
  const body = what === "keep" ? { do: "keep", faces: ids(rows) }
    : { do: "reject", faces: ids(rows), reason: $("#reason").value };
  const isOne = faces.selectedCount <= 1;
  const changed = await step(body);
  if (!changed) return; // the same ones are still selected, for another try
  // one after the other with one key each
  if (isOne && view.state === "all") {
    faces.selectNone();
    wall.moveTo(wall.at + 1);
    wall.refresh();
  } else faces.selectNone();
  wall.refresh();
  tellSelection();
}

async function give() {
  await steps;
  const rows = chosen();
  if (!rows.length) return;
  const others = facesets.filter(({ id }) => id !== short).map((one) => [one.id, called(one)]);
  const where = await askWhere(faces, rows, others);
  wall.element.focus();
  if (!where) return;
  if (!await step({ do: where.faceset ? "move" : "give", faces: ids(rows), ...where })) return;
  faces.selectNone();
  wall.refresh();
  tellSelection();
}

async function trainOn() {
  await steps;
  const rows = chosen();
  if (!rows.length) return;
  const button = $('[data-do="train"]');
  button.disabled = true;
  const answer = await told(() => api(`/api/review/${short}/train`, { faces: ids(rows) }));
  button.disabled = false;
  if (answer) tellTraining(answer);
}

async function people() {
  await steps; // whom they show may be changing right now
  const merge = await askPeople(faces);
  wall.element.focus();
  if (merge) await step({ do: "merge", person: merge.person, into: merge.into });
}

function wholeTracks() {
  const tracks = new Set(chosen().map((row) => faces.track[row]));
  for (let row = 0; row < faces.count; row += 1) if (tracks.has(faces.track[row])) faces.select(row, true);
  wall.refresh();
  tellSelection();
  say(`${whole(faces.selectedCount)} faces of ${tracks.size === 1 ? "one track" : `${tracks.size} tracks`} selected.`);
}

async function open(row) {
  if (row < 0) return;
  const { openFace } = await import("/web/review_face.js");
  await openFace({ short, id: faces.id[row], writable: faces.about.writable, onSaved: (change) => saved(change) });
  wall.element.focus();
}

/** A face was found anew, or a mask drawn: its figures and picture may have changed. */
async function saved({ id, masked, moved }) {
  if (moved) {
    const cursor = id;
    await load(short);
    const place = wall.order.indexOf(faces.rows.get(cursor));
    if (place >= 0) wall.moveTo(place);
  } else faces.masked[faces.rows.get(id)] = masked ? 1 : 0;
  wall.refresh();
  facts.show(wall.row);
  tellHistory();
  tellSteps(await api(`/api/review/${short}/steps`));
}

// ---- what is told ----

let lastTold = "";
function tellSelection() {
  const count = faces.selectedCount;
  const text = count ? `${whole(count)} selected` : "None selected";
  $(".picked").textContent = text;
  if (text !== lastTold) say(text);
  lastTold = text;
}

function tellSteps({ undo, redo }) {
  $('[data-do="undo"]').disabled = !undo;
  $('[data-do="redo"]').disabled = !redo;
}

const tellHistory = () => history(short, $(".history"));

// ---- wiring ----

const ACTIONS = {
  keep: () => decide("keep"), reject: () => decide("reject"), give, people, track: wholeTracks, train: trainOn,
  undo: () => step({ do: "undo" }), redo: () => step({ do: "redo" }),
};
const KEYS = {
  k: ACTIONS.keep, x: ACTIONS.reject, delete: ACTIONS.reject, m: give, t: wholeTracks, p: people, l: sortByLikeness,
  u: ACTIONS.undo, escape: () => { faces.selectNone(); wall.refresh(); tellSelection(); }, "?": () => help(),
};

async function help() {
  await showKeys();
  wall.element.focus();
}

function keyed(event) {
  if (!faces || document.querySelector("dialog[open]") || event.target.closest("input, select, textarea")) return;
  const key = event.key.toLowerCase();
  const isControl = event.ctrlKey || event.metaKey;
  let action = null;
  if (isControl && key === "z") action = event.shiftKey ? ACTIONS.redo : ACTIONS.undo;
  else if (isControl && key === "y") action = ACTIONS.redo;
  else if (!isControl && !event.altKey) action = KEYS[key];
  if (!action) return;
  event.preventDefault();
  action();
}

function fill(select, pairs, chosenValue) {
  select.replaceChildren(...pairs.map(([value, name]) => h("option", { value, selected: value === chosenValue }, name)));
}

function wire() {
  fill($("#sort"), Object.entries(SORTS).map(([key, { name }]) => [key, name]));
  fill($("#group"), Object.entries(GROUPS).map(([key, { name }]) => [key, name]));
  document.addEventListener("keydown", keyed);
  $("#faceset").addEventListener("change", () => {
    location.href = `/review?faceset=${$("#faceset").value}`;
  });
  $("#sort").addEventListener("change", async () => {
    if ($("#sort").value === "unlike" && similarTo === null) return sortByLikeness();
    view.sort = $("#sort").value;
    return arrange();
  });
  $("#group").addEventListener("change", () => { view.group = $("#group").value; arrange(); });
  $("#down").addEventListener("click", () => {
    view.down = !view.down;
    $("#down").setAttribute("aria-pressed", String(view.down));
    arrange();
  });
  $("#like").addEventListener("click", sortByLikeness);
  $("#help").addEventListener("click", help);
  $("#aside").addEventListener("click", () => {
    const isOn = $(".parts").classList.toggle("aside");
    $("#aside").setAttribute("aria-pressed", String(isOn));
  });
  for (const button of document.querySelectorAll("[data-state]")) {
    button.addEventListener("click", () => {
      view.state = button.dataset.state;
      arrange();
      say(`${whole(wall.order.length)} faces shown.`);
    });
  }
  for (const button of document.querySelectorAll("[data-do]")) {
    button.addEventListener("click", () => ACTIONS[button.dataset.do]());
  }
}

/** What a faceset is called; two of one name are told apart by their folders. */
function called(faceset) {
  const isTwin = facesets.filter(({ name }) => name === faceset.name).length > 1;
  return isTwin ? `${faceset.folder}/${faceset.name}` : faceset.name;
}

/** What a link to a cell of the coverage asks for: "#yaw_deg=10,20&pitch_deg=0,10". */
function linkedLimits() {
  return [...new URLSearchParams(location.hash.slice(1))]
    .filter(([name]) => name in SORTS)
    .map(([name, span]) => ({ name, low: Number(span.split(",")[0]), high: Number(span.split(",")[1]) }));
}

async function start() {
  wire();
  facesets = await told(() => answered(() => early.take("/api/review") ?? fetch("/api/review")));
  if (!facesets) return;
  if (!facesets.length) {
    $("#main").replaceChildren(h("h1", {}, "Review"),
      h("p", {}, "There are no faces here yet. ", h("a", { href: "/" }, "Start a swap"), ", or extract some footage."));
    return;
  }
  const asked = new URLSearchParams(location.search).get("faceset");
  const own = facesets.find((one) => one.id === asked) ?? facesets[0];
  fill($("#faceset"), facesets.map((one) => [one.id, called(one)]), own.id);
  await load(own.id);
  if (!faces) return;
  const limits = linkedLimits();
  if (limits.length) limit(limits, "as in the coverage");
  wall.element.focus();
  coverage.start(own.id, facesets);
  tellHistory();
}

await start();
document.body.classList.add("loaded");

