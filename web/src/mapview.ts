// The map view: brings what the state asks for from the service onto the map and into the panel.

import type { Feature, FeatureCollection } from "geojson";
import {
  follow, get, once, post, request, ROOT, search, ServiceError,
  type Bands, type Claim, type Claims, type Control, type Forecast, type ForecastSummary, type PlacesAtRisk, type Run,
  type Theatre, type Timeline, type Unit, type Units, type YearLines,
} from "./api";
import { button, h, put } from "./dom";
import { exportsMenu } from "./exports";
import { addDays, daysBetween, percent, plural, shortDay } from "./format";
import { FrontMap, EMPTY, type Hit } from "./map/map";
import type { Palette } from "./map/colours";
import { ground, lines } from "./map/rings";
import { askPanel, whereOf } from "./panel/ask";
import { claimCard, isSure } from "./panel/claims";
import { layerChoice, legend } from "./panel/legend";
import { otherStart, overview, progress } from "./panel/overview";
import { unitCard } from "./panel/units";
import type { Shell } from "./shell";
import { type Bounds, type Layer, type State, type Store } from "./state";
import { TimeBar } from "./timebar";

const CLAIM_DAYS = 14;
const STRIKE_DAYS = 30;
const OLD_DAYS = 14;

type Places = PlacesAtRisk;

export class MapView {
  readonly map: FrontMap;
  private readonly bar: TimeBar;
  private timeline: Timeline | null = null;
  private forecast: Forecast | null = null;
  private forecasts: ForecastSummary[] = [];
  private places: Places | null = null;
  private readonly years = new Map<number, YearLines>();
  private running: Run | null = null;
  private stopFollowing: AbortController | null = null;
  private asked: AbortController | null = null;
  private askedAbout = "";
  private readonly latest = new Map<string, number>();
  private claims: Claim[] = [];
  private units: Unit[] = [];
  private hits: Node[] = [];
  private lead = 0;
  private settling = 0;

  constructor(private readonly shell: Shell, private readonly store: Store, private readonly theatre: Theatre, private palette: Palette) {
    this.map = new FrontMap(shell.map, palette, theatre.bounds as Bounds, theatre.front_bounds as Bounds, store.state.camera, {
      asked: (at, hits) => this.clicked(at, hits),
      boxed: (box) => store.set({ box, at: null, place: null }),
      moved: (camera) => {
        if (store.state.view === "map") store.set({ camera }, "slide");
      },
    });
    this.bar = new TimeBar(shell.timebar, theatre, (day) => store.set({ day }, "slide"));
    put(shell.mapTools,
      button("Draw a box", () => this.map.draw(true), { title: "Then drag on the map; or drag with Shift held" }),
      button("Whole front", () => this.map.see(theatre.front_bounds as Bounds)));
    store.onChange((state, before) => void this.changed(state, before));
  }

  /** Everything on its way at once: the map must not wait for the forecast, nor the forecast for the map. */
  async start(): Promise<void> {
    void this.map.paint(this.palette);
    void this.map.show(this.store.state.layers);
    put(this.shell.panel, h("p", { class: "note" }, "Loading the forecast…"));
    for (const layer of ["borders", "regions", "rivers", "lakes"] as const) {
      void once<FeatureCollection>(`ground/${layer}`).then((data) => this.map.set(layer, data));
    }
    // All ground that counts, under the ground of the day: what is neither b's nor grey is a's.
    void once<Control>(`control/${this.theatre.last}`).then((data) => this.map.set("country", land(data)));
    void once<FeatureCollection>("towns").then((data) => this.map.set("towns", withReach(data)));
    void once<Timeline>("timeline").then((timeline) => {
      this.timeline = timeline;
      this.drawBar();
    });
    await this.open();
  }

