// How right have you been? The track record, its losses as large as its wins.

import { once, type TrackRecord } from "./api";
import { reliabilityChart, skillChart, startsChart, type Score, type Start } from "./charts/skill";
import { button, h, put, table } from "./dom";
import { addDays, count, plural, shortDay, signed } from "./format";
import { byPhase, KM, near, skillOf } from "./phases";
import type { Store } from "./state";

const SHOWN = 5;

interface Recorded {
  command?: string;
  first?: string;
  last?: string;
  every_days?: number;
  members?: number;
  fitted_until?: string;
  scores?: Score[];
  starts?: Start[];
  resampling?: { level: number };
  phases?: { phase: string; starts: number; scores: Score[] }[];
}

export class RecordView {
  private opened = false;

  constructor(private readonly element: HTMLElement, private readonly store: Store) {}

  async open(): Promise<void> {
    if (this.opened) return;
    this.opened = true;
    put(this.element, h("h1", {}, "How right have you been?"), h("p", { class: "note" }, "Loading…"));
    try {
      this.draw(await once<TrackRecord>("track-record"));
    } catch (error) {
      this.opened = false;
      put(this.element, h("h1", {}, "How right have you been?"), h("p", {}, (error as Error).message));
    }
  }

  private draw(answer: TrackRecord): void {
    const record = answer.record as Recorded;
    const words = (method: string): string => answer.method_words[method] ?? method;
    const scores = (record.scores ?? []).filter((score) => score.within_km === KM);
    const starts = record.starts ?? [];
    const dates = [...new Set(starts.map((start) => start.init_time.slice(0, 10)))].sort();
    const level = Math.round(100 * (record.resampling?.level ?? 0.9));
    put(this.element,
      h("h1", {}, "How right have you been?"),
      h("p", { class: "lede" }, `Forecasts of the past, each made only from what was known on its day: ${plural(dates.length, "start")}`
        + `${dates.length ? `, ${shortDay(dates[0]!)} to ${shortDay(dates.at(-1)!)}` : ""}, ${record.members ?? ""} members, scored on land within ${KM}\u00a0km of the line, beside the simplest methods that could beat it.`),
      h("p", {}, `This is the year on which choices were made (fitted on maps to ${record.fitted_until ? shortDay(record.fitted_until) : "before it"}), so expect less of the next.`),
      h("section", {}, h("h2", {}, "Skill, by how far ahead"),
        h("p", {}, "Skill is the share of the error (Brier score) of \u201cnothing changes\u201d that a method does away with: 1 would be perfect, below 0 is worse than saying nothing changes."),
        skillChart(scores, words, level)),
      h("section", {}, h("h2", {}, "Quiet and moving phases"),
        h("p", {}, "The same starts, parted by how much ground changed hands in the days ahead: a third with least, a third with most."),
        phases(starts, words)),
      h("section", {}, h("h2", {}, "When it says 30\u00a0%, is it 30\u00a0%?"),
        answer.reliability.length
          ? reliabilityChart(answer.reliability)
          : h("p", {}, "This record has no reliability table yet: run ", h("code", {}, "frontcast verify"), " with this version to make one.")),
      h("section", {}, h("h2", {}, "The worst and the best"),
        h("p", {}, "By skill against \u201cnothing changes\u201d. Replay one: the map opens on that forecast, with what happened drawn over it."),
        this.extremes(starts, words),
        startsChart(starts, 30, words)),
      h("section", {}, h("h2", {}, "Where it fails"),
        h("ul", {},
          h("li", {}, "At 7 days gradient boosting on distance and recent movement is better."),
          h("li", {}, "It knows how the line has been moving and not the armies behind it: on 5 September 2022 the line alone gave the counter-offensive near Kharkiv no chance at all. ",
            this.replay("2022-09-05", 30, "Replay it")),
          h("li", {}, "Ground that fell after a pause, and pauses after an advance: the pace of the weeks before is carried on."))),
      answer.ledger.length ? h("section", {}, h("h2", {}, "Forecasts issued and scored since"), this.ledger(answer.ledger)) : null,
      record.command ? h("p", { class: "note" }, "Made by ", h("code", {}, record.command)) : null);
  }

  private replay(init: string, lead: number, words: string): HTMLElement {
    return button(words, () => this.store.set({
      view: "map", run: "", from: init, day: addDays(init, lead), at: null, box: null, place: null, camera: null,
      layers: ["chances", "lines", "places", "towns", "truth"],
    }), { class: "link", "aria-label": `${words}: forecast from ${shortDay(init)}` });
  }

  private extremes(starts: Start[], words: (method: string) => string): HTMLElement {
    const scored = starts.filter((start) => start.lead_days >= 7).map((start) => ({ start, skill: skillOf(start, "model"), rival: skillOf(start, "booster") }))
      .filter((one) => one.skill !== null).sort((one, other) => one.skill! - other.skill!);
    const row = (one: (typeof scored)[number]): (string | Node)[] => [
      this.replay(one.start.init_time.slice(0, 10), one.start.lead_days, shortDay(one.start.init_time)), plural(one.start.lead_days, "day"),
      `${count(Math.round(near(one.start)?.changed_km2 ?? 0))}\u00a0km²`, signed(one.skill!, 2), one.rival === null ? "–" : signed(one.rival, 2),
    ];
    const heads = ["Start", "ahead", "changed hands", "frontcast", words("booster")];
    return h("div", { class: "two" },
      h("div", { class: "scroll" }, table("The worst", heads, scored.slice(0, SHOWN).map(row))),
      h("div", { class: "scroll" }, table("The best", heads, scored.slice(-SHOWN).reverse().map(row))));
  }

  private ledger(entries: Record<string, unknown>[]): HTMLElement {
    const heads = [...new Set(entries.flatMap((entry) => Object.keys(entry)))].slice(0, 6);
    return h("div", { class: "scroll" }, table("Ledger", heads, entries.slice(0, 60).map((entry) => heads.map((head) => String(entry[head] ?? "–")))));
  }
}

function phases(starts: Start[], words: (method: string) => string): HTMLElement {
  const leads = [...new Set(starts.map((start) => start.lead_days))].sort((one, other) => one - other).filter((lead) => lead >= 7);
  const rows = leads.flatMap((lead) => {
    const parts = byPhase(starts, lead, "model");
    const rivals = byPhase(starts, lead, "booster");
    return parts.map((part, at) => [
      `${plural(lead, "day")}, ${part.phase}`, String(part.starts), `${count(Math.round(part.km2[0]))} to ${count(Math.round(part.km2[1]))}\u00a0km²`,
      signed(part.skill, 2), signed(rivals[at]!.skill, 2),
    ]);
  });
  return h("div", { class: "scroll" }, table("Skill by phase", ["Days ahead, phase", "starts", "changed hands", "frontcast", words("booster")], rows));
}
