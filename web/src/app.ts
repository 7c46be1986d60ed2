// The page put together.

import { keepToken, once, onToken, type Theatre } from "./api";
import { button, h, put } from "./dom";
import { palette, paintPage } from "./map/colours";
import { MapView } from "./mapview";
import { RecordView } from "./record";
import { placeSearch } from "./search";
import { dialog, helpDialog, shell, TITLES, tokenDialog } from "./shell";
import { Store, type View } from "./state";
import { Theme } from "./theme";
import { WhatIfView } from "./whatif";

export async function start(): Promise<void> {
  onToken(() => tokenDialog(keepToken));
  const store = new Store();
  const theme = new Theme();
  const frame = shell(document.getElementById("app")!, (view) => store.set({ view }));
  let theatre: Theatre;
  try {
    theatre = await once<Theatre>("theatre");
  } catch (error) {
    put(frame.panel, h("h2", {}, "The service does not answer"), h("p", {}, (error as Error).message), h("p", {}, button("Try again", () => location.reload())));
    return;
  }
  let colours = palette(theatre, theme.dark);
  paintPage(colours);
  const mapView = new MapView(frame, store, theatre, colours);
  const whatIf = new WhatIfView(frame.views.whatif, store, theatre, colours, frame.say);
  const record = new RecordView(frame.views.record, store);

  put(frame.foot,
    h("strong", {}, "Not a targeting aid: 1 km and days at best, from public sources only. "),
    h("span", {}, theatre.caution.replace(/;? ?not a targeting aid\.?/i, "."), " "),
    h("span", { class: "credit" }, theatre.sources.map((one) => one.attribution).filter((one, at, all) => all.indexOf(one) === at).join("; "), ". ", theatre.attribution, " "),
    button("Terms", () => dialog("Data and terms",
      h("p", {}, theatre.attribution), ...theatre.sources.map((one) => h("p", {}, `${one.name}, ${one.first} to ${one.last}: ${one.attribution}`))), { class: "link" }));

  const input = placeSearch(frame.search, (place) => {
    store.set({ view: "map" });
    mapView.goPlace(place.id, [place.lon, place.lat]);
    frame.panel.focus({ preventScroll: true });
  }, frame.say);

  put(frame.tools,
    button("Copy link", () => {
      void navigator.clipboard.writeText(location.href).then(
        () => frame.say("Link copied"),
        () => dialog("Link to this view", h("input", { value: location.href, readonly: true, "aria-label": "Link", class: "wide" })));
    }, { title: "Copy a link that restores this view", class: "share" }),
    theme.button(() => {
      colours = palette(theatre, theme.dark);
      paintPage(colours);
      void mapView.repaint(colours);
      whatIf.repaint(colours);
    }),
    button("?", helpDialog, { class: "icon", "aria-label": "Keys" }));

  const show = (view: View): void => {
    for (const [name, element] of Object.entries(frame.views)) element.hidden = name !== view;
    for (const [name, tab] of Object.entries(frame.tabs)) tab.setAttribute("aria-current", name === view ? "page" : "false");
    document.title = `${TITLES[view]} · frontcast`;
    if (view === "map") mapView.map.gl.resize();
    if (view === "whatif") void whatIf.open();
    if (view === "record") void record.open();
  };
  store.onChange((state, before) => {
    if (state.view !== before.view) show(state.view);
  });
  show(store.state.view);

  addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input:not([type=checkbox]), select, textarea, dialog")) return;
    const act = ({
      "/": () => input.focus(),
      1: () => store.set({ view: "map" }),
      2: () => store.set({ view: "whatif" }),
      3: () => store.set({ view: "record" }),
      b: () => store.state.view === "map" && mapView.boxOfView(),
      Escape: () => {
        mapView.map.draw(false);
        if (store.state.view === "map") mapView.close();
      },
      "?": helpDialog,
    } as Record<string, () => void>)[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  await mapView.start();
}
