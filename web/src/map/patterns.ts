// Pictures the map repeats or places: dots for chances, a hatch for the grey zone, marks for claims and strikes.

import type { Palette } from "./colours";
import type { SideKey } from "../api";

export type Drawing = { width: number; height: number; data: Uint8ClampedArray };
/** Pixels of a picture for each CSS pixel. */
export const RATIO = 2;

function canvas(size: number, height = size): [CanvasRenderingContext2D, () => Drawing] {
  const sheet = document.createElement("canvas");
  sheet.width = size * RATIO;
  sheet.height = height * RATIO;
  const pen = sheet.getContext("2d", { willReadFrequently: true })!;
  pen.scale(RATIO, RATIO);
  return [pen, () => pen.getImageData(0, 0, sheet.width, sheet.height)];
}

/** Radius of the dots and strength of the ground between them, by band: the surer, the more of it is covered. */
const DOTS = [[0.8, 0.1], [1.25, 0.2], [1.7, 0.3], [2.2, 0.48], [2.7, 0.72]] as const;
const CELL = 8;

/**
 * A band of probability: dots that grow and merge with the chance, so that what is only likely never looks like ground
 * that is held, which is a flat tint. Their share of the paper also keeps the order without colour.
 */
export function dots(colours: Palette, side: SideKey, band: number): Drawing {
  const [pen, done] = canvas(CELL);
  const [radius, ground] = DOTS[Math.min(band, DOTS.length - 1)]!;
  const colour = colours.ramp[side][band]!;
  pen.fillStyle = colour;
  pen.globalAlpha = ground;
  pen.fillRect(0, 0, CELL, CELL);
  pen.globalAlpha = 1;
  // The faint bands are pale by themselves: their dots take the colour of the next.
  pen.fillStyle = colours.ramp[side][Math.min(band + 1, 4)]!;
  for (const [x, y] of [[2, 2], [6, 6]] as const) {
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.fill();
  }
  return done();
}

export function hatch(colours: Palette): Drawing {
  const [pen, done] = canvas(CELL);
  pen.fillStyle = colours.greyZone;
  pen.globalAlpha = 0.75;
  pen.fillRect(0, 0, CELL, CELL);
  pen.globalAlpha = 1;
  pen.strokeStyle = colours.greyHatch;
  pen.lineWidth = 1;
  for (const shift of [-CELL, 0, CELL]) {
    pen.beginPath();
    pen.moveTo(shift - 1, CELL + 1);
    pen.lineTo(shift + CELL + 1, -1);
    pen.stroke();
  }
  return done();
}

/** A claim is drawn as what it is: somebody's words. Full where the speaker is sure, hollow and broken where not. */
export function bubble(colours: Palette, look: "sure" | "unsure", side: SideKey | null): Drawing {
  const [pen, done] = canvas(20, 20);
  const ink = side ? colours.line[side] : colours.ink;
  pen.beginPath();
  pen.roundRect(2, 2, 16, 11.5, 3);
  pen.fillStyle = look === "sure" ? ink : colours.paper;
  pen.fill();
  pen.beginPath();
  pen.moveTo(6.5, 13);
  pen.lineTo(6, 18);
  pen.lineTo(11, 13);
  pen.closePath();
  pen.fill();
  pen.strokeStyle = look === "sure" ? colours.paper : ink;
  pen.lineWidth = 1.2;
  if (look === "unsure") pen.setLineDash([2.4, 1.6]);
  pen.beginPath();
  pen.roundRect(2, 2, 16, 11.5, 3);
  pen.stroke();
  pen.setLineDash([]);
  pen.fillStyle = look === "sure" ? colours.paper : ink;
  pen.font = "bold 15px Georgia, serif";
  pen.textAlign = "center";
  pen.fillText("\u201d", 10, 16.4);
  return done();
}

/** A strike: eight rays, as the map keys of atlases have them. */
export function burst(colours: Palette): Drawing {
  const [pen, done] = canvas(18);
  pen.translate(9, 9);
  for (const [width, colour] of [[3.6, colours.paper], [1.7, colours.ink]] as const) {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.lineCap = "round";
    for (let ray = 0; ray < 8; ray++) {
      pen.rotate(Math.PI / 4);
      pen.beginPath();
      pen.moveTo(2.2, 0);
      pen.lineTo(ray % 2 ? 5.2 : 7, 0);
      pen.stroke();
    }
  }
  return done();
}
