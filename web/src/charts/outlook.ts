// Who may hold a place, day by day: three shares that add up to one.

import type { Outlook, Theatre } from "../api";
import { s, table } from "../dom";
import { percent, shortDay } from "../format";
import { band, figure, linear, path, text } from "./svg";

const WIDTH = 340, HEIGHT = 150, LEFT = 42, RIGHT = 8, TOP = 8, FOOT = 20;

export function outlookChart(outlook: Outlook, theatre: Theatre, lead: number): HTMLElement {
  const now = outlook.shares_now as Record<"a" | "grey" | "b", number>;
  const rows = [
    { lead_day: 0, valid_date: outlook.init_time.slice(0, 10), p_a: now.a ?? 0, p_grey: now.grey ?? 0, p_b: now.b ?? 0 },
    ...outlook.leads,
  ];
  const last = rows.at(-1)!.lead_day;
  const x = linear([0, last], [LEFT, WIDTH - RIGHT]), y = linear([0, 1], [HEIGHT - FOOT, TOP]);
  const edge = (of: (row: (typeof rows)[number]) => number): [number, number][] => rows.map((row) => [x(row.lead_day), y(of(row))]);
  const [zero, low, high, one] = [edge(() => 0), edge((row) => row.p_b), edge((row) => row.p_b + row.p_grey), edge(() => 1)];
  const happened = outlook.happened.map((then): [number, number] => [x(then.lead_day), y(then.b)]);
  const picture = s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart" },
    s("path", { d: band(one, high), class: "share-a" }),
    s("path", { d: band(high, low), class: "share-grey" }),
    s("path", { d: band(low, zero), class: "share-b" }),
    ...[0, 0.5, 1].map((at) => s("g", { class: "axis" },
      s("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(at), y2: y(at) }), text(`${100 * at} %`, LEFT - 4, y(at) + 4, { "text-anchor": "end" }))),
    ...x.ticks(5).map((at) => text(at === 0 ? "start" : `${at} d`, x(at), HEIGHT - 5, { class: "tick", "text-anchor": at === 0 ? "start" : at === last ? "end" : "middle" })),
    lead > 0 ? s("line", { x1: x(lead), x2: x(lead), y1: TOP, y2: HEIGHT - FOOT, class: "cursor" }) : null,
    happened.length > 1 ? s("path", { d: path(happened), class: "happened" }) : null,
  );
  const caption = outlook.box ? "Share of the box each may hold" : "Chance of holding it";
  const numbers = table(caption, ["Day", theatre.sides.a.name, "neither", theatre.sides.b.name],
    rows.map((row) => [shortDay(row.valid_date), ...[row.p_a, row.p_grey, row.p_b].map((p) =>
      row.lead_day === 0 ? `${Math.round(100 * p)}\u00a0%` : percent(p, outlook.members))]));
  return figure(caption, picture, numbers, happened.length > 1
    ? `White line: what happened, the share ${theatre.sides.b.name} held by later maps. The forecast did not know it.` : "");
}
