// The charts of the track record.

import type { TrackRecord } from "../api";
import { s, table } from "../dom";
import { count, plural, share, shortDay, signed } from "../format";
import { skillOf } from "../phases";
import { figure, linear, path, text } from "./svg";

export interface Score {
  forecaster: string;
  lead_days: number;
  within_km: number;
  brier: number;
  skill: number | null;
  skill_interval: [number | null, number | null];
  starts: number;
}

export interface Start {
  init_time: string;
  lead_days: number;
  within: { km: number; changed_km2: number; area_km2: number; brier: Record<string, number> }[];
}

/** Marks of the methods differ in shape as well as in colour. */
const METHODS = ["model", "booster", "climatology", "persistence"];

function mark(method: string, x: number, y: number): SVGElement {
  const look = { class: `method-${METHODS.indexOf(method)}` };
  if (method === "model") return s("circle", { cx: x, cy: y, r: 5.5, ...look });
  if (method === "booster") return s("rect", { x: x - 4.5, y: y - 4.5, width: 9, height: 9, ...look });
  return s("path", { d: `M${x} ${y - 6}l5.5 10h-11z`, ...look });
}

export function skillChart(scores: Score[], words: (method: string) => string, level: number): HTMLElement {
  const [width, height, left, foot] = [640, 270, 46, 30];
  const leads = [...new Set(scores.map((score) => score.lead_days))].sort((one, other) => one - other);
  const drawn = scores.filter((score) => score.skill !== null && score.forecaster !== "persistence");
  const ends = drawn.flatMap((score) => [score.skill!, score.skill_interval[0] ?? score.skill!, score.skill_interval[1] ?? score.skill!]);
  const y = linear([Math.min(-0.05, ...ends), Math.max(0.1, ...ends)], [height - foot, 24]);
  const column = (lead: number): number => left + ((leads.indexOf(lead) + 0.5) * (width - left)) / leads.length;
  const methods = METHODS.filter((method) => drawn.some((score) => score.forecaster === method));
  const picture = s("svg", { viewBox: `0 0 ${width} ${height}`, class: "chart wide" },
    ...y.ticks(5).map((at) => s("g", { class: at === 0 ? "axis zero" : "axis" }, s("line", { x1: left, x2: width, y1: y(at), y2: y(at) }), text(signed(at, 1), left - 6, y(at) + 4, { "text-anchor": "end" }))),
    text("nothing changes", left + 4, y(0) - 5, { class: "tick faint" }),
    ...leads.map((lead) => text(plural(lead, "day"), column(lead), height - 8, { class: "tick", "text-anchor": "middle" })),
    ...drawn.map((score) => {
      const x = column(score.lead_days) + (methods.indexOf(score.forecaster) - (methods.length - 1) / 2) * 24;
      const [low, high] = score.skill_interval;
      return s("g", {},
        low !== null && high !== null ? s("line", { x1: x, x2: x, y1: y(low), y2: y(high), class: `whisker method-${METHODS.indexOf(score.forecaster)}` }) : null,
        mark(score.forecaster, x, y(score.skill!)));
    }),
    ...methods.map((method, at) => s("g", {}, mark(method, left + 12 + at * 190, 10), text(words(method), left + 24 + at * 190, 14, { class: "tick" }))));
  return figure(`Skill by days ahead, with ${level}\u00a0% intervals`, picture,
    table("Skill", ["Days ahead, method", "Brier score", "skill", `${level} % interval`, "starts"], scores.map((score) => [
      `${score.lead_days}, ${words(score.forecaster)}`, score.brier.toFixed(5), score.skill === null ? "–" : signed(score.skill, 3),
      score.skill_interval[0] === null || score.forecaster === "persistence" ? "–" : `${signed(score.skill_interval[0]!, 3)} to ${signed(score.skill_interval[1]!, 3)}`, String(score.starts)])));
}

type Bin = TrackRecord["reliability"][number];

