// A chart: lines over a logarithmic axis, with their names at their ends, a cursor that reads values, and files.
//
// A model of a chart is
//   { x: { label, name, domain, write }, y: { label, domain? }, series, at, shaded, levels, summary }
// where a series is { id, label, color, dash, x, y, kind: "line" | "dots" | "band", low, high }. A `y` of null is
// infinite, and without one there is no value: both are gaps. `at` is the place of the control on this axis. A level is
// { y, label }: a horizontal line. Shaded is { from, to, label }.

import { LogAxis, fitted } from "./axis.js";
import { csvText, save } from "./files.js";
import { TEXT, drawn, endLabels, nearest, shade } from "./marks.js";
import { short } from "./numbers.js";
import { drawSvg, pngFile, svgFile, textWidth } from "./scene.js";
import { onTheme, palette } from "./theme.js";

const TITLE_ROOM = 34;

export class Chart {
  #model;
  #cursor = null;
  #axes;
  #width = 0;

  /** `onSet(value)` is called when the control of the chart's axis is moved on the chart itself. */
  constructor(root, { id, title, help, onSet }) {
    this.root = root;
    this.id = id;
    this.title = title;
    this.onSet = onSet;
    root.classList.add("chart");
    root.dataset.chart = id;
    root.innerHTML = `
      <figcaption><h3 id="${id}-title"></h3><p class="readout" id="${id}-readout"></p></figcaption>
      <div class="plot" tabindex="0" role="group" aria-roledescription="chart" aria-labelledby="${id}-title"
        aria-describedby="${id}-summary ${id}-keys"><svg aria-hidden="true" focusable="false"></svg></div>
      <p class="hidden" id="${id}-summary"></p>
      <p class="hidden" id="${id}-keys"></p>
      <p class="hidden spoken" aria-live="polite"></p>
      <div class="tools">
        <details><summary>Table</summary><div class="scroll" tabindex="0" role="region" aria-labelledby="${id}-title"></div></details>
        <span class="files"><button type="button" data-file="svg">SVG</button><button type="button" data-file="png">PNG</button
        ><button type="button" data-file="csv">CSV</button></span>
      </div>`;
    this.plot = root.querySelector(".plot");
    this.svg = root.querySelector("svg");
    this.readout = root.querySelector(".readout");
    this.spoken = root.querySelector(".spoken");
    this.details = root.querySelector("details");
    this.retitle(title);
    const keys = onSet ? "Arrow keys read values; Enter sets the control to the place of the cursor." : "Arrow keys read values.";
    root.querySelector(`#${id}-keys`).textContent = `${help} ${keys}`;
    for (const button of root.querySelectorAll("[data-file]")) {
      button.addEventListener("click", () => this.#save(button.dataset.file));
    }
    this.details.addEventListener("toggle", () => this.#table());
    this.#listen();
    new ResizeObserver(() => this.#resized()).observe(this.plot);
    onTheme(() => this.draw());
  }

  /** Gives the chart another title. */
  retitle(title) {
    this.title = title;
    this.root.querySelector("h3").textContent = title;
    for (const button of this.root.querySelectorAll("[data-file]")) {
      button.setAttribute("aria-label", `Save “${title}” as ${button.textContent}`);
    }
  }

  show(model) {
    this.#model = model;
    this.root.classList.remove("waiting");
    this.draw();
    this.#table();
  }

  /** Says that the lines are of an earlier setting. */
  wait() {
    this.root.classList.add("waiting");
  }

  get model() {
    return this.#model;
  }

  draw() {
    if (!this.#model || this.#width === 0) return;
    const height = Math.round(Math.min(Math.max(0.6 * this.#width, 210), 360));
    drawSvg(this.svg, this.#shapes(this.#width, height, true), this.#width, height);
    this.root.querySelector(`#${this.id}-summary`).textContent = this.#model.summary ?? "";
    this.#read();
  }

  #resized() {
    const width = Math.floor(this.plot.clientWidth);
    if (width === this.#width) return;
    this.#width = width;
    this.draw();
  }

  /** All shapes of the chart; with its title if it stands alone in a file. */
  #shapes(width, height, onPage) {
    const { x, y, series, at, shaded, levels = [] } = this.#model;
    const colors = palette();
    const top = onPage ? 8 : TITLE_ROOM;
    const names = series.filter((one) => one.label);
    const right = 14 + Math.max(8, ...names.map((one) => textWidth(one.label, TEXT, "600")));
    const numbers = series.flatMap((one) => [...one.y, ...(one.low ?? []), ...(one.high ?? [])]);
    const vertical = new LogAxis(...(y.domain ?? fitted([...numbers, ...levels.map((level) => level.y)])), height - 40, top + 6);
    const marks = vertical.ticks(6);
    const left = 24 + Math.max(...marks.map((tick) => textWidth(tick.text, 11)), 8);
    const horizontal = new LogAxis(...x.domain, left, width - right);
    if (onPage) this.#axes = { horizontal, vertical };
    const shapes = [{ box: [0, 0, width, height], fill: colors.paper }];
    if (!onPage) {
      shapes.push({ text: this.title, at: [left, 20], fill: colors.ink, size: 14, weight: "600" });
    }
    shapes.push(...this.#frame(horizontal, vertical, marks, { width, height, colors }));
    if (shaded) shapes.push(...shade(shaded, horizontal, vertical, colors));
    for (const level of levels) {
      const place = vertical.at(level.y);
      shapes.push({ line: [[horizontal.start, place], [horizontal.end, place]], stroke: colors.soft, dash: [1, 3] });
      shapes.push({ text: level.label, at: [horizontal.start + 4, place - 4], fill: colors.soft, size: 11, halo: colors.paper });
    }
    if (at >= x.domain[0] && at <= x.domain[1]) {
      const place = horizontal.at(at);
      shapes.push({ line: [[place, vertical.end], [place, vertical.start]], stroke: colors.ink, width: 1, name: "marker" });
      shapes.push({ area: [[place - 5, vertical.end - 7], [place + 5, vertical.end - 7], [place, vertical.end + 1]], fill: colors.ink });
    }
    series.forEach((one) => shapes.push(...drawn(one, horizontal, vertical, colors)));
    shapes.push(...endLabels(names, horizontal, vertical, colors));
    if (onPage && this.#cursor !== null) shapes.push(...this.#cursorShapes(horizontal, vertical, colors));
    else if (at) shapes.push(...this.#dotsAt(at, horizontal, vertical, colors, 3.5));
    return shapes;
  }

  #frame(horizontal, vertical, marks, { width, height, colors }) {
    const { x, y } = this.#model;
    const shapes = [];
    const upright = (value, stroke) => {
      const place = horizontal.at(value);
      shapes.push({ line: [[place, vertical.end], [place, vertical.start]], stroke });
    };
    const flat = (value, stroke) => {
      const place = vertical.at(value);
      shapes.push({ line: [[horizontal.start, place], [horizontal.end, place]], stroke });
    };
    vertical.minor().forEach((value) => flat(value, colors.fine));
    horizontal.minor().forEach((value) => upright(value, colors.fine));
    for (const tick of marks) {
      flat(tick.value, colors.grid);
      shapes.push({ text: tick.text, at: [horizontal.start - 6, vertical.at(tick.value) + 4], fill: colors.soft, size: 11, anchor: "end" });
    }
    const room = Math.max(2, Math.floor((horizontal.end - horizontal.start) / 52));
    for (const tick of horizontal.ticks(room)) {
      upright(tick.value, colors.grid);
      shapes.push({ text: tick.text, at: [horizontal.at(tick.value), vertical.start + 16], fill: colors.soft, size: 11, anchor: "middle" });
    }
    shapes.push({ line: [[horizontal.start, vertical.start], [horizontal.end, vertical.start]], stroke: colors.soft });
    const middle = (horizontal.start + horizontal.end) / 2;
    shapes.push({ text: x.label, at: [middle, height - 7], fill: colors.ink, size: TEXT, anchor: "middle" });
    shapes.push({
      text: y.label,
      at: [12, (vertical.start + vertical.end) / 2],
      fill: colors.ink,
      size: TEXT,
      anchor: "middle",
      turned: true,
    });
    return shapes;
  }

  /** The values of all lines at a place: those at the nearest point that each has. */
  #valuesAt(place) {
    const { series } = this.#model;
    return series
      .filter((one) => one.kind !== "band" || one.read)
      .map((one) => {
        const index = nearest(one.x, place);
        const close = index !== null && Math.abs(Math.log(one.x[index] / place)) < (one.reach ?? 0.2);
        return { one, index, x: close ? one.x[index] : null, y: close ? one.y[index] : undefined };
      })
      .filter(({ y }) => y !== undefined);
  }

  #dotsAt(place, horizontal, vertical, colors, radius) {
    return this.#valuesAt(place)
      .filter(({ one, y }) => y > 0 && one.kind !== "dots")
      .map(({ one, x, y }) => ({
        dot: [horizontal.at(x), vertical.at(y)],
        radius,
        fill: colors[one.color],
        stroke: colors.paper,
      }));
  }

  #cursorShapes(horizontal, vertical, colors) {
    const place = horizontal.at(this.#cursor);
    return [
      { line: [[place, vertical.end], [place, vertical.start]], stroke: colors.soft, dash: [3, 3], name: "cursor" },
      ...this.#dotsAt(this.#cursor, horizontal, vertical, colors, 4.5),
    ];
  }

  /** Writes the values at the cursor, or at the control's place, above the chart. */
  #read() {
    const { x, at, atText } = this.#model;
    const place = this.#cursor ?? at;
    if (!place) {
      this.readout.replaceChildren();
      return "";
    }
    const colors = palette();
    const parts = this.#valuesAt(place).map(({ one, y }) => ({ one, text: `${one.name ?? one.label} ${short(y === null ? Infinity : y)}` }));
    const text = this.#cursor === null && atText ? atText : (x.write ?? short)(place);
    const head = `${x.name} = ${text}`;
    const spans = parts.map(({ one, text }) => {
      const span = document.createElement("span");
      span.style.color = colors[one.color];
      span.textContent = text;
      return span;
    });
    const first = document.createElement("span");
    first.textContent = head;
    this.readout.replaceChildren(first, ...spans);
    return [head, ...parts.map((part) => part.text)].join(", ");
  }

  #listen() {
    const placeOf = (event) => {
      const box = this.svg.getBoundingClientRect();
      const { horizontal } = this.#axes;
      const pixel = Math.min(Math.max(event.clientX - box.left, horizontal.start), horizontal.end);
      return horizontal.value(pixel);
    };
    let dragging = false;
    this.plot.addEventListener("pointermove", (event) => {
      if (!this.#axes) return;
      if (dragging) return this.onSet(placeOf(event), false);
      if (event.pointerType === "mouse") this.#move(placeOf(event));
    });
    this.plot.addEventListener("pointerdown", (event) => {
      if (!this.#axes || event.button !== 0) return;
      if (!this.onSet) return this.#move(placeOf(event));
      dragging = true;
      this.#move(null);
      this.plot.setPointerCapture(event.pointerId);
      this.onSet(placeOf(event), false);
    });
    const end = (event) => {
      if (dragging) this.onSet(placeOf(event), true);
      dragging = false;
    };
    this.plot.addEventListener("pointerup", end);
    this.plot.addEventListener("pointercancel", () => (dragging = false));
    this.plot.addEventListener("pointerleave", () => !dragging && this.#move(null));
    this.plot.addEventListener("blur", () => this.#move(null));
    this.plot.addEventListener("keydown", (event) => this.#key(event));
  }

  #move(place) {
    if (!this.#model || (this.#cursor === place && place === null)) return;
    this.#cursor = place;
    this.draw();
  }

  #key(event) {
    if (!this.#model) return;
    const line = this.#model.series.find((one) => one.kind !== "dots");
    if (!line?.x.length) return;
    const last = line.x.length - 1;
    const now = nearest(line.x, this.#cursor ?? this.#model.at ?? line.x[0]);
    const big = event.shiftKey || event.key.startsWith("Page") ? 10 : 1;
    const next = {
      ArrowRight: now + big,
      ArrowUp: now + big,
      PageUp: now + big,
      ArrowLeft: now - big,
      ArrowDown: now - big,
      PageDown: now - big,
      Home: 0,
      End: last,
    }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      this.#move(line.x[Math.min(Math.max(next, 0), last)]);
      this.spoken.textContent = this.#read();
    } else if (event.key === "Enter" && this.onSet && this.#cursor !== null) {
      const place = this.#cursor;
      this.#move(null);
      this.onSet(place, true);
    } else if (event.key === "Escape") {
      this.#move(null);
    }
  }

  /** The columns of the chart's data: one row for each place, an empty cell where a line has no point. */
  columns() {
    const { x, series } = this.#model;
    const places = [...new Set(series.flatMap((one) => one.x))].sort((a, b) => a - b);
    const columns = [{ name: x.column, values: places }];
    for (const one of series) {
      const at = new Map(one.x.map((value, index) => [value, index]));
      const values = (of) => places.map((place) => of[at.get(place)]).map((value) => (value === null ? Infinity : value));
      if (one.kind !== "band") columns.push({ name: one.id, values: values(one.y) });
      if (one.low) columns.push({ name: `${one.id}_low`, values: values(one.low) }, { name: `${one.id}_high`, values: values(one.high) });
    }
    return columns;
  }

  #table() {
    if (!this.details.open || !this.#model) return;
    const columns = this.columns();
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    for (const column of columns) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = column.name.replaceAll("_", " ");
      head.append(cell);
    }
    const body = table.createTBody();
    columns[0].values.forEach((_, row) => {
      const line = body.insertRow();
      columns.forEach((column) => {
        const value = column.values[row];
        line.insertCell().textContent = value === undefined ? "" : short(value, 4);
      });
    });
    this.details.querySelector(".scroll").replaceChildren(table);
  }

  async #save(kind) {
    if (!this.#model) return;
    const name = `lindiff-${this.id}`;
    if (kind === "csv") return save(`${name}.csv`, new Blob([csvText(this.columns())], { type: "text/csv" }));
    const [width, height] = [720, 450];
    const shapes = this.#shapes(width, height, false);
    if (kind === "svg") {
      const text = svgFile(shapes, width, height, this.title);
      return save(`${name}.svg`, new Blob([text], { type: "image/svg+xml" }));
    }
    save(`${name}.png`, await pngFile(shapes, width, height, 3));
  }
}
