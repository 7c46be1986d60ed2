// The time bar: what the maps said, today, and what the forecast says. One slider over all of it.

import type { Forecast, Theatre, Timeline } from "./api";
import { h, put, s } from "./dom";
import { addDays, area, day as inWords, daysBetween, shortDay } from "./format";
import { band, linear, path, text, type Scale } from "./charts/svg";
import { calm } from "./map/motion";

const HEIGHT = 92, TOP = 16, FOOT = 18, LEFT = 8, RIGHT = 8;
/** Share of the width that the days ahead get: they are fewer, and what one comes for. */
const AHEAD = 0.4;

type Stop = { date: string; lead: number };

export class TimeBar {
  private timeline: Timeline | null = null;
  private forecast: Forecast | null = null;
  private init = "";
  private day = "";
  private past = 90;
  private stops: Stop[] = [];
  private x: (date: string) => number = () => 0;
  private timer = 0;
  private readonly slider: HTMLElement;
  private readonly chart: SVGSVGElement;
  private readonly words: HTMLElement;
  private readonly cursor = s("g", { class: "now" });
  private readonly playButton: HTMLButtonElement;

  constructor(element: HTMLElement, private readonly theatre: Theatre, private readonly chosen: (day: string) => void) {
    this.chart = s("svg", { "aria-hidden": "true" });
    this.slider = h("div", { class: "slider", role: "slider", tabindex: 0, "aria-label": "Day shown on the map" }, this.chart);
    this.words = h("output", { class: "day-words" });
    this.playButton = h("button", { type: "button", class: "icon", "aria-label": "Play", onclick: () => this.play() }, "\u25b6");
    const spans: [number, string][] = [[90, "3 months back"], [180, "6 months back"], [365, "a year back"], [9999, "whole record"]];
    const span = h("select", { "aria-label": "How far back the bar goes" },
      ...spans.map(([days, words]) => h("option", { value: days, selected: days === this.past }, words)));
    span.addEventListener("change", () => {
      this.past = Number(span.value);
      this.draw();
    });
    put(element,
      h("div", { class: "timebar-head" }, this.playButton,
        h("button", { type: "button", class: "icon", "aria-label": "A step back", onclick: () => this.step(-1) }, "\u2039"),
        h("button", { type: "button", class: "icon", "aria-label": "A step on", onclick: () => this.step(1) }, "\u203a"),
        this.words, span),
      this.slider);
    new ResizeObserver(() => this.draw()).observe(this.slider);
    this.slider.addEventListener("keydown", (event) => this.key(event));
    const drag = (event: PointerEvent): void => {
      const frame = this.slider.getBoundingClientRect();
      const at = event.clientX - frame.left;
      const near = this.stops.reduce((best, stop) => (Math.abs(this.x(stop.date) - at) < Math.abs(this.x(best.date) - at) ? stop : best), this.stops[0]!);
      if (near && near.date !== this.day) this.chosen(near.date);
    };
    this.slider.addEventListener("pointerdown", (event) => {
      this.stop();
      this.slider.setPointerCapture(event.pointerId);
      this.slider.focus({ preventScroll: true });
      drag(event);
    });
    this.slider.addEventListener("pointermove", (event) => {
      if (this.slider.hasPointerCapture(event.pointerId)) drag(event);
    });
  }

  set(timeline: Timeline | null, forecast: Forecast | null, init: string, day: string): void {
    const same = timeline === this.timeline && forecast === this.forecast && init === this.init;
    Object.assign(this, { timeline, forecast, init, day });
    if (same) this.mark();
    else this.draw();
  }

  private key(event: KeyboardEvent): void {
    const jump = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -7, PageUp: 7 }[event.key];
    if (event.key === "Home") this.chosen(this.stops[0]!.date);
    else if (event.key === "End") this.chosen(this.stops.at(-1)!.date);
    else if (event.key.toLowerCase() === "t") this.chosen(this.init);
    else if (event.key === " ") this.play();
    else if (jump) this.step(jump);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private index(): number {
    const found = this.stops.findIndex((stop) => stop.date >= this.day);
    return found < 0 ? this.stops.length - 1 : found;
  }

  step(by: number): void {
    const next = this.stops[Math.min(Math.max(this.index() + by, 0), this.stops.length - 1)];
    if (next) this.chosen(next.date);
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.timer = 0;
    this.playButton.textContent = "\u25b6";
    this.playButton.setAttribute("aria-label", "Play");
  }

  /** From the day shown to the end; from the beginning of what is drawn where it stands at the end. */
  private play(): void {
    if (this.timer) return this.stop();
    this.playButton.textContent = "\u275a\u275a";
    this.playButton.setAttribute("aria-label", "Pause");
    if (this.index() === this.stops.length - 1) this.chosen(this.stops[0]!.date);
    const tick = (): void => {
      const at = this.index();
      if (at >= this.stops.length - 1) return this.stop();
      this.step(1);
      this.timer = window.setTimeout(tick, calm() ? 1200 : this.stops[at + 1]!.lead > 0 ? 800 : 90);
    };
    this.timer = window.setTimeout(tick, 300);
  }

