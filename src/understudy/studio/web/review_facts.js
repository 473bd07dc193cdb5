// What is known of the face with the cursor, beside the wall.
import { h } from "/web/studio.js";
import { clock } from "/web/review_data.js";

const FACTS = [
  ["sharpness", "sharpness", 1], ["yaw_deg", "pose to the right", 0, "°"], ["pitch_deg", "pose down", 0, "°"],
  ["mouth_open", "mouth opening", 2], ["eye_open", "eye opening", 2], ["brightness", "brightness", 0],
  ["light_side", "side of the light", 2], ["occlusion", "hidden", 0, " %", 100],
  ["distance", "distance from the mean", 2], ["side_px", "size", 0, " px"],
];
const DELAY_MS = 120;

/** The card that shows the face with the cursor. */
export class FacePart {
  constructor(element, on) {
    this.element = element;
    this.on = on;
    this.due = 0;
    this.image = h("img", { alt: "", width: 120, height: 120 });
    this.words = h("div", {});
    this.facts = h("dl", {});
    this.open = h("button", { type: "button", onclick: () => on.opened(this.row) }, "Open in its frame");
    element.append(h("div", { class: "pair" }, this.image, this.words), this.facts, this.open);
  }

  start(short, faces) {
    this.short = short;
    this.faces = faces;
  }

  /** Show a face by its row; nothing where there is none. */
  show(row) {
    this.row = row;
    this.element.hidden = row < 0;
    clearTimeout(this.due);
    if (row < 0) return;
    const { faces } = this;
    const [source, number] = faces.about.tracks[faces.track[row]];
    const state = faces.kept[row] ? h("span", { class: "chip good" }, "kept") : h("span", { class: "chip bad" }, "rejected");
    this.words.replaceChildren(h("strong", {}, faces.personOf(row)), h("div", {}, state),
      h("div", { class: "soft" }, faces.kept[row] ? "" : faces.reasonOf(row)),
      h("div", { class: "soft" }, `${faces.about.sources[source] ?? ""} ${clock(faces.time[row])}`),
      h("div", { class: "soft" }, `frame ${faces.frame[row]}, track ${number}`));
    this.facts.replaceChildren(...FACTS.flatMap(([key, name, digits, unit = "", by = 1]) => {
      const value = faces[key][row];
      const text = Number.isNaN(value) ? "not known" : `${(value * by).toFixed(digits)}${unit}`;
      return [h("dt", {}, name), h("dd", {}, text.replace(/^-(0[^.]|0$)/, "$1").replace("-", "\u2212"))];
    }));
    // not one picture a key stroke while a key is held down
    this.due = setTimeout(() => { this.image.src = `/api/review/${this.short}/face/${faces.id[row]}/crop`; }, DELAY_MS);
  }
}
