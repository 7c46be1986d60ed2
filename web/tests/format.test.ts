import { describe, expect, it } from "vitest";
import { addDays, area, day, daysBetween, percent, signed } from "../src/format";

describe("numbers in words", () => {
  it("never claim certainty", () => {
    expect(percent(0, 100)).toBe("<1\u00a0%");
    expect(percent(1, 100)).toBe(">99\u00a0%");
    expect(percent(0, 20)).toBe("<5\u00a0%");
    expect(percent(0.344, 200)).toBe("34\u00a0%");
  });
  it("give areas to two figures", () => {
    expect(area(1234)).toBe("1,200\u00a0km²");
    expect(area(-87.6, true)).toBe("\u221288\u00a0km²");
    expect(area(0.2, true)).toBe("0\u00a0km²");
  });
  it("have one sign, and none for nothing", () => {
    expect(signed(-0.0004, 2)).toBe("0.00");
    expect(signed(1420)).toBe("+1,420");
  });
});

describe("days", () => {
  it("are counted in UTC", () => {
    expect(addDays("2024-02-28", 2)).toBe("2024-03-01");
    expect(daysBetween("2022-09-05", "2022-10-05T23:59:59Z")).toBe(30);
    expect(day("2022-09-05")).toBe("5 September 2022");
  });
});
