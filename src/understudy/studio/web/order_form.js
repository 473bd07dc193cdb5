// The fields of a kind of work, drawn from its description, and what is given in them.
import { api, duration, h, say, told } from "/web/studio.js";
import { choose, dropped } from "/web/chooser.js";

const isFiles = (field) => field.what === "footage" || field.what === "sound";
const allOf = (kind) => kind.panels.flatMap((panel) => [...panel.fields, ...panel.more]);
const stem = (name) => name.replace(/\.[^.]*$/, "");

/** The form of a kind. `panels` are fieldsets, all but the last to be followed by consent; onChange hears of each
 * change, onPerson of whose face or voice it is, by name. */
export function orderForm(kind, { onChange, onPerson }) {
  const files = Object.fromEntries(allOf(kind).filter(isFiles).map((field) => [field.name, []]));
  const inputs = {};
  const unfolded = []; // what is slow to ask for: done once somebody looks
  let voices = [];

  function drawn(field) {
    if (isFiles(field)) return filesField(field);
    if (field.what === "tick") {
      inputs[field.name] = h("input", { type: "checkbox", id: field.name, onchange: onChange });
      return h("label", { class: "choice" }, inputs[field.name], ` ${field.label}`);
    }
    const input = inputs[field.name] = inputOf(field);
    if (field.name === kind.person) input.addEventListener("input", () => onPerson(person()));
    return h("label", { class: "field" }, `${field.label} `, input);
  }

  function inputOf(field) {
    const shared = { id: field.name, autocomplete: "off", required: field.required };
    if (field.what === "number") {
      return h("input", { ...shared, type: "number", step: field.is_whole ? "1" : "any", value: field.usual || null, min: field.low, max: field.high });
    }
    if (field.what === "choice" || field.what === "voice") {
      const options = field.choices.map(([value, label]) => h("option", { value, selected: value === field.usual }, label));
      const select = h("select", shared, ...(options.length ? options : [h("option", { value: "" }, field.what === "voice" ? "no voice is learnt yet" : "the usual one")]));
      if (!options.length) fillLater(field, select);
      return select;
    }
    return h("input", { ...shared, type: "text", maxlength: field.what === "name" ? 200 : 500 });
  }

  async function fillLater(field, select) {
    if (field.what === "voice") {
      voices = await told(() => api("/api/start/voices")) ?? [];
      if (!voices.length) return;
      select.replaceChildren(...voices.map((one) => h("option", { value: one.key }, `${one.name} (${one.model.replaceAll("_", " ")})`)));
      onPerson(person());
      return;
    }
    unfolded.push(async () => {
      for (const one of await told(() => api("/api/start/presets")) ?? []) {
        select.append(h("option", { value: one.name }, `${one.name}, ${one.size_px} px: ${one.purpose}`));
      }
    });
  }

  function filesField(field) {
    const list = h("ul", { class: "footage", "aria-label": field.label });
    const what = field.what === "sound" ? (field.several ? "recordings" : "a recording") : field.several ? "footage" : "a file";
    const drop = h("div", { class: "drop" },
      h("button", { type: "button", class: "choose" }, `Choose ${what}`), h("span", { class: "soft" }, "or drop a file here"));
    drop.querySelector(".choose").addEventListener("click", async () => {
      const { label: title, what: kindOfFile, several } = field;
      for (const path of await choose({ title, kind: kindOfFile, several, folders: several })) await add(path);
    });
    dropped(drop, add, field.what);

    async function add(path) {
      const found = await told(() => api(`/api/start/${field.what}`, { path }));
      if (!found) return;
      const given = files[field.name];
      if (!field.several) given.length = 0;
      if (given.some((one) => one.path === found.path)) return;
      given.push(found);
      draw();
      for (const other of allOf(kind)) {
        if (other.named_after === field.name && !inputs[other.name].value) {
          inputs[other.name].value = stem(found.name);
          if (other.name === kind.person) onPerson(person(), true);
        }
      }
      say(`${found.name} taken`);
    }
    function draw() {
      const given = files[field.name];
      list.replaceChildren(...given.map((one, index) => h("li", {},
        one.picture ? h("img", { src: one.picture, alt: "", loading: "lazy" }) : h("span", { class: "folder", "aria-hidden": "true" }, "▸"),
        h("div", {}, h("div", { class: "name" }, one.name), h("div", { class: "soft" }, about(one))),
        h("button", { type: "button", class: "quiet", "aria-label": `Leave ${one.name} out`,
          onclick: () => { given.splice(index, 1); draw(); } }, "×"))));
      onChange();
    }
    return h("div", { "data-role": field.name }, list, drop);
  }

  const panels = kind.panels.map((panel) => h("fieldset", {},
    h("legend", {}, panel.title),
    panel.note ? h("p", { class: "soft" }, panel.note) : null,
    ...panel.fields.map(drawn),
    panel.more.length ? h("details", { ontoggle: () => { for (const ask of unfolded.splice(0)) ask(); } }, h("summary", {}, panel.more_title), ...panel.more.map(drawn)) : null));

  const isGiven = (field) => isFiles(field) ? files[field.name].length > 0
    : field.what === "tick" ? inputs[field.name].checked : inputs[field.name].value.trim() !== "";
  const other = (field) => allOf(kind).find((one) => one.instead_of === field.name);

  function person() {
    if (kind.person in inputs && inputs[kind.person].tagName === "INPUT") return inputs[kind.person].value.trim();
    return voices.find((one) => one.key === inputs[kind.person].value)?.person ?? "";
  }

  /** What is still to be given, as a sentence; "" where nothing is. */
  function missing() {
    for (const field of allOf(kind)) {
      const instead = other(field);
      if (field.required && !isGiven(field) && !(instead && isGiven(instead))) {
        return isFiles(field) ? `Choose: ${field.label.toLowerCase()}.` : `Not given: ${field.label.toLowerCase()}.`;
      }
      if (field.what === "number" && isGiven(field)) {
        const value = Number(inputs[field.name].value);
        if (!(value >= field.low && value <= field.high)) return `${field.label}: ${field.low} to ${field.high}.`;
      }
    }
    return "";
  }

  /** What is given, as the studio takes it. */
  function values() {
    const given = {};
    for (const field of allOf(kind)) {
      const instead = other(field);
      if (!isGiven(field) || (instead && isGiven(instead))) continue;
      given[field.name] = isFiles(field) ? (field.several ? files[field.name].map((one) => one.path) : files[field.name][0].path)
        : field.what === "tick" ? true
          : field.what === "number" ? Number(inputs[field.name].value) : inputs[field.name].value.trim();
    }
    return given;
  }

  return { panels, missing, values, person };
}

/** "1280 × 720, 12.0 s, 25 a second". */
function about(one) {
  const size = one.width_px ? `${one.width_px} × ${one.height_px}` : null;
  const files = one.files > 1 ? `${one.files} recordings` : null;
  const length = one.seconds === null ? null : duration(one.seconds);
  const rate = one.fps ? `${Number(one.fps.toFixed(2))} a second` : one.rate_hz ? `${one.rate_hz.toLocaleString("en")} Hz` : null;
  return [files, size, length, rate].filter(Boolean).join(", ");
}
