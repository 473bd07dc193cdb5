// The small questions of the review page.
import { h } from "/web/studio.js";
import { whole } from "/web/review_data.js";

const KEYS = [
  ["arrows, Home, End, Page up, Page down", "move"],
  ["Shift with these", "select on the way"],
  ["Space", "select or not"],
  ["Shift+Space", "select from the last place to here, too"],
  ["Ctrl+A", "select the group; once more: everything shown"],
  ["Esc", "select nothing"],
  ["K", "keep"],
  ["X or Delete", "reject, for the reason that is set"],
  ["M", "move to a person, also a new one, or to another faceset"],
  ["T", "select the whole tracks"],
  ["P", "people: merge two"],
  ["L", "sort by likeness to this face"],
  ["Enter, or a double click", "open the face in its frame"],
  ["Ctrl+Z or U", "take back"],
  ["Ctrl+Y", "do it again"],
  ["?", "these keys"],
];

/** Show which keys there are; resolves when closed. */
export function showKeys() {
  const rows = KEYS.map(([keys, what]) => h("tr", {}, h("td", {}, h("kbd", {}, keys)), h("td", {}, what)));
  return asked("Keys", [h("table", {}, h("tbody", {}, rows))], [["", "Close"]], () => null);
}

/** Ask to whom, or to which of some other facesets, faces are moved; gives {person} or {faceset}, or null. */
export function askWhere(faces, rows, facesets) {
  const names = [...faces.peopleCounts()].filter(([name]) => name).map(([name]) => name);
  const own = faces.about.own;
  if (!names.includes(own)) names.unshift(own);
  const input = h("input", { type: "text", list: "people-known", maxlength: "80", autocomplete: "off", required: true });
  const list = h("datalist", { id: "people-known" }, names.map((name) => h("option", { value: name })));
  const buttons = h("div", { class: "row" },
    names.slice(0, 8).map((name) => h("button", { type: "button", onclick: () => { input.value = name; input.form.requestSubmit(); } }, name)));
  const content = [
    h("p", {}, `Whom ${rows.length === 1 ? "does this face" : `do these ${whole(rows.length)} faces`} show? `
      + `Faces of anybody but ${own} are rejected; a new name makes a new person.`),
    h("label", {}, "Name ", input), list, buttons,
  ];
  let faceset = "";
  const chosen = (id) => {
    faceset = id;
    input.required = false;
    input.form.requestSubmit();
  };
  if (facesets.length) {
    content.push(
      h("p", {}, `Or do they belong to another faceset? Here they are then rejected as moved; both can be taken back.`),
      h("div", { class: "row" }, facesets.map(([id, name]) => h("button", { type: "button", onclick: () => chosen(id) }, `faceset ${name}`))),
    );
  }
  return asked("Move to", content, [["", "Cancel"], ["ok", "Move"]],
    () => (faceset ? { faceset } : input.value.trim() && { person: input.value.trim() }), input);
}

/** Ask who is merged into whom; gives {person, into}, or null. */
export function askPeople(faces) {
  const counts = [...faces.peopleCounts()].sort((a, b) => b[1] - a[1]);
  const named = counts.filter(([name]) => name);
  const rows = counts.map(([name, count]) => h("tr", {}, h("td", {}, name || "nobody named"), h("td", { class: "number" }, whole(count))));
  const options = () => named.map(([name]) => h("option", { value: name }, name));
  const person = h("select", {}, options());
  const into = h("select", {}, options());
  if (named.length > 1) person.value = named[1][0];
  const content = [h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, "person"), h("th", { class: "number" }, "faces"))), h("tbody", {}, rows))];
  if (named.length < 2) {
    content.push(h("p", {}, "To split a person, select some of their faces and move them to a new name."));
    return asked("People", content, [["", "Close"]], () => null);
  }
  content.push(h("p", {}, ""), h("div", { class: "row" }, h("label", {}, "Merge ", person), h("label", {}, " into ", into)));
  return asked("People", content, [["", "Cancel"], ["ok", "Merge"]],
    () => (person.value === into.value ? null : { person: person.value, into: into.value }));
}

/** Show a dialog; gives what `answer` gives where "ok" was pressed, else null. */
export function asked(title, content, buttons, answer, focus = null) {
  const heading = h("h2", { id: "dialog-title" }, title);
  const row = h("div", { class: "row" }, buttons.map(([value, name]) => h("button", {
    type: value ? "submit" : "button", class: value ? "primary" : "", value,
    onclick: value ? null : () => dialog.close(""),
  }, name)));
  const form = h("form", { method: "dialog" }, heading, content, row);
  const dialog = h("dialog", { "aria-labelledby": "dialog-title" }, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    dialog.close("ok");
  });
  document.body.append(dialog);
  dialog.showModal();
  focus?.focus();
  return new Promise((done) => {
    dialog.addEventListener("close", () => {
      const result = dialog.returnValue === "ok" ? answer() : null;
      dialog.remove();
      done(result || null);
    });
  });
}
