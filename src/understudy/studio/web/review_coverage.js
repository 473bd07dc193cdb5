// Coverage of a target by a source: what the target does and the source lacks; a cell shows its faces.
import { api, h, told } from "/web/studio.js";
import { whole } from "/web/review_data.js";

const PAIR_DELAY_MS = 400;

/** The part beside the wall that compares this faceset with another one. */
export class CoveragePart {
  /**
   * @param element to fill
   * @param on {limited(limits, label)} called when a cell is chosen; with [] when none is
   */
  constructor(element, on) {
    this.element = element;
    this.on = on;
    this.found = null;
    this.pressed = null;
    this.due = 0;
  }

  /** Compare with other facesets: [{id, name}], `own` is the id of the one on the wall. */
  start(own, facesets) {
    const others = facesets.filter((one) => one.id !== own);
    this.own = own;
    this.element.hidden = others.length === 0;
    if (!others.length) return;
    const here = facesets.find((one) => one.id === own);
    // the usual names say who is put in
    const isTarget = /target/i.test(here?.name ?? "") || !/target/i.test(others.map((one) => one.name).join());
    this.other = h("select", { "aria-label": "Compared with" },
      others.map((one) => h("option", { value: one.id }, one.name)));
    this.role = h("select", { "aria-label": "These faces are" },
      h("option", { value: "source", selected: !isTarget }, "put in (source)"),
      h("option", { value: "target", selected: isTarget }, "replaced (target)"));
    this.measure = h("select", { "aria-label": "What is compared" }, h("option", { value: "pose" }, "pose"));
    for (const select of [this.other, this.role]) select.addEventListener("change", () => this.load());
    this.measure.addEventListener("change", () => this.draw());
    this.place = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Cells" });
    this.words = h("p", { class: "soft" });
    this.element.replaceChildren(h("h2", {}, "Coverage"),
      h("div", { class: "row" }, h("label", {}, "These are ", this.role), h("label", {}, " against ", this.other)),
      h("div", { class: "row" }, h("label", {}, "Compare ", this.measure)), this.place, this.words,
      h("ul", { class: "legend" },
        h("li", { class: "missing" }, h("i"), "the source lacks it"),
        h("li", { class: "covered" }, h("i"), "both have it"),
        h("li", {}, h("i"), "not needed")));
    this.load();
  }

  /** Something was kept or rejected. */
  later() {
    if (this.element.hidden || !this.own) return;
    clearTimeout(this.due);
    this.due = setTimeout(() => this.load(), PAIR_DELAY_MS);
  }

  async load() {
    const [source, target] = this.role.value === "source" ? [this.own, this.other.value] : [this.other.value, this.own];
    const found = await told(() => api(`/api/review/${source}/coverage/${target}`));
    if (!found) return;
    this.found = found;
    const chosen = this.measure.value;
    this.measure.replaceChildren(h("option", { value: "pose" }, "pose"),
      ...found.strips.map((strip) => h("option", { value: strip.key }, strip.name)));
    this.measure.value = [...this.measure.options].some((one) => one.value === chosen) ? chosen : "pose";
    this.draw();
  }

