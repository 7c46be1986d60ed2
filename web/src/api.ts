// The service, typed by its own schema (schema.d.ts is made from the OpenAPI document: `npm run types`).

import type { components } from "./schema";

type Schemas = components["schemas"];
export type Theatre = Schemas["TheatreAnswer"];
export type SideKey = "a" | "b";
export type Holder = "a" | "grey" | "b";
export type Forecast = Schemas["ForecastAnswer"];
export type ForecastSummary = Schemas["ForecastSummary"];
export type Bands = Schemas["Bands"];
export type Control = Schemas["Control"];
export type YearLines = Schemas["YearLines"];
export type MapLines = Schemas["MapLines"];
export type Timeline = Schemas["Timeline"];
export type Place = Schemas["PlaceAnswer"];
export type PlacesAtRisk = Schemas["PlacesAtRisk"];
export type PlaceAtRisk = Schemas["PlaceAtRisk"];
export type Outlook = Schemas["Outlook"];
export type Reliability = Schemas["Reliability"];
export type Mechanisms = Schemas["Mechanisms"];
export type Claim = Schemas["ClaimAnswer"];
export type Claims = Schemas["Claims"];
export type Unit = Schemas["UnitAnswer"];
export type Units = Schemas["Units"];
export type ScenarioSummary = Schemas["ScenarioSummary"];
export type WhatIf = Schemas["WhatIfAnswer"];
export type WhatIfRequest = Schemas["WhatIfRequest"];
export type Difference = Schemas["Difference"];
export type Changeable = Schemas["Changeable"];
export type Run = Schemas["Run"];
export type TrackRecord = Schemas["TrackRecordAnswer"];

export const ROOT = "api/v1/";
const TOKEN = "frontcast-token";

/** The service said no, or nothing. */
export class ServiceError extends Error {
  constructor(message: string, readonly status: number, readonly faults: Schemas["Fault"][] = []) {
    super(message);
  }
}

/** Asked when the service wants a token; answers whether one was given. */
let asking: Promise<boolean> | null = null;
let askForToken: () => Promise<boolean> = async () => false;
export function onToken(ask: () => Promise<boolean>): void {
  askForToken = ask;
}
export function keepToken(token: string): void {
  sessionStorage.setItem(TOKEN, token);
}

export async function request(path: string, options: RequestInit = {}): Promise<Response> {
  for (;;) {
    const token = sessionStorage.getItem(TOKEN);
    const headers = new Headers(options.headers);
    if (token) headers.set("Authorization", `Bearer ${token}`);
    let answer: Response;
    try {
      answer = await fetch(ROOT + path, { ...options, headers });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new ServiceError("The service does not answer. Is `frontcast serve` still running?", 0);
    }
    if (answer.ok) return answer;
    // All that wait for the token wait for one answer.
    if (answer.status === 401 && (await (asking ??= askForToken().finally(() => { asking = null; })))) continue;
    const problem = (await answer.json().catch(() => null)) as Schemas["Problem"] | null;
    const words = typeof problem?.detail === "string" ? problem.detail : `The service answered ${answer.status}.`;
    throw new ServiceError(words, answer.status, problem?.problems ?? []);
  }
}

const kept = new Map<string, Promise<unknown>>();

/** An answer that does not change while the page is open is asked for once. */
export function once<T>(path: string): Promise<T> {
  let found = kept.get(path) as Promise<T> | undefined;
  if (!found) {
    found = get<T>(path);
    kept.set(path, found);
    found.catch(() => kept.delete(path));
  }
  return found;
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await request(path, signal ? { signal } : {})).json() as Promise<T>;
}

export async function post<T>(path: string, body: unknown): Promise<T> {
  const headers = { "Content-Type": "application/json" };
  return (await request(path, { method: "POST", headers, body: JSON.stringify(body) })).json() as Promise<T>;
}

export function search(values: Record<string, string | number | null | undefined>): string {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return given.length ? `?${new URLSearchParams(given.map(([key, value]) => [key, String(value)]))}` : "";
}

/** Follow a run by server-sent events until it ends. Read by fetch, so that a token need not stand in an address. */
export async function follow(id: string, told: (run: Run) => void, signal: AbortSignal): Promise<Run> {
  for (let wait = 500; ; wait = Math.min(2 * wait, 8000)) {
    try {
      const answer = await request(`runs/${id}/events`, { signal, headers: { Accept: "text/event-stream" } });
      const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        const events = (rest + value).split(/\r?\n\r?\n/);
        rest = events.pop()!;
        for (const event of events) {
          const data = event.split(/\r?\n/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim());
          if (!data.length) continue;
          const run = JSON.parse(data.join("\n")) as Run;
          told(run);
          wait = 500;
          if (ended(run)) return run;
        }
      }
    } catch (error) {
      if (signal.aborted || (error instanceof ServiceError && error.status > 0)) throw error;
    }
    // The line broke; the run did not.
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (signal.aborted) throw new DOMException("left", "AbortError");
    const run = await get<Run>(`runs/${id}`, signal).catch(() => null);
    if (run) told(run);
    if (run && ended(run)) return run;
  }
}

export const ended = (run: Run): boolean => ["done", "failed", "cancelled"].includes(run.state);
