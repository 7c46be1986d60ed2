// Colours of the map, on a light page and on a dark one. The sides' own come from the service, where the pictures have theirs.

import type { SideKey, Theatre } from "../api";

export interface Palette {
  dark: boolean;
  ramp: Record<SideKey, string[]>;
  tint: Record<SideKey, string>;
  line: Record<SideKey, string>;
  ink: string;
  muted: string;
  paper: string;
  outside: string;
  water: string;
  waterInk: string;
  border: string;
  region: string;
  greyZone: string;
  greyHatch: string;
  focus: string;
}

const LIGHT = {
  ink: "#1d2126", muted: "#59616b", paper: "#ffffff", outside: "#e9e7e1", water: "#9fc0d3", waterInk: "#3f7391",
  border: "#77736b", region: "#b9b5ac", greyZone: "#dcdad4", greyHatch: "#7c7a74", focus: "#a05a00",
};
const DARK: typeof LIGHT = {
  ink: "#eceae5", muted: "#a3a8ae", paper: "#15181c", outside: "#23272b", water: "#35566b", waterInk: "#7fb0cc",
  border: "#8c8a83", region: "#50555b", greyZone: "#3b3f43", greyHatch: "#8f9296", focus: "#f0b050",
};

export function palette(theatre: Theatre, dark: boolean): Palette {
  const of = (side: SideKey): Theatre["sides"]["a"]["light"] => theatre.sides[side][dark ? "dark" : "light"];
  return {
    dark,
    ramp: { a: of("a").ramp, b: of("b").ramp },
    tint: { a: of("a").tint, b: of("b").tint },
    line: { a: of("a").line, b: of("b").line },
    ...(dark ? DARK : LIGHT),
  };
}

/** The sides' colours for the style sheet. */
export function paintPage(colours: Palette): void {
  const root = document.documentElement.style;
  for (const side of ["a", "b"] as const) {
    root.setProperty(`--line-${side}`, colours.line[side]);
    root.setProperty(`--tint-${side}`, colours.tint[side]);
    colours.ramp[side].forEach((colour, step) => root.setProperty(`--${side}${step}`, colour));
  }
  root.setProperty("--grey-zone", colours.greyZone);
  root.setProperty("--grey-hatch", colours.greyHatch);
}
