// The wall: rows of faces of which only those in sight exist, however many there are.
import { h } from "/web/studio.js";
import { clock, whole } from "/web/review_data.js";
import { GAP_PX, HEAD_PX, Lines } from "/web/review_lines.js";

const AHEAD_PX = 500; // rows that far out of sight are drawn, too

/** A grid that scrolls, sorted and grouped as `arrange` says. */
export class Wall {
  /**
   * @param element that scrolls
   * @param on {moved(row), opened(row), selected(), key(event)}
   */
  constructor(element, on) {
    this.element = element;
    this.on = on;
    this.space = h("div", { class: "space", role: "rowgroup" });
    element.replaceChildren(this.space);
    this.lines = new Map(); // number of a line to its element
    this.spare = { head: [], faces: [] };
    this.cells = new Map(); // row of a face to its cell, of those drawn
    this.faces = null;
    this.thumbs = null;
    this.order = new Uint32Array(0);
    this.layout = new Lines();
    this.groups = [];
    this.at = 0; // place in the order that has the cursor
    this.anchor = 0;
    this.isDue = false;
    element.addEventListener("scroll", () => this.draw(), { passive: true });
    element.addEventListener("keydown", (event) => this.keyed(event));
    element.addEventListener("mousedown", (event) => this.pressed(event));
    element.addEventListener("dblclick", (event) => this.twice(event));
    new ResizeObserver(() => this.resized()).observe(element);
  }

  /** Show other faces. */
  show(faces, thumbs) {
    this.faces = faces;
    this.thumbs = thumbs;
    for (const line of this.lines.values()) line.remove();
    this.lines.clear();
    this.cells.clear();
    this.spare = { head: [], faces: [] };
  }

  /** Show the faces in another order; the cursor stays on its face, or where it was. */
  arrange({ order, groups }) {
    const row = this.order[this.at];
    const wasVisible = this.isVisible(this.at);
    this.order = order;
    this.groups = groups;
    const found = order.indexOf(row);
    this.at = Math.max(0, Math.min(found >= 0 ? found : this.at, order.length - 1));
    this.anchor = this.at;
    this.lay();
    if (wasVisible) this.reveal();
    this.redraw();
  }

  /** The face with the cursor; -1 where there is none. */
  get row() {
    return this.order.length ? this.order[this.at] : -1;
  }

  resized() {
    if (!this.faces) return;
    const row = this.order[Math.min(this.at, this.order.length - 1)];
    this.lay();
    if (row !== undefined) this.reveal();
    this.redraw();
  }

  /** Work out where each line is. */
  lay() {
    const { layout, element } = this;
    layout.lay(element.clientWidth, this.groups);
    element.style.setProperty("--tile", `${layout.tile}px`);
    this.space.style.height = `${layout.height}px`;
    element.setAttribute("aria-rowcount", String(layout.starts.length));
    element.setAttribute("aria-colcount", String(layout.columns));
  }

  isVisible(place) {
    if (!this.order.length || !this.layout.starts.length) return true;
    const line = this.layout.lineOf(place);
    const { scrollTop, clientHeight } = this.element;
    return this.layout.tops[line + 1] > scrollTop && this.layout.tops[line] < scrollTop + clientHeight;
  }

  /** Scroll until the cursor is in sight. */
  reveal() {
    if (!this.order.length) return;
    const line = this.layout.lineOf(this.at);
    const { scrollTop, clientHeight } = this.element;
    if (this.layout.tops[line] < scrollTop) this.element.scrollTop = this.layout.tops[line] - (line > 0 ? HEAD_PX : 0);
    else if (this.layout.tops[line + 1] + GAP_PX > scrollTop + clientHeight) {
      this.element.scrollTop = this.layout.tops[line + 1] + GAP_PX - clientHeight;
    }
  }

  /** Draw everything in sight anew. */
  redraw() {
    for (const [number, line] of this.lines) this.release(number, line);
    this.draw();
  }

