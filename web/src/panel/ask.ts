// The answer about a place or a box: chances, how often such chances came true, claims, mechanisms, sources.

import { get, once, search, type Claims, type Forecast, type Mechanisms, type Outlook, type Reliability, type Theatre } from "../api";
import { outlookChart } from "../charts/outlook";
import { button, h, put, table } from "../dom";
import { addDays, area, capital, count, day as inWords, percent, plural, share, shortDay, signed } from "../format";
import type { State } from "../state";
import { claimCard } from "./claims";

const CLAIM_DAYS = 60;
const CLAIM_KM = 10;
const SHOWN = 8;

export interface AskContext {
  theatre: Theatre;
  forecast: Forecast;
  state: State;
  lead: number;
  signal: AbortSignal;
  close(): void;
  goPlace(id: number, at: [number, number]): void;
}

/** Where the question is, as the service takes it. */
export function whereOf(state: State): Record<string, string | number> {
  if (state.place !== null) return { place: state.place };
  if (state.box) return { box: state.box.map((value) => value.toFixed(4)).join(",") };
  return { lon: state.at![0].toFixed(5), lat: state.at![1].toFixed(5) };
}

/** How often such a number came true: in words, with the count. */
export function cameTrue(reliability: Reliability | null | undefined, chance: number): string {
  if (!reliability) return "How often such a chance came true is not in the track record.";
  const range = `${Math.round(100 * reliability.low)} to ${Math.round(100 * reliability.high)}\u00a0%`;
  if (!reliability.forecasts || reliability.came_true === null) {
    return `No forecast of the track record gave a chance like this (${range}, ${plural(reliability.lead_day, "day")} ahead): nothing says whether to believe it.`;
  }
  const over = Math.abs(reliability.came_true - reliability.mean_forecast);
  const verdict = over < 0.03 ? "" : reliability.came_true > reliability.mean_forecast
    ? " So it was too cautious." : chance > 0.02 ? " So it claimed too much." : "";
  return `Of ${count(reliability.forecasts)} ${reliability.of} given ${range} at ${plural(reliability.lead_day, "day")}, `
    + `from ${plural(reliability.starts, "start")}, ${share(reliability.came_true)} came true `
    + `(they were given ${share(reliability.mean_forecast)} on average).${verdict}`;
}

export async function askPanel(panel: HTMLElement, context: AskContext): Promise<Outlook> {
  const { forecast, state } = context;
  const where = whereOf(state);
  const outlook = await once<Outlook>(`forecasts/${forecast.id}/at${search(where)}`);
  const claims = h("div", {}, h("p", { class: "note" }, "Looking for claims…"));
  const mechanisms = h("div", {});
  put(panel, ...head(outlook, context), ...chances(outlook, context),
    outlook.box ? placesInBox(outlook, context) : null,
    h("section", {}, h("h3", {}, "What was claimed"), claims),
    h("section", {}, h("h3", {}, "What pushes there"), mechanisms),
    sources(context));
  void showClaims(claims, outlook, context);
  void showMechanisms(mechanisms, where, context);
  return outlook;
}

function head(outlook: Outlook, { theatre, close, state }: AskContext): Node[] {
  const title = outlook.place ? outlook.place.name : outlook.box ? "The box" : "This spot";
  const holder = theatre.holder_words[outlook.holder_now] ?? outlook.holder_now;
  const facts = [
    outlook.place && outlook.place.local_name !== outlook.place.name ? outlook.place.local_name : "",
    outlook.place?.region ?? "",
    outlook.place?.population ? `${count(outlook.place.population)} people before the war` : "",
    outlook.box && outlook.area_km2 ? `${area(outlook.area_km2)} of land` : "",
    !outlook.place && state.at ? `${state.at[1].toFixed(2)}\u00b0 N, ${state.at[0].toFixed(2)}\u00b0 E` : "",
  ].filter(Boolean).join(" · ");
  const now = outlook.box
    ? `On ${inWords(outlook.init_time)}: ${(["a", "grey", "b"] as const).filter((key) => (outlook.shares_now[key] ?? 0) >= 0.005)
      .map((key) => `${theatre.holder_words[key]} ${share(outlook.shares_now[key]!)}`).join(", ")}.`
    : `On ${inWords(outlook.init_time)}: held by ${holder}${outlook.front_km >= 0.5 ? `, ${count(Math.round(outlook.front_km))}\u00a0km from the front` : ", at the front"}.`;
  return [
    h("div", { class: "panel-head" }, h("h2", {}, title), button("\u00d7", close, { class: "icon", "aria-label": "Close the answer" })),
    h("p", { class: "note" }, facts || outlook.where), h("p", {}, now),
  ];
}

function chances(outlook: Outlook, { theatre, lead }: AskContext): Node[] {
  const at = outlook.leads.find((one) => one.lead_day === lead) ?? outlook.leads.at(-1)!;
  const rows = ([["a", at.p_a], ["grey", at.p_grey], ["b", at.p_b]] as const).map(([key, chance]) =>
    h("div", { class: "chance-row" },
      h("span", {}, capital(key === "grey" ? "grey zone" : theatre.holder_words[key] ?? key)),
      meter(chance, key),
      h("b", {}, outlook.box ? share(chance) : percent(chance, outlook.members))));
  const last = at.lead_day;
  return [
    h("section", { class: "answer" },
      h("h3", {}, `${outlook.box ? "Shares expected" : "Who holds it"} on ${inWords(at.valid_date)}, ${plural(last, "day")} ahead`),
      ...rows,
      h("p", { class: "headline" }, outlook.box
        ? `${area(at.p_change * (outlook.area_km2 ?? 0))} of it is expected to change hands.`
        : `Chance that it has changed hands: ${percent(at.p_change, outlook.members)}.`),
      h("p", { class: "track" }, cameTrue(at.reliability, at.p_change))),
    outlookChart(outlook, theatre, last),
  ];
}

