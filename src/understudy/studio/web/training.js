// What is seen of a training on a job's page: pictures through its history, and its curves.
import { h } from "/web/studio.js";
import { chart } from "/web/curves.js";

const field = (id) => document.getElementById(id);
let follows = true; // the newest preview, until the slider is moved back
let drawnAt = "";

/** Draw it as it is now. isMoved: somebody has moved the slider. */
export function training(job, base, isMoved = false) {
  if (isMoved) follows = Number(field("history").value) === Number(field("history").max);
  const { history, previews, identities } = job.training;
  field("training").hidden = !previews.length && job.points.length < 2 && history.length < 2;
  const slider = field("history");
  slider.max = Math.max(0, previews.length - 1);
  if (follows) slider.value = slider.max;
  field("grid").hidden = !previews.length;
  preview(previews, base);
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

function preview(previews, base) {
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
