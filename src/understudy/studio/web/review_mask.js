// What hides a face: drawn by brush or polygon on a canvas as large as the stored crop.

/** A mask; white is hidden. */
export class FaceMask {
  constructor(size) {
    this.canvas = document.createElement("canvas");
    this.canvas.width = size;
    this.canvas.height = size;
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.polygon = []; // crop pixels
    this.polygonInFrame = [];
    this.isChanged = false;
    this.last = null;
  }

  async load(address) {
    if (!address) return;
    const image = new Image();
    image.src = `${address}?${Date.now()}`;
    await image.decode();
    this.context.drawImage(image, 0, 0);
    // stored white on black, shown red on nothing
    const data = this.context.getImageData(0, 0, this.canvas.width, this.canvas.height);
    for (let i = 0; i < data.data.length; i += 4) {
      const isHidden = data.data[i] > 127;
      data.data.set([255, 60, 50, isHidden ? 255 : 0], i);
    }
    this.context.putImageData(data, 0, 0);
  }

  /** Draw on from where the stroke was. */
  stroke([x, y], size, isAway) {
    const { context } = this;
    context.globalCompositeOperation = isAway ? "destination-out" : "source-over";
    context.strokeStyle = "rgb(255 60 50)";
    context.lineWidth = size;
    context.lineCap = "round";
    context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...(this.last ?? [x, y]));
    context.lineTo(x, y + 0.01);
    context.stroke();
    context.globalCompositeOperation = "source-over";
    this.last = [x, y];
    this.isChanged = true;
  }

  lift() {
    this.last = null;
  }

  add(inFrame, inCrop) {
    this.polygon.push(inCrop);
    this.polygonInFrame.push(inFrame);
  }

  close() {
    const { context } = this;
    context.fillStyle = "rgb(255 60 50)";
    context.beginPath();
    for (const point of this.polygon) context.lineTo(...point);
    context.fill();
    this.polygon = [];
    this.polygonInFrame = [];
    this.isChanged = true;
  }

  clear() {
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.polygon = [];
    this.polygonInFrame = [];
    this.isChanged = true;
  }

  isEmpty() {
    const { data } = this.context.getImageData(0, 0, this.canvas.width, this.canvas.height);
    for (let i = 3; i < data.length; i += 4) if (data[i] > 127) return false;
    return true;
  }

  /** White on black, as a data URL. */
  png() {
    const size = this.canvas.width;
    const plain = document.createElement("canvas");
    plain.width = size;
    plain.height = size;
    const context = plain.getContext("2d");
    const image = this.context.getImageData(0, 0, size, size);
    for (let i = 0; i < image.data.length; i += 4) {
      const value = image.data[i + 3] > 127 ? 255 : 0;
      image.data.set([value, value, value, 255], i);
    }
    context.putImageData(image, 0, 0);
    return plain.toDataURL("image/png");
  }
}