  /** The forecast the state names; where it is not at hand, say so and offer to make it. */
  private async open(): Promise<void> {
    const { run, from } = this.store.state;
    const listed = get<{ forecasts: ForecastSummary[] }>("forecasts").then((found) => { this.forecasts = found.forecasts; });
    try {
      const id = run || "latest";
      this.forecast = await once<Forecast>(`forecasts/${id}`);
      if (!run && from && this.forecast.init_time.slice(0, 10) !== from) {
        await listed;
        const near = this.forecasts.find((one) => one.init_time.slice(0, 10) === from);
        if (near) this.forecast = await get<Forecast>(`forecasts/${near.id}`);
        else return await this.absent(from);
      }
    } catch (error) {
      if (!(error instanceof ServiceError) || error.status !== 404) return this.failed(error);
      return await this.absent(from || this.theatre.last, run !== "");
    }
    this.shell.notice.hidden = true;
    void listed.then(() => this.refreshPanel());
    void get<Places>(`forecasts/${this.forecast.id}/places?limit=300`).then((places) => {
      this.places = places;
      if (!this.store.state.camera) this.lookWhereItMoves(places);
      void this.drawPlaces();
      this.refreshPanel();
    });
    this.drawBar();
    this.refreshPanel();
    await this.drawDay();
    this.refreshPanel();
    this.loadYears();
  }

  /** Without a camera in the address: where most is in play, for along the whole front chances are too narrow to be seen. */
  private lookWhereItMoves({ places }: Places): void {
    const [wide, high] = [1.15, 0.55];
    const chance = (place: Places["places"][number]): number => place.leads.at(-1)?.p_change ?? 0;
    const around = (lon: number, lat: number): Places["places"] =>
      places.filter((place) => Math.abs(place.lon - lon) < wide && Math.abs(place.lat - lat) < high);
    const weight = (found: Places["places"]): number => found.reduce((sum, place) => sum + chance(place), 0);
    let best: Places["places"] = [];
    for (const place of places.slice(0, 80)) {
      const found = around(place.lon, place.lat);
      if (weight(found) > weight(best)) best = found;
    }
    if (weight(best) < 0.5) return;
    const mean = (of: "lon" | "lat"): number => best.reduce((sum, place) => sum + place[of] * chance(place), 0) / weight(best);
    const [lon, lat] = [mean("lon"), mean("lat")];
    this.map.open([lon - wide, lat - high, lon + wide, lat + high]);
  }

  /** No forecast at hand: the maps are there all the same, and one can be ordered. */
  private async absent(init: string, linked = false): Promise<void> {
    this.forecast = null;
    this.places = null;
    if (!this.store.state.day || this.store.state.day > init) this.store.set({ day: init }, "slide");
    this.drawBar();
    void this.drawDay();
    this.loadYears();
    this.refreshPanel();
    // The service makes the day's forecast by itself when it starts: wait for that rather than order it twice.
    const runs = await get<{ runs: Run[] }>("runs").catch(() => ({ runs: [] as Run[] }));
    const same = runs.runs.find((run) => run.kind === "forecast" && (run.state === "running" || run.state === "queued"));
    if (same) return this.followRun(same);
    if (linked) {
      put(this.shell.panel,
        h("h2", {}, "This forecast is not kept here"),
        h("p", {}, `The link is to a forecast from ${shortDay(init)}. The same maps and settings give the same forecast.`),
        h("p", {}, button("Make it again", () => void this.order(init, "line"))));
    } else await this.order(init, "line");
  }

  private failed(error: unknown): void {
    put(this.shell.panel, h("h2", {}, "Something went wrong"), h("p", {}, (error as Error).message),
      h("p", {}, button("Try again", () => void this.open())));
    this.shell.say((error as Error).message);
  }

  async order(init: string, depth: "line" | "units"): Promise<void> {
    try {
      await this.followRun(await post<Run>("forecasts", { init_time: init, depth }));
    } catch (error) {
      this.failed(error);
    }
  }

  private async followRun(run: Run): Promise<void> {
    this.stopFollowing?.abort();
    const stop = (this.stopFollowing = new AbortController());
    this.running = run;
    this.refreshPanel();
    this.shell.say(`${run.title} has begun`);
    try {
      const ended = await follow(run.id, (now) => {
        this.running = now;
        const old = this.shell.panel.querySelector(".progress");
        if (old) old.replaceWith(progress(now, () => this.cancel()));
        else this.refreshPanel();
      }, stop.signal);
      this.running = null;
      if (ended.state === "done") {
        const id = ended.result?.split("/").pop() ?? ended.id;
        this.shell.say("The forecast is made");
        const init = (ended.asked["init_time"] as string | undefined) ?? "";
        this.store.set({ run: id, from: init.slice(0, 10) });
      } else {
        this.refreshPanel();
        if (ended.state === "failed") this.failed(new Error(ended.problems.map((one) => `${one.problem}. ${one.remedy}`).join(" ") || "The run failed."));
      }
    } catch (error) {
      this.running = null;
      if (!stop.signal.aborted) this.failed(error);
    }
  }

