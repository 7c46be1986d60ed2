// What if: the same luck, one thing changed. Choose, run, watch, and see both futures side by side.

import type { FeatureCollection } from "geojson";
import {
  ended, follow, get, once, post, request, search,
  type Bands, type Changeable, type Control, type Difference, type Run, type ScenarioSummary, type Theatre, type WhatIf, type WhatIfRequest,
} from "./api";
import { differenceChart } from "./charts/difference";
import { button, h, put, table } from "./dom";
import { fetchFile } from "./exports";
import { count, day as inWords, percent, plural, shortDay, signed } from "./format";
import type { Palette } from "./map/colours";
import { FrontMap } from "./map/map";
import { banded, land, withReach } from "./mapview";
import { progress } from "./panel/overview";
import type { Bounds, State, Store } from "./state";

export class WhatIfView {
  private readonly form = h("div", { class: "ask" });
  private readonly answer = h("div", { class: "answers" });
  private opened = false;
  private stop: AbortController | null = null;
  private maps: FrontMap[] = [];
  private shown = "";

  constructor(
    element: HTMLElement, private readonly store: Store, private readonly theatre: Theatre, private palette: Palette, private readonly say: (words: string) => void,
  ) {
    put(element,
      h("h1", {}, "What if"),
      h("p", { class: "lede" }, "Ask what would have been. Both futures have the same members and the same random numbers, so they differ by the change alone. "
        + "The difference is what the model says; it is no forecast, and is never scored as one."),
      h("div", { class: "whatif" }, this.form, this.answer));
    store.onChange((state, before) => {
      if (state.view === "whatif" && (state.job !== before.job || state.variant !== before.variant)) void this.showJob(state);
    });
  }

  repaint(palette: Palette): void {
    this.palette = palette;
    for (const map of this.maps) void map.paint(palette);
  }

  async open(): Promise<void> {
    if (!this.opened) {
      this.opened = true;
      try {
        const { scenarios } = await once<{ scenarios: ScenarioSummary[] }>("scenarios");
        this.drawForm(scenarios);
      } catch (error) {
        this.opened = false;
        put(this.form, h("p", {}, (error as Error).message));
      }
    }
    await this.showJob(this.store.state);
  }

