// Take away what is seen: picture, tables, shapes, the run, the link.

import { request, type Forecast, type Theatre } from "./api";
import { button, h } from "./dom";
import { addDays, day as inWords, plural, shortDay } from "./format";

export function save(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = h("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A file of the service, by fetch, so that a token goes along. */
export async function fetchFile(path: string, name: string): Promise<void> {
  save(name, await (await request(path)).blob());
}

export function exportsMenu(forecast: Forecast, lead: number, picture: () => Promise<HTMLCanvasElement>, theatre: Theatre): HTMLElement {
  const start = forecast.init_time.slice(0, 10);
  const from = (file: string, words: string): HTMLButtonElement =>
    button(words, () => void fetchFile(`forecasts/${forecast.id}/export/${file}${lead > 0 ? `?lead=${lead}` : ""}`, `frontcast-${start}-${file}`));
  return h("section", { class: "exports" }, h("h3", {}, "Take it with you"),
    h("p", { class: "row" },
      button("Map as seen (PNG)", () => void mapPng(forecast, lead, picture, theatre)),
      from("map.png", "Map for print (PNG)"), from("places.csv", "Places (CSV)"), from("cells.csv", "Cells (CSV)"), from("bands.geojson", "Chances (GeoJSON)"),
      from("lines.geojson", "Lines (GeoJSON)"), from("run.zip", "The run (zip)")));
}

/** The map on the screen with what a picture must say when it travels alone: what, when, how sure, whose data. */
export async function captioned(canvas: HTMLCanvasElement, head: string, lines: string[]): Promise<Blob> {
  const scale = Math.max(1, canvas.width / 1100);
  const made = document.createElement("canvas");
  const top = 46 * scale, foot = (14 + 18 * lines.length) * scale;
  made.width = canvas.width;
  made.height = canvas.height + top + foot;
  const pen = made.getContext("2d")!;
  const look = getComputedStyle(document.documentElement);
  pen.fillStyle = look.getPropertyValue("--paper").trim() || "#fff";
  pen.fillRect(0, 0, made.width, made.height);
  pen.drawImage(canvas, 0, top);
  pen.fillStyle = look.getPropertyValue("--ink").trim() || "#000";
  pen.font = `600 ${20 * scale}px system-ui, sans-serif`;
  pen.fillText(head, 14 * scale, 30 * scale, made.width - 28 * scale);
  pen.font = `${13 * scale}px system-ui, sans-serif`;
  lines.forEach((line, at) => pen.fillText(line, 14 * scale, canvas.height + top + (20 + 18 * at) * scale, made.width - 28 * scale));
  return new Promise((resolve) => made.toBlob((blob) => resolve(blob!), "image/png"));
}

async function mapPng(forecast: Forecast, lead: number, picture: () => Promise<HTMLCanvasElement>, theatre: Theatre): Promise<void> {
  const start = forecast.init_time.slice(0, 10);
  const head = lead > 0 ? `Chance that ground changes hands by ${inWords(addDays(start, lead))}` : `Who held what on ${inWords(start)}`;
  const blob = await captioned(await picture(), head, [
    `frontcast from ${shortDay(start)}, ${plural(lead, "day")} ahead, ${forecast.members} members. Dots: chance of holding ground not held at the start, from 5 % up. ${forecast.caution}`,
    `${forecast.attribution} ${theatre.attribution}`,
  ]);
  save(`frontcast-${start}-${lead}d.png`, blob);
}
