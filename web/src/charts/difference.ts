// Paired differences with their intervals, each on its own scale: what can be told from nothing, and what cannot.

import type { Difference } from "../api";
import { h, s } from "../dom";
import { signed } from "../format";

const WIDTH = 260, HEIGHT = 22;

export function differenceChart(differences: Difference[]): HTMLElement {
  const told = differences.filter((one) => one.difference !== null && one.low !== null && one.high !== null);
  // What the model can tell first; each group in the order of the table.
  const clear = (one: Difference): boolean => one.low! > 0 || one.high! < 0;
  const ordered = [...told.filter(clear), ...told.filter((one) => !clear(one))];
  return h("ul", { class: "differences", "aria-label": "Paired differences" }, ...ordered.slice(0, 14).map((one) => {
    const [low, high, middle] = [one.low!, one.high!, one.difference!];
    const reach = Math.max(Math.abs(low), Math.abs(high), 1e-9) * 1.08;
    const x = (value: number): number => WIDTH / 2 + (value / reach) * (WIDTH / 2 - 4);
    const sure = clear(one);
    const digits = reach >= 20 ? 0 : reach >= 0.05 ? 2 : 4;
    return h("li", { class: sure ? "clear" : "unclear" },
      h("span", {}, one.measure),
      s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" },
        s("line", { x1: WIDTH / 2, x2: WIDTH / 2, y1: 0, y2: HEIGHT, class: "zero" }),
        s("line", { x1: x(low), x2: x(high), y1: HEIGHT / 2, y2: HEIGHT / 2, class: "whisker" }),
        s("circle", { cx: x(middle), cy: HEIGHT / 2, r: 5, class: "dot" })),
      h("b", {}, `${signed(middle, digits)}${one.unit === "0 to 1" ? "" : ` ${one.unit}`}`),
      h("small", {}, sure ? `${signed(low, digits)} to ${signed(high, digits)}` : "the model cannot tell"));
  }));
}
