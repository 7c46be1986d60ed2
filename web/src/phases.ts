// Skill start by start, and parted by how much moved.

import type { Start } from "./charts/skill";

/** Land this near to the line is scored. */
export const KM = 25;

export const near = (start: Start): Start["within"][number] | undefined => start.within.find((one) => one.km === KM);

/** Skill of a method at one start; null where nothing changed, and nothing could be gained. */
export function skillOf(start: Start, method: string): number | null {
  const brier = near(start)?.brier;
  return brier && brier[method] !== undefined && brier["persistence"]! > 0 ? 1 - brier[method]! / brier["persistence"]! : null;
}

/** Pooled skill over the starts with least, middling and most change. */
export function byPhase(starts: Start[], lead: number, method: string): { phase: string; starts: number; km2: [number, number]; skill: number }[] {
  const found = starts.filter((start) => start.lead_days === lead && near(start)).sort((one, other) => near(one)!.changed_km2 - near(other)!.changed_km2);
  const third = Math.ceil(found.length / 3);
  return ["quiet", "between", "moving"].map((phase, at) => {
    const part = found.slice(at * third, (at + 1) * third);
    const sum = (of: string): number => part.reduce((total, start) => total + (near(start)!.brier[of] ?? 0), 0);
    return {
      phase, starts: part.length, km2: [near(part[0]!)?.changed_km2 ?? 0, near(part.at(-1)!)?.changed_km2 ?? 0] as [number, number],
      skill: 1 - sum(method) / sum("persistence"),
    };
  });
}
