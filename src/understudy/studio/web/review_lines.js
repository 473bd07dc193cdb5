// Where the lines of the wall are: headings, and rows of faces. Nothing here is drawn.

export const GAP_PX = 4;
export const HEAD_PX = 30;
const LEAST_TILE_PX = 86;

/** Lines of a width; `starts` is the place of each line's first face, -1 - group for a heading. */
export class Lines {
  constructor() {
    this.groups = [];
    this.starts = [];
    this.columns = 1;
    this.tile = LEAST_TILE_PX;
    this.tops = new Float64Array(1);
  }

  /** Work out where each line is. */
  lay(wide, groups) {
    const width = wide - 2 * GAP_PX;
    this.groups = groups;
    this.columns = Math.max(1, Math.floor((width + GAP_PX) / (LEAST_TILE_PX + GAP_PX)));
    const tile = Math.floor((width + GAP_PX) / this.columns) - GAP_PX;
    this.tile = tile;
    this.starts = []; // place of a line's first face, -1 - group for a heading
    const tops = [0];
    this.groups.forEach((group, number) => {
      if (group.label) {
        this.starts.push(-1 - number);
        tops.push(tops[tops.length - 1] + HEAD_PX);
      }
      for (let start = group.start; start < group.end; start += this.columns) {
        this.starts.push(start);
        tops.push(tops[tops.length - 1] + tile + GAP_PX);
      }
    });
    this.tops = Float64Array.from(tops);
  }

  /** Of all lines together. */
  get height() {
    return this.tops[this.tops.length - 1] + GAP_PX;
  }

  /** The line at a height. */
  lineAt(y) {
    let [low, high] = [0, this.starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.tops[middle] <= y) low = middle;
      else high = middle;
    }
    return low;
  }

  lineOf(place) {
    let [low, high] = [0, this.starts.length];
    // headings stand before the faces of their group
    const first = (line) => (this.starts[line] >= 0 ? this.starts[line] : this.groups[-1 - this.starts[line]].start);
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (first(middle) <= place) low = middle;
      else high = middle;
    }
    return low;
  }

  groupOf(place) {
    return this.groups.find((group) => place >= group.start && place < group.end);
  }

  groupEnd(place) {
    let [low, high] = [0, this.groups.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.groups[middle].start <= place) low = middle;
      else high = middle;
    }
    return this.groups[low].end;
  }

  /** The place a line up or down, in the column nearest to the cursor's. */
  vertical(at, step, last) {
    const line = this.lineOf(at);
    const column = at - this.starts[line];
    let other = line + step;
    while (other >= 0 && other < this.starts.length && this.starts[other] < 0) other += step;
    if (other < 0 || other >= this.starts.length) return step < 0 ? at : last;
    const start = this.starts[other];
    return Math.min(start + column, Math.min(start + this.columns, this.groupEnd(start)) - 1);
  }

  /** The place a screen of this height up or down. */
  page(at, step, last, height) {
    const lines = Math.max(1, Math.floor(height / (this.tile + GAP_PX)) - 1);
    return Math.max(0, Math.min(at + step * lines * this.columns, last));
  }
}
