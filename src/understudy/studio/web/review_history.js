// What was decided last.
import { api, h, told } from "/web/studio.js";
import { whole } from "/web/review_data.js";

const WHATS = {
  kept: "kept", rejected: "rejected", person: "moved", mask: "mask drawn", place: "corrected",
  faceset: "moved", from: "from another faceset or back to it:",
};
const HOWS = {
  rejected: (reason) => `: ${reason}`, person: (name) => `: ${name}`,
  faceset: (path) => ` to the faceset ${path.split("/").pop().replace(/\.faceset$/, "")}`,
};

/** Tell the last steps of a faceset in a place. */
export async function history(short, place) {
  const list = await told(() => api(`/api/review/${short}/history`));
  if (!list) return;
  const undoing = new Set(); // numbers of the steps that take one back
  for (const one of [...list].reverse()) if (one.undoes !== null && !undoing.has(one.undoes)) undoing.add(one.number);
  const items = list.slice(0, 12).map((one) => {
    const how = one.value ? HOWS[one.what]?.(one.value) ?? "" : "";
    const again = undoing.has(one.number) ? "took back" : "did again";
    const text = one.undoes === null ? `${WHATS[one.what]} ${whole(one.faces)}${how}` : `${again} a step with ${whole(one.faces)}`;
    const at = new Date(one.at);
    return h("li", {}, h("span", {}, text),
      h("time", { datetime: one.at, title: `by ${one.by}` }, at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })));
  });
  const none = h("p", { class: "soft" }, "Nothing was decided yet.");
  place.replaceChildren(h("h2", {}, "Last steps"), items.length ? h("ol", {}, items) : none);
}
