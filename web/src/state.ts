// What is looked at, all of it in the address: every view has a link that restores it.

export type View = "map" | "whatif" | "record";
export type Bounds = [west: number, south: number, east: number, north: number];

export const LAYERS = ["chances", "lines", "places", "towns", "claims", "strikes", "units", "trail", "truth"] as const;
export type Layer = (typeof LAYERS)[number];

export interface State {
  view: View;
  /** Forecast looked at: its id; empty for the newest. */
  run: string;
  /** Day it starts from, so that a link can be followed where that forecast has not been made yet. */
  from: string;
  /** The day on the time bar, ISO; empty for the last day of the forecast. */
  day: string;
  /** Where was asked: a place of the gazetteer, a point, or a box. */
  place: number | null;
  at: [lon: number, lat: number] | null;
  box: Bounds | null;
  /** Camera: longitude, latitude, zoom; null for the whole front. */
  camera: [lon: number, lat: number, zoom: number] | null;
  layers: Layer[];
  /** A what-if: the scenario chosen, and the job that answers it. */
  scenario: string;
  job: string;
  variant: number;
}

export const START: State = {
  view: "map", run: "", from: "", day: "", place: null, at: null, box: null, camera: null,
  layers: ["chances", "lines", "places", "towns", "claims", "strikes"], scenario: "", job: "", variant: 0,
};

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const NAME = /^[\w.:+-]{1,120}$/;

function numbers(text: string | null, many: number): number[] | null {
  const found = (text ?? "").split(",").map(Number);
  return text && found.length === many && found.every(Number.isFinite) ? found : null;
}

const onEarth = (lon: number, lat: number): boolean => Math.abs(lon) <= 180 && Math.abs(lat) <= 85;

/** The state in an address's hash; whatever in it makes no sense is left out, for links travel through many hands. */
export function decode(hash: string): State {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const from = new URLSearchParams(query);
  const name = (key: string): string => (NAME.test(from.get(key) ?? "") ? from.get(key)! : "");
  const day = (key: string): string =>
    DAY.test(from.get(key) ?? "") && !Number.isNaN(Date.parse(from.get(key)!)) ? from.get(key)! : "";
  const place = Number(from.get("place") ?? Number.NaN);
  const at = numbers(from.get("at"), 2);
  const box = numbers(from.get("box"), 4);
  const camera = numbers(from.get("map"), 3);
  const layers = from.get("layers");
  return {
    view: path === "whatif" || path === "record" ? path : "map",
    run: name("run"),
    from: day("from"),
    day: day("day"),
    place: Number.isSafeInteger(place) && place >= 0 ? place : null,
    at: at && onEarth(at[0]!, at[1]!) ? (at as [number, number]) : null,
    box: box && onEarth(box[0]!, box[1]!) && onEarth(box[2]!, box[3]!) && box[0]! < box[2]! && box[1]! < box[3]!
      ? (box as Bounds) : null,
    camera: camera && onEarth(camera[0]!, camera[1]!) ? (camera as [number, number, number]) : null,
    layers: layers === null ? [...START.layers] : LAYERS.filter((layer) => layers.split(",").includes(layer)),
    scenario: name("scenario"),
    job: name("job"),
    variant: Math.max(0, Math.trunc(Number(from.get("variant")) || 0)),
  };
}

const round = (values: readonly number[], digits: number): string => values.map((value) => +value.toFixed(digits)).join(",");

export function encode(state: State): string {
  const query: string[] = [];
  const add = (key: string, value: string): void => {
    if (value) query.push(`${key}=${value}`);
  };
  add("run", state.run);
  add("from", state.from);
  add("day", state.day);
  add("place", state.place === null ? "" : String(state.place));
  add("at", state.at ? round(state.at, 4) : "");
  add("box", state.box ? round(state.box, 4) : "");
  add("map", state.camera ? round(state.camera, 3) : "");
  if (state.layers.join() !== START.layers.join()) query.push(`layers=${state.layers.join(",")}`);
  add("scenario", state.scenario);
  add("job", state.job);
  add("variant", state.variant ? String(state.variant) : "");
  return `#/${state.view}${query.length ? `?${query.join("&")}` : ""}`;
}

type Listener = (state: State, before: State) => void;

/** The one state of the page. */
export class Store {
  state: State;
  private listeners: Listener[] = [];

  constructor() {
    this.state = decode(location.hash);
    // Back, forward, and a link pasted into the address.
    addEventListener("popstate", () => this.follow());
    addEventListener("hashchange", () => this.follow());
  }

  private follow(): void {
    if (location.hash !== encode(this.state)) this.set(decode(location.hash), "silent");
  }

  onChange(listener: Listener): void {
    this.listeners.push(listener);
  }

  /** Change something. "step" is what one goes back from; moving the map or the time is not. */
  set(change: Partial<State>, how: "step" | "slide" | "silent" = "step"): void {
    const before = this.state;
    this.state = { ...before, ...change };
    const hash = encode(this.state);
    if (hash !== location.hash) {
      if (how === "step") history.pushState(null, "", hash);
      else history.replaceState(null, "", hash);
    }
    for (const listener of this.listeners) listener(this.state, before);
  }
}
