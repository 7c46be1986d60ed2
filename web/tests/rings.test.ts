import { describe, expect, it } from "vitest";
import { polygons, unpack, type Position } from "../src/map/rings";

const square = (x: number, y: number, side: number): Position[] =>
  [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]];

describe("the lines of a year", () => {
  it("are differences of whole numbers", () => {
    expect(unpack([3720, 4810, 1, -2, 0, 5], 100)).toEqual([[37.2, 48.1], [37.21, 48.08], [37.21, 48.13]]);
  });

  it("fill even-odd: a hole, an island in the hole, and another piece beside", () => {
    const [land, lake, island, other] = [square(0, 0, 10), square(2, 2, 6), square(4, 4, 1), square(20, 0, 3)];
    const found = polygons([island!, other!, lake!, land!]);
    expect(found).toHaveLength(3);
    expect(found.find((polygon) => polygon[0] === land)).toEqual([land, lake]);
    expect(found.find((polygon) => polygon[0] === island)).toEqual([island]);
  });

  it("a hole belongs to the smallest ring around it", () => {
    const [outer, hole, inner, innerHole] = [square(0, 0, 20), square(1, 1, 18), square(2, 2, 10), square(3, 3, 2)];
    const found = polygons([outer!, hole!, inner!, innerHole!]);
    expect(found).toEqual([[outer, hole], [inner, innerHole]]);
  });
});
