// Line charts in SVG, drawn from numbers.
import { h, svg } from "/web/studio.js";

const W = 460, H = 170, LEFT = 46, RIGHT = 10, TOP = 8, BOTTOM = 24;

/** A chart: series [{name, kind: "a" or "b", points: [[x, y], ...]}], a mark at an x where one is given. */
export function chart({ title, explanation, unit, series, mark }) {
  const shown = series.filter((one) => one.points.length);
  const points = shown.flatMap((one) => one.points);
  if (points.length < 2) return null;
  const [x0, x1] = range(points.map((point) => point[0]));
  const [y0, y1] = padded(range(points.map((point) => point[1])));
  const x = (value) => LEFT + (value - x0) / (x1 - x0 || 1) * (W - LEFT - RIGHT);
  const y = (value) => H - BOTTOM - (value - y0) / (y1 - y0 || 1) * (H - TOP - BOTTOM);
  const ticks = [0, 0.5, 1].map((share) => y0 + share * (y1 - y0));
  const summary = shown.map((one) => `${one.name} ${digits(one.points.at(-1)[1])}`).join(", ");
  const drawing = svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `${title}: now ${summary}` },
    ticks.map((value) => svg("line", { class: "axis", x1: LEFT, x2: W - RIGHT, y1: y(value), y2: y(value) })),
    ticks.map((value) => svg("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, digits(value))),
    svg("text", { x: LEFT, y: H - 6 }, whole(x0)),
    svg("text", { x: W - RIGHT, y: H - 6, "text-anchor": "end" }, `${whole(x1)} ${unit}`),
    mark !== undefined && mark >= x0 && mark <= x1
      ? [svg("line", { class: "mark", x1: x(mark), x2: x(mark), y1: TOP, y2: H - BOTTOM })] : [],
    shown.map((one) => svg("polyline", {
      class: `line ${one.kind}`, points: one.points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join(" "),
    })));
  return h("div", { class: "chart" }, h("h3", {}, title), h("p", { class: "soft" }, explanation),
    h("div", { class: "key" }, shown.map((one) => h("span", { class: one.kind }, `${one.name}: ${digits(one.points.at(-1)[1])}`))),
    drawing);
}

const range = (values) => [Math.min(...values), Math.max(...values)];
const padded = ([low, high]) => high > low ? [low - (high - low) * 0.05, high + (high - low) * 0.05] : [low - 0.01, high + 0.01];
const digits = (value) => value.toFixed(3);
const whole = (value) => Math.round(value).toLocaleString("en");