  private drawForm(scenarios: ScenarioSummary[]): void {
    const members = h("input", { type: "number", min: 20, max: Math.min(this.theatre.limits.members, 1000), step: 20, value: 60, id: "members" });
    const mine = h("div", { class: "mine", hidden: true });
    const list = h("div", { class: "scenarios" }, ...scenarios.map((one) => {
      const radio = h("input", { type: "radio", name: "scenario", value: one.name, checked: one.name === this.store.state.scenario });
      radio.addEventListener("change", () => {
        mine.hidden = true;
        this.store.set({ scenario: one.name }, "slide");
      });
      return h("label", {}, radio, h("span", {},
        h("b", {}, one.title), h("span", {}, one.question),
        h("small", {}, `${shortDay(one.init_time)}, ${plural(one.days, "day")}. ${one.changes.join("; ")}`)));
    }));
    const own = h("input", { type: "radio", name: "scenario", value: "" });
    own.addEventListener("change", () => {
      mine.hidden = false;
      void this.drawOwn(mine, this.theatre.first > "2022-09-05" ? this.theatre.first : "2022-09-05");
    });
    list.append(h("label", {}, own, h("span", {}, h("b", {}, "Change one thing"), h("span", {}, "Move a unit, delay a delivery, set a policy, on a day of your choice"))));
    const form = h("form", {}, h("fieldset", {}, h("legend", {}, "The question"), list), mine,
      h("p", { class: "row" }, h("label", { for: "members" }, "Members"), members, h("button", { class: "main" }, "Run both futures")),
      h("p", { class: "note" }, "More members, less noise: 60 take from half a minute to some minutes here."));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = form.querySelector<HTMLInputElement>("input[name=scenario]:checked");
      if (!chosen) return this.say("Choose a question first");
      const asked = chosen.value ? { scenario: chosen.value } : this.own(mine);
      if (asked) void this.run({ ...asked, members: Number(members.value), seed: 1 } as WhatIfRequest);
    });
    put(this.form, form);
  }

  /** The fields of a change of one's own: what can be changed depends on the day. */
  private async drawOwn(into: HTMLElement, date: string): Promise<void> {
    put(into, h("p", { class: "note" }, "Looking up who stood where…"));
    const day = h("input", { type: "date", name: "init", value: date, min: this.theatre.first, max: this.theatre.last, required: true });
    day.addEventListener("change", () => void this.drawOwn(into, day.value));
    let can: Changeable;
    try {
      can = await once<Changeable>(`changeable/${date}`);
    } catch (error) {
      return put(into, h("p", {}, h("label", {}, "Start ", day)), h("p", {}, (error as Error).message));
    }
    const kind = h("select", { name: "kind" },
      h("option", { value: "move_unit" }, "Move a unit"),
      can.deliveries.length ? h("option", { value: "delay_delivery" }, "Delay a delivery") : null,
      h("option", { value: "set_policy" }, "Set a policy"));
    const sides = (): HTMLSelectElement => h("select", { name: "side" }, h("option", { value: "a" }, this.theatre.sides.a.name), h("option", { value: "b", selected: true }, this.theatre.sides.b.name));
    const details = h("div", { class: "details" });
    const field = (words: string, input: HTMLElement): HTMLElement => h("label", {}, h("span", {}, words), input);
    const date2 = (name: string, value: string): HTMLInputElement => h("input", { type: "date", name, value, required: true });
    const draw = (): void => {
      if (kind.value === "move_unit") {
        const side = sides();
        const units = h("datalist", { id: "units" });
        const fill = (): void => put(units, ...can.units.filter((one) => one.side === side.value).map((one) =>
          h("option", { value: one.unit }, `${one.kind} ${one.echelon}${one.presumed ? ", presumed" : ""}`)));
        side.addEventListener("change", fill);
        fill();
        put(details, field("Side", side), field("Unit", h("input", { name: "unit", list: "units", required: true, maxlength: 120 })), units,
          field("To the place", h("input", { name: "to", required: true, maxlength: 100, placeholder: "Balakliia" })), field("On", date2("date", date)));
      } else if (kind.value === "delay_delivery") {
        put(details, field("Delivery", h("select", { name: "delivery" }, ...can.deliveries.map((one) => h("option", { value: one.name }, `${one.name}, ${shortDay(one.date)}`)))),
          field("Comes on", date2("date", date)));
      } else {
        put(details, field("Side", sides()), field("From", date2("start", date)), field("To", date2("end", date)),
          field("Effort of attack (1: as it was)", h("input", { type: "number", name: "effort", min: 0, max: 3, step: 0.1, value: 1 })),
          h("label", {}, h("input", { type: "checkbox", name: "regenerate" }), "stop and regenerate"));
      }
    };
    kind.addEventListener("change", draw);
    draw();
    put(into, h("fieldset", {}, h("legend", {}, "The change"), field("Start", day), field("Days", h("input", { type: "number", name: "days", min: 1, max: Math.min(this.theatre.limits.days, 180), value: 30 })), field("What", kind), details));
  }

  private own(from: HTMLElement): Partial<WhatIfRequest> | null {
    const value = (name: string): string => from.querySelector<HTMLInputElement | HTMLSelectElement>(`[name=${name}]`)?.value.trim() ?? "";
    const kind = value("kind");
    const change: Record<string, unknown> = kind === "move_unit"
      ? { kind, side: value("side"), unit: value("unit"), to: value("to"), date: value("date") }
      : kind === "delay_delivery" ? { kind, delivery: value("delivery"), date: value("date") }
        : { kind, side: value("side"), start: value("start"), end: value("end"), effort: Number(value("effort")), regenerate: from.querySelector<HTMLInputElement>("[name=regenerate]")?.checked ?? false };
    return { change: change as WhatIfRequest["change"], init_time: value("init"), days: Number(value("days")) };
  }

  private async run(asked: WhatIfRequest): Promise<void> {
    try {
      const run = await post<Run>("whatifs", asked);
      this.say(`${run.title} has begun`);
      this.store.set({ job: run.id, variant: 0 });
      if (this.answer.getBoundingClientRect().top > innerHeight * 0.8) this.answer.scrollIntoView();
    } catch (error) {
      const faults = (error as { faults?: { place: string; problem: string; remedy: string }[] }).faults ?? [];
      this.failed((error as Error).message, faults);
    }
  }

  private failed(words: string, faults: { place: string; problem: string; remedy: string }[]): void {
    this.say(words);
    put(this.answer, h("div", { role: "alert" }, h("h2", {}, "This cannot be run"), h("p", {}, words),
      h("ul", {}, ...faults.map((one) => h("li", {}, h("b", {}, one.place ? `${one.place}: ` : ""), `${one.problem}. ${one.remedy}`)))));
  }

  private async showJob(state: State): Promise<void> {
    this.stop?.abort();
    const stop = (this.stop = new AbortController());
    if (!state.job) {
      this.clearMaps();
      return put(this.answer, h("p", { class: "note empty" }, "Choose a question and run it: both futures are shown here, and what differs."));
    }
    try {
      let run = await get<Run>(`runs/${state.job}`, stop.signal);
      if (!ended(run)) {
        this.clearMaps();
        const draw = (now: Run): void => put(this.answer, progress(now, () => void request(`runs/${now.id}`, { method: "DELETE" })));
        draw(run);
        run = await follow(run.id, draw, stop.signal);
      }
      if (run.state === "done") {
        const found = await once<WhatIf>(`whatifs/${run.id}`);
        if (!stop.signal.aborted) await this.draw(found, state.variant);
      } else if (run.state === "failed") this.failed("The run failed.", run.problems);
      else put(this.answer, h("p", {}, "This run was cancelled. "), button("Run it again", () => void post<Run>(`runs/${run.id}/again`, {}).then(() => this.showJob(state))));
    } catch (error) {
      if (!stop.signal.aborted) this.failed((error as Error).message, []);
    }
  }

  private clearMaps(): void {
    for (const map of this.maps) map.gl.remove();
    this.maps = [];
    this.shown = "";
  }

  private async draw(found: WhatIf, variant: number): Promise<void> {
    const key = `${found.id}.${variant}`;
    if (key === this.shown) return;
    this.clearMaps();
    this.shown = key;
    const name = found.futures[variant + 1] ?? found.futures[1]!;
    const mine = found.differences.filter((one) => one.variant === name && one.p_lower + one.p_higher > 0);
    const places = found.places.filter((one) => one.variant === name);
    const boxes = [h("div", { class: "map", role: "region", "aria-label": "As it was" }), h("div", { class: "map", role: "region", "aria-label": name })];
    const lead = h("input", { type: "range", min: 0, max: found.leads.length - 1, value: found.leads.length - 1, "aria-label": "Day shown" });
    const date = h("output", {});
    const members = found.members;
    const b = this.theatre.sides.b.name;
    put(this.answer,
      h("h2", {}, found.title), h("p", {}, found.question),
      found.futures.length > 2 ? h("p", { class: "row", role: "group", "aria-label": "Which future" }, ...found.futures.slice(1).map((one, at) =>
        button(one, () => this.store.set({ variant: at }), { "aria-pressed": String(at === variant) }))) : null,
      h("div", { class: "futures" },
        h("figure", {}, h("figcaption", {}, "As it was"), boxes[0]!),
        h("figure", {}, h("figcaption", {}, name === "changed" ? "With the change" : name), boxes[1]!)),
      h("p", { class: "row" }, h("label", {}, "Day ", lead), date),
      h("p", { class: "note" }, "Dots: chance of holding ground not held at the start, as on the map. Both maps move together."),
      h("h3", {}, "What differs"),
      mine.length ? differenceChart(mine) : h("p", {}, "Nothing differs in any member: the model cannot see this change."),
      h("div", { class: "scroll" }, table(`${name === "changed" ? "With the change" : name}, less as it was; means of ${members} members, 90 % intervals`,
        ["Measure", "as it was", "changed", "difference", "90 % interval", "lower / higher in"], mine.map((one) => cells(one)))),
      h("h3", {}, `Places whose chance of being held by ${b} differs most`),
      places.length
        ? h("div", { class: "scroll" }, table("At the end", ["Place", "as it was", "changed", "difference"], places.slice(0, 10).map((one) => [
          one.name, percent(one.p_b_base, members), percent(one.p_b_changed, members), `${signed(100 * one.difference)}\u00a0points`])))
        : h("p", { class: "note" }, "No place\u2019s chance changes by 2\u00a0% or more."),
      h("section", { class: "exports" }, h("h3", {}, "Take it with you"), h("p", { class: "row" },
        ...[["whatif.png", "Picture (PNG)"], ["differences.csv", "Differences (CSV)"], ["places.csv", "Places (CSV)"], ["scenario.toml", "The question (TOML)"], ["run.zip", "The run (zip)"]].map(([file, words]) =>
          button(words!, () => void fetchFile(`whatifs/${found.id}/export/${file}`, `whatif-${file}`))))),
      h("p", { class: "note" }, found.caution));
    const start = (await once<Control>(`control/${found.init_time.slice(0, 10)}`)) as unknown as FeatureCollection;
    if (this.shown !== key) return;
    this.maps = boxes.map((box) => new FrontMap(box, this.palette, this.theatre.bounds as Bounds, where(places) ?? this.extent(start), null, {}));
    this.together();
    for (const map of this.maps) {
      void map.paint(this.palette);
      void map.show(["chances", "lines", "towns"]);
      void map.set("held", start);
      for (const layer of ["borders", "regions", "rivers", "lakes"] as const) {
        void once<FeatureCollection>(`ground/${layer}`).then((data) => map.set(layer, data));
      }
      void map.set("country", land(start as unknown as Control));
      void once<FeatureCollection>("towns").then((data) => map.set("towns", withReach(data)));
    }
    const show = async (): Promise<void> => {
      const at = Number(lead.value);
      date.textContent = `${inWords(found.valid_dates[at]!)}, ${plural(found.leads[at]!, "day")} on`;
      lead.setAttribute("aria-valuetext", date.textContent);
      await Promise.all(this.maps.map(async (map, future) => {
        const bands = await once<Bands>(`whatifs/${found.id}/bands${search({ future: future ? variant + 1 : 0, lead: found.leads[at] })}`);
        await map.set("bands", banded(bands, this.theatre));
      }));
      boxes[0]!.dataset["lead"] = String(found.leads[at]);
    };
    lead.addEventListener("input", () => void show());
    await show();
    this.say(`${found.title}: answered with ${count(members)} members`);
  }

  /** The front at the start, with a margin. */
  private extent(start: FeatureCollection): Bounds {
    const points = start.features.filter((one) => one.properties?.["kind"] === "flot")
      .flatMap((one) => (one.geometry.type === "MultiLineString" ? one.geometry.coordinates.filter((line) => line.length > 20).flat() : one.geometry.type === "LineString" ? one.geometry.coordinates : []));
    if (!points.length) return this.theatre.front_bounds as Bounds;
    const [lon, lat] = [points.map(([x]) => x!), points.map(([, y]) => y!)];
    return [Math.min(...lon) - 0.3, Math.min(...lat) - 0.2, Math.max(...lon) + 0.3, Math.max(...lat) + 0.2];
  }

  private together(): void {
    let led = false;
    for (const [at, map] of this.maps.entries()) {
      const other = this.maps[1 - at]!;
      map.gl.on("move", () => {
        if (led) return;
        led = true;
        other.gl.jumpTo({ center: map.gl.getCenter(), zoom: map.gl.getZoom() });
        led = false;
      });
    }
  }
}

