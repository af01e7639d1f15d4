// Sweeps: small multiples and the table of all of their runs.

import { grouped, short } from "./numbers.js";
import { multiples } from "./runcharts.js";
import { newChart, textTable } from "./runshown.js";

/** Rows of the table that are shown at once. */
const MOST_LINES = 200;

export class SweepView {
  #charts = [];

  /** `open(id)` is called when a run of the sweep is opened. */
  constructor(root, { open }) {
    this.root = root;
    this.open = open;
  }

  /** Shows a sweep; `has(id)` says whether the folder of a run is there. */
  show({ sweep, path, keys, so_far, results, summary, error }, has) {
    const of = (selector) => this.root.querySelector(selector);
    of("#sweep-title").textContent = sweep.id;
    of("#sweep-path").textContent = path;
    of("#sweep-trouble").hidden = !error;
    of("#sweep-trouble").textContent = error ?? "";
    const { axis, panels, left } = summary ? multiples({ keys, summary }) : { axis: null, panels: [], left: 0 };
    const lines = [standing(sweep, results)];
    if (so_far) lines.push("These are the rows in its logs, which are newer than its tables.");
    if (axis) lines.push(`Each panel shows losses against ${axis}, averaged over the repeats. Points: measured. Lines: theory.`);
    if (summary && !axis) lines.push("No key has two positive numbers, so there is no chart: the table has all.");
    if (axis && isCut(summary)) lines.push(`Of ${grouped(summary.rows)} points of the grid the first ${grouped(summary.cells.length)} are drawn.`);
    if (left) lines.push(`${grouped(left)} more combinations are in the table.`);
    of("#sweep-note").textContent = lines.join(" ");
    this.#draw(panels);
    keepingFocus(of("#sweep-table"), (table) => table.replaceChildren(...(results ? [this.#table(sweep, results, has)] : [])));
    const cut = results && results.rows > MOST_LINES;
    of("#sweep-cut").hidden = !cut;
    of("#sweep-cut").textContent = cut ? `The first ${MOST_LINES} of ${grouped(results.rows)} runs.${so_far ? "" : " All are in results.csv."}` : "";
  }

  #draw(panels) {
    const root = this.root.querySelector("#sweep-figures");
    while (this.#charts.length < panels.length) {
      const chart = newChart(root, `sweep-${this.#charts.length}`, "", "Losses of the runs of this sweep.");
      this.#charts.push(chart);
    }
    this.#charts.forEach((chart, index) => {
      const panel = panels[index];
      chart.root.hidden = !panel;
      chart.root.classList.toggle("small", panels.length > 2);
      chart.root.classList.toggle("lead", panels.length === 1);
      if (!panel) return;
      chart.retitle(panel.title);
      chart.show(panel.model);
    });
  }

  #table(sweep, { columns, cells }, has) {
    // A column in which nothing stands says nothing.
    const used = columns.map((_, index) => index).filter((index) => cells.some((row) => row[index] !== ""));
    const runs = columns.indexOf("run");
    const written = (row) => (index) => {
      const text = row[index];
      if (index !== runs) return /^-?\d+\.\d{4,}/.test(text) ? short(Number(text)) : text;
      const id = `${sweep.id}/runs/${text}`;
      return has(id) ? this.#link(id, text) : text;
    };
    return textTable(used.map((index) => columns[index].replaceAll("_", " ")), cells.slice(0, MOST_LINES).map((row) => used.map(written(row))));
  }

  #link(id, text) {
    const link = document.createElement("a");
    link.href = `#view=runs&run=${encodeURIComponent(id)}`;
    link.textContent = text;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      this.open(id);
    });
    return link;
  }
}

/** Changes what is in an element. The link in it that has the focus gives it to the one that takes its place. */
function keepingFocus(element, change) {
  const href = element.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  change(element);
  if (href) element.querySelector(`a[href="${CSS.escape(href)}"]`)?.focus({ preventScroll: true });
}

/** Whether a table has more rows than the server sent. */
const isCut = ({ rows, cells }) => rows > cells.length;

/** How far a sweep is, in a sentence. */
function standing({ rows }, results) {
  if (!results) return `${grouped(rows)} rows so far. The tables come when the sweep ends or is stopped, or by lindiff sweep --tables.`;
  const status = results.columns.indexOf("status");
  const count = (wanted) => results.cells.filter((row) => wanted(row[status])).length;
  const [done, left] = [count((text) => text === "done"), count((text) => text === "left")];
  const failed = results.cells.length - done - left;
  const states = `${grouped(done)} done, ${grouped(failed)} failed, ${grouped(left)} left.`;
  const runs = `${grouped(results.rows)} runs`;
  return isCut(results) ? `${runs}; of the first ${grouped(results.cells.length)}: ${states}` : `${runs}: ${states}`;
}
