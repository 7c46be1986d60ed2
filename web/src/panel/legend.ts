// What the marks mean, and which of them are shown.

import type { Theatre } from "../api";
import { h } from "../dom";
import type { Palette } from "../map/colours";
import { bubble, burst, dots, hatch, RATIO, type Drawing } from "../map/patterns";
import { LAYERS, type Layer } from "../state";

const WORDS: Record<Layer, string> = {
  chances: "Chances", lines: "Forecast lines", places: "Places at risk", towns: "Towns and rivers", claims: "Claims",
  strikes: "Strikes", units: "Units", trail: "Lines of the past year", truth: "What happened",
};

export function layerChoice(shown: () => readonly Layer[], chosen: (layers: Layer[]) => void): HTMLElement {
  return h("fieldset", { class: "layers" }, h("legend", {}, "On the map"),
    ...LAYERS.map((layer) => {
      const box = h("input", { type: "checkbox", checked: shown().includes(layer), "data-layer": layer });
      box.addEventListener("change", () =>
        chosen(LAYERS.filter((one) => (one === layer ? box.checked : shown().includes(one)))));
      return h("label", {}, box, WORDS[layer]);
    }));
}

function tile(drawing: Drawing, width: number, height: number, repeat = true): HTMLCanvasElement {
  const sheet = h("canvas", { width: width * RATIO, height: height * RATIO, "aria-hidden": "true", class: "swatch" });
  const one = document.createElement("canvas");
  one.width = drawing.width;
  one.height = drawing.height;
  one.getContext("2d")!.putImageData(new ImageData(new Uint8ClampedArray(drawing.data), drawing.width, drawing.height), 0, 0);
  const pen = sheet.getContext("2d")!;
  if (repeat) {
    pen.fillStyle = pen.createPattern(one, "repeat")!;
    pen.fillRect(0, 0, sheet.width, sheet.height);
  } else pen.drawImage(one, (sheet.width - one.width) / 2, (sheet.height - one.height) / 2);
  return sheet;
}

function stroke(colour: string, width: number, dash: number[], under?: string): HTMLCanvasElement {
  const sheet = h("canvas", { width: 34 * RATIO, height: 14 * RATIO, "aria-hidden": "true", class: "swatch" });
  const pen = sheet.getContext("2d")!;
  pen.scale(RATIO, RATIO);
  for (const [ink, thick] of under ? [[under, width + 2.4], [colour, width]] as const : [[colour, width]] as const) {
    pen.strokeStyle = ink;
    pen.lineWidth = thick;
    pen.setLineDash(dash);
    pen.beginPath();
    pen.moveTo(0, 7);
    pen.lineTo(34, 7);
    pen.stroke();
  }
  return sheet;
}

export function legend(theatre: Theatre, colours: Palette): HTMLElement {
  const row = (mark: Node, words: string): HTMLElement => h("li", {}, mark, h("span", {}, words));
  const [a, b] = [theatre.sides.a.name, theatre.sides.b.name];
  return h("details", { class: "legend", open: true },
    h("summary", {}, "Key"),
    h("table", { class: "ramp" },
      h("caption", {}, "Chance, on the day shown, of holding ground not held at the start"),
      h("thead", {}, h("tr", {}, h("td", {}), ...theatre.band_words.map((words) => h("th", { scope: "col" }, words.replace(" to ", "\u2013"))))),
      h("tbody", {}, ...(["a", "b"] as const).map((side) => h("tr", {},
        h("th", { scope: "row" }, theatre.sides[side].name),
        ...theatre.band_words.map((_, band) => h("td", {}, tile(dots(colours, side, band), 40, 16))))))),
    h("p", { class: "note" }, "Dots, for they are chances: nobody holds that ground yet. Not dotted: under 5\u00a0%, which is not impossible."),
    h("ul", {},
      row(stroke(colours.line.a, 1.8, [], colours.line.b), `Forward lines of ${a} and ${b}; where they part, the grey zone lies between`),
      row(tile(hatch(colours), 34, 14), "Grey zone: held by neither"),
      row(stroke(colours.line.b, 1.8, [7, 4]), "Forecast line: even odds of lying beyond it"),
      row(stroke(colours.line.b, 1.4, [1.5, 3]), "1 in 10 odds of lying beyond it, either way"),
      row(tile(bubble(colours, "sure", "b"), 34, 20, false), "A claim, by a speaker who is sure"),
      row(tile(bubble(colours, "unsure", "b"), 34, 20, false), "A claim that is hedged, denied or second-hand"),
      row(tile(burst(colours), 34, 20, false), "A claimed strike on a depot, headquarters or bridge")));
}
