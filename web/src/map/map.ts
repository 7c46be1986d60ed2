// The map: what MapLibre is told, and nothing of what it means.

import {
  Map as GlMap, NavigationControl, ScaleControl, setWorkerUrl, type GeoJSONSource, type MapMouseEvent, type StyleSpecification,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import "maplibre-gl/dist/maplibre-gl.css";
import type { Feature, FeatureCollection, Geometry } from "geojson";
import type { Bounds } from "../state";
import type { Palette } from "./colours";
import { layers, SHOWN } from "./layers";
import { calm } from "./motion";
import { bubble, burst, dots, hatch, RATIO, type Drawing } from "./patterns";

setWorkerUrl(new URL(workerUrl, document.baseURI).href);

export const SOURCES = ["country", "borders", "regions", "lakes", "rivers", "held", "bands", "trail", "truth", "towns", "places",
  "strikes", "claims", "units", "pick"] as const;
export type SourceName = (typeof SOURCES)[number];

export const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };

/** What is under the pointer, topmost first: its layer and its properties. */
export interface Hit {
  layer: string;
  properties: Record<string, unknown>;
}

export interface MapEvents {
  /** Clicked, or Enter on the middle of the map. */
  asked(at: [number, number], hits: Hit[]): void;
  boxed(box: Bounds): void;
  moved(camera: [number, number, number]): void;
}

const LIVE = ["units", "claims", "strikes", "risk", "towns"];

/** A map in an element, over a theatre's bounds. */
export class FrontMap {
  readonly gl: GlMap;
  private colours: Palette;
  private readonly ready: Promise<void>;
  private drawing = false;
  private moved = false;

