// The faces of a faceset as columns: read once, sorted, grouped and filtered here.

const TYPES = { f4: Float32Array, i4: Int32Array, u2: Uint16Array, u1: Uint8Array };
const ANOTHER_PERSON = "another person";

/** What can be sorted by: what people call it, and what it counts in. */
export const SORTS = {
  time: { name: "time" },
  sharpness: { name: "sharpness" },
  yaw_deg: { name: "pose, left to right" },
  pitch_deg: { name: "pose, up to down" },
  mouth_open: { name: "mouth opening" },
  eye_open: { name: "eye opening" },
  brightness: { name: "light: dark to bright" },
  light_side: { name: "light: its side" },
  distance: { name: "distance from the mean" },
  occlusion: { name: "how much is hidden" },
  side_px: { name: "size of the face" },
  unlike: { name: "likeness to a face" },
};

/** What can be grouped by; `step` is a cell of a figure. */
export const GROUPS = {
  none: { name: "nothing" },
  person: { name: "person" },
  track: { name: "track" },
  reason: { name: "why rejected" },
  yaw_deg: { name: "pose, left to right", step: 15, unit: "°" },
  pitch_deg: { name: "pose, up to down", step: 10, unit: "°" },
  sharpness: { name: "sharpness", step: 2, unit: "" },
  mouth_open: { name: "mouth opening", step: 0.1, unit: "" },
  eye_open: { name: "eye opening", step: 0.05, unit: "" },
  brightness: { name: "light", step: 25, unit: "" },
};

/** All faces of a faceset. */
export class Faces {
  constructor(buffer) {
    const length = new DataView(buffer).getUint32(0, true);
    this.about = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
    this.count = this.about.faces;
    for (const column of this.about.columns) {
      this[column.name] = new TYPES[column.type](buffer, 4 + length + column.offset, this.count);
    }
    this.people = this.about.people;
    this.reasons = this.about.reasons;
    this.selected = new Uint8Array(this.count);
    this.selectedCount = 0;
    this.unlike = null; // how unlike a chosen face each is
    this.rows = new Map(); // id to row
    for (let row = 0; row < this.count; row += 1) this.rows.set(this.id[row], row);
    this.kepts = this.kept.reduce((sum, kept) => sum + kept, 0);
  }

  /** Take in what a step has changed; gives the rows. */
  apply(changed) {
    const rows = changed.faces.map((id) => this.rows.get(id));
    rows.forEach((row, i) => {
      this.kept[row] = changed.kept[i] ? 1 : 0;
      this.reason[row] = code(this.reasons, changed.reasons[i]);
      this.person[row] = code(this.people, changed.people[i]);
    });
    this.kepts = changed.counts.kept;
    return rows;
  }

  select(row, isSelected) {
    this.selectedCount += (isSelected ? 1 : 0) - this.selected[row];
    this.selected[row] = isSelected ? 1 : 0;
  }

  selectNone() {
    this.selected.fill(0);
    this.selectedCount = 0;
  }

  /** Rows of the selected faces. */
  selection() {
    const found = [];
    for (let row = 0; row < this.count; row += 1) if (this.selected[row]) found.push(row);
    return found;
  }

  reasonOf(row) {
    return this.reasons[this.reason[row]];
  }

  personOf(row) {
    return this.people[this.person[row]] || "nobody named";
  }

  /** How many faces each person has, those with none left out. */
  peopleCounts() {
    const counts = new Map();
    for (let row = 0; row < this.count; row += 1) {
      const name = this.people[this.person[row]];
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return counts;
  }

  /**
   * The faces to show, in groups.
   * @param view {state: "all" | "kept" | "rejected", sort, down, group, within: [{name, low, high, by}]}
   * @returns {order: Uint32Array of rows, groups: [{label, start, end}]}
   */
  arranged(view) {
    const rows = this.shown(view);
    const keys = this.groupKeys(view.group);
    const values = this.sortValues(view.sort);
    const sign = view.down ? -1 : 1;
    rows.sort((a, b) => (keys ? keys[a] - keys[b] : 0) || compared(values, a, b, sign) || a - b);
    return { order: rows, groups: this.groups(rows, keys, view.group) };
  }

  shown(view) {
    const rows = new Uint32Array(this.count);
    let n = 0;
    for (let row = 0; row < this.count; row += 1) {
      if (view.state === "kept" && !this.kept[row]) continue;
      if (view.state === "rejected" && this.kept[row]) continue;
      if (view.within.every((limit) => isWithin(this, limit, row))) rows[n++] = row;
    }
    return rows.subarray(0, n);
  }

  sortValues(sort) {
    if (sort === "time") return null; // ids are in the order of time
    return this[sort];
  }

  groupKeys(group) {
    if (group === "none") return null;
    if (group === "person") return ranks(this.people, this.person, (name) => -(this.peopleCounts().get(name) ?? 0));
    if (group === "track") return this.track;
    if (group === "reason") return ranks(this.reasons, this.reason, (text) => (text === "" ? 0 : 1));
    const { step } = GROUPS[group];
    // what is not known comes last
    return Float64Array.from(this[group], (value) => (Number.isNaN(value) ? 1e9 : Math.floor(value / step)));
  }

  groups(order, keys, group) {
    if (!keys) return [{ label: "", start: 0, end: order.length }];
    const found = [];
    for (let i = 0; i < order.length; i += 1) {
      const last = found[found.length - 1];
      if (last && keys[order[i]] === keys[order[i - 1]]) last.end = i + 1;
      else found.push({ label: this.groupLabel(group, order[i], keys[order[i]]), start: i, end: i + 1 });
    }
    return found;
  }

  groupLabel(group, row, key) {
    if (group === "person") return this.personOf(row);
    if (group === "track") {
      const [source, number] = this.about.tracks[this.track[row]];
      return `track ${number}, ${this.about.sources[source] ?? "?"}`;
    }
    if (group === "reason") return this.kept[row] ? "kept" : this.reasonOf(row) || "no reason given";
    const { step, unit, name } = GROUPS[group];
    if (key === 1e9) return `${name}: not known`;
    const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
    return `${name}: ${(key * step).toFixed(digits)} to ${((key + 1) * step).toFixed(digits)}${unit}`;
  }
}

/** "0:03.2" */
export function clock(seconds) {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - 60 * minutes).toFixed(1).padStart(4, "0")}`;
}

/** A whole number with thin spaces. */
export function whole(count) {
  return count.toLocaleString("en").replaceAll(",", "\u202f");
}

function code(texts, text) {
  const found = texts.indexOf(text);
  return found >= 0 ? found : texts.push(text) - 1;
}

function compared(values, a, b, sign) {
  if (!values) return sign * (a - b);
  const one = values[a];
  const other = values[b];
  // what is not known comes last, whichever way
  if (Number.isNaN(one) || Number.isNaN(other)) return Number.isNaN(one) - Number.isNaN(other);
  return sign * (one - other);
}

function isWithin(faces, limit, row) {
  const value = Math.min(faces[limit.name][row] / (limit.by ?? 1), limit.most ?? Infinity);
  return value >= limit.low && value < limit.high;
}

/** Codes of texts, in an order of the texts. */
function ranks(texts, codes, rank) {
  const known = texts.map((text, index) => [rank(text), text, index]);
  known.sort((a, b) => a[0] - b[0] || a[1].localeCompare(b[1]));
  const order = new Int32Array(texts.length);
  known.forEach(([, , index], place) => { order[index] = place; });
  return Int32Array.from(codes, (one) => order[one]);
}

export { ANOTHER_PERSON };
