// Why a face or a voice may be used: what is recorded of somebody, else what is chosen.
import { api, told } from "/web/studio.js";
import { choose } from "/web/chooser.js";

const field = (id) => document.getElementById(id);
const KINDS = { self: "their own", consent: "agreed", rendered: "rendered", "public-domain": "public domain" };

/** The part of the page where consent is told. onChange hears of each change. */
export function consentChoice(onChange) {
  const place = field("consent");
  let evidence = null;
  let known = null; // the record of whom it is about
  let use = "face";
  let name = "";
  let asked = 0;
  let soon = 0;

  const kind = () => place.querySelector("[name=kind]:checked")?.value ?? null;
  const allows = () => known !== null && known.state === "valid" && known.uses.includes(use);

  async function lookUp() {
    const turn = ++asked;
    const record = name ? await told(() => api("/api/start/record", { name })) : null;
    if (turn !== asked) return;
    known = record ?? null;
    const said = field("record");
    said.hidden = known === null;
    field("kinds").hidden = allows();
    if (known) {
      said.className = `chip ${allows() ? "good" : "bad"}`;
      said.textContent = `${known.name}: ${KINDS[known.kind]}, recorded ${known.recorded.slice(0, 10)}`
        + (known.state === "valid" ? known.uses.includes(use) ? "" : `, for the ${known.uses.join(" and ")} only` : `, ${known.state}`);
    }
    onChange();
  }
  for (const radio of place.querySelectorAll("[name=kind]")) {
    radio.addEventListener("change", () => {
      for (const more of place.querySelectorAll(".more")) more.hidden = more.dataset.kind !== kind();
      onChange();
    });
  }
  field("evidence").addEventListener("click", async () => {
    const [path] = await choose({ title: "The signed release", kind: "evidence" });
    if (!path) return;
    evidence = path;
    field("evidence_name").textContent = path.split("/").pop();
    onChange();
  });
  // a record may be taken back meanwhile, in another window or on the command line
  addEventListener("focus", lookUp);

  return {
    lookUp,
    /** It is about somebody else now; at once, or when typing has paused. */
    about(person, atOnce = false) {
      name = person;
      known = null; // what was found of another name says nothing of this one
      field("kinds").hidden = false;
      field("record").hidden = true;
      clearTimeout(soon);
      soon = setTimeout(lookUp, atOnce ? 0 : 250);
      onChange();
    },
    /** It is about a face, or a voice. */
    forUse(wanted, number) {
      use = wanted;
      place.querySelector("legend").textContent = `${number}. Why this ${use} may be used`;
      place.querySelector(".own").textContent = `It is my own ${use}`;
      place.querySelector(".nobody").textContent = use === "face" ? "Nobody: the face is rendered" : "Nobody: the voice is made by a computer";
    },
    missing() {
      if (known && known.state !== "valid") return `The consent of ${known.name} is ${known.state}.`;
      if (known && !allows()) return `The consent of ${known.name} is not for the ${use}.`;
      if (!known && !kind()) return `Say why this ${use} may be used.`;
      if (!known && kind() === "consent" && !evidence) return "Choose the signed release.";
      if (!known && kind() === "public-domain" && !field("why").value.trim()) return "Say why nobody has to agree.";
      return "";
    },
    value() {
      if (known) return null;
      const text = (id) => field(id).value.trim() || null;
      return { kind: kind(), evidence, why: text("why"), granted_by: text("granted_by"), scope: text("scope") };
    },
  };
}