/** A bar as an SVG, for a style attribute would be against the page's policy. */
function meter(value: number, look: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 100 8");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("class", "meter");
  svg.setAttribute("aria-hidden", "true");
  for (const [width, kind] of [[100, "empty"], [100 * value, `share-${look}`]] as const) {
    const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    bar.setAttribute("width", String(width));
    bar.setAttribute("height", "8");
    bar.setAttribute("class", kind);
    svg.append(bar);
  }
  return svg;
}

function placesInBox(outlook: Outlook, { lead, goPlace }: AskContext): Node {
  const at = (place: Outlook["places"][number]): number => (place.leads.find((one) => one.lead_day === lead) ?? place.leads.at(-1))?.p_change ?? 0;
  const ordered = [...outlook.places].sort((one, other) => at(other) - at(one)).slice(0, 12);
  return h("section", {}, h("h3", {}, "Places in it, most at risk first"),
    ordered.length
      ? h("ul", { class: "places" }, ...ordered.map((place) => h("li", {},
        button(place.name, () => goPlace(place.id, [place.lon, place.lat]), { class: "link" }),
        h("span", {}, percent(at(place), outlook.members)))))
      : h("p", { class: "note" }, "None with a chance these members can tell from none."));
}

async function showClaims(into: HTMLElement, outlook: Outlook, { state, signal, forecast }: AskContext): Promise<void> {
  const until = forecast.init_time.slice(0, 10);
  const asOf = state.day && state.day < until ? state.day : until;
  const [lon, lat] = state.at ?? [outlook.place?.lon ?? 0, outlook.place?.lat ?? 0];
  const high = CLAIM_KM / 111, wide = high / Math.cos((lat * Math.PI) / 180);
  const where = state.place !== null ? { place: state.place }
    : { box: (state.box ?? [lon - wide, lat - high, lon + wide, lat + high]).map((value) => value.toFixed(4)).join(",") };
  try {
    const found = await get<Claims>(`claims${search({ ...where, first: addDays(asOf, -CLAIM_DAYS), last: addDays(asOf, 60), as_of: asOf, limit: 60 })}`, signal);
    const newest = [...found.claims].reverse();
    const list = h("div", {});
    const show = (many: number): void => put(list, ...newest.slice(0, many).map(claimCard),
      newest.length > many ? button(`Show all ${newest.length}`, () => show(newest.length)) : null);
    show(SHOWN);
    put(into,
      h("p", { class: "note" }, newest.length
        ? `Known by ${shortDay(asOf)}, about the ${CLAIM_DAYS} days before. Claims are not facts.`
        : found.note || `None in this record about the ${CLAIM_DAYS} days to ${shortDay(asOf)}.`),
      list);
  } catch (error) {
    if (!signal.aborted) put(into, h("p", { class: "note" }, (error as Error).message));
  }
}

async function showMechanisms(into: HTMLElement, where: Record<string, string | number>, { forecast, theatre, lead, signal }: AskContext): Promise<void> {
  if (forecast.depth !== "units") {
    put(into, h("p", { class: "note" }, "This forecast is of the line alone: it carries on how the line has been moving and knows no armies. "
      + "One with armies (depth \u201cunits\u201d) tells which mechanisms push; order it under \u201cAnother start\u201d."));
    return;
  }
  try {
    const found = await get<Mechanisms>(`forecasts/${forecast.id}/mechanisms${search({ ...where, lead: lead > 0 ? lead : undefined })}`, signal);
    const row = (one: Mechanisms["total"]): string[] =>
      [signed(one.mean_km, 2), `${signed(one.low_km, 1)} to ${signed(one.high_km, 1)}`, `${share(one.p_forward)} / ${share(one.p_back)}`];
    put(into,
      table(`km towards ${theatre.sides.b.name} over ${Math.round(found.length_km)} km of front by day ${found.lead_day}`,
        ["Mechanism", "mean", "8 in 10", "on / back in"],
        [...found.mechanisms.slice(0, 8).map((one) => [one.mechanism, ...row(one)]), ["all together", ...row(found.total)]], "mechanisms"));
  } catch (error) {
    if (!signal.aborted) put(into, h("p", { class: "note" }, (error as Error).message));
  }
}

function sources({ theatre, forecast }: AskContext): Node {
  return h("section", {}, h("h3", {}, "Where this comes from"),
    h("p", { class: "note" }, `Maps: ${forecast.attribution} Newest map used: ${shortDay(forecast.data_vintage)}. `
      + `${plural(forecast.members, "member")}, made ${shortDay(forecast.made_at)}. Ground: ${theatre.attribution}`),
    h("p", {}, h("a", { href: "#/record" }, "How right have such forecasts been?")));
}