  private cancel(): void {
    if (this.running) void request(`runs/${this.running.id}`, { method: "DELETE" });
  }

  async repaint(palette: Palette): Promise<void> {
    this.palette = palette;
    await this.map.paint(palette);
    this.refreshPanel();
  }

  private get init(): string {
    return this.forecast?.init_time.slice(0, 10) ?? (this.store.state.from || this.theatre.last);
  }

  /** The day shown: the last of the forecast unless another was chosen. */
  get day(): string {
    const last = this.forecast ? addDays(this.init, this.forecast.leads.at(-1)!) : this.init;
    const day = this.store.state.day || last;
    return day > last ? last : day;
  }

  private async changed(state: State, before: State): Promise<void> {
    if (state.run !== before.run || state.from !== before.from) {
      if (state.run === this.forecast?.id) return;
      await this.open();
      return;
    }
    if (state.layers !== before.layers) {
      void this.map.show(state.layers);
      for (const box of this.shell.panel.querySelectorAll<HTMLInputElement>("[data-layer]")) box.checked = state.layers.includes(box.dataset["layer"] as Layer);
      void this.drawEvidence();
      void this.drawTruth();
      void this.drawTrail();
    }
    if (state.camera !== before.camera && state.camera && state.view === "map") {
      const { lng, lat } = this.map.gl.getCenter();
      const [lon, north, zoom] = state.camera;
      // Only where the address was changed, by going back or a pasted link.
      if (Math.abs(lng - lon) > 1e-3 || Math.abs(lat - north) > 1e-3 || Math.abs(this.map.gl.getZoom() - zoom) > 1e-2) this.map.jump(state.camera);
    }
    if (state.day !== before.day) {
      this.drawBar();
      void this.drawDay();
    }
    const moved = state.at !== before.at || state.box !== before.box || state.place !== before.place;
    if (moved) this.hits = [];
    if (moved || state.day !== before.day) this.refreshPanel();
  }

  private drawBar(): void {
    this.bar.set(this.timeline, this.forecast, this.init, this.day);
  }

  /** Whether an answer is still wanted when it comes: only the last question of its kind is. */
  private turn(kind: string): () => boolean {
    const mine = (this.latest.get(kind) ?? 0) + 1;
    this.latest.set(kind, mine);
    return () => this.latest.get(kind) === mine;
  }

  private async drawDay(): Promise<void> {
    const ahead = daysBetween(this.init, this.day);
    const lead = this.forecast && ahead > 0 ? this.forecast.leads.reduce((best, one) => (Math.abs(one - ahead) < Math.abs(best - ahead) ? one : best)) : 0;
    this.lead = lead;
    this.shell.map.dataset["lead"] = String(lead);
    this.shell.map.dataset["day"] = this.day;
    const current = this.turn("day");
    await Promise.all([
      this.mapOf(lead > 0 ? this.init : this.day).then((data) => (current() ? this.map.set("held", data) : undefined)),
      lead > 0
        ? once<Bands>(`forecasts/${this.forecast!.id}/bands?lead=${lead}`).then((data) => (current() ? this.map.set("bands", banded(data, this.theatre)) : undefined))
        : this.map.set("bands", EMPTY),
      this.drawPlaces(), this.drawTruth(),
    ]).catch((error: unknown) => this.failed(error));
    // A bar that is dragged passes many days: their claims are asked for where it stops.
    clearTimeout(this.settling);
    this.settling = window.setTimeout(() => void this.drawEvidence(), 200);
  }

  /** Who held what on a day: from the year in memory where it is there, else asked for. */
  private async mapOf(day: string): Promise<FeatureCollection> {
    const year = this.years.get(Number(day.slice(0, 4)));
    const found = year ? year.days[daysBetween(year.first, day)] : null;
    if (year && typeof found === "number") return unpacked(year, found);
    return (await once<Control>(`control/${day}`)) as unknown as FeatureCollection;
  }