  draw() {
    const { found } = this;
    const { pose } = found;
    if (!pose) {
      this.place.replaceChildren();
      this.words.textContent = "One of the two has no kept faces.";
      return;
    }
    if (this.measure.value === "pose") {
      const rows = pose.pitch_edges_deg.slice(0, -1).map((pitch, i) => this.line(
        String(Math.round(pitch)), pose.yaw_edges_deg.slice(0, -1).map((yaw, j) => ({
          label: `head ${span(yaw, pose.yaw_edges_deg[j + 1], "°")} to the right, ${span(pitch, pose.pitch_edges_deg[i + 1], "°")} down`,
          counts: [pose.source[i][j], pose.target[i][j]],
          isMissing: pose.missing[i][j],
          limits: [
            { name: "yaw_deg", low: edge(yaw, -90), high: edge(pose.yaw_edges_deg[j + 1], 90) },
            { name: "pitch_deg", low: edge(pitch, -90), high: edge(pose.pitch_edges_deg[i + 1], 90) },
          ],
        }))));
      this.show(pose.yaw_edges_deg, rows, pose.missing_share,
        "Columns: degrees to the right. Rows: degrees down. Numbers: faces of these people.");
      return;
    }
    const strip = found.strips.find((one) => one.key === this.measure.value);
    const by = strip.medians[this.role.value === "source" ? 0 : 1];
    const cells = strip.edges.slice(0, -1).map((low, i) => ({
      label: `${strip.name} ${span(low, strip.edges[i + 1])}`,
      counts: [strip.source[i], strip.target[i]],
      isMissing: strip.missing[i],
      limits: [{
        name: strip.key, low, by, high: strip.edges[i + 1],
        most: strip.key === "side_px" ? 284 : Infinity, // larger ones are kept no larger
      }],
    }));
    this.show(strip.edges, [this.line("", cells)], strip.missing_share, `In ${strip.unit}.`);
  }

  line(name, cells) {
    return h("tr", {}, h("th", { scope: "row" }, name), cells.map((cell) => h("td", {}, this.button(cell))));
  }

  button({ label, counts, isMissing, limits }) {
    const [source, target] = counts;
    const own = this.role.value === "source" ? source : target;
    const kind = isMissing ? "missing" : target ? "covered" : "";
    const said = `${label}: source ${source}, target ${target}${isMissing ? ", the source lacks it" : ""}`;
    const button = h("button", {
      type: "button", class: kind, title: said, "aria-label": said, "aria-pressed": "false",
      onclick: () => this.choose(button, limits, label, counts),
    }, source || target ? short(own) : "");
    return button;
  }

  show(edges, rows, share, text) {
    const heads = edges.slice(0, -1).map((low) => h("th", { scope: "col" }, tidy(low)));
    this.place.replaceChildren(h("table", {}, h("thead", {}, h("tr", {}, h("th"), heads)), h("tbody", {}, rows)));
    const lacks = share > 0.0005 ? `The source lacks what ${(100 * share).toFixed(0)} % of the target's faces show.`
      : "The source has all that the target shows.";
    this.words.textContent = `${lacks} ${text}`;
  }

  choose(button, limits, label, [source, target]) {
    const isOn = button.getAttribute("aria-pressed") === "true";
    this.element.querySelectorAll('[aria-pressed="true"]').forEach((one) => one.setAttribute("aria-pressed", "false"));
    if (isOn) {
      this.on.limited([], "");
      return;
    }
    button.setAttribute("aria-pressed", "true");
    this.on.limited(limits, label);
    const isSource = this.role.value === "source";
    const others = isSource ? target : source;
    const hash = limits.map(({ name, low, high }) => `${name}=${low},${high}`).join("&");
    this.words.replaceChildren(`${label}: source ${whole(source)}, target ${whole(target)}. `,
      others && limits[0].name.endsWith("_deg")
        ? h("a", { href: `/review?faceset=${this.other.value}#${hash}` }, `See those of the ${isSource ? "target" : "source"}`) : "");
  }

  /** No cell is chosen any more. */
  clear() {
    this.element.querySelectorAll('[aria-pressed="true"]').forEach((one) => one.setAttribute("aria-pressed", "false"));
  }
}

function edge(value, limit) {
  // what lies beyond is counted in the outermost cell
  return Math.abs(value - limit) < 1e-6 ? Math.sign(limit) * 1e9 : value;
}

function span(low, high, unit = "") {
  return `${tidy(low)} to ${tidy(high)}${unit}`;
}

function tidy(value) {
  return String(Math.round(value * 100) / 100).replace("-", "\u2212");
}

function short(count) {
  return count < 1000 ? String(count) : `${Math.round(count / 1000)}k`;
}
