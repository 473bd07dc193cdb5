// A job's page: how far it is, its training as it goes, and what came out.
import { api, duration, h, say, toast, told } from "/web/studio.js";
import { shown, together } from "/web/media.js";
import { controls, wire } from "/web/training_controls.js";
import { training } from "/web/training.js";
import { amount, facts, isAtRest, stageName, stateChip, stateWords } from "/web/words.js";

const number = Number(location.pathname.split("/").pop());
const field = (id) => document.getElementById(id);
const base = `/api/jobs/${number}`;
let state = null;

async function act(what, body = {}) {
  const answer = await told(() => api(`${base}/${what}`, body));
  if (answer && !answer.changed) toast("It has changed meanwhile.");
  await refresh();
}

function buttons(job) {
  const minutes = h("input", { type: "number", min: "0.1", step: "any", value: "10", id: "more-minutes", "aria-label": "Minutes more" });
  const more = h("button", { type: "button", onclick: () => act("more", { minutes: Number(minutes.value) }) }, "Learn longer");
  field("buttons").replaceChildren(...[
    ["waiting", "running"].includes(job.state) ? h("button", { type: "button", id: "stop", onclick: () => act("stop") }, "Stop") : null,
    ["stopped", "failed"].includes(job.state) ? h("button", { type: "button", id: "go-on", class: "primary", onclick: () => act("go-on") }, "Go on") : null,
    ...(job.state === "done" && job.learns_longer ? [minutes, h("span", { class: "soft" }, "minutes"), more] : []),
    ...Object.entries(job.facesets).map(([role, id]) =>
      h("a", { class: "button", href: `/review?faceset=${id}` }, `Faces of the ${role}`)),
  ].filter(Boolean));
}

function stages(job) {
  const running = !isAtRest(job.state) && job.state !== "waiting";
  const at = running ? job.stages.findIndex((stage) => stage.name === job.current) : -1;
  field("stages").replaceChildren(...job.stages.map((stage, index) => {
    const isNow = index === at;
    if (at >= 0 && index > at) { // as of the run before; it comes again
      return h("li", { class: "soft" }, h("span", {}, stageName(stage.name)), h("span"),
        h("span", { class: "time" }, duration(stage.seconds)), h("span", { class: "figures" }, "again, after that"));
    }
    // what another stage came after is over, whether it has said so or not
    const isOver = stage.name !== job.current || job.state === "done";
    const said = isOver && stage.total !== null && stage.done < stage.total ? [] : [amount(stage)];
    const figures = Object.entries(stage.figures).filter(([name, value]) => name !== "step" && !(name === "s left" && !(isNow && value > 0)))
      .map(([name, value]) => name === "s left" ? `${duration(value)} left` : `${name} ${Number(value.toPrecision(3))}`);
    return h("li", {},
      h("span", { class: isNow ? "now" : "" }, stageName(stage.name)),
      stage.total ? h("progress", { max: stage.total, value: isOver ? stage.total : stage.done, "aria-label": stageName(stage.name) }) : h("span"),
      h("span", { class: "time" }, duration(stage.seconds)),
      h("span", { class: "figures" }, [...said, ...figures].join(", ")));
  }));
  if (!job.stages.length) {
    field("stages").append(h("li", { class: "soft" }, running ? "It begins …" : job.state === "done" ? "It was done at once." : "Nothing was done yet."));
  }
  field("notices").replaceChildren(...job.notices.map((one) =>
    h("li", { class: one.is_warning ? "warning" : "" }, one.message)));
}

const sentence = (text) => text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

/** What a command reached that has made no file: voices that were learnt. */
function reached(job) {
  const speakers = job.state === "done" ? job.result?.speakers : undefined;
  field("reached").hidden = !speakers;
  if (!speakers || field("reached").childElementCount) return;
  field("reached").append(
    ...speakers.map((name) => `${name}: ${duration(job.result.speech_s[name])} of speech, ${Math.round(job.result.noise_db[name])} dB above the noise. `),
    h("a", { href: "/?make=voice-convert" }, "Change a voice with it"));
}

let shownResult = "";
async function result(job) {
  field("result").hidden = !job.output;
  // while nothing came out, what goes in is worth a look
  field("inputs").hidden = Boolean(job.output) || !job.before.length;
  const key = JSON.stringify([job.output, job.result, job.before]);
  if (key === shownResult) return;
  shownResult = key;
  const before = job.before.map((one, index) => shown({ ...one, source: `${base}/before/${index}`, sound: `${base}/before/${index}/sound`, muted: job.output === "video" && one.medium === "video" && one.caption === "Before" }));
  if (!job.output) {
    field("made-of").replaceChildren(...before);
    return;
  }
  // another address where something else came out, or the browser would show what it has
  const version = `?at=${Math.round((job.result.seconds ?? 0) * 1000)}`;
  const made = shown({ medium: job.output, caption: "Result", source: `${base}/output${version}`, sound: `${base}/output/sound${version}`, id: "output" });
  field("shown").replaceChildren(made, ...before);
  together(made, before.find((one, index) => job.before[index].caption === "Before"));
  field("save").href = `${base}/output${version}`;
  field("save").download = job.file;
  field("facts").textContent = facts(job.result);
  const said = await told(() => api(`${base}/verified`));
  if (!said) return;
  const consent = said.consent.map((one) => `${one.identity}: ${one.kind}`).join(", ");
  field("verified").replaceChildren(
    h("span", { class: `chip ${said.verdict === "intact" ? "good" : "warn"}` }, said.verdict), ` ${sentence(said.summary)} `,
    consent ? `Consent: ${consent}.` : "");
}

let latest = null;
field("history").addEventListener("input", () => {
  if (latest) training(latest, base, true);
});

let shownButtons = "";
async function refresh() {
  let job;
  try {
    job = await api(base);
  } catch (error) {
    field("said").textContent = error.message;
    return;
  }
  latest = job;
  document.title = `${job.name} – Understudy`;
  field("name").textContent = job.name;
  if (job.state !== state) {
    field("state").replaceChildren(stateChip(job.state));
    if (state !== null) say(`${job.name}: ${stateWords(job.state)}`);
    state = job.state;
  }
  field("said").textContent = job.seconds > 0 ? `worked ${duration(job.seconds)}` : "";
  field("failure").hidden = !job.error;
  field("failure").textContent = job.error ? `${job.error}${job.next_step ? ` – ${job.next_step}` : ""}` : "";
  const wanted = JSON.stringify([job.state, job.facesets]);
  if (wanted !== shownButtons) buttons(job); // or what is focused, or typed, would be lost each second
  shownButtons = wanted;
  stages(job);
  training(job, base);
  controls(job);
  reached(job);
  await result(job);
}

wire(base);
await refresh();
document.body.classList.add("drawn");
setInterval(() => { if (!document.hidden && state !== "done") refresh(); }, 1000);
