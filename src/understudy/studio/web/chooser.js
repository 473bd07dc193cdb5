// A dialog in which files of this machine are chosen, and what sends a file that was dropped.
import { api, answered, h, told } from "/web/studio.js";

const size = (bytes) => bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB`
  : bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;

const NOTHING = { footage: "No footage lies here.", sound: "No recording lies here.", evidence: "No file lies here." };

/** Let the user choose; gives paths, none where it was given up. options: title, kind, several, folders. */
export function choose({ title, kind = "footage", several = false, folders = false }) {
  const where = h("div", { class: "where" });
  const path = h("p", { class: "path" });
  const files = h("ul", { class: "files", tabindex: "-1" });
  const count = h("span", { class: "soft" });
  const take = h("button", { type: "button", class: "primary", disabled: true }, "Take");
  const takeFolder = folders ? h("button", { type: "button" }, "Take this folder") : null;
  const cancel = h("button", { type: "button" }, "Cancel");
  const dialog = h("dialog", { "aria-label": title },
    h("h2", {}, title), where, path, files, h("div", { class: "end" }, count, takeFolder, cancel, take));
  const chosen = new Set();
  let here = "";

  const update = () => {
    take.disabled = chosen.size === 0;
    count.textContent = several && chosen.size ? `${chosen.size} chosen` : "";
    for (const button of files.querySelectorAll("[data-file]")) {
      button.setAttribute("aria-pressed", chosen.has(button.dataset.file));
    }
  };
  const pick = (file) => {
    if (!several) chosen.clear();
    if (!chosen.delete(file)) chosen.add(file);
    update();
  };
  const go = async (folder) => {
    const found = await told(() => api("/api/start/folder", { path: folder, kind }));
    if (!found) return;
    here = found.path;
    localStorage.setItem("understudy-folder", here);
    const join = (name) => found.path.endsWith("/") ? found.path + name : `${found.path}/${name}`;
    path.textContent = found.path;
    const rows = [];
    if (found.parent !== null) rows.push(row("↑ Up", "", () => go(found.parent)));
    for (const name of found.folders) rows.push(row(`▸ ${name}`, "", () => go(join(name))));
    for (const [name, bytes] of found.files) {
      rows.push(row(name, size(bytes), () => pick(join(name)), join(name)));
    }
    if (!found.files.length) rows.push(h("li", { class: "soft" }, NOTHING[kind]));
    if (found.left_out) rows.push(h("li", { class: "soft" }, `${found.left_out} more are not shown.`));
    files.replaceChildren(...rows);
    files.scrollTop = 0;
    update();
  };
  const row = (name, aside, onclick, file) => h("li", {},
    h("button", { type: "button", onclick, "data-file": file, "aria-pressed": file ? "false" : null },
      name, h("span", { class: "size" }, aside)));

  return new Promise((done) => {
    const end = (paths) => { dialog.close(); dialog.remove(); done(paths); };
    dialog.addEventListener("cancel", () => end([]));
    cancel.addEventListener("click", () => end([]));
    take.addEventListener("click", () => end([...chosen]));
    takeFolder?.addEventListener("click", () => end([here]));
    document.body.append(dialog);
    dialog.showModal();
    (async () => {
      const places = await told(() => api("/api/start/places", {})) ?? [];
      where.append(...places.map((one) => h("button", { type: "button", onclick: () => go(one.path) }, one.name)));
      const last = localStorage.getItem("understudy-folder");
      const begin = places.find((one) => last?.startsWith(one.path)) ? last : places[1]?.path ?? places[0]?.path;
      if (begin) await go(begin);
    })();
  });
}

/** Send a file into the production; gives its path there. onShare hears of the share that is sent, 0 to 1. */
export async function send(file, kind, onShare) {
  return new Promise((done, failed) => {
    // not fetch, which does not tell how much is sent
    const request = new XMLHttpRequest();
    request.open("POST", `/api/start/upload/${kind}`);
    request.setRequestHeader("X-Name", encodeURIComponent(file.name));
    request.upload.addEventListener("progress", (event) => onShare(event.loaded / Math.max(1, event.total)));
    const response = () => answered(async () => {
      if (!request.status) throw new Error("not answered");
      return new Response(request.responseText, { status: request.status });
    }, `upload ${kind}`);
    request.addEventListener("loadend", () => response().then((kept) => done(kept.path), failed));
    request.send(file);
  });
}

/** Let files be dropped onto an element, which sends them into the production; onPath hears of each one's path there. */
export function dropped(drop, onPath, kind = "footage") {
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", async (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    for (const file of event.dataTransfer.files) {
      const bar = h("progress", { max: 1, value: 0, "aria-label": `Taking ${file.name}` });
      drop.append(bar);
      const path = await told(() => send(file, kind, (share) => { bar.value = share; }));
      bar.remove();
      if (path) await onPath(path);
    }
  });
  // what is dropped beside it must not open in place of the page
  for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());
}
