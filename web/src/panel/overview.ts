// What the panel says while nothing has been asked: the forecast in words, the places to look at, the key.

import type { Forecast, ForecastSummary, PlacesAtRisk, Run, Theatre } from "../api";
import { button, h } from "../dom";
import { addDays, area, count, day as inWords, percent, plural, shortDay } from "../format";

const TOWN = 1000;
const LEAST = 0.05;
const LISTED = 12;

export interface OverviewContext {
  theatre: Theatre;
  forecast: Forecast;
  places: PlacesAtRisk | null;
  lead: number;
  goPlace(id: number, at: [number, number]): void;
}

export function overview({ theatre, forecast, places, lead, goPlace }: OverviewContext): Node[] {
  const shown = forecast.leads.includes(lead) ? lead : forecast.leads.at(-1)!;
  const change = forecast.area.find((one) => one.side === "b" && one.lead_day === shown);
  const date = addDays(forecast.init_time, shown);
  const chance = (place: PlacesAtRisk["places"][number]): number => place.leads.find((one) => one.lead_day === shown)?.p_change ?? 0;
  const likeliest = [...(places?.places ?? [])].sort((one, other) => chance(other) - chance(one));
  const towns = likeliest.filter((place) => (place.population ?? 0) >= TOWN && chance(place) >= LEAST).slice(0, 6);
  const ordered = [...towns, ...likeliest.filter((place) => !towns.includes(place)).slice(0, LISTED - towns.length)];
  return [
    h("p", { class: "eyebrow" }, `Forecast from ${inWords(forecast.init_time)} · ${forecast.depth === "units" ? "with armies" : "the line alone"}`),
    h("h2", {}, lead > 0 ? `What ${inWords(date)} may look like` : `The front on ${inWords(forecast.init_time)}, and what may come`),
    change ? h("p", { class: "big" }, h("b", {}, area(change.q50, true)),
      h("span", {}, `change in what ${theatre.sides.b.name} holds by ${inWords(date)}, middle of the forecast; 8 in 10 members lie between ${area(change.q10, true)} and ${area(change.q90, true)}`)) : null,
    h("details", { class: "words" }, h("summary", {}, "In words"), ...[...forecast.sentences, forecast.headline].map((words) => h("p", {}, words))),
    h("section", {},
      h("h3", {}, `Places at risk by ${inWords(date)}`),
      places
        ? h("ol", { class: "places" }, ...ordered.map((place) => h("li", {},
          button(place.name, () => goPlace(place.id, [place.lon, place.lat]), { class: "link" }),
          h("small", {}, place.population ? `${count(place.population)} people` : ""),
          h("span", {}, percent(chance(place), forecast.members)))))
        : h("p", { class: "note" }, "…"),
      places ? h("p", { class: "note" }, `Towns of 1,000 people or more first; ${plural(places.total, "place")} in all with some chance. Click the map, or draw a box, to ask about anywhere.`) : null),
  ].filter((one): one is HTMLElement => one !== null);
}

export interface StartContext {
  theatre: Theatre;
  forecasts: ForecastSummary[];
  current: Forecast | null;
  open(forecast: ForecastSummary): void;
  order(init: string, depth: "line" | "units"): void;
  running: Run | null;
  cancel(): void;
}

/** Choose another start: a forecast at hand, or a new one. */
export function otherStart({ theatre, forecasts, current, open, order, running, cancel }: StartContext): HTMLElement {
  const list = h("select", { "aria-label": "Forecasts at hand" },
    ...forecasts.map((one) => h("option", { value: one.id, selected: one.id === current?.id },
      `${shortDay(one.init_time)}, ${plural(one.days, "day")}${one.depth === "units" ? ", with armies" : ""}, ${one.members} members`)));
  list.addEventListener("change", () => {
    const found = forecasts.find((one) => one.id === list.value);
    if (found) open(found);
  });
  const date = h("input", { type: "date", min: theatre.first, max: theatre.last, value: current?.init_time.slice(0, 10) ?? theatre.last, required: true, "aria-label": "Start of the forecast" });
  const depth = h("select", { "aria-label": "Depth" },
    h("option", { value: "line" }, "the line alone"), h("option", { value: "units" }, "with armies"));
  const form = h("form", { class: "row" }, date, depth, h("button", {}, "Forecast"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    order(date.value, depth.value as "line" | "units");
  });
  return h("details", { class: "start", open: running !== null },
    h("summary", {}, "Another start"),
    forecasts.length > 1 ? h("p", {}, list) : null,
    h("p", { class: "note" }, "Any day of the record; the forecast knows nothing later. What happened is drawn beside it."),
    form,
    running ? progress(running, cancel) : null);
}

/** How far a run is, with a way to stop it. */
export function progress(run: Run, cancel: () => void): HTMLElement {
  const waits = run.state === "queued" ? (run.ahead ? `waits behind ${plural(run.ahead, "run")}` : "waits for its turn") : run.stage;
  return h("div", { class: "progress", "data-state": run.state },
    h("p", {}, `${run.title}: ${waits}${run.total && run.state === "running" ? `, ${count(run.done)} of ${count(run.total)}` : ""}`),
    run.total ? h("progress", { max: run.total, value: run.done, "aria-label": "Members done" }) : h("progress", { "aria-label": "Under way" }),
    run.note ? h("p", { class: "note" }, run.note) : null,
    run.state === "queued" || run.state === "running" ? button("Cancel", cancel) : null);
}
