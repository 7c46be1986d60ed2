import { describe, expect, it } from "vitest";
import { byPhase, skillOf } from "../src/phases";
import { rivals } from "../src/record";

const start = (changed: number, model: number, persistence: number) => ({
  init_time: "2024-07-01T23:59:59Z", lead_days: 7,
  within: [{ km: 25, changed_km2: changed, area_km2: 40_000, brier: { model, persistence } }],
});

describe("the track record", () => {
  it("has no skill to tell where nothing changed", () => {
    expect(skillOf(start(0, 0.1, 0), "model")).toBeNull();
    expect(skillOf(start(5, 0.1, 0.4), "model")).toBeCloseTo(0.75);
  });

  it("parts starts by how much moved and pools their errors", () => {
    const [quiet, between, moving] = byPhase([start(300, 0.2, 0.4), start(10, 0.4, 0.2), start(50, 0.1, 0.1)], 7, "model");
    expect(quiet).toMatchObject({ phase: "quiet", starts: 1, km2: [10, 10], skill: -1 });
    expect(between!.skill).toBeCloseTo(0);
    expect(moving!.skill).toBeCloseTo(0.5);
  });

  it("tells where a rival is ahead, and where neither can be told to be", () => {
    const one = { forecaster: "model", rival: "booster", within_km: 25 };
    const found = rivals([
      { ...one, lead_days: 30, skill_difference: 0.05, interval: [-0.01, 0.1] }, { ...one, lead_days: 7, skill_difference: -0.03, interval: [-0.06, -0.01] },
      { ...one, lead_days: 1, skill_difference: 0.03, interval: [0.01, 0.04] },
    ], (name) => name);
    expect(found).toHaveLength(2);
    expect(found[0]).toMatch(/At 7.*is better/);
    expect(found[1]).toMatch(/At 30.*cannot be told/);
  });
});