export function reliabilityChart(bins: Bin[]): HTMLElement {
  const leads = [...new Set(bins.map((bin) => bin.lead_day))].sort((one, other) => one - other);
  const shown = leads.filter((lead) => [7, 14, 30].includes(lead)).length ? leads.filter((lead) => [7, 14, 30].includes(lead)) : leads.slice(-3);
  const [size, gap, left, foot, top] = [200, 26, 40, 34, 22];
  const width = left + shown.length * (size + gap), height = size + foot + top;
  const most = Math.max(...bins.map((bin) => bin.forecasts));
  const panel = (lead: number, index: number): SVGElement => {
    const from = left + index * (size + gap);
    const x = linear([0, 1], [from, from + size]), y = linear([0, 1], [top + size, top]);
    const mine = bins.filter((bin) => bin.lead_day === lead && bin.forecasts > 0 && bin.came_true !== null);
    return s("g", {},
      s("rect", { x: from, y: top, width: size, height: size, class: "frame" }),
      s("path", { d: path([[x(0), y(0)], [x(1), y(1)]]), class: "diagonal" }),
      s("path", { d: path(mine.map((bin) => [x(bin.mean_forecast), y(bin.came_true!)])), class: "reliability" }),
      ...mine.map((bin) => s("circle", { cx: x(bin.mean_forecast), cy: y(bin.came_true!), r: 2.5 + 6 * (Math.log10(bin.forecasts + 1) / Math.log10(most + 1)) ** 3, class: "method-0" },
        s("title", {}, `given ${share(bin.mean_forecast)}, came true ${share(bin.came_true!)}, ${count(bin.forecasts)} forecasts`))),
      text(plural(lead, "day") + " ahead", from, top - 8, { class: "tick strong" }),
      ...[0, 0.5, 1].map((at) => text(share(at), x(at), top + size + 15, { class: "tick", "text-anchor": at === 0 ? "start" : at === 1 ? "end" : "middle" })),
      text("chance given", from + size / 2, top + size + 30, { class: "tick faint", "text-anchor": "middle" }));
  };
  const picture = s("svg", { viewBox: `0 0 ${width} ${height}`, class: "chart wide" },
    ...[0, 0.5, 1].map((at) => text(share(at), left - 5, top + size * (1 - at) + 4, { class: "tick", "text-anchor": "end" })),
    ...shown.map(panel));
  return figure("How often forecasts came true, by the chance they gave", picture,
    table(`Forecasts of: ${bins[0]!.of}`, ["Days ahead, chance", "given on average", "came true", "forecasts", "starts"], bins.map((bin) => [
      `${bin.lead_day} d, ${Math.round(100 * bin.low)} to ${Math.round(100 * bin.high)}\u00a0%`, bin.forecasts ? share(bin.mean_forecast) : "–",
      bin.came_true === null ? "–" : share(bin.came_true), count(bin.forecasts), String(bin.starts)])),
    "On the broken line a forecast means what it says. Below it: claimed too much; above: too cautious. Larger dots: more forecasts.");
}

/** Skill start by start at a lead: whether the mean hides a few lucky weeks. */
export function startsChart(starts: Start[], lead: number, words: (method: string) => string): HTMLElement {
  const mine = starts.filter((start) => start.lead_days === lead).map((start) => ({ date: start.init_time.slice(0, 10), model: skillOf(start, "model"), booster: skillOf(start, "booster") }));
  const [width, height, left, foot] = [640, 190, 46, 26];
  const values = mine.flatMap((one) => [one.model ?? 0, one.booster ?? 0]);
  const y = linear([Math.max(-1, Math.min(-0.1, ...values)), Math.max(0.2, ...values)], [height - foot, 22]);
  const x = linear([0, Math.max(mine.length - 1, 1)], [left + 8, width - 8]);
  const line = (method: "model" | "booster"): string => path(mine.map((one, at) => (one[method] === null ? null : [x(at), y(Math.max(-1, one[method]!))])));
  const picture = s("svg", { viewBox: `0 0 ${width} ${height}`, class: "chart wide" },
    ...y.ticks(4).map((at) => s("g", { class: at === 0 ? "axis zero" : "axis" }, s("line", { x1: left, x2: width, y1: y(at), y2: y(at) }), text(signed(at, 1), left - 6, y(at) + 4, { "text-anchor": "end" }))),
    s("path", { d: line("booster"), class: "series method-1" }), s("path", { d: line("model"), class: "series method-0" }),
    ...mine.flatMap((one, at) => (one.model === null ? [] : [s("circle", { cx: x(at), cy: y(Math.max(-1, one.model)), r: 3, class: "method-0" })])),
    ...mine.flatMap((one, at) => (at % 9 === 0 ? [text(shortDay(one.date), x(at), height - 6, { class: "tick", "text-anchor": at === 0 ? "start" : "middle" })] : [])),
    s("g", {}, s("line", { x1: left + 8, x2: left + 30, y1: 10, y2: 10, class: "series method-0" }), text(words("model"), left + 36, 14, { class: "tick" }),
      s("line", { x1: left + 128, x2: left + 150, y1: 10, y2: 10, class: "series method-1" }), text(words("booster"), left + 156, 14, { class: "tick" })));
  return figure(`Skill of each start, ${plural(lead, "day")} ahead`, picture,
    table(`Skill, ${lead} days`, ["Start", words("model"), words("booster")], mine.map((one) => [shortDay(one.date), one.model === null ? "–" : signed(one.model, 2), one.booster === null ? "–" : signed(one.booster, 2)])));
}
