// What every page shares: the header with its navigation, calls, messages. No page loads from elsewhere.

/** Make an element: h("a", {href: "/"}, "Start"). Text stays text. on* are listeners, the rest attributes. */
export function h(name, attributes = {}, ...children) {
  const element = fill(document.createElement(name), attributes);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** The same in SVG. */
export function svg(name, attributes = {}, ...children) {
  const element = fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes);
  element.append(...children.flat());
  return element;
}

function fill(element, attributes) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
  }
  return element;
}

/** What a call failed with: `message` says what, `nextStep` what to do. */
export class ApiError extends Error {
  constructor(message, nextStep, status, cause = "") {
    super(message);
    this.cause = cause;
    this.nextStep = nextStep;
    this.status = status;
  }
}

/** Call the studio: GET without a body, else POST it as JSON. Throws ApiError, which `told` shows. */
export async function api(path, body) {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  return answered(() => fetch(path, options), path);
}

/** Await a fetch, and give its JSON; throws ApiError. path: where it was fetched from. */
export async function answered(call, path = "") {
  let response;
  try {
    response = await call();
  } catch {
    lost(GONE);
    throw new ApiError("The studio does not answer.", "See whether it still runs in its terminal.", 0, path);
  }
  lost(response.status === 401 ? ANEW : "");
  let content = null;
  try {
    content = await response.json();
  } catch {
    content = null;
  }
  if (response.ok) {
    clear(path);
    return content;
  }
  throw new ApiError(content?.error ?? `The studio answered ${response.status}.`,
    content?.next_step ?? "Reload the page.", response.status, path);
}

const GONE = "The studio does not answer. A job that was begun goes on without it: start the studio again, and open the address that it prints.";
const ANEW = "The studio was started anew. Open the address that it printed.";
const LOST_MS = 700; // a page that is left breaks off its calls, too
let timer = 0;

/** Say above the page that nothing on it is up to date any more; "" takes that back. */
function lost(text) {
  clearTimeout(timer);
  const shown = document.querySelector(".lost");
  if (!text) shown?.remove();
  else if (shown) shown.textContent = text;
  else timer = setTimeout(() => document.querySelector(".bar")?.after(h("p", { class: "lost", role: "alert" }, text)), LOST_MS);
}

/** Run something; where it fails, say so. Gives undefined then. */
export async function told(work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    toast(error.nextStep ? `${error.message}.\nNext: ${error.nextStep}` : error.message, "bad", null, error.cause);
    return undefined;
  }
}

let made = null;
function toasts() {
  made ??= h("div", { class: "toasts", role: "status", "aria-live": "polite" });
  return made;
}

/** Show a message for some seconds, and say it to screen readers. kind: "", "good" or "bad". A bad one stays until it
 * is closed, or until what failed works: `cause` says what. */
export function toast(text, kind = "", more = null, cause = "") {
  // a dialog lies over all else, and what is beside it cannot be clicked
  const place = toasts();
  const over = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
  if (place.parentNode !== over) {
    over.append(place);
    over.addEventListener("close", () => document.body.append(place), { once: true });
  }
  const close = h("button", { type: "button", class: "quiet", "aria-label": "Close" }, "×");
  const shown = h("div", { class: `toast ${kind}`, "data-cause": cause || null }, h("span", {}, text, more ? " " : null, more), close);
  clear(cause);
  close.addEventListener("click", () => shown.remove());
  place.append(shown);
  if (kind !== "bad") setTimeout(() => shown.remove(), 6000);
}

/** Take back what was said of a failure that is over. */
function clear(cause) {
  if (cause) toasts().querySelector(`[data-cause="${CSS.escape(cause)}"]`)?.remove();
}

/** Say something to screen readers only. */
export function say(text) {
  document.querySelector(".live").textContent = text;
}

/** "1 h 02 min", "3 min 20 s", "4.2 s". */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

function switchTheme() {
  const root = document.documentElement;
  const isDark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = isDark ? "light" : "dark";
  localStorage.setItem("understudy-theme", root.dataset.theme);
}

async function header() {
  const here = location.pathname;
  const links = h("nav", { "aria-label": "Pages" });
  const name = h("span", { class: "production" });
  document.body.prepend(
    h("a", { class: "skip", href: "#main" }, "Skip to the content"),
    h("header", { class: "bar" }, h("a", { class: "brand", href: "/" }, "Understudy"), links, name,
      h("button", { type: "button", class: "quiet", onclick: switchTheme, "aria-label": "Light or dark" }, "◐")),
  );
  document.body.append(
    toasts(),
    h("div", { class: "live", "aria-live": "polite" }),
  );
  const studio = await told(() => api("/api/studio"));
  if (!studio) return;
  name.textContent = studio.production;
  for (const page of studio.pages) {
    const current = page.path === "/" ? here === "/" : here.startsWith(page.path);
    const link = h("a", { href: page.path, "aria-current": current ? "page" : null }, page.name);
    links.append(link);
    if (current) link.scrollIntoView({ block: "nearest", inline: "nearest" }); // on a small screen the links scroll
  }
}

await header();
document.body.classList.add("ready");
