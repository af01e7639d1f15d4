// The second view: a forecast from rows that are dropped. The file is read in a worker, and goes nowhere else.

import { Chart } from "./chart.js";
import { Refused } from "./engine.js";
import { copy, save } from "./files.js";
import { grouped, percent, short } from "./numbers.js";

/** The number of an estimate, or why there is none. */
function written(quantity) {
  if (quantity.value === "infinity") return "∞";
  return quantity.value === undefined ? "–" : short(quantity.value);
}

function ranged({ value, low, high }) {
  return value === undefined ? "–" : `${short(value)} [${short(low)}, ${short(high)}]`;
}

/** A word for a shell. */
function quoted(word) {
  return /^[\w.,:=/+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

export class OwnRows {
  #source = null;
  #found = null;
  #charts;

  constructor(root, engine, { move }) {
    this.root = root;
    this.engine = engine;
    this.move = move;
    const chart = (id, title, help) => {
      const element = document.createElement("figure");
      this.#of("#answer-figures").append(element);
      return new Chart(element, { id, title, help });
    };
    this.#charts = {
      rows: chart("forecast", "Test loss against the number of rows", "The band is the 95 % interval."),
      noise: chart("by-noise", "Test loss at each noise level, with your rows", "Each row is tested without itself. The band is the 95 % interval."),
    };
    this.#listen();
  }

  #of(selector) {
    return this.root.querySelector(selector);
  }

  #listen() {
    this.#of("#rows-file").addEventListener("change", ({ target }) => {
      if (target.files[0]) this.take(target.files[0]);
      target.value = "";
    });
    this.#of("#digits").addEventListener("click", () => this.#ask({ name: "digits", file: null }));
    this.#of("#again").addEventListener("click", () => this.#source && this.#ask(this.#source));
    this.#of("#cancel").addEventListener("click", () => this.engine.stop("cancelled"));
    this.#of("#save-forecast").addEventListener("click", () => {
      const text = JSON.stringify(this.#found, null, 2);
      save(`${this.#found.source}-forecast.json`, new Blob([text], { type: "application/json" }));
    });
    this.#of("#to-explore").addEventListener("click", () => this.#explore());
  }

  /** Forecasts from a file. */
  take(file) {
    return this.#ask({ name: file.name, file });
  }

  #sets() {
    const sets = [];
    const text = (id) => this.#of(id).value.trim();
    if (this.#of("#scale").checked) sets.push("data.scale=columns");
    if (text("#columns")) sets.push(`data.columns=${text("#columns")}`);
    if (text("#group")) sets.push(`data.group=${text("#group")}`);
    return sets;
  }

  async #ask(source) {
    this.engine.stop("another file was given");
    this.#source = source;
    const asked = source;
    const trouble = this.#of("#rows-trouble");
    trouble.hidden = true;
    this.#of("#again").hidden = false;
    this.#of("#working").hidden = false;
    const say = (text) => (this.#of("#working-text").textContent = text);
    const bar = this.#of("#progress");
    bar.removeAttribute("value");
    say(`Reading ${source.name} …`);
    const started = performance.now();
    try {
      const file = source.file && (await source.file.arrayBuffer());
      const sets = this.#sets();
      const samples = this.#of("#others").value.split(/[\s,;]+/).filter(Boolean).map(Number);
      const progress = (done, all, testLoss) => {
        bar.value = done / all;
        const first = Number.isNaN(testLoss) ? "" : `With these rows the test loss is ${short(testLoss)}. `;
        say(`${first}Forecasting: ${done} of ${all} steps`);
      };
      const found = await this.engine.ask({ ask: "forecast", name: source.name, sets, samples }, { file, progress });
      this.seconds = (performance.now() - started) / 1000;
      this.#show(found, { ...source, sets });
    } catch (error) {
      if (this.#source !== asked) return;
      trouble.hidden = error.message === "cancelled";
      trouble.textContent = error instanceof Refused ? error.message : `Something went wrong: ${error.message}`;
      say("");
    }
    if (this.#source === asked) this.#of("#working").hidden = true;
  }

  #show(found, { name, sets }) {
    this.#found = found;
    this.root.dataset.forecast = JSON.stringify(found);
    this.#of("#answer").hidden = false;
    const left = found.constant ? ` (${grouped(found.constant)} constant columns left out)` : "";
    this.#of("#answer-title").textContent = `${found.source}: ${grouped(found.rows)} rows in ${grouped(found.dim)} dimensions${left}`;
    const lines = [
      ...found.verdict.map((text) => ({ text: text.replace(/: --set .*$/, ".") })),
      ...[...found.warnings, ...found.notes, ...found.settings_notes].map((text) => ({ text, kind: "warning" })),
    ];
    this.#of("#answer-verdict").replaceChildren(
      ...lines.map(({ text, kind }) => {
        const line = document.createElement("p");
        line.className = kind ?? "";
        line.textContent = text;
        return line;
      }),
    );
    this.#advise(found, name, sets);
    this.#table(found);
    this.#charts.rows.show(forecastModel(found));
    this.#charts.noise.show(noiseModel(found));
    this.#of("#answer").focus({ preventScroll: true });
    this.#of("#answer").scrollIntoView({ block: "start" });
  }

  #advise({ best_ridge: ridge, best_time: time }, name, sets) {
    const boxes = [
      { title: "Best ridge", found: ridge, value: ridge?.set && ridge.ridge, none: "No ridge lowers the test loss." },
      { title: "Best time to stop", found: time, value: time?.set && time.tau, none: "Stopping early does not lower the test loss." },
    ].filter(({ found }) => found);
    this.#of("#advice").replaceChildren(...boxes.map((box) => advice(box, name, sets)));
  }

  #table(found) {
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    for (const name of ["rows", "test loss", "above the oracle", "KL(true‖sampled)", "KL(sampled‖true)", "2-Wasserstein", ""]) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = name;
      head.append(cell);
    }
    const body = table.createTBody();
    [found.now, ...found.with_samples].forEach((at, index) => {
      const basis = at.test_loss.basis === "extrapolated" ? "extrapolated" : index === 0 ? "measured" : "identified";
      const line = body.insertRow();
      const cells = [
        grouped(at.samples),
        ranged(at.test_loss),
        ranged(at.excess_loss),
        written(at.kl_true_sampled),
        written(at.kl_sampled_true),
        written(at.w2),
        basis,
      ];
      for (const text of cells) line.insertCell().textContent = text;
    });
    this.#of("#answer-table").replaceChildren(table);
  }

  async #explore() {
    const { name, file } = this.#source;
    const bytes = file && (await file.arrayBuffer());
    const found = await this.engine.ask({ ask: "spectrum", name, sets: this.#sets() }, { file: bytes });
    const values = found.eigenvalues.map((value) => Number(value.toPrecision(6)));
    this.move({ view: "explore", step: 0, truth: "values", values: values.join(", "), n: found.rows, ridge: 0, tau: null }, true);
  }
}

