// One unit: its symbol, who it is, when it was last seen and by whom.

import { ROOT, type Theatre, type Unit } from "../api";
import { h } from "../dom";
import { capital, plural, shortDay } from "../format";

export function unitCard(unit: Unit, theatre: Theatre): HTMLElement {
  const words = `${unit.kind} ${unit.echelon}`.trim();
  return h("article", { class: "unit" },
    h("img", { src: `${ROOT}symbols/${unit.sidc}.svg`, alt: `Symbol: ${theatre.sides[unit.side].adjective} ${words}`, height: 34 }),
    h("div", {},
      h("p", {}, h("b", {}, unit.unit)),
      h("p", { class: "note" }, [
        `${theatre.sides[unit.side].adjective} ${words}`, unit.parent ? `of ${unit.parent}` : "",
        unit.strength ? plural(Math.round(unit.strength), "battalion group") : "",
        `${capital("seen")} ${shortDay(unit.seen)} (${unit.source})`,
      ].filter(Boolean).join(" · "))));
}
