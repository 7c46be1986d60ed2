// Where the page begins: what every first view needs is asked for while the map's own script is still on its way.

import "./style.css";
import { once } from "./api";
import { decode } from "./state";

const { run, view } = decode(location.hash);
const wanted = view === "record" ? ["theatre", "track-record"]
  : ["theatre", `forecasts/${run || "latest"}`, "timeline", "ground/borders", "ground/regions", "ground/rivers", "ground/lakes", "towns"];
// Whoever asks again hears of what goes wrong.
for (const path of wanted) void once(path).catch(() => undefined);

import("./app").then(({ start }) => start()).catch((error: unknown) => {
  document.getElementById("app")!.textContent = `The page could not be loaded whole (${(error as Error).message}). Load it again.`;
});
