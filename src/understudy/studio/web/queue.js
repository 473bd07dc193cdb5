// The queue on the start page: a row a job, with what can be done with it.
import { api, duration, h, told, toast } from "/web/studio.js";
import { amount, isAtRest, stageName, stateChip } from "/web/words.js";

const WATCH = { video: "Watch", picture: "Look", sound: "Listen" };
const field = (id) => document.getElementById(id);

const act = async (job, what) => {
  const answer = await told(() => api(`/api/jobs/${job.id}/${what}`, {}));
  if (answer && !answer.changed) toast("It has changed meanwhile.");
  await refresh();
};

/** The first swapped face of the newest preview: the grid's lowest row, leftmost. */
function picture(job) {
  const shown = h("div", { class: "picture" });
  if (job.preview === null) {
    if (job.output === "picture") shown.style.cssText = `background-image: url("/api/jobs/${job.id}/output"); background-size: cover; background-position: center`;
    return shown;
  }
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
  const hasPicture = job.preview !== null || job.output === "picture";
  const row = h("li", { class: `card${hasPicture ? "" : " plain"}`, "data-job": job.id });
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
      job.output ? h("a", { class: "button", href: `/jobs/${job.id}`, "aria-label": `${WATCH[job.output]} ${job.name}` }, WATCH[job.output]) : null,
      ["waiting", "running"].includes(job.state)
        ? h("button", { type: "button", onclick: () => act(job, "stop"), "aria-label": `Stop ${job.name}` }, "Stop") : null,
      ["stopped", "failed"].includes(job.state)
        ? h("button", { type: "button", onclick: () => act(job, "go-on"), "aria-label": `Go on with ${job.name}` }, "Go on") : null,
      isAtRest(job.state)
        ? h("button", { type: "button", class: "quiet", onclick: () => act(job, "forget"), "aria-label": `Take ${job.name} off the list` }, "Remove") : null));
  return row;
}

let drawn = new Map();
/** Draw the queue as it is now. */
export async function refresh() {
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
