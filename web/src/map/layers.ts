// The layers of the map, bottom to top, and their paint on a light and a dark page.

import type { LayerSpecification } from "maplibre-gl";
import type { Palette } from "./colours";

export const FONT = ["system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, DejaVu Sans, sans-serif"];

const SIDES = ["a", "b"] as const;

/** A value by the property `side`. */
const bySide = (colours: { a: string; b: string }): ["match", ["get", "side"], "a", string, string] =>
  ["match", ["get", "side"], "a", colours.a, colours.b];

const label = (colours: Palette): { "text-color": string; "text-halo-color": string; "text-halo-width": number } =>
  ({ "text-color": colours.ink, "text-halo-color": colours.paper, "text-halo-width": 1.6 });

export function layers(colours: Palette): LayerSpecification[] {
  return [
    { id: "outside", type: "background", paint: { "background-color": colours.outside } },
    { id: "country", type: "fill", source: "country", paint: { "fill-color": colours.tint.a, "fill-antialias": false } },
    { id: "held", type: "fill", source: "held", filter: ["all", ["==", ["get", "kind"], "held"], ["==", ["get", "side"], "b"]],
      paint: { "fill-color": colours.tint.b, "fill-antialias": false } },
    { id: "grey", type: "fill", source: "held", filter: ["==", ["get", "kind"], "grey_zone"], paint: { "fill-pattern": "hatch" } },
    { id: "lakes", type: "fill", source: "lakes", paint: { "fill-color": colours.water } },
    { id: "rivers", type: "line", source: "rivers", layout: { "line-join": "round", "line-cap": "round" },
      paint: { "line-color": colours.water, "line-width": ["interpolate", ["linear"], ["zoom"], 5, 0.8, 10, 2.4] } },
    ...SIDES.flatMap((side) => [0, 1, 2, 3, 4].map((band): LayerSpecification => ({
      id: `band-${side}${band}`, type: "fill", source: "bands",
      filter: ["all", ["==", ["get", "kind"], "band"], ["==", ["get", "side"], side], ["==", ["get", "band"], band]],
      paint: { "fill-pattern": `dots-${side}${band}`, "fill-antialias": false },
    }))),
    { id: "region", type: "line", source: "regions",
      paint: { "line-color": colours.region, "line-width": 0.8, "line-dasharray": [4, 3] } },
    { id: "border", type: "line", source: "borders", paint: { "line-color": colours.border, "line-width": 1.2 } },
    { id: "trail", type: "line", source: "trail", layout: { "line-join": "round" },
      paint: { "line-color": colours.line.b, "line-width": 0.6, "line-opacity": ["interpolate", ["linear"], ["get", "age"], 0, 0.55, 365, 0.1] } },
    { id: "line-b", type: "line", source: "held", layout: { "line-join": "round", "line-cap": "round" },
      filter: ["all", ["==", ["get", "kind"], "flot"], ["==", ["get", "side"], "b"]],
      paint: { "line-color": colours.line.b, "line-width": ["interpolate", ["linear"], ["zoom"], 5.5, 2.2, 9, 4.6] } },
    { id: "line-a", type: "line", source: "held", layout: { "line-join": "round", "line-cap": "round" },
      filter: ["all", ["==", ["get", "kind"], "flot"], ["==", ["get", "side"], "a"]],
      paint: { "line-color": colours.line.a, "line-width": ["interpolate", ["linear"], ["zoom"], 5.5, 0.9, 9, 2] } },
    { id: "edge", type: "line", source: "bands", minzoom: 7.2, layout: { "line-join": "round" },
      filter: ["all", ["==", ["get", "kind"], "line"], ["!=", ["get", "quantile"], 0.5]],
      paint: { "line-color": bySide(colours.line), "line-width": 1, "line-dasharray": [1, 2.2], "line-opacity": 0.85 } },
    { id: "middle", type: "line", source: "bands", minzoom: 6.4, layout: { "line-join": "round" },
      filter: ["all", ["==", ["get", "kind"], "line"], ["==", ["get", "quantile"], 0.5]],
      paint: { "line-color": bySide(colours.line), "line-width": ["interpolate", ["linear"], ["zoom"], 5, 1.2, 9, 2.2], "line-dasharray": [4, 2] } },
    { id: "truth", type: "line", source: "truth", layout: { "line-join": "round" },
      paint: { "line-color": colours.ink, "line-width": 1.6 } },
    { id: "box", type: "line", source: "pick", filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "line-color": colours.focus, "line-width": 2.5 } },
    { id: "river-names", type: "symbol", source: "rivers", minzoom: 6,
      layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-font": FONT, "text-size": 11, "text-letter-spacing": 0.08, "symbol-spacing": 420 },
      paint: { "text-color": colours.waterInk, "text-halo-color": colours.paper, "text-halo-width": 1.2 } },
    { id: "towns", type: "symbol", source: "towns",
      filter: ["<=", ["get", "from"], ["zoom"]],
      layout: {
        "icon-image": "town", "text-field": ["get", "name"], "text-font": FONT, "text-size": ["interpolate", ["linear"], ["get", "size"], 3, 11, 6, 13.5],
        "text-variable-anchor": ["left", "right", "top", "bottom"], "text-radial-offset": 0.55, "text-justify": "auto",
        "symbol-sort-key": ["-", 0, ["get", "size"]], "icon-allow-overlap": false, "text-padding": 4,
      },
      paint: { ...label(colours), "text-color": colours.muted } },
    { id: "risk", type: "symbol", source: "places",
      layout: {
        "icon-image": "risk", "icon-allow-overlap": false, "text-field": ["format", ["get", "name"], { "font-scale": 1 }, " ", {}, ["get", "words"], { "font-scale": 1 }],
        "text-font": FONT, "text-size": 12.5, "text-variable-anchor": ["left", "right", "top", "bottom"], "text-radial-offset": 0.6,
        "text-justify": "auto", "symbol-sort-key": ["-", 0, ["get", "order"]], "text-padding": 3, "text-max-width": 14,
      },
      paint: { ...label(colours), "text-halo-width": 2 } },
    { id: "strikes", type: "symbol", source: "strikes",
      layout: { "icon-image": "strike", "icon-allow-overlap": true, "icon-size": 0.9 } },
    { id: "claims", type: "symbol", source: "claims",
      layout: {
        "icon-image": ["concat", "claim-", ["get", "look"], "-", ["get", "side"]], "icon-allow-overlap": false, "icon-offset": [0, -9], "icon-padding": 0,
        "symbol-sort-key": ["-", 0, ["get", "order"]],
      } },
    { id: "units", type: "symbol", source: "units",
      layout: {
        "icon-image": ["get", "symbol"], "icon-allow-overlap": false, "icon-padding": 1,
        "icon-size": ["interpolate", ["linear"], ["zoom"], 5, 0.38, 9, 0.75], "symbol-sort-key": ["-", 0, ["get", "strength"]],
      },
      paint: { "icon-opacity": ["get", "opacity"] } },
    { id: "pick", type: "circle", source: "pick", filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-radius": 7, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": colours.focus, "circle-stroke-width": 3 } },
  ];
}

/** Which map layers each choice of the reader shows. */
export const SHOWN: Record<string, string[]> = {
  chances: SIDES.flatMap((side) => [0, 1, 2, 3, 4].map((band) => `band-${side}${band}`)),
  lines: ["edge", "middle"],
  places: ["risk"],
  towns: ["towns", "river-names"],
  claims: ["claims"],
  strikes: ["strikes"],
  units: ["units"],
  trail: ["trail"],
  truth: ["truth"],
};
