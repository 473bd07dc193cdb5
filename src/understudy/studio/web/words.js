// What states and stages are called on every page.
import { duration, h, toast } from "/web/studio.js";

const STATES = {
  waiting: ["waiting", ""], running: ["working", "busy"], stopping: ["saving, then stops", "busy"],
  stopped: ["stopped", "warn"], done: ["done", "good"], failed: ["failed", "bad"],
};

export const stateChip = (state) => h("span", { class: `chip ${STATES[state][1]}` }, STATES[state][0]);
export const stateWords = (state) => STATES[state][0];
export const isAtRest = (state) => ["stopped", "done", "failed"].includes(state);

/** "extract anna.mp4" is finding faces in it; others are called as they are. */
export function stageName(name) {
  const [first, ...rest] = name.split(" ");
  if (first === "listen") return `Listening to ${rest.slice(1).join(" ")}`;
  if (name === "convert speech") return "Speaking";
  if (name === "learn lips") return "Learning how lips move";
  const where = rest.length ? ` in ${rest.join(" ")}` : "";
  const names = {
    download: `Fetching ${rest.join(" ")}`, extract: `Finding faces${where}`, read: `Reading the face${where}`, load: "Loading faces",
    train: "Learning", pause: "Paused", convert: "Drawing the video", animate: "Drawing the video", lipsync: "Drawing the video",
  };
  return names[first] ?? name[0].toUpperCase() + name.slice(1);
}

/** "120 of 240 frames". */
export function amount(stage) {
  if (stage.unit === "s") {
    return stage.total === null ? duration(stage.done) : `${duration(stage.done)} of ${duration(stage.total)}`;
  }
  const done = Math.round(stage.done).toLocaleString("en");
  return `${stage.total === null ? done : `${done} of ${Math.round(stage.total).toLocaleString("en")}`} ${stage.unit}`;
}

/** Say what becomes of faces that somebody wants trained on. */
export function tellTraining({ job, runs }) {
  toast(runs ? "The training that runs takes them now." : "It is in the queue, for three minutes.", "good", h("a", { href: `/jobs/${job}` }, "See it"));
}

/** What came out, in figures, of whatever kind of work. */
export function facts(result) {
  const count = (value, what) => value === undefined || result.frames === 1 ? null : `${value.toLocaleString("en")} ${what}`;
  return [
    count(result.frames, "frames"), count(result.swapped ?? result.animated, "of them changed"),
    result.length_s === undefined ? null : `${duration(result.length_s)} of speech`,
    result.learnt_s === undefined ? null : `lips learnt from ${duration(result.learnt_s)} of talking`,
    result.realtime === undefined ? null : `made in ${result.realtime.toFixed(2)} s for each second`,
  ].filter(Boolean).join(", ");
}