  /** The year before the start, and the one of the start, for a bar that is dragged. After the first view, not before. */
  private loadYears(): void {
    const year = Number(this.init.slice(0, 4));
    const load = async (): Promise<void> => {
      for (const one of [year, year - 1]) {
        if (this.years.has(one) || one < Number(this.theatre.first.slice(0, 4))) continue;
        this.years.set(one, await once<YearLines>(`lines/${one}`));
        this.shell.map.dataset["years"] = [...this.years.keys()].join(",");
      }
      await this.drawTrail();
    };
    setTimeout(() => void load().catch(() => undefined), 400);
  }

  private async drawTrail(): Promise<void> {
    if (!this.store.state.layers.includes("trail")) return this.map.set("trail", EMPTY);
    const seen = new Set<string>();
    const features: Feature[] = [];
    for (let age = 0; age <= 365; age++) {
      const day = addDays(this.init, -age);
      const year = this.years.get(Number(day.slice(0, 4)));
      const index = year?.days[daysBetween(year.first, day)];
      if (!year || typeof index !== "number" || seen.has(`${year.year}.${index}`)) continue;
      seen.add(`${year.year}.${index}`);
      features.push({ type: "Feature", properties: { age }, geometry: { type: "MultiLineString", coordinates: lines(year.maps[index]!, "b", year.scale) } });
    }
    this.shell.map.dataset["trail"] = String(features.length);
    // Oldest first, so that the newest lies on top.
    return this.map.set("trail", { type: "FeatureCollection", features: features.reverse() });
  }

  /** The line as later maps had it on the day shown: for looking back at a forecast of the past. */
  private async drawTruth(): Promise<void> {
    const day = this.day;
    if (this.lead === 0 || day > this.theatre.last || !this.store.state.layers.includes("truth")) return this.map.set("truth", EMPTY);
    const current = this.turn("truth");
    const data = await this.mapOf(day);
    if (current()) await this.map.set("truth", { type: "FeatureCollection", features: data.features.filter((one) => one.properties?.["kind"] === "flot" && one.properties["side"] === "b") });
  }

  private async drawPlaces(): Promise<void> {
    if (!this.forecast || !this.places || this.lead === 0) return this.map.set("places", EMPTY);
    const features = this.places.places.flatMap((place): Feature[] => {
      const at = place.leads.find((one) => one.lead_day === this.lead);
      if (!at || at.p_change < 0.05) return [];
      return [{
        type: "Feature", geometry: { type: "Point", coordinates: [place.lon, place.lat] },
        properties: { id: place.id, name: place.name, words: percent(at.p_change, this.forecast!.members), order: at.p_change + Math.min((place.population ?? 0) / 20_000, 2) },
      }];
    });
    return this.map.set("places", { type: "FeatureCollection", features });
  }

  private sideOf(name: string | null): string {
    if (name === "a" || name === this.theatre.sides.a.name) return "a";
    return name === "b" || name === this.theatre.sides.b.name ? "b" : "none";
  }

  /** Claims, strikes and units as known on the day shown; of a day ahead, as known at the start. */
  private async drawEvidence(): Promise<void> {
    const { layers } = this.store.state;
    const day = this.day < this.init ? this.day : this.init;
    const current = this.turn("evidence");
    const [claims, strikes, units] = await Promise.all([
      layers.includes("claims") ? once<Claims>(`claims${search({ first: addDays(day, -CLAIM_DAYS), last: day, as_of: day, limit: 800 })}`) : null,
      layers.includes("strikes") ? once<Claims>(`strikes${search({ first: addDays(day, -STRIKE_DAYS), last: day, as_of: day, limit: 500 })}`) : null,
      layers.includes("units") ? once<Units>(`units/${day}`) : null,
    ]).catch(() => [null, null, null] as const);
    if (!current()) return;
    this.claims = [...(claims?.claims ?? []).filter((claim) => claim.kind !== "strike"), ...(strikes?.claims ?? [])];
    this.units = units?.units ?? [];
    const point = (claim: Claim, order: number): Feature => ({
      type: "Feature", geometry: { type: "Point", coordinates: [claim.lon!, claim.lat!] },
      properties: { id: claim.id, look: isSure(claim) ? "sure" : "unsure", side: this.sideOf(claim.holder ?? claim.side), order },
    });
    const placed = (found: readonly Claim[]): FeatureCollection =>
      ({ type: "FeatureCollection", features: found.filter((one) => one.lon !== null && one.lat !== null).map(point) });
    await this.map.set("claims", placed(this.claims.filter((claim) => claim.kind !== "strike")));
    await this.map.set("strikes", placed(this.claims.filter((claim) => claim.kind === "strike")));
    await this.drawUnits(day);
    const note = layers.includes("claims") && claims && !claims.total ? claims.note : "";
    this.shell.map.dataset["claims"] = String(claims?.total ?? 0);
    this.shell.notice.hidden = !(layers.includes("units") && units && !units.units.length);
    put(this.shell.notice, units?.note ?? note);
  }

