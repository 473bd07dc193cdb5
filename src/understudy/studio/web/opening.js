// Waits while the studio opens something that takes seconds, and says how far it is.
import { api, h, told } from "/web/studio.js";

const EVERY_MS = 400;

/** Ask again and again until it is open, after the first time with `later`; gives false where that failed,
 * which is then said in `place`. */
export async function waitUntilOpen(path, body, place, later = body) {
  for (let asked = body; ; asked = later) {
    const answer = await told(() => api(path, asked));
    if (!answer) return false;
    if (answer.state === "ready") return true;
    if (answer.state === "failed") {
      place.replaceChildren(
        h("strong", {}, `${answer.said}.`), h("span", {}, ` ${answer.next_step}. `),
        h("button", { type: "button", onclick: () => again(path, body) }, "Try again"));
      return false;
    }
    place.textContent = answer.said ? `Opening: ${answer.said}` : "Opening …";
    await new Promise((done) => setTimeout(done, EVERY_MS));
  }
}

async function again(path, body) {
  await told(() => api(path, { ...body, again: true }));
  location.reload();
}
