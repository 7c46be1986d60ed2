"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  document.documentElement.classList.remove("no-js");
  const svg = $("map"), frame = $("frame"), tip = $("tip"), slider = $("day");
  const places = data.places.map((place, i) => ({ ...place, node: $("p" + i) }));
  let now = data.leads.length - 1;
  let view = null;

  // Chances in words, as the rest of frontcast writes them: never 0, never 100.
  const percent = (p) => {
    const finest = Math.max(1, Math.round(100 / data.members)), whole = Math.round(100 * p);
    if (whole < finest) return "<" + finest + "\u00a0%";
    if (whole > 100 - finest) return ">" + (100 - finest) + "\u00a0%";
    return whole + "\u00a0%";
  };

  // The map. One unit is 100 m; `view` is its centre and width.
  const ratio = () => svg.clientHeight / Math.max(1, svg.clientWidth);
  const fit = (box) => ({
    x: (box[0] + box[1]) / 2, y: (box[2] + box[3]) / 2, w: Math.max(box[1] - box[0], (box[3] - box[2]) / ratio()),
  });
  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
  let queued = false;
  const show = (next) => {
    view = {
      x: clamp(next.x, data.grid[0], data.grid[1]), y: clamp(next.y, data.grid[2], data.grid[3]),
      w: clamp(next.w, 250, 1.15 * Math.max(data.grid[1] - data.grid[0], (data.grid[3] - data.grid[2]) / ratio())),
    };
    if (!queued) { queued = true; requestAnimationFrame(draw); }
  };
  const draw = () => {
    queued = false;
    const h = view.w * ratio(), k = view.w / Math.max(1, svg.clientWidth);
    svg.setAttribute("viewBox", [view.x - view.w / 2, view.y - h / 2, view.w, h].join(" "));
    svg.style.setProperty("--k", k);
    $("hatch").setAttribute("patternTransform", `rotate(45) scale(${k})`);
    scale(k, h);
    label(k, h);
  };
  const scale = (k, h) => {
    const length = [10, 20, 50, 100, 200, 500, 1000, 2000].filter((step) => step <= view.w / 4).pop() || 10;
    const x = view.x - view.w / 2 + 16 * k, y = view.y + h / 2 - 14 * k;
    $("scale").setAttribute("d", `M${x} ${y - 5 * k}V${y}H${x + length}V${y - 5 * k}`);
    const words = $("scale-words");
    words.textContent = length / 10 + " km";
    words.setAttribute("x", x + length / 2);
    words.setAttribute("y", y - 6 * k);
  };

  const pen = document.createElement("canvas").getContext("2d");
  const font = getComputedStyle(document.body).fontFamily;
  const widths = new Map();
  const width = (text, bold) => {
    const key = (bold ? "b" : "n") + text;
    if (!widths.has(key)) {
      pen.font = (bold ? "700 12.5px " : "12px ") + font;
      widths.set(key, pen.measureText(text).width);
    }
    return widths.get(key);
  };
  // Names never lie on one another: places at risk choose first, then the most populous.
  const apart = (one, other) => one[0] >= other[2] || one[2] <= other[0] || one[1] >= other[3] || one[3] <= other[1];
  const label = (k, h) => {
    const left = view.x - view.w / 2, top = view.y - h / 2, W = view.w / k, H = h / k;
    const inside = [];
    // From far off only towns, from near also villages, whose population is often unknown.
    const least = k > 4 ? 10000 : k > 2.4 ? 1000 : 0;
    for (const place of places) {
      const p = place.p ? place.p[now] : 0;
      place.risk = p >= 0.05;
      place.weight = place.risk ? 1e6 * p * Math.sqrt(place.people + 100) : place.people;
      place.px = (place.x - left) / k;
      place.py = (place.y - top) / k;
      place.wanted = place.people >= (place.risk ? least : 20 * k * k);
      const seen = place.px > 0 && place.py > 0 && place.px < W && place.py < H;
      place.node.style.display = seen && place.wanted ? "" : "none";
      place.node.classList.toggle("risk", place.risk);
      place.node.classList.remove("on");
      if (seen && place.wanted) inside.push(place);
    }
    inside.sort((one, other) => other.weight - one.weight);
    const taken = [[0, H - 44, 16 + view.w / k / 4, H], [W - 60, 0, W, 100]];
    const texts = [];
    for (const side of svg.querySelectorAll(".side")) {
      const w = side.textContent.length * 11.5, x = (+side.getAttribute("x") - left) / k, y = (+side.getAttribute("y") - top) / k;
      texts.push([x - w / 2, y - 14, x + w / 2, y + 5]);
      taken.push([x - w / 2, y - 14, x + w / 2, y + 5]);
    }
    svg.classList.toggle("far", k > 4);
    const free = (box) => box[0] > 2 && box[1] > 2 && box[2] < W - 2 && box[3] < H - 2 &&
      taken.every((t) => apart(t, box));
    for (const place of inside.slice(0, 30)) taken.push([place.px - 2, place.py - 2, place.px + 2, place.py + 2]);
    let room = W < 500 ? 14 : 36;
    const square = (place, r) => [place.px - r - 1, place.py - r - 1, place.px + r + 1, place.py + r + 1];
    const dot = (place) => {
      // No room for the name: places at risk keep a small dot where it lies on no text.
      place.node.querySelector("circle").setAttribute("r", 1.8 * k);
      place.node.style.display = place.risk && texts.every((t) => apart(t, square(place, 2))) ? "" : "none";
    };
    const bare = [];
    for (const place of inside.slice(0, 400)) {
      const text = place.node.querySelector("text"), r = place.people >= 300000 ? 4.5 : place.people >= 50000 ? 3.6 : 2.6;
      const words = place.risk ? place.name + " " + percent(place.p[now]) : place.name;
      const w = width(words, place.risk), gap = r + 3;
      const spots = [[gap, 4], [-gap - w, 4], [-w / 2, -gap - 2], [-w / 2, gap + 11]];
      const box = ([dx, dy]) => [place.px + dx - 3, place.py + dy - 13, place.px + dx + w + 3, place.py + dy + 5];
      const spot = room && $("labels").checked && texts.every((t) => apart(t, square(place, r))) && spots.find((at) => free(box(at)));
      if (!spot) { bare.push(place); continue; }
      texts.push(box(spot));
      taken.push(box(spot), square(place, r));
      place.node.querySelector("circle").setAttribute("r", r * k);
      if (text.textContent !== words) text.textContent = words;
      text.setAttribute("x", place.x + spot[0] * k);
      text.setAttribute("y", place.y + spot[1] * k);
      place.node.style.display = "";
      place.node.classList.add("on");
      room -= 1;
    }
    bare.forEach(dot);
    for (const place of inside.slice(400)) place.node.style.display = "none";
  };

  const setDay = (index) => {
    now = clamp(index, 0, data.leads.length - 1);
    slider.value = now;
    $("when").textContent = data.when[now];
    for (const node of svg.querySelectorAll(".day")) node.style.display = +node.dataset.day === now ? "" : "none";
    $("fan-day").textContent = data.fan[now];
    for (const mark of document.querySelectorAll(".fan .now")) {
      const x = +mark.dataset.x0 + (data.leads[now] * (mark.dataset.x1 - mark.dataset.x0)) / data.days;
      mark.setAttribute("x1", x);
      mark.setAttribute("x2", x);
      mark.style.display = "";
    }
    slider.setAttribute("aria-valuetext", data.when[now]);
    hide();
    if (view) show(view);
  };
  slider.addEventListener("input", () => setDay(+slider.value));
  let timer = null;
  const stop = () => { clearInterval(timer); timer = null; $("play").textContent = "Play"; $("play").setAttribute("aria-pressed", "false"); };
  $("play").addEventListener("click", () => {
    if (timer) return stop();
    if (now === data.leads.length - 1) setDay(0);
    $("play").textContent = "Stop";
    $("play").setAttribute("aria-pressed", "true");
    timer = setInterval(() => { if (now === data.leads.length - 1) stop(); else setDay(now + 1); }, 800);
  });

  // Moving and zooming: drag, two fingers, Ctrl and wheel, keys, buttons.
  const zoom = (factor, px, py) => {
    const k = view.w / svg.clientWidth, W = svg.clientWidth, H = svg.clientHeight;
    const dx = (px ?? W / 2) - W / 2, dy = (py ?? H / 2) - H / 2;
    show({ x: view.x + dx * k * (1 - factor), y: view.y + dy * k * (1 - factor), w: view.w * factor });
  };
  const move = (dx, dy) => { const k = view.w / svg.clientWidth; show({ x: view.x - dx * k, y: view.y - dy * k, w: view.w }); };
  const fingers = new Map();
  svg.addEventListener("pointerdown", (event) => {
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
    if (event.pointerType === "mouse") { svg.setPointerCapture(event.pointerId); frame.classList.add("drag"); }
  });
  const lift = (event) => { fingers.delete(event.pointerId); frame.classList.remove("drag"); };
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) svg.addEventListener(name, lift);
  svg.addEventListener("pointermove", (event) => {
    const was = fingers.get(event.pointerId);
    if (!was) return point(event);
    const at = [event.clientX, event.clientY];
    if (fingers.size === 2) {
      const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
      const before = Math.hypot(was[0] - other[0], was[1] - other[1]), after = Math.hypot(at[0] - other[0], at[1] - other[1]);
      const box = svg.getBoundingClientRect();
      zoom(before / Math.max(1, after), (at[0] + other[0]) / 2 - box.left, (at[1] + other[1]) / 2 - box.top);
      move((at[0] - was[0]) / 2, (at[1] - was[1]) / 2);
    } else move(at[0] - was[0], event.pointerType === "mouse" ? at[1] - was[1] : 0);
    fingers.set(event.pointerId, at);
  });
  svg.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const box = svg.getBoundingClientRect();
    zoom(Math.exp(clamp(event.deltaY, -60, 60) / 160), event.clientX - box.left, event.clientY - box.top);
  }, { passive: false });
  frame.addEventListener("keydown", (event) => {
    if (event.target !== frame) return;
    const steps = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    if (steps[event.key]) move(...steps[event.key]);
    else if (event.key === "+" || event.key === "=") zoom(0.7);
    else if (event.key === "-") zoom(1 / 0.7);
    else return;
    event.preventDefault();
  });
  for (const button of document.querySelectorAll("[data-zoom]"))
    button.addEventListener("click", () => zoom(button.dataset.zoom === "in" ? 0.6 : 1 / 0.6));
  for (const button of document.querySelectorAll("[data-view]"))
    button.addEventListener("click", () => show(fit(data.views[button.dataset.view])));
  $("lines").addEventListener("change", () => { $("days-lines").style.display = $("lines").checked ? "" : "none"; });
  $("labels").addEventListener("change", () => show(view));
  addEventListener("resize", () => show(view));

  // What lies under the pointer, in words.
  const hide = () => { tip.hidden = true; };
  const cell = (row, kind, text) => { const node = document.createElement(kind); node.textContent = text; row.append(node); };
  const describe = (place) => {
    const title = document.createElement("b");
    title.textContent = place.name;
    const under = document.createElement("span");
    under.textContent = (place.people ? place.people.toLocaleString("en") + " people; " : "") + "held by " + data.holders[place.held];
    tip.replaceChildren(title, under);
    if (!place.p) return;
    const table = document.createElement("table");
    for (const lead of data.shown) {
      const row = table.insertRow();
      cell(row, "td", lead + (lead === 1 ? " day" : " days"));
      cell(row, "td", percent(place.p[data.leads.indexOf(lead)]) + " changes hands");
    }
    tip.append(table);
  };
  const beside = (x, y) => {
    tip.hidden = false;
    tip.style.left = clamp(x + 14, 4, Math.max(4, frame.clientWidth - tip.offsetWidth - 4)) + "px";
    tip.style.top = (y + 14 + tip.offsetHeight > frame.clientHeight ? Math.max(4, y - tip.offsetHeight - 10) : y + 14) + "px";
  };
  const point = (event) => {
    const place = event.target.closest(".place"), band = event.target.closest("[data-band]");
    if (place) describe(places[+place.id.slice(1)]);
    else if (band) {
      const [side, step] = band.dataset.band;
      tip.textContent = `${data.holders[side]} holds this with a chance of ${data.bands[step]}. ${data.when[now]}`;
    } else return hide();
    const box = frame.getBoundingClientRect();
    beside(event.clientX - box.left, event.clientY - box.top);
  };
  svg.addEventListener("click", point);
  svg.addEventListener("pointerleave", hide);

  // The table of places.
  const table = $("risk");
  if (table) {
    const body = table.tBodies[0], rows = [...body.rows];
    let all = false;
    const refresh = () => {
      const wanted = $("find").value.trim().toLowerCase(), held = $("held").value, least = +$("least").value;
      let count = 0;
      for (const row of rows) {
        const match = row.cells[0].textContent.toLowerCase().includes(wanted) && (!held || row.dataset.held === held) && +row.cells[1].dataset.v >= least;
        if (match) count += 1;
        row.hidden = !match || (!all && count > 20);
      }
      $("count").textContent = `${Math.min(count, all ? count : 20)} of ${count} shown`;
      $("more").hidden = count <= 20;
      $("more").textContent = all ? "Show fewer" : "Show all";
    };
    $("find").addEventListener("input", refresh);
    $("held").addEventListener("change", refresh);
    $("least").addEventListener("change", refresh);
    $("more").addEventListener("click", () => { all = !all; refresh(); });
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = head.querySelector("button");
      if (!button) return;
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") ? head.getAttribute("aria-sort") === "ascending" : column > 0;
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const value = (row) => row.cells[column].dataset.v ?? row.cells[column].textContent;
        rows.sort((one, other) => {
          const x = value(one), y = value(other), numbers = x !== "" && y !== "" && !isNaN(x) && !isNaN(y);
          return (down ? -1 : 1) * (numbers ? x - y : x.localeCompare(y));
        });
        body.append(...rows);
        refresh();
      });
    });
    table.addEventListener("click", (event) => {
      const button = event.target.closest("button.name");
      if (!button) return;
      const place = places[+button.dataset.place];
      for (const other of places) other.node.classList.toggle("chosen", other === place);
      show({ x: place.x, y: place.y, w: 900 });
      frame.scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth", block: "center" });
      describe(place);
      beside(frame.clientWidth / 2, frame.clientHeight / 2);
      frame.focus({ preventScroll: true });
    });
    refresh();
  }

  show(fit(data.views.home));
  setDay(now);
})();
