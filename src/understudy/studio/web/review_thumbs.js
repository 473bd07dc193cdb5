// Thumbnails: loaded in packs, kept as JPEG, decoded when they come into sight.

const PREVIEW_PX = 32;
const PREVIEWS_A_ROW = 16;
const MOST_LOADS = 3;
const MOST_DECODES = 12;
const MOST_BITMAPS = 3000; // 37 kB each
const MOST_BYTES = 250e6; // of packs; what is more is loaded again

/** The thumbnails of a faceset's faces, by row. */
export class Thumbs {
  /**
   * @param address of a pack: (number) => string
   * @param perPack faces in a pack
   * @param count of faces
   * @param onReady called with a row when its picture is there
   * @param onPack called with the first row and the one behind the last when previews are there
   */
  constructor(address, perPack, count, { onReady, onPack }) {
    this.address = address;
    this.perPack = perPack;
    this.packCount = Math.ceil(count / perPack);
    this.onReady = onReady;
    this.onPack = onPack;
    this.count = count;
    this.packs = new Map(); // number to pack, the longest unused first
    this.bytes = 0;
    this.bitmaps = new Map(); // row to ImageBitmap, the longest unused first
    this.wanted = []; // rows, the latest last
    this.asked = new Set(); // rows in `wanted` or being decoded
    this.loading = new Set();
    this.decoding = 0;
    this.next = 0; // first pack that may not have been loaded ahead
    this.isClosed = false;
  }

  close() {
    this.isClosed = true;
    for (const bitmap of this.bitmaps.values()) bitmap.close();
    this.bitmaps.clear();
    this.packs.clear();
  }

  /** The picture, if it is there; else it is fetched and `onReady` called. */
  get(row) {
    const bitmap = this.bitmaps.get(row);
    if (bitmap) {
      this.bitmaps.delete(row);
      this.bitmaps.set(row, bitmap);
      return bitmap;
    }
    if (!this.asked.has(row)) {
      this.asked.add(row);
      this.wanted.push(row); // `sortWanted` begins with them
    }
    return null;
  }

  /** Draw a face small and blurred, as long as its picture is not decoded; gives whether it could. */
  preview(row, context) {
    const pack = this.packs.get(Math.floor(row / this.perPack));
    if (!pack?.sheet) return false;
    const place = row % this.perPack;
    const side = PREVIEW_PX;
    const { width, height } = context.canvas;
    context.drawImage(pack.sheet, (place % PREVIEWS_A_ROW) * side, Math.floor(place / PREVIEWS_A_ROW) * side,
      side, side, 0, 0, width, height);
    return true;
  }

  /** Forget what is wanted but lies nowhere near, and take the nearest first; `away` gives Infinity or a distance. */
  sortWanted(away) {
    const ranked = [];
    for (const row of this.wanted) {
      const distance = away(row);
      if (distance < Infinity) ranked.push([distance, row]);
      else this.asked.delete(row);
    }
    ranked.sort((a, b) => b[0] - a[0]);
    this.wanted = ranked.map(([, row]) => row);
    this.work();
  }

  work() {
    for (let i = this.wanted.length - 1; i >= 0 && this.decoding < MOST_DECODES; i -= 1) {
      const row = this.wanted[i];
      const number = Math.floor(row / this.perPack);
      if (this.packs.has(number)) {
        this.wanted.splice(i, 1);
        this.decode(row, number);
      } else this.load(number);
    }
    // ahead of time, with what is left: whoever scrolls on must not wait
    while (this.loading.size < MOST_LOADS && this.next < this.packCount && this.bytes < MOST_BYTES) {
      if (!this.packs.has(this.next)) this.load(this.next);
      this.next += 1;
    }
  }

  async load(number) {
    if (this.loading.has(number) || this.loading.size >= MOST_LOADS) return;
    this.loading.add(number);
    let pack = { data: new ArrayBuffer(0), starts: [], sheet: null };
    try {
      const response = await fetch(this.address(number));
      if (response.ok) {
        pack = parsed(await response.arrayBuffer());
        pack.sheet = await createImageBitmap(picture(pack, 0));
      }
    } catch {
      // shown as faces without a picture
    }
    this.loading.delete(number);
    if (this.isClosed) return;
    this.packs.set(number, pack);
    this.onPack(number * this.perPack, Math.min((number + 1) * this.perPack, this.count));
    this.bytes += pack.data.byteLength;
    for (const [old, { data, sheet }] of this.packs) {
      if (this.bytes < 1.2 * MOST_BYTES) break;
      this.packs.delete(old);
      sheet?.close();
      this.bytes -= data.byteLength;
    }
    this.work();
  }

  async decode(row, number) {
    const jpeg = picture(this.packs.get(number), 1 + (row % this.perPack));
    this.decoding += 1;
    let bitmap = null;
    try {
      // always later, for `work` is in the middle of its list
      bitmap = await (jpeg.size ? createImageBitmap(jpeg) : null);
    } catch {
      bitmap = null;
    }
    this.decoding -= 1;
    this.asked.delete(row);
    if (this.isClosed) return;
    if (bitmap) {
      this.bitmaps.set(row, bitmap);
      if (this.bitmaps.size > MOST_BITMAPS) {
        const [oldest, old] = this.bitmaps.entries().next().value;
        this.bitmaps.delete(oldest);
        old.close();
      }
    }
    this.onReady(row, bitmap);
    this.work();
  }
}

function picture({ data, starts }, index) {
  return new Blob([new Uint8Array(data, starts[index] ?? 0, (starts[index + 1] ?? 0) - (starts[index] ?? 0))]);
}

function parsed(data) {
  const head = new DataView(data);
  const count = head.getUint32(0, true);
  const starts = [4 * (count + 1)];
  for (let i = 0; i < count; i += 1) starts.push(starts[i] + head.getUint32(4 * (i + 1), true));
  return { data, starts, sheet: null };
}