  /** Make the lines that came into sight, and let go of those that left it. */
  draw() {
    if (!this.faces) return;
    const { scrollTop, clientHeight } = this.element;
    const first = this.layout.lineAt(Math.max(0, scrollTop - AHEAD_PX));
    let last = first;
    while (last < this.layout.starts.length && this.layout.tops[last] < scrollTop + clientHeight + AHEAD_PX) last += 1;
    for (const [number, line] of this.lines) if (number < first || number >= last) this.release(number, line);
    const away = (line) => Math.max(0, scrollTop - this.layout.tops[line + 1], this.layout.tops[line] - scrollTop - clientHeight);
    const lines = [];
    for (let number = first; number < last; number += 1) if (!this.lines.has(number)) lines.push(number);
    for (const number of lines) this.make(number);
    this.thumbs.sortWanted((row) => (this.cells.has(row) ? away(this.cells.get(row).line) : Infinity));
    if (lines.length) this.mark();
  }

  release(number, line) {
    this.lines.delete(number);
    if (line.dataset.kind === "faces") {
      for (const cell of line.children) {
        this.cells.delete(cell.row);
        cell.removeAttribute("id"); // another line may show the face next
      }
    }
    line.hidden = true;
    this.spare[line.dataset.kind].push(line);
  }

  make(number) {
    const start = this.layout.starts[number];
    const kind = start < 0 ? "head" : "faces";
    const line = this.spare[kind].pop() ?? this.space.appendChild(h("div", { role: "row", class: kind, "data-kind": kind }));
    line.hidden = false;
    line.style.transform = `translateY(${this.layout.tops[number] + GAP_PX}px)`;
    line.setAttribute("aria-rowindex", String(number + 1));
    if (kind === "head") this.fillHead(line, this.groups[-1 - start]);
    else this.fillFaces(line, number, start, Math.min(start + this.layout.columns, this.layout.groupEnd(start)));
    this.lines.set(number, line);
  }

  fillHead(line, group) {
    if (!line.firstChild) line.append(h("div", { role: "rowheader" }));
    line.firstChild.setAttribute("aria-colspan", String(this.layout.columns));
    line.firstChild.textContent = `${group.label} · ${whole(group.end - group.start)}`;
  }

  fillFaces(line, number, start, end) {
    while (line.children.length > end - start) line.lastChild.remove();
    while (line.children.length < end - start) line.append(newCell());
    for (let place = start; place < end; place += 1) {
      const cell = line.children[place - start];
      cell.row = this.order[place];
      cell.place = place;
      cell.line = number;
      cell.id = `face-${this.faces.id[cell.row]}`;
      cell.classList.remove("at");
      cell.setAttribute("aria-colindex", String(place - start + 1));
      this.cells.set(cell.row, cell);
      this.look(cell);
      this.paint(cell, this.thumbs.get(cell.row));
    }
  }

  /** Give a cell the look of its face's state. */
  look(cell) {
    const { faces } = this;
    const { row } = cell;
    const isKept = Boolean(faces.kept[row]);
    cell.classList.toggle("rejected", !isKept);
    cell.classList.toggle("masked", Boolean(faces.masked[row]));
    cell.setAttribute("aria-selected", faces.selected[row] ? "true" : "false");
    const state = isKept ? "kept" : `rejected${faces.reasonOf(row) ? `, ${faces.reasonOf(row)}` : ""}`;
    const label = `${faces.personOf(row)}, ${clock(faces.time[row])}, ${state}`;
    cell.setAttribute("aria-label", label);
  }

  paint(cell, bitmap) {
    const { canvas, context } = cell;
    if (bitmap) context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const isBlank = !bitmap && !this.thumbs.preview(cell.row, context);
    if (isBlank) context.clearRect(0, 0, canvas.width, canvas.height);
    if (cell.kind !== (isBlank ? "blank" : bitmap ? "sharp" : "small")) {
      cell.kind = isBlank ? "blank" : bitmap ? "sharp" : "small";
      cell.classList.remove("missing");
      cell.classList.toggle("blank", isBlank);
      cell.classList.toggle("small", cell.kind === "small");
    }
  }

  /** A thumbnail has come; null where the face has none. */
  ready(row, bitmap) {
    const cell = this.cells.get(row);
    if (!cell) return;
    this.paint(cell, bitmap);
    if (!bitmap) {
      cell.kind = "missing";
      cell.classList.remove("blank", "small");
      cell.classList.add("missing");
    }
  }

