// What can be changed of a training while it runs. It takes orders within a second or two.
import { api, told, toast } from "/web/studio.js";

const field = (id) => document.getElementById(id);
const words = (rate) => rate === 1 ? "as planned" : rate > 1 ? `× ${Number(rate.toPrecision(2))}` : `× ${Number(rate.toPrecision(2))} of what was planned`;
const chosen = () => 2 ** Number(field("rate").value);
let base = "";
let paused = false;
let waiting = null; // what was ordered and is not to be seen yet

async function order(what) {
  const answer = await told(() => api(`${base}/adjust`, what));
  if (answer && !answer.changed) toast("It does not run just now.");
  if (!answer?.changed) return;
  waiting = what;
  field("ordered").textContent = "Ordered: it is taken between two steps.";
}

/** Let the controls order from a job. */
export function wire(address) {
  base = address;
  field("rate").addEventListener("input", () => { field("rate-said").textContent = words(chosen()); });
  field("rate").addEventListener("change", () => order({ rate: chosen() }));
  field("pause").addEventListener("click", () => order({ pause: !paused }));
  field("finish").addEventListener("click", () => order({ finish: true }));
  field("unfocus").addEventListener("click", () => order({ focus: "none" }));
}

/** Show how the training is set. */
export function controls(job) {
  const { training } = job;
  const learns = job.trains && job.state === "running" && !training.finished && (job.current === "train" || job.current === "pause");
  field("controls").hidden = !learns;
  if (!learns) { // an order is for the training that was shown, and is taken by no other
    waiting = null;
    field("ordered").textContent = "";
  }
  paused = training.paused;
  field("pause").textContent = paused ? "Go on learning" : "Pause";
  field("finish").disabled = training.finishing;
  const focus = training.changes.filter((one) => one.what === "focus").at(-1);
  field("unfocus").hidden = !focus || focus.said === "none";
  const isTaken = waiting === null || ("rate" in waiting && training.rate === waiting.rate)
    || ("pause" in waiting && paused === waiting.pause) || ("finish" in waiting && training.finishing)
    || ("focus" in waiting && focus?.said === "none");
  if (isTaken && waiting) {
    field("ordered").textContent = "Done.";
    waiting = null;
  }
  if (!waiting && document.activeElement !== field("rate")) {
    field("rate").value = Math.log2(training.rate);
    field("rate-said").textContent = words(training.rate);
  }
  const said = { rate: (one) => `learning rate × ${one.said}`, focus: (one) => one.said === "none" ? "no faces more often" : `more often: ${one.said}`, finish: (one) => `ends: ${one.said}` };
  field("changes").replaceChildren(...training.changes.map((one) => {
    const row = document.createElement("li");
    row.textContent = `Step ${one.step.toLocaleString("en")}: ${said[one.what]?.(one) ?? one.said}`;
    return row;
  }));
}
