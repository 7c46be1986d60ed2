// Elements from data. Text only ever goes in as text, so nothing a report says can become markup.

type Child = Node | string | number | null | undefined | false;
type Value = string | number | boolean | null | undefined | EventListener;

const SVG = "http://www.w3.org/2000/svg";

function fill<E extends Element>(element: E, attributes: Record<string, Value>, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.replace(/^on/, ""), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false).map((child) =>
    typeof child === "number" ? String(child) : (child as Node | string)));
  return element;
}

/** An HTML element; `onclick` and the like take a function. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Record<string, Value> = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function s<K extends keyof SVGElementTagNameMap>(
  tag: K, attributes: Record<string, Value> = {}, ...children: Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** Put these in the place of whatever an element holds. */
export function put(element: Element, ...children: Child[]): void {
  element.replaceChildren();
  fill(element, {}, children);
}

/** A link out, only ever to the web: a report may give any text for its address. */
export function outside(url: string | null | undefined, words: string): Node {
  if (!url || !/^https?:\/\//i.test(url)) return document.createTextNode(words);
  return h("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, words);
}

export function button(words: string, act: () => void, attributes: Record<string, Value> = {}): HTMLButtonElement {
  return h("button", { type: "button", onclick: act, ...attributes }, words);
}

/** A table; the first column names the rows. */
export function table(caption: string, heads: string[], rows: (string | Node)[][], look = ""): HTMLTableElement {
  return h("table", { class: `data ${look}` },
    h("caption", {}, caption),
    h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
    h("tbody", {}, ...rows.map(([first, ...rest]) =>
      h("tr", {}, h("th", { scope: "row" }, first ?? ""), ...rest.map((cell) => h("td", {}, cell))))));
}