function advice({ title, found, value, none }, name, sets) {
  const section = document.createElement("section");
  const heading = document.createElement("h3");
  heading.textContent = title;
  section.append(heading);
  const paragraph = (text, kind) => {
    const made = document.createElement("p");
    made.className = kind ?? "";
    made.textContent = text;
    section.append(made);
  };
  if (!value) {
    paragraph(none);
    return section;
  }
  paragraph(short(value), "figure");
  const share = percent(found.gain / found.test_loss_without);
  paragraph(`Test loss ${short(found.test_loss)} instead of ${short(found.test_loss_without)}: ${share} lower.`);
  const [pre, code] = [document.createElement("pre"), document.createElement("code")];
  code.textContent = trainCommand(name, sets, found.set);
  pre.tabIndex = 0;
  pre.setAttribute("role", "region");
  pre.setAttribute("aria-label", `${title}: the command`);
  pre.append(code);
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy command";
  button.addEventListener("click", () => copy(code.textContent, button));
  const row = document.createElement("div");
  row.className = "row";
  row.append(button);
  section.append(pre, row);
  return section;
}

/** The commands that train on all rows with a setting of the forecast. */
export function trainCommand(name, sets, set) {
  const stem = name.replace(/(\.gz)?$/, "").replace(/\.\w+$/, "") || "rows";
  const source = name === "digits" ? 'source = "digits"' : `source = "file"\npath = ${JSON.stringify(name)}`;
  const config = quoted(`${stem}.toml`);
  const more = [...sets.map((one) => `--set ${quoted(one)}`), set].join(" ");
  return `cat > ${config} <<'END'\n[data]\n${source}\nsamples = "all"\nEND\nlindiff train ${config} ${more}`;
}

function forecastModel(found) {
  const x = found.curve.map((point) => point.samples);
  const of = (key) => found.curve.map((point) => point.test_loss[key]);
  const marks = [found.now, ...found.with_samples];
  const ends = [x[0], x.at(-1)];
  const marked = (basis, id, name, color) => {
    const some = marks.filter((at) => at.test_loss.basis === basis);
    return { id, name, label: "", color, kind: "dots", radius: 4.5, reach: 0.03, x: some.map((at) => at.samples), y: some.map((at) => at.test_loss.value) };
  };
  return {
    x: { label: "number of rows", name: "rows", column: "rows", domain: [ends[0] / 1.1, ends[1] * 1.1], write: grouped },
    y: { label: "test loss per component" },
    series: [
      { id: "test_loss", label: "", color: "red", kind: "band", x, y: of("value"), low: of("low"), high: of("high") },
      { id: "oracle_loss", label: "oracle", color: "ink", dash: [1.5, 3.5], reach: 99, x: ends, y: ends.map(() => found.oracle_loss.value) },
      { id: "gaussian_rows", name: "Gaussian rows", label: "Gaussian", color: "blue", dash: [6, 4], x, y: found.curve.map((point) => point.gaussian) },
      { id: "test_loss", name: "your rows", label: "yours", color: "red", x, y: of("value") },
      marked("identified", "identified", "in the table", "red"),
      marked("extrapolated", "extrapolated", "extrapolated", "purple"),
    ],
    at: null,
    summary: `With ${grouped(found.now.samples)} rows the test loss is ${short(found.now.test_loss.value)}; the oracle's is ${short(found.oracle_loss.value)}.`,
  };
}

function noiseModel(found) {
  const thin = found.by_step.filter((_, index, all) => all.length < 120 || index % Math.ceil(all.length / 100) === 0 || index === all.length - 1);
  const x = thin.map((step) => Math.sqrt((1 - step.alpha_bar) / step.alpha_bar));
  const y = thin.map((step) => step.test_loss);
  return {
    x: { label: "noise σ (signal: 1)", name: "σ", column: "noise", domain: [x[0] / 1.1, x.at(-1) * 1.1] },
    y: { label: "test loss per component" },
    series: [
      { id: "test_loss", label: "", color: "red", kind: "band", x, y, low: thin.map((step) => step.low), high: thin.map((step) => step.high) },
      { id: "test_loss", name: "test", label: "yours", color: "red", x, y },
    ],
    at: null,
    summary: `From ${short(y[0])} with the least noise to ${short(y.at(-1))} with the most.`,
  };
}
