import { describe, expect, it } from "vitest";
import { decode, encode, START, type State } from "../src/state";

describe("the state in the address", () => {
  it("comes back as it went", () => {
    const state: State = {
      view: "whatif", run: "9f2c01aa9f2c01aa", from: "2024-10-01", day: "2024-10-15", place: 4711, at: [37.2123, 48.1], box: [36, 47, 38.5, 49],
      camera: [37.5, 48.25, 7.125], layers: ["chances", "units"], scenario: "36th-brigade-stays", job: "a1b2", variant: 1,
    };
    expect(decode(encode(state))).toEqual(state);
    expect(decode(encode(START))).toEqual(START);
  });

  it("leaves out what makes no sense", () => {
    const state = decode("#/map?day=2024-99-99&at=1,nowhere&box=5,5,4,4&map=900,0,3&run=<script>&place=-1&from=x&layers=lines,x&variant=-3");
    expect(state).toEqual({ ...START, layers: ["lines"] });
    expect(decode("#/nonsense")).toEqual(START);
  });
});
