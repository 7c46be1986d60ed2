// What the charts share: scales, axes, and words for those who cannot see them.

import { h, s } from "../dom";

export type Scale = ((value: number) => number) & { ticks(many: number): number[] };

export function linear([low, high]: [number, number], [from, to]: [number, number]): Scale {
  const span = high - low || 1;
  const scale = (value: number): number => from + ((value - low) / span) * (to - from);
  return Object.assign(scale, {
    ticks(many: number): number[] {
      const rough = span / many;
      const power = 10 ** Math.floor(Math.log10(rough));
      const step = [1, 2, 5, 10].map((by) => by * power).find((by) => by >= rough * 0.999) ?? power * 10;
      const found: number[] = [];
      for (let value = Math.ceil(low / step - 1e-9) * step; value <= high + step * 1e-9; value += step) found.push(+value.toFixed(10));
      return found;
    },
  });
}

/** A line through points; a missing one breaks it. */
export function path(points: (readonly [number, number] | null)[]): string {
  let pen = "M";
  return points.map((point) => {
    if (!point) {
      pen = "M";
      return "";
    }
    const step = `${pen}${point[0].toFixed(1)} ${point[1].toFixed(1)}`;
    pen = "L";
    return step;
  }).join("");
}

/** The ground between two lines over the same x. */
export function band(top: [number, number][], bottom: [number, number][]): string {
  return `${path(top)}L${[...bottom].reverse().map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}Z`;
}

export function text(words: string, x: number, y: number, look: Record<string, string | number> = {}): SVGTextElement {
  return s("text", { x, y, ...look }, words);
}

/** A chart with its words: a figure whose picture is named by its caption, and the numbers as a table to open. */
export function figure(caption: string, picture: SVGSVGElement, numbers: HTMLTableElement, note = ""): HTMLElement {
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", caption);
  return h("figure", {},
    h("figcaption", {}, caption),
    picture,
    note ? h("p", { class: "note" }, note) : null,
    h("details", {}, h("summary", {}, "The numbers"), h("div", { class: "scroll" }, numbers)));
}
