// Find a place by any spelling, old or new, Latin or Cyrillic.

import { get, search as query, type Place } from "./api";
import type { components } from "./schema";
import { h, put } from "./dom";
import { count } from "./format";

export function placeSearch(element: HTMLElement, chosen: (place: Place) => void, say: (words: string) => void): HTMLInputElement {
  const input = h("input", {
    type: "search", placeholder: "Find a place, in any spelling", "aria-label": "Find a place", role: "combobox",
    "aria-expanded": "false", "aria-controls": "found", "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false", maxlength: 100,
  });
  const list = h("ul", { id: "found", role: "listbox", hidden: true, "aria-label": "Places found" });
  put(element, input, list);
  let found: Place[] = [];
  let active = -1;
  let timer = 0;
  let asked: AbortController | null = null;

  const close = (): void => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    active = -1;
  };
  const take = (place: Place): void => {
    close();
    input.value = place.name;
    chosen(place);
  };
  const mark = (index: number): void => {
    active = index;
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === active)));
    input.setAttribute("aria-activedescendant", `found-${active}`);
    list.children[active]?.scrollIntoView({ block: "nearest" });
  };
  const details = (place: Place): string => [
    place.local_name !== place.name ? place.local_name : "", place.region,
    place.population ? `${count(place.population)} people` : "",
    typeof place.front_km === "number" ? `${count(Math.abs(place.front_km))} km from the front` : "",
  ].filter(Boolean).join(" · ");

  async function ask(words: string): Promise<void> {
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await get<components["schemas"]["PlacesFound"]>(`places${query({ q: words, limit: 8 })}`, asked.signal);
      found = answer.places;
      put(list, ...found.map((place, at) => {
        const item = h("li", { role: "option", id: `found-${at}`, "aria-selected": "false" },
          h("b", {}, place.name), h("span", {}, details(place)));
        item.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          take(place);
        });
        return item;
      }));
      if (!found.length) {
        const near = answer.suggestions.length ? ` Did you mean ${answer.suggestions.join(", ")}?` : "";
        put(list, h("li", { class: "none" }, `No place is called so.${near}`));
      }
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      say(found.length ? `${found.length} places found` : "No place found");
      if (found.length) mark(0);
    } catch (error) {
      if ((error as Error).name !== "AbortError") close();
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    const words = input.value.trim();
    if (words.length < 2) {
      asked?.abort();
      return close();
    }
    timer = window.setTimeout(() => void ask(words), 150);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      close();
      input.value = "";
    } else if (list.hidden || !found.length) return;
    else if (event.key === "ArrowDown") mark((active + 1) % found.length);
    else if (event.key === "ArrowUp") mark((active - 1 + found.length) % found.length);
    else if (event.key === "Enter") take(found[Math.max(active, 0)]!);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  input.addEventListener("blur", () => setTimeout(close, 100));
  return input;
}