/** Where the futures differ most, by the places whose chances do. */
function where(places: WhatIf["places"]): Bounds | null {
  const weight = places.reduce((sum, place) => sum + Math.abs(place.difference), 0);
  if (!weight) return null;
  const mean = (of: "lon" | "lat"): number => places.reduce((sum, place) => sum + place[of] * Math.abs(place.difference), 0) / weight;
  const reach = (of: "lon" | "lat", least: number, most: number): number =>
    Math.min(Math.max(least, ...places.slice(0, 8).map((place) => Math.abs(place[of] - mean(of)) + 0.15)), most);
  const [lon, lat, wide, high] = [mean("lon"), mean("lat"), reach("lon", 0.8, 2.2), reach("lat", 0.5, 1.4)];
  return [lon - wide, lat - high, lon + wide, lat + high];
}

function cells(one: Difference): string[] {
  const size = Math.max(Math.abs(one.base ?? 0), Math.abs(one.changed ?? 0));
  const plain = (value: number | null): string => (value === null ? "–" : size >= 100 ? count(Math.round(value)) : value.toFixed(2));
  const scale = Math.max(Math.abs(one.difference ?? 0), Math.abs(one.low ?? 0), Math.abs(one.high ?? 0));
  const change = (value: number | null): string => (value === null ? "–" : signed(value, scale >= 20 ? 0 : scale >= 0.05 ? 2 : 4));
  return [
    `${one.measure}, ${one.unit}`, plain(one.base), plain(one.changed), change(one.difference), `${change(one.low)} to ${change(one.high)}`,
    `${Math.round(100 * one.p_lower)} / ${Math.round(100 * one.p_higher)}\u00a0%`,
  ];
}