  /** Previews of a pack have come. */
  packReady(first, last) {
    for (const [row, cell] of this.cells) {
      if (row >= first && row < last && cell.kind === "blank") this.paint(cell, this.thumbs.get(row));
    }
    this.thumbs.work();
  }

  /** Show which face has the cursor and which are selected. */
  mark() {
    const now = this.row;
    const cell = this.cells.get(now);
    if (this.marked !== cell) this.marked?.classList.remove("at");
    this.marked = cell;
    if (cell) {
      cell.classList.add("at");
      this.element.setAttribute("aria-activedescendant", cell.id);
    } else this.element.removeAttribute("aria-activedescendant");
  }

  /** Show the states of all faces in sight. */
  refresh() {
    for (const cell of this.cells.values()) this.look(cell);
    this.mark();
  }

  // ---- moving and selecting ----

  moveTo(place, { extend = false, keep = false } = {}) {
    if (!this.order.length) return;
    this.at = Math.max(0, Math.min(place, this.order.length - 1));
    if (extend) this.selectRange(keep);
    else this.anchor = this.at;
    this.reveal();
    this.draw();
    if (extend) this.refresh();
    else this.mark();
    this.on.moved(this.row);
  }

  selectRange(keep) {
    if (!keep) this.faces.selectNone();
    const [low, high] = this.anchor < this.at ? [this.anchor, this.at] : [this.at, this.anchor];
    for (let place = low; place <= high; place += 1) this.faces.select(this.order[place], true);
    this.on.selected();
  }

  toggle(place) {
    const row = this.order[place];
    this.faces.select(row, !this.faces.selected[row]);
    this.refresh();
    this.on.selected();
  }

  selectAll() {
    const group = this.layout.groupOf(this.at);
    if (!group) return;
    let isWhole = true;
    for (let place = group.start; place < group.end; place += 1) {
      isWhole &&= Boolean(this.faces.selected[this.order[place]]);
    }
    const [low, high] = isWhole ? [0, this.order.length] : [group.start, group.end];
    for (let place = low; place < high; place += 1) this.faces.select(this.order[place], true);
    this.refresh();
    this.on.selected();
  }

  keyed(event) {
    const last = this.order.length - 1;
    const moves = {
      ArrowLeft: () => this.at - 1,
      ArrowRight: () => this.at + 1,
      ArrowUp: () => this.layout.vertical(this.at, -1, last),
      ArrowDown: () => this.layout.vertical(this.at, 1, last),
      Home: () => 0,
      End: () => last,
      PageUp: () => this.layout.page(this.at, -1, last, this.element.clientHeight),
      PageDown: () => this.layout.page(this.at, 1, last, this.element.clientHeight),
    };
    if (!this.order.length) return;
    const isControl = event.ctrlKey || event.metaKey;
    if (moves[event.key]) this.moveTo(moves[event.key](), { extend: event.shiftKey, keep: isControl });
    else if (event.key === " ") {
      if (event.shiftKey) this.moveTo(this.at, { extend: true, keep: true });
      else this.toggle(this.at);
    } else if (isControl && event.key.toLowerCase() === "a") this.selectAll();
    else if (event.key === "Enter") this.on.opened(this.row);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  pressed(event) {
    const cell = event.target.closest(".face");
    if (!cell || event.button !== 0) return;
    event.preventDefault();
    this.element.focus();
    const isControl = event.ctrlKey || event.metaKey;
    if (event.shiftKey) this.moveTo(cell.place, { extend: true, keep: isControl });
    else if (isControl || matchMedia("(pointer: coarse)").matches) {
      this.moveTo(cell.place);
      this.toggle(cell.place);
    } else {
      this.faces.selectNone();
      this.faces.select(cell.row, true);
      this.moveTo(cell.place);
      this.refresh();
      this.on.selected();
    }
  }

  twice(event) {
    const cell = event.target.closest(".face");
    if (cell) this.on.opened(cell.row);
  }
}

function newCell() {
  const canvas = h("canvas", { width: 96, height: 96, "aria-hidden": "true" });
  const cell = h("div", { role: "gridcell", class: "face blank" }, canvas);
  cell.canvas = canvas;
  cell.context = canvas.getContext("2d", { alpha: false });
  cell.kind = "blank";
  return cell;
}