  private async drawUnits(day: string): Promise<void> {
    const codes = [...new Set(this.units.map((unit) => unit.sidc))];
    await Promise.all(codes.map((code) => new Promise<void>((resolve) => {
      if (this.map.gl.hasImage(code)) return resolve();
      const image = new Image();
      image.onload = () => {
        this.map.addImage(code, image);
        resolve();
      };
      image.onerror = () => resolve();
      image.src = `${ROOT}symbols/${code}.svg`;
    })));
    const features = this.units.map((unit, index): Feature => ({
      type: "Feature", geometry: { type: "Point", coordinates: [unit.lon, unit.lat] },
      properties: { id: index, symbol: unit.sidc, strength: unit.strength ?? 0, opacity: daysBetween(unit.seen, day) > OLD_DAYS ? 0.55 : 1 },
    }));
    await this.map.set("units", { type: "FeatureCollection", features });
  }

  private clicked(at: [number, number], hits: Hit[]): void {
    const claims = hits.filter((hit) => hit.layer === "claims" || hit.layer === "strikes")
      .flatMap((hit) => this.claims.filter((claim) => claim.id === hit.properties["id"]));
    const units = hits.filter((hit) => hit.layer === "units").flatMap((hit) => this.units[Number(hit.properties["id"])] ?? []);
    const place = hits.find((hit) => hit.layer === "risk" || hit.layer === "towns");
    // The mark first, then the question about the ground under it.
    const cards = [...[...new Set(units)].map((unit) => unitCard(unit, this.theatre)), ...[...new Set(claims)].map(claimCard)];
    if (place && typeof place.properties["id"] === "number" && !cards.length) this.store.set({ place: place.properties["id"], at, box: null });
    else this.store.set({ at, place: null, box: null });
    this.hits = cards;
    this.refreshPanel();
  }

  goPlace(id: number, at: [number, number]): void {
    this.map.go(at, 8.5);
    this.store.set({ place: id, at, box: null });
  }

  /** What Escape does, and the cross. */
  close(): void {
    this.store.set({ at: null, box: null, place: null });
  }

  /** Ask about the middle of the map, or all of it: for those without a pointer. */
  boxOfView(): void {
    const bounds = this.map.gl.getBounds();
    this.store.set({ box: [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()], at: null, place: null });
  }

  refreshPanel(): void {
    const { state } = this.store;
    void this.map.pick(state.at, state.box);
    const panel = this.shell.panel;
    const key = [
      layerChoice(() => this.store.state.layers, (layers) => this.store.set({ layers }, "slide")), legend(this.theatre, this.palette),
    ];
    if (!this.forecast) {
      put(panel,
        h("h2", {}, "No forecast at hand yet"),
        h("p", { class: "note" }, `The map shows what was known on ${shortDay(this.day)}; a forecast from a day of the record takes some seconds to a few minutes.`),
        this.running ? progress(this.running, () => this.cancel()) : this.starts(), ...key);
      return;
    }
    if (state.at || state.box || state.place !== null) return void this.ask(key);
    this.asked?.abort();
    this.askedAbout = "";
    const scroll = panel.scrollTop;
    put(panel,
      ...overview({ theatre: this.theatre, forecast: this.forecast, places: this.places, lead: this.lead, goPlace: (id, at) => this.goPlace(id, at) }),
      this.starts(), ...key,
      exportsMenu(this.forecast, this.lead, () => this.map.picture(), this.theatre));
    panel.scrollTop = scroll;
  }

