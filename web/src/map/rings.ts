// The compact lines of a year, unpacked: see YearLines in the API.

import type { MapLines } from "../api";

export type Position = [number, number];

/** Whole numbers to degrees: the first point times `scale`, then each point's difference from the one before. */
export function unpack(packed: readonly number[], scale: number): Position[] {
  const points: Position[] = [];
  let x = 0, y = 0;
  for (let at = 0; at + 1 < packed.length; at += 2) {
    x += packed[at]!;
    y += packed[at + 1]!;
    points.push([x / scale, y / scale]);
  }
  return points;
}

function inside([x, y]: Position, ring: Position[]): boolean {
  let within = false;
  for (let at = 0, before = ring.length - 1; at < ring.length; before = at++) {
    const [ax, ay] = ring[at]!, [bx, by] = ring[before]!;
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) within = !within;
  }
  return within;
}

const twiceArea = (ring: Position[]): number =>
  ring.reduce((sum, [x, y], at) => sum + x * ring[(at + 1) % ring.length]![1] - ring[(at + 1) % ring.length]![0] * y, 0);

/** Rings filled even-odd as polygons with holes: a ring within an odd number of others is a hole in the smallest of them. */
export function polygons(rings: Position[][]): Position[][][] {
  const sized = rings.filter((ring) => ring.length > 3).map((ring) => ({
    ring, size: Math.abs(twiceArea(ring)),
    west: Math.min(...ring.map(([x]) => x)), east: Math.max(...ring.map(([x]) => x)),
    south: Math.min(...ring.map(([, y]) => y)), north: Math.max(...ring.map(([, y]) => y)),
    around: [] as number[], polygon: -1,
  })).sort((one, other) => other.size - one.size);
  const found: Position[][][] = [];
  sized.forEach((one, index) => {
    for (let at = 0; at < index; at++) {
      const other = sized[at]!;
      if (one.west < other.west || one.east > other.east || one.south < other.south || one.north > other.north) continue;
      if (inside(one.ring[0]!, other.ring)) one.around.push(at);
    }
    if (one.around.length % 2) found[sized[one.around.at(-1)!]!.polygon]?.push(one.ring);
    else one.polygon = found.push([one.ring]) - 1;
  });
  return found;
}

export function lines(map: MapLines, side: "a" | "b", scale: number): Position[][] {
  return map[side].map((line) => unpack(line, scale));
}

export function ground(map: MapLines, which: "held_b" | "grey", scale: number): Position[][][] {
  return polygons(map[which].map((ring) => unpack(ring, scale)));
}
