// How right have you been? The track record, its losses as large as its wins.

import { once, type TrackRecord } from "./api";
import { reliabilityChart, skillChart, startsChart, type Score, type Start } from "./charts/skill";
import { button, h, put, table } from "./dom";
import { addDays, count, plural, shortDay, signed } from "./format";
import { byPhase, KM, near, skillOf } from "./phases";
import type { Store } from "./state";

const SHOWN = 5;

/** Skill of one method less that of another, paired by start. */
interface Paired {
  forecaster: string;
  rival: string;
  lead_days: number;
  within_km: number;
  skill_difference: number;
  interval: [number, number];
}

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
  differences?: Paired[];
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
          ...rivals(record.differences ?? [], words).map((found) => h("li", {}, found)),
          h("li", {}, "The line alone knows how it has been moving, and not the armies behind it. See what it made of 5 September 2022, the eve of the counter-offensive near Kharkiv: ",
            this.replay("2022-09-05", 30, "replay it"), "."),
          h("li", {}, "It carries on the pace of the weeks before, into a pause and out of one: ", this.replay("2022-07-04", 14, "4 July 2022"), "."))),
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

/** Where a rival is ahead, or the difference cannot be told from none. */
export function rivals(differences: Paired[], words: (method: string) => string): string[] {
  return differences.filter((one) => one.forecaster === "model" && one.rival !== "persistence" && one.within_km === KM && one.interval[0] <= 0)
    .sort((one, other) => one.lead_days - other.lead_days)
    .map(({ rival, lead_days, skill_difference, interval: [low, high] }) => {
      const range = `${signed(skill_difference, 3)} (${signed(low, 3)} to ${signed(high, 3)})`;
      return high < 0
        ? `At ${plural(lead_days, "day")} ${words(rival)} is better: difference in skill ${range}.`
        : `At ${plural(lead_days, "day")} it cannot be told from ${words(rival)}: difference in skill ${range}.`;
    });
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
