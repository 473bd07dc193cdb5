// One face in its frame: box, mesh and mask; drag landmarks, draw a box, draw what hides the face.
import { api, h, say, toast, told } from "/web/studio.js";
import { clock } from "/web/review_data.js";
import { drawFace } from "/web/review_face_drawing.js";
import { FaceMask } from "/web/review_mask.js";

const GRAB_PX = 14; // on the screen
const MODES = {
  look: "Drag to move the picture, turn the wheel to come nearer.",
  landmarks: "Drag a landmark; its neighbours follow. Arrow keys move the chosen one, N chooses the next.",
  box: "Draw a box around the whole face: it is looked for there.",
  brush: "Paint over what hides the face. Shift takes away.",
  polygon: "Click around what hides the face; a double click or Enter closes it.",
};

/**
 * Open a face; resolves when it is closed.
 * @param options {short, id, writable, onSaved({id, moved, masked})}
 */
export async function openFace(options) {
  const base = `/api/review/${options.short}/face/${options.id}`;
  const [about, shown] = await Promise.all([told(() => api(base)), told(() => api(`${base}/frame`))]);
  if (!about || !shown) return;
  const image = new Image();
  image.src = shown.picture;
  await image.decode();
  const view = new FaceView(options, base, about, shown, image);
  await view.mask.load(about.has_mask ? `${base}/mask` : "");
  await view.run();
}

class FaceView {
  constructor(options, base, about, shown, image) {
    Object.assign(this, { options, base, about, shown, image });
    this.points = about.landmarks.map((point) => [...point]);
    this.isMoved = false;
    this.chosen = -1;
    this.box = null;
    this.mode = "look";
    this.mask = new FaceMask(about.crop_px);
    this.build();
  }

