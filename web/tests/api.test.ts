import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { follow, get, keepToken, once, onToken, ServiceError, type Run } from "../src/api";

const run = (state: string, done: number): Run => ({ id: "ab", state, done, total: 4 }) as Run;
const json = (value: unknown, status = 200): Response => new Response(JSON.stringify(value), { status });

/** A stream of events cut where one likes, as networks do. */
const events = (...pieces: string[]): Response => new Response(new ReadableStream({
  start(controller) {
    for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
    controller.close();
  },
}));

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal("sessionStorage", { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value) });
});
afterEach(() => vi.unstubAllGlobals());

describe("a run that is followed", () => {
  it("is told of event by event, however the stream is cut, and after it broke", async () => {
    const line = (one: Run): string => `data: ${JSON.stringify(one)}\n\n`;
    const first = line(run("running", 1));
    const answers = [
      events(`: hello\n\n${first.slice(0, 9)}`, first.slice(9)), // then the line breaks
      json(run("running", 2)),
      events(line(run("running", 3)) + line(run("done", 4))),
    ];
    vi.stubGlobal("fetch", async () => answers.shift()!);
    const told: number[] = [];
    const end = await follow("ab", (one) => told.push(one.done), new AbortController().signal);
    expect(told).toEqual([1, 2, 3, 4]);
    expect(end.state).toBe("done");
  });

  it("is not followed on where the service says there is none", async () => {
    vi.stubGlobal("fetch", async () => json({ detail: "There is no such run." }, 404));
    await expect(follow("ab", () => undefined, new AbortController().signal)).rejects.toThrow("There is no such run.");
  });
});

describe("an answer", () => {
  it("is asked for once, and again where it failed", async () => {
    const answers = [json({ detail: "busy" }, 503), json({ a: 1 })];
    const fetched = vi.fn(async () => answers.shift()!);
    vi.stubGlobal("fetch", fetched);
    await expect(once("thing")).rejects.toBeInstanceOf(ServiceError);
    expect(await Promise.all([once("thing"), once("thing")])).toEqual([{ a: 1 }, { a: 1 }]);
    expect(fetched).toHaveBeenCalledTimes(2);
  });

  it("waits for a token, which is asked for once for all that wait", async () => {
    vi.stubGlobal("fetch", async (_: string, options: RequestInit) =>
      (new Headers(options.headers).get("Authorization") === "Bearer secret" ? json({ fine: true }) : json({ detail: "token" }, 401)));
    const asked = vi.fn(async () => {
      keepToken("secret");
      return true;
    });
    onToken(asked);
    expect(await Promise.all([get("one"), get("two")])).toEqual([{ fine: true }, { fine: true }]);
    expect(asked).toHaveBeenCalledTimes(1);
  });
});