  constructor(
    readonly element: HTMLElement, colours: Palette, bounds: Bounds, view: Bounds,
    camera: [number, number, number] | null, private readonly events: Partial<MapEvents>,
  ) {
    this.colours = colours;
    this.gl = new GlMap({
      container: element,
      style: this.style(),
      ...(camera ? { center: [camera[0], camera[1]], zoom: camera[2] } : { bounds: view, fitBoundsOptions: { padding: 12 } }),
      maxBounds: [[bounds[0] - 4, bounds[1] - 3], [bounds[2] + 4, bounds[3] + 3]],
      minZoom: 3.5,
      // Cells of a kilometre fill the screen: nothing finer is known.
      maxZoom: 11,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 120,
      locale: { "Map.Title": "Map of the front. Arrow keys move it, plus and minus zoom, Enter asks about its middle." },
    });
    this.gl.touchZoomRotate.disableRotation();
    this.gl.keyboard.disableRotation();
    this.gl.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.gl.addControl(new ScaleControl({ maxWidth: 120 }), "bottom-left");
    this.ready = new Promise((resolve) => this.gl.once("load", () => resolve()));
    // What the reader did; where a view begins need not stand in the address.
    this.gl.on("movestart", (event) => { this.moved ||= (event as { originalEvent?: Event }).originalEvent !== undefined; });
    this.gl.on("moveend", () => {
      if (!this.moved) return;
      const { lng, lat } = this.gl.getCenter();
      this.events.moved?.([lng, lat, this.gl.getZoom()]);
    });
    this.gl.on("click", (event) => this.clicked(event));
    this.gl.on("mousemove", (event) => {
      if (this.drawing) return;
      const live = this.gl.queryRenderedFeatures(event.point, { layers: this.present(LIVE) });
      this.gl.getCanvas().style.cursor = live.length ? "pointer" : "";
    });
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.target as Element).classList.contains("maplibregl-canvas")) return;
      const { lng, lat } = this.gl.getCenter();
      this.events.asked?.([lng, lat], this.hits(this.gl.project([lng, lat])));
    });
    this.boxes();
  }

  private present(wanted: string[]): string[] {
    return wanted.filter((id) => this.gl.getLayer(id));
  }

  private hits(point: { x: number; y: number }): Hit[] {
    const near: [[number, number], [number, number]] = [[point.x - 4, point.y - 4], [point.x + 4, point.y + 4]];
    return this.gl.queryRenderedFeatures(near, { layers: this.present(LIVE) })
      .map(({ layer, properties }) => ({ layer: layer.id, properties }));
  }

  private clicked(event: MapMouseEvent): void {
    if (this.drawing) return;
    this.events.asked?.([event.lngLat.lng, event.lngLat.lat], this.hits(event.point));
  }

  private style(): StyleSpecification {
    const source = { type: "geojson" as const, data: EMPTY, tolerance: 0.3, buffer: 32 };
    return {
      version: 8,
      sources: Object.fromEntries(SOURCES.map((name) => [name, { ...source, data: EMPTY }])),
      layers: layers(this.colours),
    };
  }

  private images(): [string, Drawing][] {
    const drawn: [string, Drawing][] = [["hatch", hatch(this.colours)], ["strike", burst(this.colours)]];
    for (const side of ["a", "b"] as const) {
      for (let band = 0; band < 5; band++) drawn.push([`dots-${side}${band}`, dots(this.colours, side, band)]);
    }
    for (const look of ["sure", "unsure"] as const) {
      for (const side of ["a", "b", null] as const) drawn.push([`claim-${look}-${side ?? "none"}`, bubble(this.colours, look, side)]);
    }
    drawn.push(["town", spot(this.colours.paper, this.colours.muted, 2.6)], ["risk", spot(this.colours.ink, this.colours.paper, 3.6)]);
    return drawn;
  }

  /** Pictures are made when the style first misses them, and again when the page turns dark or light. */
  async paint(colours: Palette): Promise<void> {
    this.colours = colours;
    await this.ready;
    for (const [name, { width, height, data }] of this.images()) {
      const image = { width, height, data: new Uint8Array(data) };
      if (this.gl.hasImage(name)) this.gl.updateImage(name, image);
      else this.gl.addImage(name, image, { pixelRatio: RATIO });
    }
    for (const layer of layers(colours)) {
      for (const [property, value] of Object.entries(layer.paint ?? {})) {
        this.gl.setPaintProperty(layer.id, property as "fill-color", value as string);
      }
    }
  }

  /** A drawing in SVG, as large as it says, sharp on every screen. */
  addImage(name: string, image: HTMLImageElement): void {
    if (this.gl.hasImage(name) || !image.naturalWidth) return;
    const sheet = document.createElement("canvas");
    sheet.width = image.naturalWidth * RATIO;
    sheet.height = image.naturalHeight * RATIO;
    const pen = sheet.getContext("2d", { willReadFrequently: true })!;
    pen.drawImage(image, 0, 0, sheet.width, sheet.height);
    this.gl.addImage(name, pen.getImageData(0, 0, sheet.width, sheet.height), { pixelRatio: RATIO });
  }

  async set(source: SourceName, data: FeatureCollection | Feature | Geometry): Promise<void> {
    await this.ready;
    (this.gl.getSource(source) as GeoJSONSource).setData(data as GeoJSON.GeoJSON);
  }

  async show(chosen: readonly string[]): Promise<void> {
    await this.ready;
    for (const [name, ids] of Object.entries(SHOWN)) {
      for (const id of ids) this.gl.setLayoutProperty(id, "visibility", chosen.includes(name) ? "visible" : "none");
    }
  }

  async pick(at: [number, number] | null, box: Bounds | null): Promise<void> {
    const geometry: Geometry | null = at ? { type: "Point", coordinates: at } : box ? outline(box) : null;
    await this.set("pick", geometry ? { type: "Feature", geometry, properties: {} } : EMPTY);
  }

  see(bounds: Bounds): void {
    this.moved = true;
    this.gl.fitBounds(bounds, { padding: 30, duration: calm() ? 0 : 600 });
  }

  /** Where a view begins: at once, and no closer than a region. */
  open(bounds: Bounds): void {
    this.gl.fitBounds(bounds, { padding: 20, duration: 0, maxZoom: 8.2 });
  }

  go(at: [number, number], zoom: number): void {
    this.moved = true;
    this.gl.easeTo({ center: at, zoom: Math.max(this.gl.getZoom(), zoom), duration: calm() ? 0 : 600 });
  }

  jump(camera: [number, number, number]): void {
    this.gl.jumpTo({ center: [camera[0], camera[1]], zoom: camera[2] });
  }

  /** The map as it is seen now, as pixels. */
  async picture(): Promise<HTMLCanvasElement> {
    await this.ready;
    return new Promise((resolve) => {
      this.gl.once("render", () => {
        const from = this.gl.getCanvas();
        const copy = document.createElement("canvas");
        copy.width = from.width;
        copy.height = from.height;
        copy.getContext("2d")!.drawImage(from, 0, 0);
        resolve(copy);
      });
      this.gl.triggerRepaint();
    });
  }

  /** The next drag draws a box. */
  draw(on: boolean): void {
    this.drawing = on;
    this.element.classList.toggle("drawing", on);
    if (on) this.gl.dragPan.disable();
    else this.gl.dragPan.enable();
  }

  private boxes(): void {
    this.gl.boxZoom.disable();
    const surface = this.gl.getCanvasContainer();
    let start: { x: number; y: number } | null = null;
    const place = (event: PointerEvent): { x: number; y: number } => {
      const frame = surface.getBoundingClientRect();
      return { x: event.clientX - frame.left, y: event.clientY - frame.top };
    };
    const bounds = (from: { x: number; y: number }, to: { x: number; y: number }): Bounds => {
      const [one, other] = [this.gl.unproject([from.x, from.y]), this.gl.unproject([to.x, to.y])];
      return [Math.min(one.lng, other.lng), Math.min(one.lat, other.lat), Math.max(one.lng, other.lng), Math.max(one.lat, other.lat)];
    };
    // Before MapLibre: a shifted drag, or any drag once asked for, is a box and no panning.
    surface.addEventListener("pointerdown", (event) => {
      if (!this.drawing && !event.shiftKey) return;
      start = place(event);
      this.draw(true);
      surface.setPointerCapture(event.pointerId);
    }, true);
    surface.addEventListener("pointermove", (event) => {
      if (start) void this.pick(null, bounds(start, place(event)));
    });
    const done = (event: PointerEvent): void => {
      if (!start) return;
      const from = start, to = place(event);
      start = null;
      // The click that follows belongs to the box.
      setTimeout(() => this.draw(false));
      if (event.type === "pointerup" && Math.hypot(to.x - from.x, to.y - from.y) > 6) this.events.boxed?.(bounds(from, to));
    };
    surface.addEventListener("pointerup", done);
    surface.addEventListener("pointercancel", done);
  }
}

function outline([west, south, east, north]: Bounds): Geometry {
  return { type: "Polygon", coordinates: [[[west, south], [east, south], [east, north], [west, north], [west, south]]] };
}

function spot(fill: string, edge: string, radius: number): Drawing {
  const sheet = document.createElement("canvas");
  sheet.width = sheet.height = 12 * RATIO;
  const pen = sheet.getContext("2d", { willReadFrequently: true })!;
  pen.scale(RATIO, RATIO);
  pen.beginPath();
  pen.arc(6, 6, radius, 0, 2 * Math.PI);
  pen.fillStyle = fill;
  pen.fill();
  pen.strokeStyle = edge;
  pen.lineWidth = 1.4;
  pen.stroke();
  return pen.getImageData(0, 0, sheet.width, sheet.height);
}
