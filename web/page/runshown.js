// One run, and several of them on one chart.

import { Chart } from "./chart.js";
import { grouped } from "./numbers.js";
import { AGAINST, QUANTITIES, RUN_HUES, columnOf, comparedModel, divergenceModel, hasTheory, lastText, lossModel } from "./runcharts.js";
import { pictureOf } from "./server.js";
import { onTheme, palette } from "./theme.js";

/** A chart in a folder of charts. */
export function newChart(root, id, title, help) {
  const element = document.createElement("figure");
  root.append(element);
  return new Chart(element, { id, title, help });
}

/** A table of texts with a head. */
export function textTable(head, rows) {
  const table = document.createElement("table");
  const line = table.createTHead().insertRow();
  for (const name of head) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = name;
    line.append(cell);
  }
  const body = table.createTBody();
  for (const cells of rows) {
    const row = body.insertRow();
    for (const text of cells) row.insertCell().append(text);
  }
  return table;
}

/** One run: its curves, its pictures, its settings. */
export class RunView {
  #pictures = new Map();

  constructor(root) {
    this.root = root;
    const figures = root.querySelector("#run-figures");
    this.losses = newChart(figures, "run-losses", "Losses", "Losses of this run against its epochs.");
    this.divergences = newChart(figures, "run-divergences", "Divergences", "Divergences of this run against its epochs.");
  }

  show({ run, path, settings, metrics, pictures }) {
    const of = (selector) => this.root.querySelector(selector);
    of("#run-title").textContent = run.name && !run.id.endsWith(run.name) ? `${run.id}: ${run.name}` : run.id;
    of("#run-path").textContent = path;
    of("#run-trouble").hidden = !run.error;
    of("#run-trouble").textContent = run.error ?? "";
    const rows = metrics?.values[0]?.length ?? 0;
    of("#run-figures").hidden = rows === 0;
    of("#run-none").hidden = rows > 0 || Boolean(run.error);
    const lines = [];
    if (rows && hasTheory(metrics)) lines.push("Points: this network. Lines of the same colour: theory.");
    else if (rows) lines.push("Lines: this network.");
    if (rows && metrics.rows - metrics.unreadable > rows) lines.push(`${grouped(rows)} of ${grouped(metrics.rows)} rows are drawn, evenly chosen.`);
    if (metrics?.unreadable) lines.push(`${grouped(metrics.unreadable)} rows of metrics.csv cannot be read and are left out.`);
    of("#run-note").textContent = lines.join(" ");
    if (rows) {
      this.losses.show(lossModel(metrics));
      const divergences = divergenceModel(metrics);
      this.divergences.root.hidden = !divergences;
      this.losses.root.classList.toggle("lead", !divergences);
      if (divergences) this.divergences.show(divergences);
    }
    this.#show(run.id, pictures);
    const keys = Object.keys(settings);
    of("#run-settings").replaceChildren(textTable(["key", "value"], keys.map((key) => [key, settings[key]])));
    this.root.dataset.rows = rows;
  }

  /** The pictures of the run. One that has not changed stays as it is. */
  #show(id, pictures) {
    const shown = new Map();
    for (const picture of pictures) {
      const source = pictureOf(id, picture);
      shown.set(source, this.#pictures.get(source) ?? pictureFigure(source, picture.name));
    }
    const root = this.root.querySelector("#run-pictures");
    if ([...shown.keys()].join() !== [...this.#pictures.keys()].join()) root.replaceChildren(...shown.values());
    this.#pictures = shown;
  }
}

function pictureFigure(source, name) {
  const figure = document.createElement("figure");
  figure.className = "picture";
  const image = document.createElement("img");
  image.src = source;
  image.alt = `${name} of this run`;
  image.loading = "lazy";
  const link = document.createElement("a");
  link.href = source;
  link.target = "_blank";
  link.rel = "noopener";
  link.textContent = name;
  const caption = document.createElement("figcaption");
  caption.append(link);
  figure.append(image, caption);
  return figure;
}

/** Several runs on one chart, and what differs between them. */
export class Comparison {
  #runs = [];

  constructor(root) {
    this.root = root;
    this.quantity = root.querySelector("#compare-quantity");
    this.against = root.querySelector("#compare-against");
    for (const [select, words] of [
      [this.quantity, QUANTITIES],
      [this.against, Object.fromEntries(Object.entries(AGAINST).map(([key, { name }]) => [key, name]))],
    ]) {
      for (const [value, text] of Object.entries(words)) select.append(new Option(text, value));
      select.addEventListener("change", () => this.#draw());
    }
    this.chart = newChart(root.querySelector("#compare-figures"), "compared", "Runs compared", "The chosen runs on one axis.");
    this.chart.root.classList.add("lead");
    onTheme(() => this.#legend());
  }

  /** Shows what the server says of each run; those of which there is a table. */
  show(runs) {
    this.#runs = runs.filter(({ metrics }) => metrics?.values[0]?.length).slice(0, RUN_HUES.length);
    this.#draw();
  }

  #draw() {
    const runs = this.#runs.map(({ run, metrics }) => ({ label: run.id, metrics }));
    const quantity = this.quantity.value;
    this.chart.root.hidden = runs.length === 0;
    if (runs.length) {
      const model = comparedModel(runs, quantity, this.against.value);
      this.chart.show(model);
      const has = (index) => columnOf(this.#runs[index].metrics, quantity) !== null && columnOf(this.#runs[index].metrics, this.against.value) !== null;
      const without = runs.filter((_, index) => !has(index)).map(({ label }) => label);
      const none = without.length ? ` Without it: ${without.join(", ")}.` : "";
      const theory = model.series.some(({ kind }) => kind === "dots") ? " Points: measured. Lines through them: theory." : "";
      this.root.querySelector("#compare-note").textContent = `${QUANTITIES[quantity]}.${theory}${none}`;
    }
    this.#legend();
    this.#table();
  }

  #legend() {
    const colors = palette();
    const lines = this.#runs.map(({ run }, index) => {
      const line = document.createElement("li");
      const mark = document.createElement("b");
      mark.style.color = colors[RUN_HUES[index]];
      mark.textContent = String(index + 1);
      line.append(mark, ` ${run.id}`);
      return line;
    });
    this.root.querySelector("#compare-legend").replaceChildren(...lines);
  }

  /** The last values of the runs, and each setting in which they differ. */
  #table() {
    const runs = this.#runs;
    const last = (name) => runs.map(({ metrics }) => lastText(metrics, name));
    const rows = ["epoch", ...Object.keys(QUANTITIES)].map((name) => [QUANTITIES[name] ?? name, ...last(name)]);
    const keys = [...new Set(runs.flatMap(({ settings }) => Object.keys(settings)))].sort();
    for (const key of keys) {
      const values = runs.map(({ settings }) => settings[key] ?? "–");
      if (new Set(values).size > 1) rows.push([key, ...values]);
    }
    this.root.querySelector("#compare-table").replaceChildren(textTable(["", ...runs.map((_, index) => String(index + 1))], rows));
  }
}
