// The start page: what is made, of what, why it may be, and the queue.
import { api, h, told } from "/web/studio.js";
import { consentChoice } from "/web/consent_choice.js";
import { orderForm } from "/web/order_form.js";
import { refresh } from "/web/queue.js";

const field = (id) => document.getElementById(id);
const kinds = await told(() => api("/api/start/kinds")) ?? {};
const forms = {}; // what was begun of one kind is there again
const asked = new URLSearchParams(location.search).get("make");
let isOrdering = false;
let chosen = asked in kinds ? asked : Object.keys(kinds)[0];
const consent = consentChoice(check);

function missing() {
  const form = forms[chosen];
  return form.missing() || (form.person() ? consent.missing() : "");
}
function check() {
  if (!forms[chosen]) return;
  const why = missing();
  field("make").disabled = Boolean(why) || isOrdering;
  if (field("missing").textContent !== why) field("missing").textContent = why;
}

function show(key) {
  chosen = key;
  const kind = kinds[key];
  const form = forms[key] ??= orderForm(kind, { onChange: check, onPerson: (name, atOnce) => { if (key === chosen) consent.about(name, atOnce); } });
  field("title").textContent = kind.title;
  field("lede").textContent = kind.lede;
  field("make").textContent = kind.make;
  for (const tab of field("tabs").children) tab.setAttribute("aria-pressed", String(tab.dataset.kind === key));
  const first = form.panels.slice(0, -1), last = form.panels.at(-1);
  field("asked").replaceChildren(...first);
  field("then").replaceChildren(field("consent"), last);
  const number = (panel, count) => {
    const legend = panel.querySelector("legend");
    legend.textContent = `${count}. ${legend.textContent.replace(/^\d+\. /, "")}`;
  };
  first.forEach((panel, index) => number(panel, index + 1));
  number(last, first.length + 2);
  consent.forUse(kind.use, first.length + 1);
  consent.about(form.person(), true);
  check();
}

field("tabs").append(...Object.entries(kinds).map(([key, kind]) => h("button", { type: "button", "data-kind": key,
  onclick: () => { show(key); history.replaceState(null, "", key === "swap" ? "/" : `/?make=${key}`); } }, kind.tab)));
field("order").addEventListener("input", check);
field("order").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (missing() || isOrdering) return;
  isOrdering = true;
  field("make").disabled = true;
  const placed = await told(() => api("/api/start/order", { kind: chosen, consent: consent.value(), ...forms[chosen].values() }));
  if (placed) {
    location.href = `/jobs/${placed.id}`;
    return; // the button stays as it is: a second click would order the same again
  }
  isOrdering = false;
  await consent.lookUp(); // it may have been taken back meanwhile
  check();
});

async function others() {
  const found = await told(() => api("/api/start/facesets"));
  if (!found?.length) return;
  field("facesets").hidden = false;
  document.querySelector("#facesets .links").replaceChildren(...found.map((one) =>
    h("li", {}, h("a", { href: `/review?faceset=${one.id}` }, one.name.replace(/\.faceset$/, "")))));
}

if (chosen) show(chosen);
await Promise.all([refresh(), others(), consent.lookUp()]);
document.body.classList.add("drawn");
setInterval(() => { if (!document.hidden) refresh(); }, 1000);
