// A job's page: how far it is, its training as it goes, and what came out.
import { api, duration, h, say, toast, told } from "/web/studio.js";
import { chart } from "/web/curves.js";
import { amount, isAtRest, stageName, stateChip, stateWords } from "/web/words.js";

const number = Number(location.pathname.split("/").pop());
const field = (id) => document.getElementById(id);
const base = `/api/jobs/${number}`;
let state = null;
let follows = true; // the newest preview, until the slider is moved back
let drawnAt = "";

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
    ...(job.state === "done" ? [minutes, h("span", { class: "soft" }, "minutes"), more] : []),
    ...Object.entries(job.facesets).map(([role, id]) =>
      h("a", { class: "button", href: `/review?faceset=${id}` }, `Faces of the ${role}`)),
  ].filter(Boolean));
}

function stages(job) {
  const running = !isAtRest(job.state) && job.state !== "waiting";
  field("stages").replaceChildren(...job.stages.map((stage) => {
    const isNow = running && stage.name === job.current;
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
    field("stages").append(h("li", { class: "soft" }, running ? "It begins …" : "Nothing was done yet."));
  }
  field("notices").replaceChildren(...job.notices.map((one) =>
    h("li", { class: one.is_warning ? "warning" : "" }, one.message)));
}

function training(job) {
  const { history, previews, identities } = job.training;
  field("training").hidden = !previews.length && job.points.length < 2 && history.length < 2;
  const slider = field("history");
  slider.max = Math.max(0, previews.length - 1);
  if (follows) slider.value = slider.max;
  field("grid").hidden = !previews.length;
  preview(previews);
  const ahead = job.training.further_hour;
  field("ahead").hidden = ahead === null;
  if (ahead) {
    field("ahead").textContent = `An hour more is likely to add ${Math.max(0, ahead.ssim_gain).toFixed(3)} to the likeness`
      + ` (give or take ${ahead.uncertainty.toFixed(3)}; below 0.002 nobody sees it).`;
  }
  const last = history.at(-1)?.step ?? -1;
  const live = job.points.filter((point) => point.step > last);
  const loss = [...history.map((one) => [one.step, one.loss]), ...live.map((one) => [one.step, one.loss])];
  const held = identities.length ? identities.map((name, index) => ({
    name, kind: index ? "b" : "a",
    points: history.filter((one) => name in one.ssim).map((one) => [one.step, one.ssim[name]]),
  })) : [];
  const both = { name: "both", kind: "a", points: job.points.filter((one) => one.ssim !== undefined).map((one) => [one.step, one.ssim]) };
  const mark = previews[Number(slider.value)];
  const said = JSON.stringify([loss.length, loss.at(-1), history.length, both.points.length, mark]);
  if (said === drawnAt) return;
  drawnAt = said;
  field("curves").replaceChildren(...[
    chart({ title: "Likeness", explanation: "How like faces it has never seen are when it redraws them; 1 is the same.",
      unit: "steps", mark, series: held.some((one) => one.points.length > 1) ? held : [both] }),
    chart({ title: "Loss", explanation: "What is still wrong with the faces that it learns from; it falls.",
      unit: "steps", mark, series: [{ name: "loss", kind: "a", points: loss }] }),
  ].filter(Boolean));
}

function preview(previews) {
  const step = previews[Number(field("history").value)];
  if (step === undefined) return;
  field("step").textContent = step.toLocaleString("en");
  const source = `${base}/previews/${step}`;
  const image = field("preview");
  if (image.getAttribute("src") !== source) {
    image.src = source;
    image.alt = `What the model draws after ${step} steps: both people redrawn, and the swap`;
  }
}

const sentence = (text) => text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

let shownResult = "";
async function result(job) {
  field("result").hidden = !job.has_output;
  if (!job.has_output) { shownResult = ""; return; }
  const key = JSON.stringify(job.result);
  if (key === shownResult) return;
  shownResult = key;
  // another address where another video came out, or the browser would show the one it has
  const version = `?at=${Math.round(job.result.seconds * 1000)}`;
  field("output").src = `${base}/output${version}`;
  field("target").src = `${base}/target`;
  field("save").href = `${base}/output${version}`;
  field("facts").textContent = `${job.result.frames.toLocaleString("en")} frames, ${job.result.swapped.toLocaleString("en")} of them swapped`;
  const said = await told(() => api(`${base}/verified`));
  if (!said) return;
  const consent = said.consent.map((one) => `${one.identity}: ${one.kind}`).join(", ");
  field("verified").replaceChildren(
    h("span", { class: `chip ${said.verdict === "intact" ? "good" : "warn"}` }, said.verdict), ` ${sentence(said.summary)} `,
    consent ? `Consent: ${consent}.` : "");
}

// both play together; the one before has no sound
const output = field("output"), target = field("target");
const together = () => { if (Math.abs(target.currentTime - output.currentTime) > 0.08) target.currentTime = output.currentTime; };
output.addEventListener("play", () => { together(); target.play().catch(() => {}); });
output.addEventListener("pause", () => { target.pause(); together(); });
output.addEventListener("seeked", together);
output.addEventListener("ratechange", () => { target.playbackRate = output.playbackRate; });
output.addEventListener("timeupdate", () => { if (!output.seeking) together(); });
target.addEventListener("error", () => { field("before").hidden = true; });

let latest = null;
field("history").addEventListener("input", () => {
  follows = Number(field("history").value) === Number(field("history").max);
  if (latest) training(latest);
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
  training(job);
  await result(job);
}

await refresh();
document.body.classList.add("drawn");
setInterval(() => { if (!document.hidden && state !== "done") refresh(); }, 1000);