  private starts(): HTMLElement {
    return otherStart({
      theatre: this.theatre, forecasts: this.forecasts, current: this.forecast, running: this.running,
      open: (one) => this.store.set({ run: one.id, from: one.init_time.slice(0, 10), day: "" }),
      order: (init, depth) => {
        this.store.set({ day: "" }, "slide");
        void this.order(init, depth);
      },
      cancel: () => this.cancel(),
    });
  }

  private async ask(key: Node[]): Promise<void> {
    // What is being answered or stands there already is not asked again because something else has come.
    const about = JSON.stringify([whereOf(this.store.state), this.forecast!.id, this.lead, this.palette.dark, this.hits.length && this.hits.map((hit) => hit.textContent)]);
    if (about === this.askedAbout) return;
    this.askedAbout = about;
    this.asked?.abort();
    const asked = (this.asked = new AbortController());
    const panel = this.shell.panel;
    const body = h("div", {});
    const marks = this.hits.length ? h("section", { class: "hits" }, ...this.hits) : null;
    try {
      const outlook = await askPanel(body, {
        theatre: this.theatre, forecast: this.forecast!, state: this.store.state, lead: this.lead || this.forecast!.leads.at(-1)!, signal: asked.signal,
        close: () => this.close(), goPlace: (id, at) => this.goPlace(id, at),
      });
      if (asked.signal.aborted) return;
      const scroll = panel.dataset["about"] === outlook.where ? panel.scrollTop : 0;
      put(panel, marks, body, exportsMenu(this.forecast!, this.lead, () => this.map.picture(), this.theatre), ...key);
      panel.dataset["about"] = outlook.where;
      panel.scrollTop = scroll;
      const last = outlook.leads.at(-1)!;
      this.shell.say(`${outlook.place?.name ?? outlook.where}: chance of a change within ${plural(last.lead_day, "day")} ${percent(last.p_change, outlook.members)}`);
    } catch (error) {
      if (asked.signal.aborted) return;
      this.askedAbout = "";
      put(panel, h("div", { class: "panel-head" }, h("h2", {}, "Nothing to say about this"), button("\u00d7", () => this.close(), { class: "icon", "aria-label": "Close the answer" })),
        marks, h("p", {}, (error as Error).message), ...key);
    }
  }
}

/** The land of a control map, whoever holds it. */
export function land(control: Control): FeatureCollection {
  return { type: "FeatureCollection", features: (control as unknown as FeatureCollection).features.filter((one) => one.properties?.["kind"] !== "flot") };
}

/** Bands with their number from the bottom, for the pattern. */
function banded(bands: Bands, theatre: Theatre): FeatureCollection {
  return {
    type: "FeatureCollection",
    features: bands.features.map((feature) => ({
      type: "Feature", geometry: feature.geometry as never,
      properties: { ...feature.properties, band: typeof feature.properties.low === "number" ? theatre.bands.findIndex((edge) => Math.abs(edge - feature.properties.low!) < 1e-6) : -1 },
    })),
  };
}

export { banded };

/** One map of a year as GeoJSON. */
export function unpacked(year: YearLines, index: number): FeatureCollection {
  const map = year.maps[index]!;
  const made = (kind: string, side: string, geometry: Feature["geometry"]): Feature => ({ type: "Feature", properties: { kind, side }, geometry });
  return {
    type: "FeatureCollection",
    features: [
      made("held", "b", { type: "MultiPolygon", coordinates: ground(map, "held_b", year.scale) }),
      made("grey_zone", "grey", { type: "MultiPolygon", coordinates: ground(map, "grey", year.scale) }),
      ...(["a", "b"] as const).map((side) => made("flot", side, { type: "MultiLineString", coordinates: lines(map, side, year.scale) })),
    ],
  };
}

/** The zoom from which a town is named, by its people: a city from afar, a village near by. */
export function withReach(towns: FeatureCollection): FeatureCollection {
  for (const town of towns.features) {
    const size = Math.log10(Math.max(Number(town.properties?.["population"]) || 500, 500));
    town.properties = { ...town.properties, size, from: Math.max(4, 14.2 - 1.75 * size) };
  }
  return towns;
}

