// A face in its frame, drawn: the picture, what is masked, the mesh, and the box.

/** Draw all of a view. */
export function drawFace(view) {
  const context = view.canvas.getContext("2d");
  const ratio = devicePixelRatio;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, view.canvas.width, view.canvas.height);
  drawPicture(view, context, view.image, view.shown.picture_from_frame, 1);
  drawPicture(view, context, view.mask.canvas, view.about.crop_from_frame, 0.55);
  drawPolygon(view, context);
  drawMesh(view, context);
  const [x0, y0, x1, y1] = view.box ?? view.about.box;
  const [left, top] = view.toScreen([x0, y0]);
  context.strokeStyle = view.box ? "#ffd24a" : "#6cb3f2";
  context.lineWidth = 2;
  context.strokeRect(left, top, (x1 - x0) * view.scale, (y1 - y0) * view.scale);
}

/** Draw a picture that a similarity has cut out of the frame; of those only ones that are not turned. */
function drawPicture(view, context, picture, pictureFromFrame, alpha) {
  const [[scale, , x], [, , y]] = pictureFromFrame;
  // the centre of the top left pixel is (0, 0)
  const [left, top] = view.toScreen([(-0.5 - x) / scale, (-0.5 - y) / scale]);
  const width = picture.naturalWidth ?? picture.width;
  const height = picture.naturalHeight ?? picture.height;
  context.globalAlpha = alpha;
  context.drawImage(picture, left, top, (width / scale) * view.scale, (height / scale) * view.scale);
  context.globalAlpha = 1;
}

function drawMesh(view, context) {
  context.lineWidth = 1.5;
  context.strokeStyle = "rgb(116 207 151 / 0.9)";
  for (const [name, part] of Object.entries(view.about.parts)) {
    if (name.endsWith("brow")) continue; // upper and lower rim: not one line
    context.beginPath();
    for (const index of ordered(name, part)) context.lineTo(...view.toScreen(view.points[index]));
    context.closePath();
    context.stroke();
  }
  const radius = view.mode === "landmarks" ? 2.2 : 1;
  context.fillStyle = "#fff";
  for (const point of view.points) {
    const [x, y] = view.toScreen(point);
    context.fillRect(x - radius / 2, y - radius / 2, radius, radius);
  }
  if (view.chosen >= 0 && view.mode === "landmarks") {
    context.strokeStyle = "#ffd24a";
    context.beginPath();
    context.arc(...view.toScreen(view.points[view.chosen]), 6, 0, 7);
    context.stroke();
  }
}

function drawPolygon(view, context) {
  if (!view.mask.polygon.length) return;
  context.strokeStyle = "#ff7a70";
  context.lineWidth = 2;
  context.beginPath();
  for (const point of view.mask.polygonInFrame) context.lineTo(...view.toScreen(point));
  context.stroke();
}

/** The points of a part in the order in which they lie along its outline. */
function ordered(name, part) {
  if (!name.endsWith("eye")) return part;
  return [...part.slice(0, 9), ...part.slice(9).reverse()];
}
