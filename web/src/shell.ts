// The frame of the page: head, views, what is said aloud, and the dialogs.

import { button, h, put } from "./dom";
import type { View } from "./state";

export interface Shell {
  search: HTMLElement;
  tools: HTMLElement;
  map: HTMLElement;
  mapTools: HTMLElement;
  notice: HTMLElement;
  timebar: HTMLElement;
  panel: HTMLElement;
  views: Record<View, HTMLElement>;
  foot: HTMLElement;
  tabs: Record<View, HTMLAnchorElement>;
  say(words: string): void;
}

export const TITLES: Record<View, string> = { map: "Map", whatif: "What if", record: "How right?" };

export function shell(root: HTMLElement, go: (view: View) => void): Shell {
  const tab = (view: View, words: string): HTMLAnchorElement => h("a", {
    href: `#/${view}`,
    onclick: (event: Event) => {
      event.preventDefault();
      go(view);
    },
  }, words);
  const tabs = { map: tab("map", TITLES.map), whatif: tab("whatif", TITLES.whatif), record: tab("record", TITLES.record) };
  const search = h("div", { class: "search", role: "search" });
  const tools = h("div", { class: "tools" });
  const map = h("div", { class: "map", role: "region", "aria-label": "Map" });
  const mapTools = h("div", { class: "map-tools" });
  const notice = h("div", { class: "notice", hidden: true });
  const timebar = h("section", { class: "timebar", "aria-label": "Time" });
  const panel = h("aside", { class: "panel", "aria-label": "Answers", tabindex: -1, id: "panel" });
  const foot = h("footer", {});
  const live = h("p", { class: "unseen", role: "status", "aria-live": "polite" });
  const views: Record<View, HTMLElement> = {
    map: h("main", { class: "view view-map", id: "main" }, h("div", { class: "stage" }, map, mapTools, notice), panel, timebar),
    whatif: h("main", { class: "view view-page", hidden: true }),
    record: h("main", { class: "view view-page", hidden: true }),
  };
  put(root,
    h("a", { class: "skip", href: "#panel", onclick: (event: Event) => { event.preventDefault(); panel.focus(); } }, "Skip the map"),
    h("header", {},
      h("span", { class: "brand" }, h("img", { src: "./icon.svg", alt: "", width: 26, height: 26 }), "frontcast"),
      h("nav", { "aria-label": "Views" }, tabs.map, tabs.whatif, tabs.record),
      search, tools),
    views.map, views.whatif, views.record, foot, live);
  return {
    search, tools, map, mapTools, notice, timebar, panel, views, foot, tabs,
    say(words) {
      live.textContent = "";
      // A reader speaks what changes: the same words again need a change in between.
      setTimeout(() => { live.textContent = words; }, 50);
    },
  };
}

/** A dialog with a heading; Escape and its button close it. */
export function dialog(title: string, ...children: Node[]): HTMLDialogElement {
  const box = h("dialog", { "aria-label": title }, h("h2", {}, title), ...children,
    h("p", { class: "actions" }, button("Close", () => box.close())));
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  return box;
}

/** Ask for the token that a service on another address wants. */
export function tokenDialog(keep: (token: string) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const field = h("input", { type: "password", autocomplete: "off", required: true, "aria-label": "Token" });
    let given = false;
    const form = h("form", { method: "dialog" },
      h("p", {}, "This service asks for a token. Whoever runs it has one; it is kept until this tab is closed."),
      h("p", {}, field, " ", h("button", {}, "Go on")));
    const box = h("dialog", { "aria-label": "Token" }, h("h2", {}, "Token"), form);
    form.addEventListener("submit", () => {
      given = field.value.trim() !== "";
      if (given) keep(field.value.trim());
    });
    box.addEventListener("close", () => {
      box.remove();
      resolve(given);
    });
    document.body.append(box);
    box.showModal();
  });
}

export function helpDialog(): void {
  const keys: [string, string][] = [
    ["/", "search for a place, in any spelling"],
    ["1 2 3", "map, what if, how right"],
    ["\u2190 \u2192", "on the time bar: a step back or on; Page Up and Down for a week; Home, End; T for the start; Space plays"],
    ["arrows + \u2212", "on the map: move and zoom; Enter asks about its middle, which a cross marks"],
    ["B", "box of what the map shows; or drag with Shift held"],
    ["Esc", "close the answer"],
    ["?", "these words"],
  ];
  dialog("Keys",
    h("dl", { class: "keys" }, ...keys.flatMap(([key, words]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, words)])));
}