  build() {
    const { about, shown, options } = this;
    const button = (mode, text) => h("button", {
      type: "button", "data-mode": mode, "aria-pressed": String(mode === this.mode), onclick: () => this.setMode(mode),
      disabled: mode !== "look" && (!options.writable || (mode === "box" && shown.trouble !== "")),
    }, text);
    this.canvas = h("canvas", { tabindex: "0", role: "img", "aria-label": "The face in its frame, with box, landmarks and mask" });
    this.words = h("p", { class: "soft picture-keys" }, MODES.look);
    this.size = h("input", { type: "range", min: "4", max: "80", value: "24", "aria-label": "Size of the brush" });
    this.save = h("button", { type: "button", class: "primary", disabled: true, onclick: () => this.saveAll() }, "Save");
    this.dialog = h("dialog", { class: "frame", "aria-labelledby": "frame-title" },
      h("h2", { id: "frame-title" }, `Face at ${clock(about.time_s)}, frame ${about.frame}`),
      shown.trouble ? h("p", { class: "trouble" }, `${shown.trouble} Its stored picture is shown; it cannot be looked for anew.`) : "",
      h("div", { class: "tools", role: "toolbar", "aria-label": "What the pointer does" },
        button("look", "Look"), button("landmarks", "Landmarks"), button("box", "New box"),
        button("brush", "Mask: brush"), button("polygon", "Mask: polygon"), h("label", { class: "inline" }, "Brush ", this.size)),
      h("div", { class: "stage" }, this.canvas), this.words,
      h("div", { class: "row" }, this.save,
        h("button", { type: "button", disabled: !options.writable, onclick: () => { this.mask.clear(); this.touched(); } }, "No mask"),
        h("button", { type: "button", onclick: () => this.leave() }, "Close")));
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.leave();
    });
    this.canvas.addEventListener("pointerdown", (event) => this.down(event));
    this.canvas.addEventListener("pointermove", (event) => this.move(event));
    this.canvas.addEventListener("pointerup", (event) => this.up(event));
    this.canvas.addEventListener("dblclick", () => this.closePolygon());
    this.canvas.addEventListener("wheel", (event) => this.zoom(event), { passive: false });
    this.canvas.addEventListener("keydown", (event) => this.keyed(event));
  }

  run() {
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.fit();
    this.canvas.focus();
    this.dialog.faceView = this; // for tests, which drag a landmark
    return new Promise((done) => {
      this.dialog.addEventListener("close", () => {
        this.dialog.remove();
        done();
      });
    });
  }

  /** Close; the first time that something is not saved, say so instead. */
  leave() {
    if (this.save.disabled || this.isWarned) {
      this.dialog.close();
      return;
    }
    this.isWarned = true;
    toast("What you changed is not saved yet.\nNext: save it, or close once more to drop it");
    this.save.focus();
  }

  setMode(mode) {
    this.mode = mode;
    this.mask.polygon = [];
    this.dialog.querySelectorAll("[data-mode]").forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.mode === mode)));
    this.words.textContent = MODES[mode];
    this.draw();
  }

  // ---- where things are: screen from frame ----

  /** Show the face, and something around it. */
  fit() {
    const { clientWidth, clientHeight } = this.canvas;
    this.canvas.width = clientWidth * devicePixelRatio;
    this.canvas.height = clientHeight * devicePixelRatio;
    const [x, y, side] = this.about.square;
    this.scale = Math.min(clientWidth, clientHeight) / (side * 2);
    this.shift = [clientWidth / 2 - x * this.scale, clientHeight / 2 - y * this.scale];
    this.draw();
  }

  toScreen([x, y]) {
    return [x * this.scale + this.shift[0], y * this.scale + this.shift[1]];
  }

  toFrame(event) {
    const rect = this.canvas.getBoundingClientRect();
    return [(event.clientX - rect.left - this.shift[0]) / this.scale, (event.clientY - rect.top - this.shift[1]) / this.scale];
  }

  toCrop([x, y]) {
    const [[a, b, c], [d, e, f]] = this.about.crop_from_frame;
    return [a * x + b * y + c, d * x + e * y + f];
  }

  cropScale() {
    return Math.hypot(this.about.crop_from_frame[0][0], this.about.crop_from_frame[1][0]);
  }

  draw() {
    drawFace(this);
  }

  // ---- the pointer ----

  down(event) {
    this.canvas.setPointerCapture(event.pointerId);
    const at = this.toFrame(event);
    this.begun = { at, shift: [...this.shift], client: [event.clientX, event.clientY] };
    if (this.mode === "landmarks") {
      this.chosen = this.nearest(at);
      this.before = this.points.map((point) => [...point]);
    } else if (this.mode === "brush") this.paint(event, at);
    else if (this.mode === "polygon") this.mask.add(at, this.toCrop(at));
    this.draw();
  }

  move(event) {
    if (!this.begun) return;
    const at = this.toFrame(event);
    if (this.mode === "look") {
      this.shift = this.begun.shift.map((one, i) => one + [event.clientX, event.clientY][i] - this.begun.client[i]);
    } else if (this.mode === "landmarks" && this.chosen >= 0) {
      this.pull(this.chosen, at[0] - this.begun.at[0], at[1] - this.begun.at[1]);
    } else if (this.mode === "box") {
      const [x, y] = this.begun.at;
      this.box = [Math.min(x, at[0]), Math.min(y, at[1]), Math.max(x, at[0]), Math.max(y, at[1])];
      this.touched();
    } else if (this.mode === "brush") this.paint(event, at);
    this.draw();
  }

  up() {
    this.begun = null;
    this.mask.lift();
  }

  paint(event, at) {
    const size = (Number(this.size.value) / this.scale) * this.cropScale();
    this.mask.stroke(this.toCrop(at), size, event.shiftKey);
    this.touched();
  }

  closePolygon() {
    if (this.mode !== "polygon" || this.mask.polygon.length < 3) return;
    this.mask.close();
    this.touched();
  }

  zoom(event) {
    event.preventDefault();
    const [x, y] = this.toFrame(event);
    const by = Math.exp(-event.deltaY / 400);
    this.scale *= by;
    this.shift = [this.shift[0] + x * this.scale * (1 / by - 1), this.shift[1] + y * this.scale * (1 / by - 1)];
    this.draw();
  }

  nearest([x, y]) {
    let [best, found] = [GRAB_PX / this.scale, -1];
    this.points.forEach((point, index) => {
      const away = Math.hypot(point[0] - x, point[1] - y);
      if (away < best) [best, found] = [away, index];
    });
    return found;
  }

  /** Move a landmark, and its neighbours the less the farther they are. */
  pull(index, dx, dy) {
    const reach = 0.06 * this.about.square[2];
    const [x, y] = this.before[index];
    this.points = this.before.map((point) => {
      const share = Math.exp(-0.5 * (Math.hypot(point[0] - x, point[1] - y) / reach) ** 2);
      return [point[0] + share * dx, point[1] + share * dy];
    });
    this.isMoved = true;
    this.touched();
  }

  keyed(event) {
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (this.mode === "landmarks" && arrows[event.key]) {
      if (this.chosen < 0) this.chosen = 0;
      this.before = this.points.map((point) => [...point]);
      const step = event.shiftKey ? 5 : 1;
      this.pull(this.chosen, arrows[event.key][0] * step, arrows[event.key][1] * step);
    } else if (this.mode === "landmarks" && event.key.toLowerCase() === "n") {
      this.chosen = (this.chosen + (event.shiftKey ? 467 : 1)) % 468;
      say(`Landmark ${this.chosen}.`);
    } else if (event.key === "Enter") this.closePolygon();
    else return;
    event.preventDefault();
    this.draw();
  }

  touched() {
    this.save.disabled = !this.options.writable;
    this.isWarned = false;
    this.draw();
  }

  // ---- saving ----

  async saveAll() {
    this.save.disabled = true;
    const { id } = this.options;
    let saved = null;
    if (this.mask.isChanged) saved = await told(() => api(`${this.base}/mask`, { png: this.mask.png() }));
    if (this.box) saved = await told(() => api(`${this.base}/place`, { box: this.box }));
    else if (this.isMoved) saved = await told(() => api(`${this.base}/place`, { landmarks: this.points }));
    if (!saved) {
      this.save.disabled = false;
      return;
    }
    toast(saved.said, "good");
    await this.options.onSaved({ id, moved: Boolean(this.box) || this.isMoved, masked: !this.mask.isEmpty() });
    this.dialog.close();
  }
}
