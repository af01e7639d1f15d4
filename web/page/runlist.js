// The table of runs: filtered, sorted, and a part of it at a time, so that ten thousand runs are no trouble.

import { grouped, numberOf, short } from "./numbers.js";

/** Rows that are shown at first, and with each further request. */
const PAGE = 100;

/** A time that has passed, as people say it. */
export function ago(seconds) {
  if (seconds < 1.5) return "now";
  for (const [size, name] of [[86400, "d"], [3600, "h"], [60, "min"]]) {
    if (seconds >= 2 * size) return `${grouped(Math.floor(seconds / size))} ${name} ago`;
  }
  return `${Math.floor(seconds)} s ago`;
}

const loss = (value) => short(numberOf(value));

const epochs = ({ epoch, epochs: all }) => (epoch === null ? "–" : `${grouped(numberOf(epoch))}${all ? ` of ${grouped(all)}` : ""}`);

/** The place of a value among others: what is not a finite number comes after all that are. */
const rank = (value) => (Number.isFinite(value) ? value : Infinity);

/** The columns: what is written, and by what it is sorted. */
const COLUMNS = [
  { id: "name", title: "run", text: (run) => run.id, order: (run) => run.id },
  { id: "state", title: "state", text: (run) => run.state, order: (run) => run.state },
  { id: "changed", title: "last row", text: (run, news) => (run.changed ? ago(news.since(run.changed)) : "–"), order: (run) => -(run.changed ?? 0) },
  { id: "epoch", title: "epoch", text: epochs, order: (run) => (Number.isFinite(run.epoch) ? run.epoch : -1) },
  { id: "data", title: "rows", text: ({ source, samples }) => [samples, source && `of ${source}`].filter(Boolean).join(" ") || "–", order: (run) => Number(run.samples) || 0 },
  { id: "model", title: "network", text: (run) => run.model ?? "–", order: (run) => run.model ?? "" },
  { id: "train", title: "train loss", text: (run) => loss(run.train_loss), order: (run) => rank(run.train_loss) },
  { id: "test", title: "test loss", text: (run) => loss(run.test_loss), order: (run) => rank(run.test_loss) },
  { id: "predicted", title: "predicted", text: (run) => loss(run.predicted_test_loss), order: (run) => rank(run.predicted_test_loss) },
  { id: "oracle", title: "oracle", text: (run) => loss(run.oracle_loss), order: (run) => rank(run.oracle_loss) },
];

export class RunList {
  #sorted = { id: "changed", down: false };
  #most = PAGE;
  #lines = new Map();

  /** `open(id)` is called when a run is opened, `choose(id, chosen)` when it is chosen for the comparison. */
  constructor(root, { open, choose }) {
    this.root = root;
    this.open = open;
    this.choose = choose;
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    const mark = document.createElement("th");
    mark.scope = "col";
    mark.innerHTML = '<span class="hidden">compare</span>';
    head.append(mark);
    for (const { id, title } of COLUMNS) {
      const cell = document.createElement("th");
      cell.scope = "col";
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = title;
      button.addEventListener("click", () => this.#sort(id));
      cell.append(button);
      cell.dataset.column = id;
      head.append(cell);
    }
    this.body = table.createTBody();
    this.head = head;
    root.querySelector(".runs-table").append(table);
    this.more = root.querySelector("#runs-more");
    this.more.addEventListener("click", () => {
      this.#most += PAGE;
      this.again();
    });
    this.again = () => {};
  }

  #sort(id) {
    this.#sorted = { id, down: this.#sorted.id === id && !this.#sorted.down };
    this.again();
  }

  /** Shows the runs that hold all words of a filter, those of sweeps only if they are asked for. */
  show(news, { filter, ofSweeps, chosen, opened }) {
    this.again = () => this.show(news, { filter, ofSweeps, chosen, opened });
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    const holds = (run) => {
      const text = [run.id, run.name, run.source, run.model, run.state, run.samples].join(" ").toLowerCase();
      return words.every((word) => text.includes(word));
    };
    const found = [...news.runs.values()].filter((run) => (ofSweeps || !run.sweep) && holds(run));
    const { id, down } = this.#sorted;
    const { order } = COLUMNS.find((column) => column.id === id);
    const keyed = found.map((run) => ({ run, key: order(run) }));
    keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.run.id < b.run.id ? -1 : 1));
    if (down) keyed.reverse();
    const shown = keyed.slice(0, this.#most).map(({ run }) => run);
    const lines = new Map();
    for (const run of shown) lines.set(run.id, this.#line(run, news, chosen.includes(run.id), opened === run.id));
    this.#lines = lines;
    const wanted = [...lines.values()].map(({ element }) => element);
    // What stays in its place keeps its focus.
    if (wanted.length !== this.body.rows.length || wanted.some((line, index) => this.body.rows[index] !== line)) this.body.replaceChildren(...wanted);
    for (const cell of this.head.cells) {
      if (cell.dataset.column === id) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
    const left = found.length - shown.length;
    this.more.hidden = left === 0;
    this.more.textContent = `Show ${grouped(Math.min(PAGE, left))} more of ${grouped(left)}`;
    return found.length;
  }

  #line(run, news, chosen, opened) {
    const line = this.#lines.get(run.id) ?? this.#newLine(run);
    const { element, box, cells } = line;
    element.dataset.state = run.state;
    element.classList.toggle("opened", opened);
    box.checked = chosen;
    box.disabled = run.state === "broken";
    const broken = run.state === "broken";
    if (broken !== line.broken) {
      line.broken = broken;
      cells.slice(2).forEach((cell) => (cell.hidden = broken));
      cells[1].colSpan = broken ? COLUMNS.length - 1 : 1;
      cells[1].classList.toggle("reason", broken);
    }
    COLUMNS.forEach(({ text }, index) => {
      const target = index === 0 ? line.link : cells[index];
      const written = broken && index === 1 ? `broken: ${run.error}` : text(run, news);
      if (target.textContent !== written) target.textContent = written;
    });
    return line;
  }

  #newLine(run) {
    const element = document.createElement("tr");
    element.dataset.run = run.id;
    const box = document.createElement("input");
    box.type = "checkbox";
    box.setAttribute("aria-label", `Compare ${run.id}`);
    box.addEventListener("change", () => this.choose(run.id, box.checked));
    element.insertCell().append(box);
    const cells = COLUMNS.map(() => element.insertCell());
    const link = document.createElement("a");
    link.href = `#view=runs&run=${encodeURIComponent(run.id)}`;
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.open(run.id);
    });
    cells[0].append(link);
    return { element, box, cells, link, broken: false };
  }
}
