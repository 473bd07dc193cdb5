// What states and stages are called on every page.
import { duration, h } from "/web/studio.js";

const STATES = {
  waiting: ["waiting", ""], running: ["working", "busy"], stopping: ["saving, then stops", "busy"],
  stopped: ["stopped", "warn"], done: ["done", "good"], failed: ["failed", "bad"],
};

export const stateChip = (state) => h("span", { class: `chip ${STATES[state][1]}` }, STATES[state][0]);
export const stateWords = (state) => STATES[state][0];
export const isAtRest = (state) => ["stopped", "done", "failed"].includes(state);

/** "extract anna.mp4" is finding faces; others are called as they are. */
export function stageName(name) {
  const [first, ...rest] = name.split(" ");
  const names = { extract: rest.length ? `Finding faces in ${rest.join(" ")}` : "Finding faces", train: "Learning", convert: "Drawing the video", load: "Loading faces" };
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
