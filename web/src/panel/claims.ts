// What was claimed: by whom, when, how sure, in which words. Claims are never told as facts.

import type { Claim } from "../api";
import { h, outside } from "../dom";
import { plural, shortDay } from "../format";

/** Stated by the author as fact. What is "claimed", "unconfirmed", "denied" or "predicted" should be seen at once to be less. */
export const isSure = (claim: Claim): boolean => claim.certainty === "stated";

function borneOut(claim: Claim): string[] {
  return claim.links.map((link) => {
    const lag = link.lag_days;
    const when = typeof lag === "number" ? `, ${Math.abs(lag) < 0.5 ? "the same day" : `${plural(Math.abs(Math.round(lag)), "day")} ${lag > 0 ? "later" : "before"}`}` : "";
    return `${link.link.replaceAll("_", " ")} by ${link.by === "map" ? "a map" : "another claim"}${link.source ? ` of ${link.source}` : ""}${when}`;
  });
}

export function claimCard(claim: Claim): HTMLElement {
  const publisher = claim.source && claim.source !== claim.who ? `, in ${claim.source}` : "";
  return h("article", { class: `claim ${isSure(claim) ? "sure" : "unsure"}` },
    h("p", { class: "claim-head" }, h("b", {}, claim.who), `${publisher} \u00b7 `, h("span", { class: "certainty" }, claim.certainty)),
    h("p", {}, claim.what),
    claim.quote ? h("blockquote", {}, claim.quote) : null,
    h("p", { class: "note" },
      claim.valid ? `About ${claim.valid.length === 10 ? shortDay(claim.valid) : claim.valid}; said ${shortDay(claim.known_at)}. ` : `Said ${shortDay(claim.known_at)}. `,
      ...borneOut(claim).slice(0, 3).map((words) => `${words}. `),
      outside(claim.url, claim.title || "source")));
}