  private draw(): void {
    const width = this.slider.clientWidth;
    const days = this.timeline?.days ?? [];
    if (!width || !days.length || !this.init) return;
    const leads = this.forecast?.leads ?? [];
    const first = addDays(this.init, -this.past) > days[0]!.date ? addDays(this.init, -this.past) : days[0]!.date;
    const past = days.filter((one) => one.date >= first && one.date <= this.init);
    const end = leads.at(-1) ?? 0;
    const split = end ? width * (1 - AHEAD) : width - RIGHT;
    const back = linear([-daysBetween(first, this.init), 0], [LEFT, split]);
    const ahead = linear([0, end || 1], [split, width - RIGHT]);
    this.x = (date) => {
      const at = daysBetween(this.init, date);
      return at <= 0 ? back(at) : ahead(at);
    };
    this.stops = [
      ...past.map((one) => ({ date: one.date, lead: 0 })),
      ...leads.map((lead) => ({ date: addDays(this.init, lead), lead })),
    ];
    const start = past.at(-1)?.b ?? 0;
    const fan = (this.forecast?.area ?? []).filter((one) => one.side === "b");
    // What the maps said later, where the record goes on: drawn over the fan, never part of it.
    const after = days.filter((one) => one.date > this.init && one.date <= addDays(this.init, end));
    const values = [0, ...past.map((one) => one.b - start), ...after.map((one) => one.b - start), ...fan.flatMap((one) => [one.q05, one.q95])];
    const y = linear([Math.min(...values), Math.max(...values, Math.min(...values) + 10)], [HEIGHT - FOOT - 2, TOP]);
    const at = (low: "q05" | "q10" | "q25" | "q50" | "q75" | "q90" | "q95"): [number, number][] =>
      [[split, y(0)], ...fan.map((one): [number, number] => [ahead(one.lead_day), y(one[low])])];
    const bottom = HEIGHT - FOOT;
    this.chart.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.chart.setAttribute("width", String(width));
    this.chart.setAttribute("height", String(HEIGHT));
    put(this.chart,
      s("rect", { x: split, y: 0, width: Math.max(width - split, 0), height: bottom, class: "ahead" }),
      s("line", { x1: LEFT, x2: width - RIGHT, y1: y(0), y2: y(0), class: "zero" }),
      past.length > 1 ? s("path", { d: path(past.map((one) => [this.x(one.date), y(one.b - start)])), class: "area-past" }) : null,
      fan.length ? s("path", { d: band(at("q95"), at("q05")), class: "fan f1" }) : null,
      fan.length ? s("path", { d: band(at("q90"), at("q10")), class: "fan f2" }) : null,
      fan.length ? s("path", { d: band(at("q75"), at("q25")), class: "fan f3" }) : null,
      fan.length ? s("path", { d: path(at("q50")), class: "area-mid" }) : null,
      after.length ? s("path", { d: path([[split, y(0)], ...after.map((one): [number, number] => [this.x(one.date), y(one.b - start)])]), class: "area-after" }) : null,
      ...this.monthTicks(first, back),
      ...leads.filter((lead) => lead === end || (lead % (width < 600 ? 14 : 7) === 0 && end - lead > 3)).map((lead) => s("g", {},
        s("line", { x1: ahead(lead), x2: ahead(lead), y1: bottom, y2: bottom + 3, class: "tick-mark" }),
        text(`+${lead} d`, ahead(lead), HEIGHT - 4, { class: "tick", "text-anchor": lead === end ? "end" : "middle" }))),
      s("line", { x1: split, x2: split, y1: 2, y2: bottom, class: "today" }),
      text("forecast from", split - 5, 11, { class: "tick strong", "text-anchor": "end" }),
      text(shortDay(this.init), split + 5, 11, { class: "tick strong" }),
      split > 330 ? text(`Change in what ${this.theatre.sides.b.name} holds`, LEFT, 11, { class: "tick" }) : null,
      // Not where the line itself begins.
      ...y.ticks(2).filter((value) => value !== 0 && Math.abs(y(value) - y((past[0]?.b ?? start) - start)) > 14).map((value) => text(area(value, true), LEFT, y(value) + 4, { class: "tick faint" })),
      this.cursor);
    this.slider.setAttribute("aria-valuemin", "0");
    this.slider.setAttribute("aria-valuemax", String(this.stops.length - 1));
    this.mark();
  }

  private monthTicks(first: string, back: Scale): SVGElement[] {
    const months: string[] = [];
    for (let month = `${first.slice(0, 7)}-01`; month <= this.init; month = addDays(month, 32).slice(0, 7) + "-01") {
      if (month >= first) months.push(month);
    }
    const every = Math.max(1, Math.ceil(months.length / (this.slider.clientWidth / 130)));
    return months.filter((_, at) => at % every === 0).map((month) => {
      const at = back(daysBetween(this.init, month));
      const words = month.slice(5, 7) === "01" || months.length > 14 ? shortDay(month).slice(2) : shortDay(month).slice(2, 5);
      return s("g", {}, s("line", { x1: at, x2: at, y1: HEIGHT - FOOT, y2: HEIGHT - FOOT + 3, class: "tick-mark" }),
        at < this.x(this.init) - 20 ? text(words.trim(), at, HEIGHT - 4, { class: "tick", "text-anchor": at < 20 ? "start" : "middle" }) : null);
    });
  }

  private mark(): void {
    if (!this.day || !this.stops.length) return;
    const at = this.x(this.day);
    const lead = daysBetween(this.init, this.day);
    const words = lead > 0
      ? `${inWords(this.day)}: forecast, ${lead} ${lead === 1 ? "day" : "days"} ahead`
      : lead === 0 ? `${inWords(this.day)}: the map at the start of the forecast` : `${inWords(this.day)}: what the maps said`;
    put(this.cursor, s("line", { x1: at, x2: at, y1: 0, y2: HEIGHT - FOOT }), s("circle", { cx: at, cy: HEIGHT - FOOT, r: 6 }));
    this.words.textContent = words;
    this.slider.setAttribute("aria-valuenow", String(this.index()));
    this.slider.setAttribute("aria-valuetext", words);
  }
}
