// Dark or light: as the system has it, until the reader chooses.

import { h } from "./dom";

const KEY = "frontcast-theme";

export class Theme {
  private readonly system = matchMedia("(prefers-color-scheme: dark)");
  private chosen = localStorage.getItem(KEY);

  constructor() {
    this.apply();
  }

  get dark(): boolean {
    return this.chosen ? this.chosen === "dark" : this.system.matches;
  }

  private apply(): void {
    document.documentElement.dataset["theme"] = this.dark ? "dark" : "light";
  }

  button(changed: () => void): HTMLButtonElement {
    const words = (): string => (this.dark ? "Light page" : "Dark page");
    const made = h("button", { type: "button", class: "icon", "aria-label": words(), title: words() }, "\u25d0");
    const follow = (): void => {
      this.apply();
      made.setAttribute("aria-label", words());
      made.title = words();
      changed();
    };
    made.addEventListener("click", () => {
      this.chosen = this.dark ? "light" : "dark";
      localStorage.setItem(KEY, this.chosen);
      follow();
    });
    this.system.addEventListener("change", () => {
      if (!this.chosen) follow();
    });
    return made;
  }
}
